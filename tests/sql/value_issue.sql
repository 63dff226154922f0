-- SPDX-License-Identifier: AGPL-3.0-or-later
BEGIN;
SET search_path = tegata, public;
SELECT plan(76);

-- Money and rounding.
SELECT results_eq($$SELECT outcome::int, repeated, value_id, amount, fee, currency,
	expires_at - at, balance FROM value_issue(ARRAY[t.rid(1)], ARRAY[t.id('a')], '{cash}', '{500}',
	'{13}', ARRAY[t.vid('a', 1)], '{0}', '{gsup}')$$,
	$$VALUES (0, false, t.vid('a', 1), 500::bigint, 13::bigint, 'JPY', interval '8760 hours', 9487::bigint)$$,
	'prepaid: amount and fee (10 + 2.5 rounded up) are debited');
SELECT results_eq($$SELECT amount, issuer_id, owner_id, version, state::int, policy::int, currency
	FROM value WHERE value_id = t.vid('a', 1)$$,
	$$VALUES (500::bigint, t.id('a'), t.id('a'), 1, 1, 1, 'JPY')$$, 'the value is active and the issuer''s');
SELECT results_eq($$SELECT kind::int, debit_account, credit_account, amount FROM charge
	WHERE cause_id = t.vid('a', 1) ORDER BY kind$$,
	$$VALUES (1, t.id('a'), -1::bigint, 500::bigint), (2, t.id('a'), -2::bigint, 13::bigint)$$,
	'two movements: circulation and fee income');
SELECT results_eq($$SELECT version, operation::int, owner_id, actor_id, request_id, state::int, link
	FROM journal WHERE value_id = t.vid('a', 1)$$,
	$$VALUES (1, 1, t.id('a'), t.id('a'), t.rid(1), 1, 'gsup')$$, 'one journal row');
SELECT is((SELECT fee FROM value_issue(ARRAY[t.rid(2)], ARRAY[t.id('a')], '{cash}', '{1000}',
	'{15}', ARRAY[t.vid('a', 2)], '{0}', '{x}')), 15::bigint, 'a whole permille is not rounded');
SELECT is((SELECT fee FROM value_issue(ARRAY[t.rid(3)], ARRAY[t.id('a')], '{cash}', '{100}',
	'{NULL}', ARRAY[t.vid('a', 3)], '{0}', '{x}')), 11::bigint, 'half a minor unit is rounded up');
SELECT is((SELECT expires_at FROM value_issue(ARRAY[t.rid(4)], ARRAY[t.id('a')], '{plain}', '{1}',
	'{0}', ARRAY[t.vid('a', 4)], '{0}', '{x}')), NULL, 'a product without end never expires');

SELECT is((SELECT expires_at FROM value WHERE value_id = t.vid('a', 1)), (SELECT expires_at FROM request WHERE request_id = t.rid(1)),
	'the value expires when it was said to');
SELECT operator_product_set('tiny', 'Tiny', 'JPY', '{1,1000,1001}', NULL, NULL, NULL, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL, 9, 'test');
SELECT results_eq($$SELECT fee FROM value_issue(ARRAY[t.rid(5), t.rid(6), t.rid(7)], array_fill(t.id('a'), ARRAY[3]), '{tiny,tiny,tiny}',
	'{1,1000,1001}', '{1,1,2}', ARRAY[t.vid('a', 5), t.vid('a', 6), t.vid('a', 7)], '{0,0,0}', '{x,x,x}')$$,
	'VALUES (1::bigint), (1), (2)', 'the smallest part of a minor unit is rounded up');

-- Postpaid.
SELECT is(t.issue('b', t.rid(10), t.vid('b', 1), 2990), 'ok', 'postpaid up to the limit');
SELECT is(t.issue('b', t.rid(11), t.vid('b', 2), 11), 'credit_exceeded', 'not past it');
SELECT is(t.issue('b', t.rid(12), t.vid('b', 3), 10), 'ok', 'but exactly to it');
SELECT results_eq($$SELECT balance, accrued FROM account WHERE terminal_id = t.id('b') AND currency = 'JPY'$$,
	$$VALUES (0::bigint, 3000::bigint)$$, 'it is owed');
SELECT is((SELECT balance FROM operator_top_up('{819000000002}', '{JPY}', '{3500}', '{x1}', 'test')),
	3500::bigint, 'a payment pays what is owed, the rest is balance');
SELECT is(t.issue('b', t.rid(13), t.vid('b', 4), 1500), 'ok', 'the balance is spent first');
SELECT results_eq($$SELECT balance, accrued FROM account WHERE terminal_id = t.id('b') AND currency = 'JPY'$$,
	$$VALUES (0::bigint, 1000::bigint)$$, 'then it accrues');

