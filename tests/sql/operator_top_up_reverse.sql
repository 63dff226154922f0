-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A wrong top-up is taken back by its reference, once, where the money is still there.
BEGIN;
SET search_path = tegata, public;
SELECT plan(19);
CREATE FUNCTION t.reverse(reference text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END, CASE WHEN NOT repeated THEN note END)
	FROM tegata.operator_top_up_reverse(reference, 'a slip of the finger') $$;
CREATE FUNCTION t.money(name text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', balance, accrued) FROM tegata.account WHERE terminal_id = t.id(name) AND currency = 'JPY' $$;
SELECT is(t.reverse(''), 'reference_malformed', 'which?');
SELECT is(t.reverse('nothing'), 'not_found no top-up has this reference', 'no such top-up');
SELECT is((SELECT t.name(outcome) FROM operator_top_up('{819000000003}', '{JPY}', '{700}', '{w1}', 'x')), 'ok', 'the wrong person''s');
SELECT is(t.reverse('w1'), 'ok 819000000003: 700 JPY (minor units) taken back', 'is taken back');
SELECT is(t.money('c'), '0 0', 'it is gone');
SELECT results_eq($$SELECT kind::int, debit_account, credit_account, amount FROM charge WHERE debit_account = t.id('c')$$,
	$$VALUES (5, t.id('c'), -3::bigint, 700::bigint)$$, 'to where it came from');
SELECT is(t.reverse('w1'), 'ok*', 'again');
SELECT is(t.money('c'), '0 0', 'once');
SELECT is((SELECT t.name(outcome) FROM operator_top_up('{819000000003}', '{JPY}', '{700}', '{w1}', 'x') WHERE repeated), 'ok', 'the reference stays used');
SELECT operator_top_up('{819000000003}', '{JPY}', '{700}', '{w2}', 'x');
SELECT is(t.issue('c', t.rid(1), t.vid('c', 1), 1), 'ok', 'a yen is spent');
SELECT is(t.reverse('w2'), 'funds_insufficient the account has 699 of 700 minor units left', 'then it is not');
SELECT is(t.money('c'), '699 0', 'nothing is taken');
-- Of a postpaid account it paid debt, which is there again, up to the limit.
SELECT is(t.issue('b', t.rid(2), t.vid('b', 1), 2500), 'ok', 'b owes');
SELECT operator_top_up('{819000000002}', '{JPY}', '{1000}', '{w3}', 'x');
SELECT is(t.money('b'), '0 1500', 'paid a part');
SELECT is(t.reverse('w3'), 'ok 819000000002: 1000 JPY (minor units) taken back', 'is taken back');
SELECT is(t.money('b'), '0 2500', 'and owes it again');
SELECT operator_top_up('{819000000002}', '{JPY}', '{1000}', '{w4}', 'x');
SELECT t.issue('b', t.rid(3), t.vid('b', 2), 1000);
SELECT is(t.reverse('w4'), 'funds_insufficient the account has 0 of 1000 minor units left', 'not above the limit');
SELECT is((SELECT string_agg(outcome::text, ' ' ORDER BY act_id) FROM operator_act WHERE act = 'top_up_reverse'), '73 85 0 0 52 0 52', 'all of it is written down');
SELECT t.books();
SELECT * FROM finish();
ROLLBACK;
