-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What operators do, what is to be sent, who holds what, and shops' keys.

CREATE TABLE tegata.operator_act (
	act_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	operator text NOT NULL DEFAULT session_user,
	approver text,
	act text NOT NULL,
	arguments jsonb NOT NULL,
	reason text NOT NULL CHECK (reason <> ''),
	outcome smallint NOT NULL,
	terminal_id bigint,
	cause_id bigint,
	reference text,
	xact bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint)
);
CREATE UNIQUE INDEX operator_act_reference ON tegata.operator_act (act, reference) WHERE reference IS NOT NULL;
CREATE INDEX operator_act_terminal ON tegata.operator_act (terminal_id, act_id) WHERE terminal_id IS NOT NULL;
CREATE INDEX operator_act_xact ON tegata.operator_act USING brin (xact) WITH (pages_per_range = 32);
COMMENT ON TABLE tegata.operator_act IS 'Every change that is not one of a value by its owner, append-only; refusals too';
COMMENT ON COLUMN tegata.operator_act.act_id IS 'Counts up; gaps mean nothing, order is that of xact';
COMMENT ON COLUMN tegata.operator_act.at IS 'When';
COMMENT ON COLUMN tegata.operator_act.operator IS 'session_user: the operator''s personal role, or the manager''s where a rule acted';
COMMENT ON COLUMN tegata.operator_act.approver IS 'Second person, where one is asked for';
COMMENT ON COLUMN tegata.operator_act.act IS 'The function, without operator_';
COMMENT ON COLUMN tegata.operator_act.arguments IS 'What it was given, without secrets';
COMMENT ON COLUMN tegata.operator_act.reason IS 'Why, in the operator''s words';
COMMENT ON COLUMN tegata.operator_act.outcome IS 'Code of lib/outcome.def';
COMMENT ON COLUMN tegata.operator_act.terminal_id IS 'Terminal concerned; NULL: none';
COMMENT ON COLUMN tegata.operator_act.cause_id IS 'Movement in table charge that it caused; NULL: none';
COMMENT ON COLUMN tegata.operator_act.reference IS 'What makes it happen once: of a top-up the payment''s reference';
COMMENT ON COLUMN tegata.operator_act.xact IS 'As in journal';
COMMENT ON SEQUENCE tegata.operator_act_act_id_seq IS 'Numbers of acts';
COMMENT ON INDEX tegata.operator_act_reference IS 'One effect a reference';
COMMENT ON INDEX tegata.operator_act_terminal IS 'A terminal''s acts';
COMMENT ON INDEX tegata.operator_act_xact IS 'For sealing';

CREATE TABLE tegata.outbox (
	cause_id bigint NOT NULL,
	terminal_id bigint NOT NULL,
	created_at timestamptz NOT NULL,
	next_at timestamptz NOT NULL,
	version int NOT NULL,
	home smallint NOT NULL,
	kind smallint NOT NULL,
	attempts smallint NOT NULL DEFAULT 0,
	text_key text NOT NULL,
	arguments jsonb NOT NULL,
	PRIMARY KEY (home, cause_id, version, kind)
);
COMMENT ON TABLE tegata.outbox IS 'What is to be sent, written in the transaction that caused it; a row goes when it was delivered. Its key is the key by which a receiver can tell a repeat';
COMMENT ON COLUMN tegata.outbox.cause_id IS 'The value id';
COMMENT ON COLUMN tegata.outbox.terminal_id IS 'To whom';
COMMENT ON COLUMN tegata.outbox.created_at IS 'When it was caused';
COMMENT ON COLUMN tegata.outbox.next_at IS 'Not to be tried before';
COMMENT ON COLUMN tegata.outbox.version IS 'Version of the value that caused it';
COMMENT ON COLUMN tegata.outbox.home IS 'Of the value';
COMMENT ON COLUMN tegata.outbox.kind IS '1 text to a terminal, 2 webhook to a shop';
COMMENT ON COLUMN tegata.outbox.attempts IS 'How often it was tried';
COMMENT ON COLUMN tegata.outbox.text_key IS 'Key of the text in the catalogue; rendered by who sends it, in the receiver''s language';
COMMENT ON COLUMN tegata.outbox.arguments IS 'What the text speaks of: value_id as text, amount in minor units, currency, from';

CREATE TABLE tegata.lease (
	resource text PRIMARY KEY,
	holder text NOT NULL,
	taken_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE tegata.lease IS 'Who holds a name that only one may use; renewed by its holder, taken over by a standby';
COMMENT ON COLUMN tegata.lease.resource IS 'What is held: euse:<name>, sealer, ...';
COMMENT ON COLUMN tegata.lease.holder IS 'The process: host, pid, random';
COMMENT ON COLUMN tegata.lease.taken_at IS 'Since when this holder has it';
COMMENT ON COLUMN tegata.lease.expires_at IS 'Anybody''s from then on, by this database''s clock';

CREATE TABLE tegata.shop_key (
	digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
	terminal_id bigint NOT NULL REFERENCES tegata.terminal,
	label text NOT NULL CHECK (octet_length(label) BETWEEN 1 AND 64),
	test boolean NOT NULL DEFAULT false,
	scopes text[] NOT NULL,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	expires_at timestamptz,
	revoked_at timestamptz,
	CHECK (scopes <@ ARRAY['check', 'transfer', 'convert', 'events'] AND cardinality(scopes) > 0)
);
CREATE UNIQUE INDEX shop_key_label ON tegata.shop_key (terminal_id, label) WHERE revoked_at IS NULL;
COMMENT ON TABLE tegata.shop_key IS 'By what a shop''s server proves who it is';
COMMENT ON COLUMN tegata.shop_key.digest IS 'SHA-256 of the key; the key itself is nowhere';
COMMENT ON COLUMN tegata.shop_key.terminal_id IS 'Whose key';
COMMENT ON COLUMN tegata.shop_key.label IS 'What the shop and the operators call it';
COMMENT ON COLUMN tegata.shop_key.test IS 'A test key; it belongs into the sandbox''s database';
COMMENT ON COLUMN tegata.shop_key.scopes IS 'check, transfer, convert, events';
COMMENT ON COLUMN tegata.shop_key.created_at IS 'When it was added';
COMMENT ON COLUMN tegata.shop_key.expires_at IS 'Not valid from then on; NULL: no end';
COMMENT ON COLUMN tegata.shop_key.revoked_at IS 'Not valid since; NULL: valid';
COMMENT ON INDEX tegata.shop_key_label IS 'A label names one living key of a shop';