-- Repeats.
SELECT is(t.issue('a', t.rid(1), t.vid('a', 99), 500, 'cash'), 'ok*', 'a repeat gets the first answer');
SELECT results_eq($$SELECT outcome::int, repeated, value_id, amount, fee, currency, balance
	FROM value_issue(ARRAY[t.rid(1)], ARRAY[t.id('a')], '{cash}', '{500}', '{14}', ARRAY[t.vid('a', 98)], '{0}', '{y}')$$,
	$$VALUES (0, true, t.vid('a', 1), 500::bigint, 13::bigint, 'JPY', 9487::bigint)$$, 'all of it, whatever the fee would be now');
SELECT is(t.issue('a', t.rid(1), t.vid('a', 99), 1000, 'cash'), 'request_conflict', 'another amount under the id');
SELECT is(t.issue('a', t.rid(1), t.vid('a', 99), 500), 'request_conflict', 'another product under the id');
SELECT is((SELECT value_id FROM value_issue(ARRAY[t.rid(1)], ARRAY[t.id('a')], '{cash}', '{1000}',
	'{NULL}', ARRAY[t.vid('a', 98)], '{0}', '{y}')), NULL, 'a conflict tells nothing of the first');
SELECT is(t.issue('c', t.rid(1), t.vid('c', 1), 500), 'funds_insufficient', 'the id of another terminal is another');
SELECT is(t.issue('c', t.rid(1), t.vid('c', 1), 500), 'funds_insufficient*', 'a refusal is repeated too');
SELECT lives_ok($$SELECT operator_top_up('{819000000003}', '{JPY}', '{1000}', '{x2}', 'test')$$);
SELECT is(t.issue('c', t.rid(1), t.vid('c', 1), 500), 'funds_insufficient*', 'even when it would succeed now');
SELECT is(t.transfer('a', t.rid(1), t.vid('a', 1), '3344'), 'request_conflict', 'an issue''s id for a transfer');

-- Who.
SELECT is(t.issue('nobody', t.rid(20), t.vid('nobody', 1), 500), 'terminal_unknown', 'no such terminal');
SELECT is(t.issue('d', t.rid(20), t.vid('d', 1), 500), 'terminal_blocked', 'blocked');
SELECT is(t.issue('e', t.rid(20), t.vid('e', 1), 500), 'terminal_quarantined', 'quarantined');
SELECT is(t.issue('f', t.rid(20), t.vid('f', 1), 500), 'terminal_retired', 'retired');
SELECT is((SELECT count(*) FROM request WHERE request_id = t.rid(20)), 4::bigint, 'each refusal is kept');

-- What.
SELECT is(t.issue('a', t.rid(30), t.vid('a', 30), 500, 'nothing'), 'product_unknown', 'no such product');
SELECT is(t.issue('a', t.rid(31), t.vid('a', 30), 500, 'old'), 'product_unknown', 'not on sale');
SELECT is(t.issue('a', t.rid(32), t.vid('a', 30), 0, 'cash'), 'amount_not_allowed', 'nothing');
SELECT is(t.issue('a', t.rid(33), t.vid('a', 30), -500, 'cash'), 'amount_not_allowed', 'less than nothing');
SELECT is(t.issue('a', t.rid(34), t.vid('a', 30), 150, 'cash'), 'amount_not_allowed', 'not a multiple of the step');
SELECT is(t.issue('a', t.rid(35), t.vid('a', 30), 50100, 'cash'), 'amount_not_allowed', 'above the maximum');
SELECT is(t.issue('a', t.rid(36), t.vid('a', 30), 9223372036854775807, 'cash'), 'amount_not_allowed', 'the largest number');
SELECT is(t.issue('a', t.rid(37), t.vid('a', 30), 501, 'external'), 'amount_not_allowed', 'not one of those offered');
SELECT is(t.issue('a', t.rid(38), t.vid('a', 30), NULL, 'cash'), 'amount_not_allowed', 'no amount');
SELECT is(t.issue('a', t.rid(39), t.vid('a', 30), 1000000000000000), 'funds_insufficient', 'the largest amount');
SELECT is(t.issue('f', t.rid(40), t.vid('f', 1), -1, 'nothing'), 'terminal_retired', 'who comes before what');
SELECT is(t.issue('c', t.rid(41), t.vid('c', 1), -1, 'nothing'), 'product_unknown', 'the product before the amount');

-- The guard.
SELECT is(t.issue('a', t.rid(50), t.vid('a', 50), 200, 'cash', 60), 'ok', 'the first of its amount');
SELECT results_eq($$SELECT t.name(outcome), value_id, at = (SELECT at FROM request WHERE request_id = t.rid(50))
	FROM value_issue(ARRAY[t.rid(51)], ARRAY[t.id('a')], '{cash}', '{200}', '{NULL}', ARRAY[t.vid('a', 51)], '{60}', '{x}')$$,
	$$VALUES ('repeat_suspected', t.vid('a', 50), true)$$, 'the same within the time, with what was done');
