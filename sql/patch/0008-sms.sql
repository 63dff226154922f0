-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- SMS: table outbox becomes a queue, terminals are asked questions and have PINs.

ALTER TABLE tegata.outbox DROP CONSTRAINT outbox_pkey;
ALTER TABLE tegata.outbox
	ALTER COLUMN cause_id DROP NOT NULL,
	ALTER COLUMN version DROP NOT NULL,
	ALTER COLUMN terminal_id DROP NOT NULL,
	ALTER COLUMN text_key DROP NOT NULL,
	ALTER COLUMN arguments DROP NOT NULL,
	ALTER COLUMN attempts TYPE int,
	ADD COLUMN message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	ADD COLUMN cause smallint NOT NULL DEFAULT 1,
	ADD COLUMN question_id bigint,
	ADD COLUMN identity bytea,
	ADD COLUMN address text,
	ADD COLUMN text text,
	ADD COLUMN state smallint NOT NULL DEFAULT 0,
	ADD COLUMN valid_until timestamptz NOT NULL DEFAULT clock_timestamp() + interval '24 hours',
	ADD COLUMN holder text,
	ADD COLUMN leased_until timestamptz,
	ADD COLUMN link text,
	ADD COLUMN parts smallint,
	ADD COLUMN sent_at timestamptz,
	ADD COLUMN told_at timestamptz,
	ADD COLUMN forget_at timestamptz,
	ADD COLUMN error text;
ALTER TABLE tegata.outbox
	ADD CHECK (state BETWEEN 0 AND 3),
	ADD CHECK (kind IN (1, 2)),
	ADD CHECK (CASE cause WHEN 1 THEN cause_id IS NOT NULL AND version IS NOT NULL
		WHEN 2 THEN question_id IS NOT NULL WHEN 3 THEN identity IS NOT NULL ELSE false END),
	ADD CHECK (terminal_id IS NOT NULL OR address ~ '^[1-9][0-9]{6,14}$'),
	ADD CHECK ((text IS NULL) = (text_key IS NOT NULL)),
	ADD CHECK ((text_key IS NULL) = (arguments IS NULL)),
	ADD CHECK ((holder IS NULL) = (leased_until IS NULL)),
	ADD CHECK ((state = 0) = (forget_at IS NULL));
