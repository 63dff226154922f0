-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What every test starts from; tests/sql/run makes a template database of it.
--
-- Products: cash (JPY, fee 10 + 5 permille, 365 days), plain (JPY, no fee, for
-- ever), external (JPY, fee 5), capped (EUR, at most 1000 held), old (not on sale).
-- Terminals by name:
--   a  prepaid, 10000 JPY      b  postpaid, limit 3000 JPY    c  prepaid, nothing
--   d  blocked                 e  quarantined                 f  retired
--   shop 3344 (key "key"), closed 4455 (blocked)
CREATE EXTENSION pgtap;
CREATE SCHEMA t;
GRANT USAGE ON SCHEMA t TO PUBLIC;
SET search_path = tegata, public;

CREATE TABLE t.outcome (code int, name text);
CREATE TABLE t.value_state (code int, name text);
CREATE TABLE t.terminal_status (code int, name text);
CREATE TABLE t.terminal (name text PRIMARY KEY, id bigint);

CREATE FUNCTION t.id(name text) RETURNS bigint STABLE LANGUAGE sql AS $$
	SELECT coalesce((SELECT x.id FROM t.terminal x WHERE x.name = id.name), 64 * 999999) $$;
CREATE FUNCTION t.name(code int) RETURNS text STABLE LANGUAGE sql AS $$
	SELECT o.name FROM t.outcome o WHERE o.code = name.code $$;
-- The n-th request id, version 7, of a moment some seconds from now.
CREATE FUNCTION t.rid(n int, seconds int DEFAULT 0) RETURNS uuid STABLE LANGUAGE sql AS $$
	SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint + seconds * 1000 + n), 12, '0')
		|| '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid $$;
-- The n-th value id of a terminal, of today.
CREATE FUNCTION t.vid(name text, n int) RETURNS bigint STABLE LANGUAGE sql AS $$
	SELECT (tegata.value_id_day(now()) << 48) | ((t.id(name) & 63) << 42) | n $$;

-- One issue; its outcome by name, with * for a repeat.
CREATE FUNCTION t.issue(terminal text, rid uuid, vid bigint, amount bigint, product text DEFAULT 'plain',
	guard int DEFAULT 0, agreed_fee bigint DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END
	FROM tegata.value_issue(ARRAY[rid], ARRAY[t.id(terminal)], ARRAY[product], ARRAY[amount],
		ARRAY[agreed_fee], ARRAY[vid], ARRAY[guard], ARRAY['test']) $$;
CREATE FUNCTION t.transfer(terminal text, rid uuid, vid bigint, transferee text, guard int DEFAULT 0,
	reference text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END
	FROM tegata.value_transfer(ARRAY[rid], ARRAY[t.id(terminal)], ARRAY[vid], ARRAY[0::bigint],
		ARRAY[transferee], ARRAY[reference], ARRAY[guard], ARRAY['test']) $$;
CREATE FUNCTION t.enter(imsi text, msisdn text, enrol boolean DEFAULT true) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN enrolled THEN '+' ELSE '' END
	FROM tegata.terminal_enter(ARRAY[imsi], ARRAY[msisdn], ARRAY[enrol]) $$;
-- Every invariant, as one test.
CREATE FUNCTION t.books() RETURNS text LANGUAGE sql AS $$
	SELECT public.is_empty('SELECT * FROM audit.violations', 'the books are in order') $$;

SELECT operator_product_set('cash', 'Cash', 'JPY', '{500,1000}', 100, 50000, 100, 10, 5, 365,
	NULL, NULL, NULL, NULL, NULL, 1, 'fixture');
SELECT operator_product_set('plain', 'Plain', 'JPY', NULL, 1, 1000000000000000, 1, NULL, NULL, NULL,
	NULL, NULL, NULL, 'lapse', NULL, 2, 'fixture');
SELECT operator_product_set('external', 'External', 'JPY', '{500}', NULL, NULL, NULL, 5, NULL, NULL,
	'external', NULL, NULL, NULL, NULL, 3, 'fixture');
SELECT operator_product_set('capped', 'Capped', 'EUR', NULL, 1, 5000, NULL, NULL, NULL, NULL,
	NULL, 1000, NULL, NULL, NULL, 4, 'fixture');
SELECT operator_product_set('old', 'Old', 'JPY', '{500}', NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, false, 5, 'fixture');
SELECT operator_terminal_import('{819000000001,819000000002,819000000003,819000000004,819000000005,819000000006}',
	'{440100000000001,440100000000002,440100000000003,440100000000004,440100000000005,440100000000006}',
	'{prepaid,postpaid,prepaid,prepaid,prepaid,prepaid}', '{NULL,3000,NULL,NULL,NULL,NULL}',
	'{en,NULL,NULL,NULL,NULL,NULL}', '{NULL,NULL,NULL,NULL,NULL,NULL}', 'fixture');
INSERT INTO t.terminal SELECT chr(96 + right(address, 1)::int), terminal_id FROM terminal;
SELECT operator_top_up('{819000000001,819000000001}', '{JPY,EUR}', '{10000,5000}', '{p1,p2}', 'fixture');
SELECT operator_terminal_status('{819000000004,819000000006}', 'block', 'fixture');
SELECT operator_terminal_status('{819000000006}', 'retire', 'fixture');
SELECT terminal_enter('{440100000000015}', '{819000000005}', '{true}');
INSERT INTO t.terminal SELECT 'e2', terminal_id FROM terminal WHERE imsi = '440100000000015';
SELECT operator_shop_add('3344', 'Shop', 100, 200, 'fixture');
SELECT operator_shop_add('4455', 'Closed', NULL, NULL, 'fixture');
SELECT operator_terminal_status('{4455}', 'block', 'fixture');
INSERT INTO t.terminal SELECT CASE address WHEN '3344' THEN 'shop' ELSE 'closed' END, terminal_id
FROM terminal WHERE kind = 2;
SELECT operator_shop_key_add('3344', sha256('key'), 'main', false, '{check}', NULL, 'fixture');
