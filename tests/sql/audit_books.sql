-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What an auditor reads beside the violations: the books themselves, in words, as tegata_auditor.
BEGIN;
SET search_path = tegata, public;
SELECT plan(13);
SELECT is(value_id_text(708645112539386555), '07086451125393865556', 'a value id as people know it');
SELECT is(value_id_text(1), '00000000000000000018', 'its zeros in front');
SELECT is(value_id_text(9223372036854775807), '92233720368547758074', 'the largest');
SELECT t.issue('a', t.rid(1), t.vid('a', 1), 500, 'cash');
SELECT t.transfer('a', t.rid(2), t.vid('a', 1), '3344', 0, 'order 7');
SELECT t.issue('a', t.rid(3), t.vid('a', 2), 500, 'external');
SELECT operator_terminal_status('{819000000002}', 'block', 'stolen');
CREATE TABLE t.ids AS SELECT value_id_text(t.vid('a', 1)) AS one, value_id_text(t.vid('a', 2)) AS two;
GRANT SELECT ON t.ids TO PUBLIC;
SET ROLE tegata_auditor;
SET search_path = audit, public;
SELECT results_eq($$SELECT amount, currency, state, product, issuer, owner, version FROM audit.value, t.ids WHERE value_id = one$$,
	$$VALUES (500::bigint, 'JPY', 'active', 'cash', '819000000001', '3344', 2)$$, 'a value and its owner');
SELECT results_eq($$SELECT state FROM audit.value, t.ids WHERE value_id = two$$, $$VALUES ('pending')$$, 'one that waits for its charge');
SELECT results_eq($$SELECT version, operation, actor, owner, link, reference FROM audit.journal, t.ids WHERE value_id = one ORDER BY version$$,
	$$VALUES (1, 'issue', '819000000001', '819000000001', 'test', NULL), (2, 'transfer', '819000000001', '3344', 'test', 'order 7')$$, 'its life');
SELECT results_eq($$SELECT kind, debit, credit, amount FROM audit.charge, t.ids WHERE cause_id = one ORDER BY kind$$,
	$$VALUES ('fee', '819000000001', 'fee_income', 13::bigint), ('issue', '819000000001', 'circulation', 500)$$, 'its money');
SELECT results_eq($$SELECT state, number, amount FROM audit.total ORDER BY state$$,
	$$VALUES ('active', 1::bigint, 500::numeric), ('pending', 1, 500)$$, 'totals');
SELECT results_eq($$SELECT act, reason, done, terminal FROM audit.operator_act ORDER BY act_id DESC LIMIT 1$$,
	$$VALUES ('terminal_status', 'stolen', true, '819000000002')$$, 'what operators did');
SELECT is_empty($$SELECT * FROM audit.operator_act WHERE arguments::text ~ '4401000000000'$$, 'no IMSI in it');
SELECT throws_ok('SELECT * FROM tegata.value', '42501', NULL, 'no table');
SELECT throws_ok('SELECT tegata.operator_maintenance(true, $$x$$)', '42501', NULL, 'no function');
SELECT throws_ok('UPDATE audit.value SET amount = 1', NULL, NULL, 'nothing to write');
SELECT * FROM finish();
ROLLBACK;