CREATE UNIQUE INDEX outbox_cause ON tegata.outbox (home, cause_id, version, kind, terminal_id) WHERE cause = 1;
CREATE UNIQUE INDEX outbox_question ON tegata.outbox (question_id) WHERE cause = 2;
CREATE INDEX outbox_due ON tegata.outbox (next_at) WHERE state = 0 AND kind = 1;
CREATE INDEX outbox_order ON tegata.outbox (terminal_id, message_id) WHERE state = 0 AND kind = 1;
CREATE INDEX outbox_valid ON tegata.outbox (valid_until) WHERE state = 0;
CREATE INDEX outbox_dead ON tegata.outbox (message_id) WHERE state = 3;
CREATE INDEX outbox_forget ON tegata.outbox (forget_at) WHERE state <> 0;
COMMENT ON TABLE tegata.outbox IS 'What is to be sent, and what became of it. Receipts are written in the transaction that caused them. Sent and told rows are kept 7 days, dead ones 30';
COMMENT ON COLUMN tegata.outbox.message_id IS 'Counts up: texts to one terminal go out in this order, one after the other; gaps mean nothing';
COMMENT ON COLUMN tegata.outbox.cause IS '1 a version of a value, 2 a question, 3 a text that came from the terminal; each has one message at most';
COMMENT ON COLUMN tegata.outbox.cause_id IS 'Of cause 1: the value id';
COMMENT ON COLUMN tegata.outbox.version IS 'Of cause 1: version of the value';
COMMENT ON COLUMN tegata.outbox.question_id IS 'Of cause 2: which question';
COMMENT ON COLUMN tegata.outbox.identity IS 'Of cause 3: the text that this answers, as in sms_command';
COMMENT ON COLUMN tegata.outbox.terminal_id IS 'To whom; NULL: to nobody''s number, see address';
COMMENT ON COLUMN tegata.outbox.address IS 'Number where there is no terminal; else NULL: it goes to the terminal''s number of that time';
COMMENT ON COLUMN tegata.outbox.home IS 'Of the value, else of the terminal';
COMMENT ON COLUMN tegata.outbox.text_key IS 'Key of the text in the catalogue, rendered by who sends it in the receiver''s language; NULL: text';
COMMENT ON COLUMN tegata.outbox.arguments IS 'What the text of text_key speaks of: function receipt_arguments';
COMMENT ON COLUMN tegata.outbox.text IS 'The text itself; NULL: text_key';
COMMENT ON COLUMN tegata.outbox.state IS '0 waiting (also while somebody sends it), 1 sent: the network has taken it, 2 told: it has arrived, 3 dead: it will never be sent';
COMMENT ON COLUMN tegata.outbox.next_at IS 'Not to be tried before; of a leased row the end of its lease';
COMMENT ON COLUMN tegata.outbox.valid_until IS 'Not to be sent any more from then on';
COMMENT ON COLUMN tegata.outbox.holder IS 'The manager that sends it; NULL: nobody';
COMMENT ON COLUMN tegata.outbox.leased_until IS 'Anybody''s from then on: its holder is gone, or does not know whether it was sent';
COMMENT ON COLUMN tegata.outbox.link IS 'By which link it was tried last';
COMMENT ON COLUMN tegata.outbox.parts IS 'How many short messages it took; NULL: not sent';
COMMENT ON COLUMN tegata.outbox.sent_at IS 'When the network had taken all of it; of a dead row: it could not be delivered';
COMMENT ON COLUMN tegata.outbox.told_at IS 'When the last receipt came that says it has arrived';
COMMENT ON COLUMN tegata.outbox.forget_at IS 'The row goes then; NULL while it waits';
COMMENT ON COLUMN tegata.outbox.error IS 'Why it was not sent the last time, or not delivered';
COMMENT ON SEQUENCE tegata.outbox_message_id_seq IS 'Numbers of messages';
COMMENT ON INDEX tegata.outbox_cause IS 'A version of a value is told to a terminal once';
COMMENT ON INDEX tegata.outbox_question IS 'A question is put once';
COMMENT ON INDEX tegata.outbox_due IS 'What can be tried now';
COMMENT ON INDEX tegata.outbox_order IS 'What goes before what, for each terminal';
COMMENT ON INDEX tegata.outbox_valid IS 'What came to its end';
COMMENT ON INDEX tegata.outbox_dead IS 'What somebody must look at';
COMMENT ON INDEX tegata.outbox_forget IS 'What is old';

