-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A second person for what moves much, results of reconciliation, and where the
-- managers are in what they tidy up.

CREATE TABLE tegata.approval (
	approval_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	expires_at timestamptz NOT NULL,
	operator text NOT NULL DEFAULT session_user,
	act text NOT NULL,
	arguments jsonb NOT NULL,
	reason text NOT NULL CHECK (reason <> ''),
	terminal_id bigint,
	state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
	decided_at timestamptz,
	decided_by text,
	outcome smallint,
	CHECK ((state = 0) = (decided_at IS NULL)),
	CHECK (state <> 1 OR decided_by <> operator)
);
CREATE UNIQUE INDEX approval_open ON tegata.approval (act, md5(arguments::text)) WHERE state = 0;
COMMENT ON TABLE tegata.approval IS 'Acts of one operator that take effect when another one approves them; decided rows stay';
COMMENT ON COLUMN tegata.approval.approval_id IS 'What the second person names; gaps mean nothing';
COMMENT ON COLUMN tegata.approval.asked_at IS 'When the first person asked';
COMMENT ON COLUMN tegata.approval.expires_at IS 'Not to be approved from then on';
COMMENT ON COLUMN tegata.approval.operator IS 'session_user of the first person';
COMMENT ON COLUMN tegata.approval.act IS 'As in operator_act';
COMMENT ON COLUMN tegata.approval.arguments IS 'What it was given, and is done with when it is approved';
COMMENT ON COLUMN tegata.approval.reason IS 'Why, in the first person''s words';
COMMENT ON COLUMN tegata.approval.terminal_id IS 'Who had the number when it was asked: nobody else is acted on. NULL: no terminal';
COMMENT ON COLUMN tegata.approval.state IS '0 waits, 1 approved, 2 rejected, 3 expired (written down when it is asked again)';
COMMENT ON COLUMN tegata.approval.decided_at IS 'When';
COMMENT ON COLUMN tegata.approval.decided_by IS 'session_user of who approved or rejected it';
COMMENT ON COLUMN tegata.approval.outcome IS 'What the act came to, code of lib/outcome.def';
COMMENT ON INDEX tegata.approval_open IS 'The same act waits once';
COMMENT ON SEQUENCE tegata.approval_approval_id_seq IS 'Numbers of approvals';

INSERT INTO tegata.setting (name, value) VALUES ('approval_hours', '72');
COMMENT ON COLUMN tegata.setting.name IS 'maintenance: on = value is not moved; outbox: on = receipts are written to table outbox (off until something sends them); swap_freeze_hours: how long outgoing operations are refused after a SIM swap; sandbox: on = this database is for trials, and takes test keys of shops only; partitions: the row that partition_ensure locks; sealing: on = the manager that has the signing key seals history; approval_<currency>: from more than so many minor units on a second operator is asked for; top_up_max_<currency>: largest single top-up, in minor units; approval_hours: how long an act waits for approval';

-- Functions whose arguments change; a new database does not have them yet.
SET LOCAL client_min_messages = warning;
DROP FUNCTION IF EXISTS tegata.operator_log(text, jsonb, text, smallint, bigint, bigint, text);
DROP FUNCTION IF EXISTS tegata.top_up_one(text, text, bigint, text, text);
DROP FUNCTION IF EXISTS tegata.account_settle_one(text, text, text, text);
DROP FUNCTION IF EXISTS tegata.terminal_status_one(text, text, bigint[], text);
DROP FUNCTION IF EXISTS tegata.terminal_swap_one(text, text, bigint[], text);
DROP FUNCTION IF EXISTS tegata.terminal_import_one(text, text, text, bigint, text, text, text);

CREATE TABLE tegata.reconciliation (
	run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	took_ms bigint NOT NULL,
	operator text NOT NULL DEFAULT session_user,
	objects bigint NOT NULL,
	lines jsonb NOT NULL
);
COMMENT ON TABLE tegata.reconciliation IS 'Results of reconciliation, for monitoring; kept 400 days';
COMMENT ON COLUMN tegata.reconciliation.run_id IS 'Counts up';
COMMENT ON COLUMN tegata.reconciliation.at IS 'Of the snapshot';
COMMENT ON COLUMN tegata.reconciliation.took_ms IS 'How long it took';
COMMENT ON COLUMN tegata.reconciliation.operator IS 'session_user that ran it';
COMMENT ON COLUMN tegata.reconciliation.objects IS 'How many things differ, of all kinds; 0: everything agrees';
COMMENT ON COLUMN tegata.reconciliation.lines IS 'What function reconcile answered';
COMMENT ON SEQUENCE tegata.reconciliation_run_id_seq IS 'Numbers of runs';

CREATE TABLE tegata.sweep (
	name text PRIMARY KEY,
	reached_id bigint NOT NULL DEFAULT 0,
	reached_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	n bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON TABLE tegata.sweep IS 'Where the managers are in what they tidy up; who has a row locked works on it';
COMMENT ON COLUMN tegata.sweep.name IS 'request: old answers go; expiry: values past their expiry are written down as expired';
COMMENT ON COLUMN tegata.sweep.reached_id IS 'request: the last terminal that was looked at';
COMMENT ON COLUMN tegata.sweep.reached_at IS 'expiry: everything that expired before is done';
COMMENT ON COLUMN tegata.sweep.next_at IS 'Nothing is to be done before';
COMMENT ON COLUMN tegata.sweep.n IS 'How many rows were done in all';
-- Values issued before this patch may have expired at any time.
INSERT INTO tegata.sweep (name, reached_at) VALUES ('request', clock_timestamp()), ('expiry', '2020-01-01');

CREATE TABLE tegata.expiry_due (
	home smallint NOT NULL,
	value_id bigint NOT NULL,
	PRIMARY KEY (home, value_id)
);
COMMENT ON TABLE tegata.expiry_due IS 'Values that were found past their expiry, to be written down a batch at a time';
COMMENT ON COLUMN tegata.expiry_due.home IS 'Of the value';
COMMENT ON COLUMN tegata.expiry_due.value_id IS 'Which';

CREATE INDEX value_expires ON tegata.value USING brin (expires_at timestamptz_minmax_multi_ops) WITH (pages_per_range = 64);
COMMENT ON INDEX tegata.value_expires IS 'What expired since it was last looked';

CREATE INDEX request_at ON tegata.request USING brin (at) WITH (pages_per_range = 32);
COMMENT ON INDEX tegata.request_at IS 'What was asked since a time; where space is used again its lower bounds are of no use';
CREATE INDEX operator_act_renumber ON tegata.operator_act ((arguments->>'from')) WHERE act = 'terminal_renumber';
COMMENT ON INDEX tegata.operator_act_renumber IS 'Who had a number before the carrier changed it';
