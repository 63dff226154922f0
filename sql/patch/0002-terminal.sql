-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who takes part, what is on sale, what is owed.
--
-- Terminals are looked up by address and IMSI, whatever their home: once the
-- ledger is spread over machines, terminal and product are copied to each, and
-- account is distributed by home.

CREATE TABLE tegata.setting (
	name text PRIMARY KEY,
	value text NOT NULL,
	changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tegata.setting IS 'The few switches that every manager of this database must agree on';
COMMENT ON COLUMN tegata.setting.name IS 'maintenance: on = value is not moved; outbox: on = receipts are written to table outbox (off until something sends them); swap_freeze_hours: how long outgoing operations are refused after a SIM swap; sandbox: on = this database is for trials, and takes test keys of shops only; partitions: the row that partition_ensure locks';
COMMENT ON COLUMN tegata.setting.value IS 'Its value as text';
COMMENT ON COLUMN tegata.setting.changed_at IS 'When it was last changed; operator_act says by whom';
INSERT INTO tegata.setting (name, value)
VALUES ('maintenance', 'off'), ('outbox', 'off'), ('swap_freeze_hours', '24'), ('sandbox', 'off'), ('partitions', 'monthly');

CREATE TABLE tegata.carrier_account (
	account_id bigint PRIMARY KEY CHECK (account_id < 0),
	name text NOT NULL UNIQUE,
	meaning text NOT NULL
);
COMMENT ON TABLE tegata.carrier_account IS 'The carrier''s own side of every movement. They keep no stored balance, because every issue would queue for it: their balance is the sum of their movements';
COMMENT ON COLUMN tegata.carrier_account.account_id IS 'Negative; positive account numbers in table charge are terminals';
COMMENT ON COLUMN tegata.carrier_account.name IS 'Short name';
COMMENT ON COLUMN tegata.carrier_account.meaning IS 'What is booked on it';
INSERT INTO tegata.carrier_account (account_id, name, meaning) VALUES
	(-1, 'circulation', 'Value issued and not given back: a liability'),
	(-2, 'fee_income', 'Fees'),
	(-3, 'top_up_received', 'Money that came in by top-ups and payments, less what was paid back'),
	(-4, 'external_receivable', 'What external charging systems took for us'),
	(-5, 'breakage', 'Value that lapsed'),
	(-6, 'written_off', 'Debt that was given up');

CREATE SEQUENCE tegata.terminal_number;
COMMENT ON SEQUENCE tegata.terminal_number IS 'Drawn when a terminal is made; gaps mean nothing';

CREATE TABLE tegata.terminal (
	terminal_id bigint PRIMARY KEY CHECK (terminal_id > 0),
	home smallint NOT NULL,
	kind smallint NOT NULL CHECK (kind IN (1, 2)),
	status smallint NOT NULL DEFAULT 1 CHECK (status BETWEEN 1 AND 4),
	address text NOT NULL,
	name text,
	imsi text CHECK (imsi ~ '^[0-9]{6,15}$'),
	imsi_bound_at timestamptz,
	language text CHECK (length(language) BETWEEN 2 AND 8),
	frozen_until timestamptz,
	quarantined_at timestamptz,
	rate_per_s int CHECK (rate_per_s > 0),
	rate_burst int CHECK (rate_burst > 0),
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	CHECK (home = (terminal_id & 63)),
	CHECK (address ~ CASE kind WHEN 1 THEN '^[1-9][0-9]{6,14}$' ELSE '^[0-9]{4,6}$' END),
	CHECK ((imsi IS NULL) = (imsi_bound_at IS NULL))
) WITH (fillfactor = 90);
COMMENT ON TABLE tegata.terminal IS 'Who can own value: a telephone or a shop''s server. The number is an address, the row is the identity';
COMMENT ON COLUMN tegata.terminal.terminal_id IS 'number of the sequence * 64 + home';
COMMENT ON COLUMN tegata.terminal.home IS '0..63, a hash; never changes; keeps a terminal, its account and what it issued together';
COMMENT ON COLUMN tegata.terminal.kind IS '1 portable (a telephone), 2 server (a shop)';
COMMENT ON COLUMN tegata.terminal.status IS '1 active, 2 blocked, 3 quarantined, 4 retired; function terminal_status_code';
COMMENT ON COLUMN tegata.terminal.address IS 'E.164 number without +, or shop code; belongs to at most one active or blocked row';
COMMENT ON COLUMN tegata.terminal.name IS 'Of a shop, as subscribers read it';
COMMENT ON COLUMN tegata.terminal.imsi IS 'SIM (3GPP TS 23.003 clause 2.2); belongs to at most one row that is not retired. NULL: imported, not seen yet';
COMMENT ON COLUMN tegata.terminal.imsi_bound_at IS 'When this IMSI was bound to this row';
COMMENT ON COLUMN tegata.terminal.language IS 'Catalogue for its texts; NULL: the default';
COMMENT ON COLUMN tegata.terminal.frozen_until IS 'After a SIM swap: until then it cannot issue or transfer';
COMMENT ON COLUMN tegata.terminal.quarantined_at IS 'When another IMSI appeared on its number';
COMMENT ON COLUMN tegata.terminal.rate_per_s IS 'Of a shop: items a second that it may ask; NULL: the gateway''s default';
COMMENT ON COLUMN tegata.terminal.rate_burst IS 'Of a shop: items at once';
COMMENT ON COLUMN tegata.terminal.created_at IS 'When the row was made';
CREATE UNIQUE INDEX terminal_address ON tegata.terminal (address) WHERE status IN (1, 2);
CREATE UNIQUE INDEX terminal_imsi ON tegata.terminal (imsi) WHERE status <> 4;
CREATE INDEX terminal_quarantined ON tegata.terminal (address) WHERE status = 3;
CREATE INDEX terminal_retired ON tegata.terminal (address) WHERE status = 4;
COMMENT ON INDEX tegata.terminal_address IS 'Who is reached under a number now';
COMMENT ON INDEX tegata.terminal_imsi IS 'Whose SIM it is';
COMMENT ON INDEX tegata.terminal_quarantined IS 'Whose number it was';
COMMENT ON INDEX tegata.terminal_retired IS 'Who has left under a number';

CREATE TABLE tegata.terminal_seen (
	home smallint NOT NULL,
	terminal_id bigint NOT NULL,
	request_id uuid NOT NULL,
	PRIMARY KEY (home, terminal_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE tegata.terminal_seen IS 'Up to which operation a subscriber has been told the result. Apart from terminal, which is seldom written';
COMMENT ON COLUMN tegata.terminal_seen.home IS 'Of the terminal';
COMMENT ON COLUMN tegata.terminal_seen.terminal_id IS 'Whose operations';
COMMENT ON COLUMN tegata.terminal_seen.request_id IS 'Operations up to and including this one count as seen; request ids of terminals are version 7, time first';

CREATE TABLE tegata.product (
	product_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9_-]{1,16}$'),
	name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 64),
	currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	amounts bigint[] NOT NULL DEFAULT '{}' 
		CHECK (cardinality(amounts) <= 9 AND 0 < ALL (amounts) AND 1000000000000000 >= ALL (amounts)),
	min_amount bigint NOT NULL DEFAULT 0 CHECK (min_amount >= 0),
	max_amount bigint NOT NULL DEFAULT 0 CHECK (max_amount BETWEEN 0 AND 1000000000000000),
	step bigint NOT NULL DEFAULT 1 CHECK (step > 0),
	fee_fixed bigint NOT NULL DEFAULT 0 CHECK (fee_fixed BETWEEN 0 AND 1000000000000000),
	fee_permille int NOT NULL DEFAULT 0 CHECK (fee_permille BETWEEN 0 AND 1000),
	valid_days int CHECK (valid_days > 0),
	policy smallint NOT NULL DEFAULT 1 CHECK (policy IN (1, 2)),
	held_max bigint CHECK (held_max > 0),
	pin_threshold bigint CHECK (pin_threshold >= 0),
	recycle_rule smallint NOT NULL DEFAULT 1 CHECK (recycle_rule IN (1, 2)),
	on_sale boolean NOT NULL DEFAULT true,
	position int NOT NULL DEFAULT 100,
	CHECK (max_amount = 0 OR min_amount BETWEEN 1 AND max_amount)
);
CREATE INDEX product_limited ON tegata.product (product_id) WHERE held_max IS NOT NULL;
COMMENT ON INDEX tegata.product_limited IS 'Is there any product that limits what may be held?';
COMMENT ON TABLE tegata.product IS 'What is on sale and by which rules; all amounts in minor units';
COMMENT ON COLUMN tegata.product.product_id IS 'Stored in values';
COMMENT ON COLUMN tegata.product.code IS 'What configuration and operators call it';
COMMENT ON COLUMN tegata.product.name IS 'What subscribers read';
COMMENT ON COLUMN tegata.product.currency IS 'ISO 4217; never changes: the product fixes the currency, no currency is ever typed';
COMMENT ON COLUMN tegata.product.amounts IS 'Amounts offered in the menu, rising';
COMMENT ON COLUMN tegata.product.min_amount IS 'Smallest free amount';
COMMENT ON COLUMN tegata.product.max_amount IS 'Largest free amount; 0: only those offered';
COMMENT ON COLUMN tegata.product.step IS 'A free amount is a multiple of it';
COMMENT ON COLUMN tegata.product.fee_fixed IS 'Fee of an issue, on top of the amount';
COMMENT ON COLUMN tegata.product.fee_permille IS 'and this part of the amount in thousandths, rounded up to the minor unit';
COMMENT ON COLUMN tegata.product.valid_days IS 'Life of a value in days of 24 hours; NULL: for ever';
COMMENT ON COLUMN tegata.product.policy IS 'Charging policy: 1 the issuer''s account here, at issue; 2 an external system, at issue';
COMMENT ON COLUMN tegata.product.held_max IS 'Most that a portable terminal may hold of this currency; NULL: no limit';
COMMENT ON COLUMN tegata.product.pin_threshold IS 'From this amount on a PIN is asked for; NULL: never';
COMMENT ON COLUMN tegata.product.recycle_rule IS 'What becomes of values when their owner''s number is recycled: 1 they stay frozen with the old row, 2 they lapse';
COMMENT ON COLUMN tegata.product.on_sale IS 'false: no new issues';
COMMENT ON COLUMN tegata.product.position IS 'Order in menus';

CREATE TABLE tegata.account (
	home smallint NOT NULL,
	terminal_id bigint NOT NULL,
	currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	mode smallint NOT NULL DEFAULT 1 CHECK (mode IN (1, 2)),
	balance bigint NOT NULL DEFAULT 0 CHECK (balance >= 0),
	accrued bigint NOT NULL DEFAULT 0 CHECK (accrued >= 0),
	credit_limit bigint NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
	PRIMARY KEY (home, terminal_id, currency),
	CHECK (home = (terminal_id & 63))
) WITH (fillfactor = 70);
COMMENT ON TABLE tegata.account IS 'What a terminal has paid in or owes; hot: its columns outside the key change in place (HOT)';
COMMENT ON COLUMN tegata.account.home IS 'Of the terminal';
COMMENT ON COLUMN tegata.account.terminal_id IS 'Whose account';
COMMENT ON COLUMN tegata.account.currency IS 'ISO 4217';
COMMENT ON COLUMN tegata.account.mode IS '1 prepaid: spends its balance; 2 postpaid: its balance if there is one, then accrues up to the limit';
COMMENT ON COLUMN tegata.account.balance IS 'Minor units paid in and not spent';
COMMENT ON COLUMN tegata.account.accrued IS 'Minor units owed; balance - accrued = credits - debits in table charge';
COMMENT ON COLUMN tegata.account.credit_limit IS 'Most that may be owed';
COMMENT ON SEQUENCE tegata.product_product_id_seq IS 'Numbers of products';