CREATE TABLE tegata.outbox_receipt (
	link text NOT NULL,
	smsc_id text NOT NULL,
	message_id bigint,
	part smallint,
	state smallint NOT NULL DEFAULT 0,
	at timestamptz NOT NULL,
	error text,
	PRIMARY KEY (link, smsc_id),
	CHECK ((message_id IS NULL) = (part IS NULL))
);
CREATE INDEX outbox_receipt_message ON tegata.outbox_receipt (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX outbox_receipt_early ON tegata.outbox_receipt (at) WHERE message_id IS NULL;
COMMENT ON TABLE tegata.outbox_receipt IS 'Short messages by the ids that SMSCs gave them, and what receipts said about them; gone with their message';
COMMENT ON COLUMN tegata.outbox_receipt.link IS 'Whose id: the link';
COMMENT ON COLUMN tegata.outbox_receipt.smsc_id IS 'In the form under which the link''s ids are compared';
COMMENT ON COLUMN tegata.outbox_receipt.message_id IS 'Of table outbox; NULL: the receipt came before the answer that says whose id it is';
COMMENT ON COLUMN tegata.outbox_receipt.part IS 'Which part of the message, from 1';
COMMENT ON COLUMN tegata.outbox_receipt.state IS 'SMPP 3.4 section 5.2.28: 0 none yet, 1 on its way, 2 delivered, 3 expired, 4 deleted, 5 undeliverable, 6 accepted, 7 unknown, 8 rejected';
COMMENT ON COLUMN tegata.outbox_receipt.at IS 'When the id became known, then when the state did';
COMMENT ON COLUMN tegata.outbox_receipt.error IS 'The network''s error; NULL: none';
COMMENT ON INDEX tegata.outbox_receipt_message IS 'Parts of a message';
COMMENT ON INDEX tegata.outbox_receipt_early IS 'Receipts that nobody waited for';

CREATE TABLE tegata.sms_command (
	identity bytea PRIMARY KEY CHECK (octet_length(identity) = 16),
	at timestamptz NOT NULL,
	terminal_id bigint,
	message_id bigint
);
CREATE INDEX sms_command_at ON tegata.sms_command (at);
COMMENT ON TABLE tegata.sms_command IS 'Texts from terminals that were taken, kept some minutes: the same delivery again has one effect and one reply. A wanted repeat of the same words later is another text';
COMMENT ON COLUMN tegata.sms_command.identity IS 'Made by the manager of link, sender, receiver, text and what the SMSC tells texts apart by';
COMMENT ON COLUMN tegata.sms_command.at IS 'When it was taken';
COMMENT ON COLUMN tegata.sms_command.terminal_id IS 'Whose; NULL: nobody''s number';
COMMENT ON COLUMN tegata.sms_command.message_id IS 'Of the reply in table outbox; NULL: none';
COMMENT ON INDEX tegata.sms_command_at IS 'What is old';

CREATE TABLE tegata.question (
	question_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	terminal_id bigint NOT NULL,
	kind smallint NOT NULL CHECK (kind IN (1, 2)),
	arguments jsonb NOT NULL,
	code text NOT NULL CHECK (code ~ '^[2-9A-Z]{4,6}$'),
	request_id uuid NOT NULL,
	opened_at timestamptz NOT NULL,
	deadline timestamptz NOT NULL,
	link text,
	state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 4),
	answered_at timestamptz,
	answered_link text,
	wrong smallint NOT NULL DEFAULT 0,
	CHECK ((state IN (1, 2)) = (answered_at IS NOT NULL)),
	CHECK (answered_at < deadline)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX question_code ON tegata.question (terminal_id, code);
CREATE INDEX question_open ON tegata.question (terminal_id, question_id) WHERE state = 0;
CREATE INDEX question_deadline ON tegata.question (deadline) WHERE state = 0;
COMMENT ON TABLE tegata.question IS 'What a terminal is asked to confirm, written before it is asked; kept 7 days';
COMMENT ON COLUMN tegata.question.question_id IS 'Counts up; gaps mean nothing';
COMMENT ON COLUMN tegata.question.terminal_id IS 'Who is asked';
COMMENT ON COLUMN tegata.question.kind IS '1 buy, 2 hand on';
COMMENT ON COLUMN tegata.question.arguments IS 'What is done on yes: product, amount, fee, currency; or value_id, amount, currency, transferee_id, transferee, reference';
COMMENT ON COLUMN tegata.question.code IS 'By which it is answered, once; of characters that are not taken for one another, and no other question''s of this terminal';
COMMENT ON COLUMN tegata.question.request_id IS 'Under which the operation runs, however often the answer comes';
COMMENT ON COLUMN tegata.question.opened_at IS 'When';
COMMENT ON COLUMN tegata.question.deadline IS 'No answer counts from then on; never later than the value''s expiry';
COMMENT ON COLUMN tegata.question.link IS 'By which link it was caused';
COMMENT ON COLUMN tegata.question.state IS '0 open, 1 yes, 2 no, 3 expired, 4 superseded: by newer ones, or because its code was guessed at';
COMMENT ON COLUMN tegata.question.answered_at IS 'When the first valid answer came; NULL: none did';
COMMENT ON COLUMN tegata.question.answered_link IS 'By which link';
COMMENT ON COLUMN tegata.question.wrong IS 'Wrong codes that came while it was open';
COMMENT ON SEQUENCE tegata.question_question_id_seq IS 'Numbers of questions';
COMMENT ON INDEX tegata.question_code IS 'A code names one question of a terminal';
COMMENT ON INDEX tegata.question_open IS 'What a terminal is asked now';
COMMENT ON INDEX tegata.question_deadline IS 'What came to its end';

CREATE TABLE tegata.terminal_pin (
	home smallint NOT NULL,
	terminal_id bigint NOT NULL,
	key_id text NOT NULL CHECK (key_id ~ '^[0-9a-f]{16}$'),
	digest bytea NOT NULL CHECK (octet_length(digest) = 32),
	tries smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 3),
	blocked_at timestamptz,
	set_at timestamptz NOT NULL,
	PRIMARY KEY (home, terminal_id),
	CHECK (home = (terminal_id & 63)),
	CHECK ((tries = 3) = (blocked_at IS NOT NULL))
) WITH (fillfactor = 70);
COMMENT ON TABLE tegata.terminal_pin IS 'PINs of terminals. The PIN itself never comes here, nor the key';
COMMENT ON COLUMN tegata.terminal_pin.home IS 'Of the terminal';
COMMENT ON COLUMN tegata.terminal_pin.terminal_id IS 'Whose';
COMMENT ON COLUMN tegata.terminal_pin.key_id IS 'Which of the managers'' keys: the start of its SHA-256';
COMMENT ON COLUMN tegata.terminal_pin.digest IS 'HMAC-SHA-256 of terminal id and PIN under that key';
COMMENT ON COLUMN tegata.terminal_pin.tries IS 'Wrong ones since the last right one';
COMMENT ON COLUMN tegata.terminal_pin.blocked_at IS 'When the third wrong one came; NULL: not blocked';
COMMENT ON COLUMN tegata.terminal_pin.set_at IS 'When it was set or changed';

