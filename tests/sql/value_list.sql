-- SPDX-License-Identifier: AGPL-3.0-or-later
-- value_list, account_balance, operation_history: what a menu reads.
BEGIN;
SET search_path = tegata, public;
SELECT plan(17);
SELECT t.issue('a', t.rid(n), t.vid('a', n), n) FROM generate_series(1, 9) n;
SELECT t.issue('a', t.rid(20), t.vid('a', 20), 300, 'capped');
SELECT t.issue('a', t.rid(21), t.vid('a', 21), 500, 'external');
SELECT t.transfer('a', t.rid(30), t.vid('a', 1), '3344');
UPDATE value SET state = 3 WHERE value_id = t.vid('a', 2);
UPDATE value SET state = 5 WHERE value_id = t.vid('a', 3);
UPDATE value SET expires_at = clock_timestamp() - interval '1 day' WHERE value_id = t.vid('a', 4);
UPDATE value SET expires_at = clock_timestamp() - interval '31 days' WHERE value_id = t.vid('a', 5);
-- Last month's value, to cross a partition.
INSERT INTO value SELECT value_id - (40::bigint << 48), amount, issuer_id, owner_id, owner_since, expires_at, version,
	home, product_id, state, policy, currency FROM value WHERE value_id = t.vid('a', 9);
SELECT results_eq($$SELECT ord, outcome::int, value_id, state::int, amount, more FROM value_list(ARRAY[t.id('a')], '{0}', '{20}')$$,
	$$SELECT 1, 0, v, s, a::bigint, false FROM (VALUES (t.vid('a', 21), 0, 500), (t.vid('a', 20), 1, 300), (t.vid('a', 9), 1, 9),
		(t.vid('a', 8), 1, 8), (t.vid('a', 7), 1, 7), (t.vid('a', 6), 1, 6), (t.vid('a', 4), 4, 4),
		(t.vid('a', 9) - (40::bigint << 48), 1, 9)) x(v, s, a)$$, 'newest first, what is lapsed for 30 days, nothing that is history');
SELECT results_eq($$SELECT ord, value_id, more FROM value_list(ARRAY[t.id('a'), t.id('a'), t.id('c')], ARRAY[t.vid('a', 20), t.vid('a', 7), 0], '{2,5,5}')$$,
	$$VALUES (1, t.vid('a', 9), true), (1, t.vid('a', 8), true), (2, t.vid('a', 6), false), (2, t.vid('a', 4), false),
		(2, t.vid('a', 9) - (40::bigint << 48), false), (3, NULL, false)$$, 'pages of several, and who owns nothing');
SELECT results_eq($$SELECT more FROM value_list(ARRAY[t.id('a')], '{0}', '{8}') LIMIT 1$$, 'VALUES (false)', 'exactly a page');
SELECT results_eq($$SELECT t.name(outcome), value_id FROM value_list(ARRAY[t.id('nobody'), t.id('d'), t.id('e'), t.id('f')], '{0,0,0,0}', '{5,5,5,5}')$$,
	$$VALUES ('terminal_unknown', NULL::bigint), ('terminal_blocked', NULL), ('terminal_quarantined', NULL), ('terminal_retired', NULL)$$, 'who may not ask');
SELECT results_eq($$SELECT ord, outcome::int, value_id, more FROM value_list(ARRAY[t.id('shop')], '{0}', '{5}')$$,
	$$VALUES (1, 0, t.vid('a', 1), false)$$, 'a shop');

SELECT results_eq($$SELECT ord, outcome::int, currency, postpaid, balance, credit, held, held_count FROM account_balance(ARRAY[t.id('a'), t.id('b'), t.id('shop')])$$,
	$$VALUES (1, 0, 'EUR', false, 4700::bigint, 0::bigint, 300::bigint, 1::bigint), (1, 0, 'JPY', false, 9955, 0, 39, 5),
		(2, 0, 'EUR', true, 0, 3000, 0, 0), (2, 0, 'JPY', true, 0, 3000, 0, 0), (3, 0, 'JPY', false, 0, 0, 1, 1)$$,
	'accounts and what is spendable, by currency');
SELECT t.issue('b', t.rid(40), t.vid('b', 1), 100);
SELECT is((SELECT balance FROM account_balance(ARRAY[t.id('b')]) WHERE currency = 'JPY'), 100::bigint, 'postpaid: what was accrued');
SELECT results_eq($$SELECT t.name(outcome), currency FROM account_balance(ARRAY[t.id('nobody'), t.id('d'), t.id('e'), t.id('f'), t.id('closed')])$$,
	$$VALUES ('terminal_unknown', NULL), ('terminal_blocked', NULL), ('terminal_quarantined', NULL), ('terminal_retired', NULL), ('terminal_blocked', NULL)$$,
	'who may not ask');
SELECT is((SELECT count(*) FROM account_balance(ARRAY[t.id('nobody')])), 1::bigint, 'one row where there is nothing');

SELECT t.transfer('a', t.rid(50), t.vid('a', 999), '3344');
SELECT results_eq($$SELECT ord, outcome::int, operation::int, t.name(op_outcome), request_id, value_id, amount, currency, peer, peer_name
	FROM operation_history(ARRAY[t.id('a')], '{3}')$$,
	$$VALUES (1, 0, 2, 'not_owner', t.rid(50), t.vid('a', 999), NULL::bigint, NULL, NULL, NULL),
		(1, 0, 2, 'ok', t.rid(30), t.vid('a', 1), 1, 'JPY', '3344', 'Shop'),
		(1, 0, 1, 'pending', t.rid(21), t.vid('a', 21), 500, 'JPY', NULL, NULL)$$, 'newest first, refusals too');
SELECT results_eq($$SELECT ord, outcome::int, operation FROM operation_history(ARRAY[t.id('c')], '{3}')$$,
	$$VALUES (1, 0, NULL::smallint)$$, 'one row where there is nothing');
SELECT results_eq($$SELECT t.name(outcome), operation FROM operation_history(ARRAY[t.id('nobody'), t.id('d'), t.id('e'), t.id('f')], '{1,1,1,1}')$$,
	$$VALUES ('terminal_unknown', NULL::smallint), ('terminal_blocked', NULL), ('terminal_quarantined', NULL), ('terminal_retired', NULL)$$, 'who may not ask');
SELECT is((SELECT count(*) FROM operation_history(ARRAY[t.id('a')], '{20}')), 13::bigint, 'all of them');
SELECT throws_ok('SELECT value_list(''{1}'', ''{}'', ''{}'')', '22023', NULL, 'arrays of two lengths are raised');
SELECT throws_ok('SELECT operation_history(''{1}'', ''{}'')', '22023', NULL, 'also here');
SELECT is_empty($$SELECT proname FROM pg_proc WHERE proname IN ('value_list', 'account_balance', 'operation_history') AND provolatile <> 's'$$,
	'they cannot write');
SELECT is_empty('SELECT * FROM value_list(''{}'', ''{}'', ''{}'')', 'an empty batch is nothing');
SELECT * FROM finish();
ROLLBACK;
