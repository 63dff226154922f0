-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Value, its history, its money, and the answers given.
--
-- value, journal and charge are partitioned by the day in the id (a month a
-- partition, function partition_ensure), so that a value's whole life retires
-- together.  A DEFAULT partition takes what no month was made for: an issue
-- never fails for lack of one.
--
-- No foreign keys here: they cost a third of the throughput.  Views of schema
-- audit find orphans, and the tests prove that the functions make none.

CREATE TABLE tegata.value (
	value_id bigint NOT NULL CHECK (value_id > 0),
	amount bigint NOT NULL CHECK (amount > 0),
	issuer_id bigint NOT NULL,
	owner_id bigint NOT NULL,
	owner_since timestamptz NOT NULL,
	expires_at timestamptz,
	version int NOT NULL CHECK (version > 0),
	home smallint NOT NULL,
	product_id smallint NOT NULL,
	state smallint NOT NULL CHECK (state BETWEEN 0 AND 5),
	policy smallint NOT NULL,
	currency text NOT NULL,
	PRIMARY KEY (home, value_id),
	CHECK (home = ((value_id >> 42) & 63))
) PARTITION BY RANGE (value_id);
CREATE TABLE tegata.value_default PARTITION OF tegata.value DEFAULT;
CREATE INDEX value_owner ON tegata.value (owner_id, value_id);
COMMENT ON TABLE tegata.value IS 'The value and who owns it (claim 25: what the storing means holds)';
COMMENT ON TABLE tegata.value_default IS 'Values of days that no month''s partition was made for';
COMMENT ON COLUMN tegata.value.value_id IS 'Third information: day of issue since 2020-01-01 (15 bits), home (6), random (42)';
COMMENT ON COLUMN tegata.value.amount IS 'Second information: minor units';
COMMENT ON COLUMN tegata.value.issuer_id IS 'First information: terminal that it was issued to';
COMMENT ON COLUMN tegata.value.owner_id IS 'Fifth information: terminal that owns it';
COMMENT ON COLUMN tegata.value.owner_since IS 'When it became the owner';
COMMENT ON COLUMN tegata.value.expires_at IS 'Not spendable from then on; NULL: never. Compared with clock_timestamp() after the row is locked';
COMMENT ON COLUMN tegata.value.version IS 'Number of its last journal row, from 1';
COMMENT ON COLUMN tegata.value.home IS 'Of the issuer, as in the id';
COMMENT ON COLUMN tegata.value.product_id IS 'By which product';
COMMENT ON COLUMN tegata.value.state IS '0 pending, 1 active, 2 reserved, 3 converted, 4 expired, 5 revoked; function value_state_code';
COMMENT ON COLUMN tegata.value.policy IS 'Charging policy of the product at issue';
COMMENT ON COLUMN tegata.value.currency IS 'ISO 4217';
COMMENT ON INDEX tegata.value_owner IS 'My values, what is held, and whether a terminal may retire';

CREATE TABLE tegata.journal (
	value_id bigint NOT NULL,
	owner_id bigint NOT NULL,
	actor_id bigint,
	request_id uuid,
	at timestamptz NOT NULL,
	xact bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
	version int NOT NULL,
	home smallint NOT NULL,
	operation smallint NOT NULL,
	state smallint NOT NULL,
	digest bytea,
	link text,
	reference text,
	PRIMARY KEY (home, value_id, version)
) PARTITION BY RANGE (value_id);
CREATE TABLE tegata.journal_default PARTITION OF tegata.journal DEFAULT;
CREATE INDEX journal_xact ON tegata.journal USING brin (xact) WITH (pages_per_range = 32);
CREATE INDEX journal_at ON tegata.journal USING brin (at) WITH (pages_per_range = 32);
COMMENT ON TABLE tegata.journal IS 'Every change of every value, append-only; the key is a value''s history';
COMMENT ON TABLE tegata.journal_default IS 'Of values in value_default';
COMMENT ON COLUMN tegata.journal.value_id IS 'Which value';
COMMENT ON COLUMN tegata.journal.owner_id IS 'Owner after the change';
COMMENT ON COLUMN tegata.journal.actor_id IS 'Terminal that asked; NULL: an operator or the system';
COMMENT ON COLUMN tegata.journal.request_id IS 'Under which request id; of an operator NULL';
COMMENT ON COLUMN tegata.journal.at IS 'When it was decided';
COMMENT ON COLUMN tegata.journal.xact IS 'pg_current_xact_id(): the order in which seals take rows (bigint, because xid8 has no BRIN)';
COMMENT ON COLUMN tegata.journal.version IS 'From 1, without a gap';
COMMENT ON COLUMN tegata.journal.home IS 'Of the value';
COMMENT ON COLUMN tegata.journal.operation IS '1 issue, 2 transfer, 3 settled (external charge), 4 swap, 5 lapse; function operation_code';
COMMENT ON COLUMN tegata.journal.state IS 'State after the change';
COMMENT ON COLUMN tegata.journal.digest IS 'Of the arguments as received, as in table request';
COMMENT ON COLUMN tegata.journal.link IS 'By which link it came';
COMMENT ON COLUMN tegata.journal.reference IS 'The shop''s order reference';
COMMENT ON INDEX tegata.journal_xact IS 'For sealing';
COMMENT ON INDEX tegata.journal_at IS 'For questions about a time';