ALTER TABLE tegata.terminal ADD COLUMN receipts boolean;
COMMENT ON COLUMN tegata.terminal.receipts IS 'A text after each operation; NULL: as setting receipts says';

INSERT INTO tegata.setting (name, value) VALUES ('receipts', 'on'), ('receipts_hours', '24');
COMMENT ON COLUMN tegata.setting.name IS 'maintenance: on = value is not moved; outbox: on = receipts are written to table outbox (off until something sends them); receipts: on = terminals that did not choose have a text after each operation; receipts_hours: how long a text is tried to be sent; swap_freeze_hours: how long outgoing operations are refused after a SIM swap; sandbox: on = this database is for trials, and takes test keys of shops only; partitions: the row that partition_ensure locks; sealing: on = the manager that has the signing key seals history; approval_<currency>: from more than so many minor units on a second operator is asked for; top_up_max_<currency>: largest single top-up, in minor units; approval_hours: how long an act waits for approval';

INSERT INTO tegata.sweep (name) VALUES ('outbox'), ('question');
COMMENT ON COLUMN tegata.sweep.name IS 'request: old answers go; expiry: values past their expiry are written down as expired; outbox: texts past their validity die, old ones go; question: the same for questions';

-- Their answers have further columns than before; the functions come with their files.
DROP FUNCTION IF EXISTS tegata.product_list();
DROP FUNCTION IF EXISTS tegata.terminal_enter(text[], text[], boolean[]);
DROP FUNCTION IF EXISTS tegata.value_transfer_quote(bigint[], bigint[], text[], int[]);
