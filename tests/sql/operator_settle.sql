-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Balances paid back, debts given up; what is no violation, but is watched.
BEGIN;
SET search_path = tegata, public;
SELECT plan(25);
CREATE FUNCTION t.settle(number text, imsi text, reference text) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE coalesce(' ' || note, '') END
	FROM tegata.operator_account_settle(ARRAY[number], ARRAY[imsi], ARRAY[reference], 'test') $$;
CREATE FUNCTION t.money(name text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', currency, balance, accrued), ', ' ORDER BY currency) FROM tegata.account WHERE terminal_id = t.id(name) $$;
SELECT is(t.issue('b', t.rid(1), t.vid('b', 1), 2500, 'plain'), 'ok', 'b owes');
SELECT is(t.settle('819000000001', NULL, 'r1'), 'value_state block it first', 'not of a terminal in use');
SELECT operator_terminal_status('{819000000001,819000000002}', 'block', 'test');
SELECT is(t.settle('819000000001', '', ''), 'reference_malformed a settlement needs a reference', 'without a reference');
SELECT is(t.settle('819000000099', '', 'r1'), 'terminal_unknown', 'nobody''s number');
SELECT is(t.settle('819000000001', '440100000000002', 'r1'), 'terminal_unknown', 'another''s IMSI');
SELECT is(t.settle('3344', '', 'r1'), 'terminal_unknown', 'a shop has no account');
SELECT is(t.settle('819000000001', '', 'r1'), 'ok 5000 EUR to be paid back, 10000 JPY to be paid back (minor units)', 'every currency');
SELECT is(t.money('a'), 'EUR 0 0, JPY 0 0', 'nothing is left');
SELECT results_eq($$SELECT kind::int, debit_account, credit_account, amount, currency FROM charge WHERE debit_account = t.id('a') ORDER BY currency$$,
	$$VALUES (5, t.id('a'), -3::bigint, 5000::bigint, 'EUR'), (5, t.id('a'), -3, 10000, 'JPY')$$, 'to where top-ups were received');
SELECT operator_top_up('{819000000001}', '{JPY}', '{7}', '{late}', 'test');
SELECT is(t.settle('819000000001', '', 'r1'), 'ok*', 'the reference again');
SELECT is(t.money('a'), 'EUR 0 0, JPY 7 0', 'books nothing');
SELECT matches(t.settle('819000000002', '', 'r1'), '^request_conflict', 'nor for another');
SELECT is(t.settle('819000000002', '440100000000002', 'r2'), 'ok 2500 JPY given up (minor units)', 'a debt');
SELECT results_eq($$SELECT kind::int, debit_account, amount FROM charge WHERE credit_account = t.id('b')$$,
	'VALUES (9, -6::bigint, 2500::bigint)', 'the carrier bears');
SELECT is(t.settle('819000000002', '', 'r3'), 'ok nothing to settle', 'nothing');
-- Both at once: set off first.
UPDATE account SET accrued = 3 WHERE terminal_id = t.id('a') AND currency = 'JPY';
UPDATE account SET balance = 10 WHERE terminal_id = t.id('a') AND currency = 'JPY';
SELECT is(t.settle('819000000001', '', 'r4'), 'ok 7 JPY to be paid back (minor units)', 'balance and debt are set off');
SELECT is((SELECT count(*) FROM operator_act WHERE act = 'account_settle' AND cause_id IS NOT NULL), 4::bigint, 'each movement is an act');
SELECT is((SELECT string_agg(reference, ' ' ORDER BY reference) FROM operator_act WHERE act = 'account_settle'), 'r1 r2 r4', 'each reference is used once');
SELECT t.books();

-- What is watched.
SELECT is_empty('SELECT * FROM audit.watch', 'nothing to look at');
SELECT operator_top_up('{819000000005}', '{JPY}', '{100}', '{e2}', 'test');
SELECT terminal_enter('{440100000000025}', '{819000000005}', '{true}');
SELECT results_eq('SELECT invariant, object FROM audit.watch', $$VALUES ('money_left', '819000000005 JPY')$$, 'money of a terminal in quarantine');
SELECT is(t.settle('819000000005', '440100000000015', 'r5'), 'ok 100 JPY to be paid back (minor units)', 'by the IMSI it had');
SELECT operator_terminal_status('{819000000002}', 'unblock', 'test');
SELECT t.issue('b', t.rid(2), t.vid('b', 2), 2000, 'plain');
SELECT operator_terminal_import('{819000000002}', '{NULL}', '{NULL}', '{1999}', '{NULL}', '{JPY}', 'test');
SELECT results_eq('SELECT invariant, detail FROM audit.watch', $$VALUES ('over_limit', 'limit 1999, debt 2000')$$, 'a limit that was lowered');
SELECT operator_terminal_import('{819000000002}', '{NULL}', '{prepaid}', '{NULL}', '{NULL}', '{JPY}', 'test');
SELECT results_eq('SELECT invariant, detail FROM audit.watch', $$VALUES ('over_limit', 'prepaid, debt 2000')$$, 'prepaid, in debt');
SELECT t.books();
SELECT * FROM finish();
ROLLBACK;
