-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Import, status, top-up, settings.
BEGIN;
SET search_path = tegata, public;
SELECT plan(41);
CREATE FUNCTION t.import(number text, imsi text, mode text, lim bigint, language text, currency text) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || coalesce(' ' || note, '') FROM tegata.operator_terminal_import(ARRAY[number], ARRAY[imsi], ARRAY[mode],
		ARRAY[lim], ARRAY[language], ARRAY[currency], 'test') $$;
SELECT is(t.import('819000000020', '440100000000020', 'postpaid', 700, 'ja', NULL), 'ok added', 'a new terminal');
SELECT results_eq($$SELECT currency, mode::int, balance, credit_limit FROM account a JOIN terminal USING (terminal_id) WHERE address = '819000000020' ORDER BY 1$$,
	$$VALUES ('EUR', 2, 0::bigint, 700::bigint), ('JPY', 2, 0, 700)$$, 'with an account in every currency on sale');
SELECT is(t.import('819000000020', '440100000000020', 'postpaid', 700, 'ja', NULL), 'ok updated', 'again');
SELECT is((SELECT count(*) FROM terminal WHERE address = '819000000020'), 1::bigint, 'is the same one');
SELECT is(t.import('819000000020', '', '', NULL, '', 'USD'), 'ok updated', 'what is empty stays as it is');
SELECT results_eq($$SELECT imsi, language, (SELECT array_agg(currency || mode || credit_limit ORDER BY currency) FROM account a WHERE a.terminal_id = t.terminal_id)
	FROM terminal t WHERE address = '819000000020'$$, $$VALUES ('440100000000020', 'ja', '{EUR2700,JPY2700,USD10}'::text[])$$, 'only the currency was added');
SELECT is(t.import('819000000020', '440100000000021', 'prepaid', NULL, NULL, NULL), 'request_conflict the number is bound to another IMSI: say swap or recycle', 'another IMSI');
SELECT is(t.import('819000000022', '440100000000020', 'prepaid', NULL, NULL, NULL), 'request_conflict the IMSI belongs to another terminal', 'another''s IMSI');
SELECT is(t.import('819000000023', NULL, NULL, NULL, NULL, NULL), 'ok added', 'a number alone');
SELECT is(t.import('819000000023', '440100000000023', NULL, NULL, NULL, NULL), 'ok updated', 'its IMSI later');
SELECT matches(t.import('0819', NULL, NULL, NULL, NULL, NULL), '^number_malformed', 'not a number');
SELECT matches(t.import('819000000024', 'x', NULL, NULL, NULL, NULL), '^number_malformed', 'not an IMSI');
SELECT matches(t.import('819000000024', NULL, 'free', NULL, NULL, NULL), '^body_malformed', 'not a mode');
SELECT matches(t.import('819000000024', NULL, NULL, -1, NULL, NULL), '^body_malformed', 'a negative limit');
SELECT matches(t.import('819000000024', NULL, NULL, 1000000000000001, NULL, NULL), '^body_malformed', 'one that no sum has room for');
SELECT is((SELECT count(*) FROM operator_act WHERE act = 'terminal_import' AND reason = 'test'), 12::bigint, 'each row is written down, refusals too');
SELECT throws_ok($$SELECT operator_terminal_import('{819000000025}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '')$$, '23514', NULL, 'without a reason nothing is done');

CREATE FUNCTION t.status(number text, action text) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || coalesce(' ' || note, '') FROM tegata.operator_terminal_status(ARRAY[number], action, 'test') $$;
SELECT is(t.status('819000000001', 'block'), 'ok', 'block');
SELECT is(t.status('819000000001', 'block'), 'ok it is so already', 'twice');
SELECT is(t.issue('a', t.rid(1), t.vid('a', 1), 1), 'terminal_blocked', 'in force at once');
SELECT is(t.status('819000000001', 'unblock'), 'ok', 'unblock');
SELECT is(t.status('819000000099', 'block'), 'terminal_unknown', 'nobody''s number');
SELECT is(t.status('819000000006', 'block'), 'terminal_unknown', 'a retired one''s');
SELECT throws_ok($$SELECT t.status('819000000001', 'erase')$$, '22023', NULL, 'no such action');

CREATE FUNCTION t.topup(number text, currency text, amount bigint, reference text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END, balance)
	FROM tegata.operator_top_up(ARRAY[number], ARRAY[currency], ARRAY[amount], ARRAY[reference], 'test') $$;
SELECT is(t.topup('819000000003', 'JPY', 100, 'ref-1'), 'ok 100', 'a top-up');
SELECT is(t.topup('819000000003', 'JPY', 100, 'ref-1'), 'ok*', 'its reference again books nothing');
SELECT is(t.topup('819000000003', 'JPY', 200, 'ref-1'), 'request_conflict', 'with another amount');
SELECT is(t.topup('819000000002', 'JPY', 100, 'ref-1'), 'request_conflict', 'or number');
SELECT is(t.topup('819000000003', 'JPY', 1, 'ref-2'), 'ok 101', 'another reference');
SELECT is(t.topup('819000000003', 'CHF', 5, 'ref-3'), 'ok 5', 'a currency without an account yet');
SELECT is(t.topup('819000000003', 'JPY', 5, ''), 'reference_malformed', 'without a reference');
SELECT is(t.topup('819000000099', 'JPY', 5, 'ref-4'), 'terminal_unknown', 'nobody');
SELECT is(t.topup('3344', 'JPY', 5, 'ref-4'), 'terminal_unknown', 'a shop has no account');
SELECT is(t.topup('819000000003', 'yen', 5, 'ref-4'), 'body_malformed', 'not a currency');
SELECT is(t.topup('819000000003', 'JPY', 0, 'ref-4'), 'amount_malformed', 'nothing');
SELECT is(t.topup('819000000003', 'JPY', 7, 'ref-4'), 'ok 108', 'a refusal does not use the reference up');
SELECT is((SELECT sum(amount) FROM charge WHERE credit_account = t.id('c') AND currency = 'JPY'), 108::numeric, 'booked');

SELECT is((SELECT t.name(outcome) FROM operator_setting('swap_freeze_hours', '0', 'test')), 'ok', 'a setting');
SELECT results_eq($$SELECT t.name(outcome) FROM (VALUES ('colour', 'red'), ('outbox', 'maybe'), ('swap_freeze_hours', '721'), (NULL, NULL)) v(n, w), operator_setting(n, w, 'test')$$,
	$$VALUES ('not_found'), ('body_malformed'), ('body_malformed'), ('not_found')$$, 'what is none');
SELECT is((SELECT t.name(outcome) FROM operator_maintenance(NULL, 'test')), 'body_malformed', 'neither on nor off');
SELECT t.books();
SELECT * FROM finish();
ROLLBACK;