SELECT is(t.issue('a', t.rid(52), t.vid('a', 52), 300, 'cash', 60), 'ok', 'another amount is not the same');
SELECT is(t.issue('a', t.rid(51), t.vid('a', 51), 200, 'cash', 0), 'ok', 'confirmed, under the same request id');
SELECT is(t.issue('c', t.rid(53), t.vid('c', 53), 5000, 'plain', 60), 'funds_insufficient', 'a refusal');
SELECT is(t.issue('c', t.rid(54), t.vid('c', 53), 5000, 'plain', 60), 'funds_insufficient', 'does not count as done');
UPDATE request SET at = at - interval '2 minutes' WHERE request_id IN (t.rid(50), t.rid(51));
SELECT is(t.issue('a', t.rid(55), t.vid('a', 55), 200, 'cash', 60), 'ok', 'later it is not suspected');

-- The price.
SELECT is(t.issue('a', t.rid(56), t.vid('a', 56), 400, 'cash', 60, 12), 'ok', 'the fee that was agreed to');
SELECT operator_product_set('cash', NULL, NULL, NULL, NULL, NULL, NULL, 1000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'test');
SELECT results_eq($$SELECT t.name(outcome), repeated, value_id, amount, fee, currency FROM value_issue(ARRAY[t.rid(57)], ARRAY[t.id('a')], '{cash}',
	'{500}', '{13}', ARRAY[t.vid('a', 57)], '{0}', '{x}')$$,
	$$VALUES ('price_changed', false, NULL::bigint, 500::bigint, 1003::bigint, 'JPY')$$, 'another fee by now: the new one is told');
SELECT is_empty($$SELECT FROM charge WHERE cause_id = t.vid('a', 57)$$, 'and nothing is charged');
SELECT is(t.issue('a', t.rid(58), t.vid('a', 58), 400, 'cash', 60, 12), 'repeat_suspected', 'that it was done already comes first');
SELECT is(t.issue('a', t.rid(59), t.vid('a', 58), 450, 'cash', 0, 12), 'amount_not_allowed', 'what is not on sale has no fee');
SELECT is(t.issue('c', t.rid(59), t.vid('c', 59), 50000, 'cash', 0, 1), 'price_changed', 'before the funds are looked at');
SELECT is(t.issue('a', t.rid(57), t.vid('a', 57), 500, 'cash', 0, 1003), 'ok', 'agreed to');
SELECT is(t.issue('a', t.rid(57), t.vid('a', 57), 500, 'cash', 0, 13), 'ok*', 'and done once');

-- Ids.
SELECT is(t.issue('a', t.rid(60), t.vid('a', 1), 1), 'value_id_taken', 'the id exists');
SELECT is(t.issue('a', t.rid(60), t.vid('a', 60), 1), 'ok', 'the same request with another id');
SELECT is(t.issue('a', t.rid(61), t.vid('b', 61), 1), 'value_id_taken', 'the home of another');
SELECT is(t.issue('a', t.rid(62), t.vid('a', 62) + (3::bigint << 48), 1), 'value_id_taken', 'not of today');
SELECT is(t.issue('a', t.rid(63), -1, 1), 'value_id_taken', 'not an id');
SELECT throws_ok($$SELECT value_issue(ARRAY[t.rid(64), t.rid(65)], ARRAY[t.id('a'), t.id('a')], '{plain,plain}',
	'{1,1}', '{0,0}', ARRAY[t.vid('a', 64), t.vid('a', 1)], '{0,0}', '{x,x}')$$, '23505', NULL,
	'in a larger batch it is raised');
SELECT throws_ok($$SELECT value_issue(ARRAY[t.rid(66)], ARRAY[t.id('a')], '{plain,plain}',
	'{1}', '{0}', ARRAY[t.vid('a', 66)], '{0}', '{x}')$$, '22023', NULL, 'arrays of two lengths are raised');
SELECT is_empty($$SELECT * FROM value_issue('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')$$, 'an empty batch is nothing');

-- What may be held.
SELECT is(t.issue('a', t.rid(70), t.vid('a', 70), 900, 'capped'), 'ok', 'below what may be held');
SELECT is(t.issue('a', t.rid(71), t.vid('a', 71), 101, 'capped'), 'held_exceeded', 'not above');
SELECT is(t.issue('a', t.rid(72), t.vid('a', 72), 100, 'capped'), 'ok', 'exactly');
SELECT is(t.issue('c', t.rid(73), t.vid('c', 73), 1001, 'capped'), 'held_exceeded', 'before the funds are looked at');

-- Maintenance and external products.
SELECT is(t.issue('a', t.rid(80), t.vid('a', 80), 500, 'external'), 'pending', 'an external charge is pending');
SELECT is((SELECT state::int FROM value WHERE value_id = t.vid('a', 80)), 0, 'so is the value');
SELECT lives_ok($$SELECT operator_maintenance(true, 'test')$$);
SELECT is(t.issue('a', t.rid(81), t.vid('a', 81), 1), 'maintenance', 'maintenance');
SELECT is(t.issue('a', t.rid(60), t.vid('a', 81), 1), 'ok*', 'repeats are answered all the same');

SELECT t.books();
SELECT * FROM finish();
ROLLBACK;