CREATE TABLE tegata.charge (
	cause_id bigint NOT NULL,
	debit_account bigint NOT NULL,
	credit_account bigint NOT NULL,
	amount bigint NOT NULL CHECK (amount > 0),
	at timestamptz NOT NULL,
	xact bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
	version int NOT NULL,
	home smallint NOT NULL,
	kind smallint NOT NULL,
	currency text NOT NULL,
	PRIMARY KEY (home, cause_id, version, kind),
	CHECK (debit_account <> credit_account)
) PARTITION BY RANGE (cause_id);
CREATE TABLE tegata.charge_default PARTITION OF tegata.charge DEFAULT;
CREATE INDEX charge_xact ON tegata.charge USING brin (xact) WITH (pages_per_range = 32);
COMMENT ON TABLE tegata.charge IS 'Every movement of money, append-only, a double entry a row';
COMMENT ON TABLE tegata.charge_default IS 'Of causes whose day has no partition';
COMMENT ON COLUMN tegata.charge.cause_id IS 'The value id; of a movement without a value an id of the same form, which operator_act names';
COMMENT ON COLUMN tegata.charge.debit_account IS 'Terminal id, or a negative number of carrier_account: what is given, or owed';
COMMENT ON COLUMN tegata.charge.credit_account IS 'The same: what receives';
COMMENT ON COLUMN tegata.charge.amount IS 'Minor units';
COMMENT ON COLUMN tegata.charge.at IS 'When';
COMMENT ON COLUMN tegata.charge.xact IS 'As in journal';
COMMENT ON COLUMN tegata.charge.version IS 'Version of the value that caused it; 0 without a value';
COMMENT ON COLUMN tegata.charge.home IS 'As in cause_id';
COMMENT ON COLUMN tegata.charge.kind IS '1 issue, 2 fee, 3 transfer, 4 conversion, 5 refund, 6 breakage, 7 top_up, 8 swap, 9 write_off; function charge_kind_code';
COMMENT ON COLUMN tegata.charge.currency IS 'ISO 4217';
COMMENT ON INDEX tegata.charge_xact IS 'For sealing';

CREATE TABLE tegata.request (
	actor_id bigint NOT NULL,
	request_id uuid NOT NULL,
	value_id bigint,
	amount bigint,
	fee bigint,
	balance bigint,
	peer_id bigint,
	expires_at timestamptz,
	at timestamptz NOT NULL,
	version int,
	home smallint NOT NULL,
	operation smallint NOT NULL,
	outcome smallint NOT NULL,
	digest bytea NOT NULL,
	currency text,
	peer text,
	PRIMARY KEY (actor_id, request_id)
);
COMMENT ON TABLE tegata.request IS 'The first answer to every operation, refusals too; a repeat gets it again. Kept 30 days. Request ids of terminals are UUID version 7 (RFC 9562 section 5.7: time first), so the key also serves last operations, what is unseen, and the guard against repeats. It is unique without the home, so that one id never has two effects, not even with other arguments from two sessions at once; home joins the key on the day that the table is distributed';
COMMENT ON COLUMN tegata.request.actor_id IS 'Terminal that asked';
COMMENT ON COLUMN tegata.request.request_id IS 'Under which id';
COMMENT ON COLUMN tegata.request.value_id IS 'Value that was made, or asked about; NULL: none';
COMMENT ON COLUMN tegata.request.amount IS 'Minor units; NULL where not known';
COMMENT ON COLUMN tegata.request.fee IS 'Fee charged beside it';
COMMENT ON COLUMN tegata.request.balance IS 'What could still be spent afterwards';
COMMENT ON COLUMN tegata.request.peer_id IS 'Transferee';
COMMENT ON COLUMN tegata.request.expires_at IS 'Of the value';
COMMENT ON COLUMN tegata.request.at IS 'When it was decided';
COMMENT ON COLUMN tegata.request.version IS 'Version of the value that it made; NULL: none';
COMMENT ON COLUMN tegata.request.home IS 'Of the value, or of the issuer';
COMMENT ON COLUMN tegata.request.operation IS '1 issue, 2 transfer; function operation_code';
COMMENT ON COLUMN tegata.request.outcome IS 'Code of lib/outcome.def; those that a repeat may change (again, maintenance, value_id_taken, repeat_suspected, price_changed) are never stored';
COMMENT ON COLUMN tegata.request.digest IS 'First 16 octets of the SHA-256 of the arguments: other arguments under the same id are refused';
COMMENT ON COLUMN tegata.request.currency IS 'ISO 4217';
COMMENT ON COLUMN tegata.request.peer IS 'Transferee''s address at that time';
