-- SPDX-License-Identifier: AGPL-3.0-or-later
BEGIN;
SET search_path = tegata, public;
SELECT plan(52);
SELECT t.issue('a', t.rid(n), t.vid('a', n), 100) FROM generate_series(1, 20) n;

SELECT results_eq($$SELECT ord, t.name(outcome), repeated, value_id, amount, currency, transferee_id, transferee, transferee_name
	FROM value_transfer(ARRAY[t.rid(101)], ARRAY[t.id('a')], ARRAY[t.vid('a', 1)], '{0}', '{3344}', '{order-7}', '{60}', '{gsup}')$$,
	$$VALUES (1, 'ok', false, t.vid('a', 1), 100::bigint, 'JPY', t.id('shop'), '3344', 'Shop')$$, 'to a shop');
SELECT results_eq($$SELECT owner_id, issuer_id, version, state::int FROM value WHERE value_id = t.vid('a', 1)$$,
	$$VALUES (t.id('shop'), t.id('a'), 2, 1)$$, 'the shop owns it, and it is active');
SELECT results_eq($$SELECT version, operation::int, owner_id, actor_id, request_id, link, reference
	FROM journal WHERE value_id = t.vid('a', 1) AND version = 2$$,
	$$VALUES (2, 2, t.id('shop'), t.id('a'), t.rid(101), 'gsup', 'order-7')$$, 'one journal row, with the reference');
SELECT is((SELECT owner_since FROM value WHERE value_id = t.vid('a', 1)),
	(SELECT at FROM journal WHERE value_id = t.vid('a', 1) AND version = 2), 'one moment');
SELECT is(t.transfer('a', t.rid(102), t.vid('a', 2), '819000000002'), 'ok', 'to a telephone');
SELECT is(t.transfer('b', t.rid(102), t.vid('a', 2), '819000000003'), 'ok', 'and on, under an id that another used');
SELECT is(t.transfer('c', t.rid(103), t.vid('a', 2), '819000000001'), 'ok', 'and back');
SELECT is((SELECT version FROM value WHERE value_id = t.vid('a', 2)), 4, 'three hands later');
SELECT is((SELECT count(*) FROM charge WHERE cause_id = t.vid('a', 2)), 1::bigint, 'a transfer costs nothing');
SELECT results_eq($$SELECT t.name(outcome), transferee FROM value_transfer(ARRAY[t.rid(104)], ARRAY[t.id('a')],
	ARRAY[t.vid('a', 3)], ARRAY[t.id('b')], '{819000000002}', '{NULL}', '{0}', '{x}')$$,
	$$VALUES ('ok', '819000000002')$$, 'to the terminal that was quoted');

-- Repeats.
SELECT is(t.transfer('a', t.rid(101), t.vid('a', 1), '3344', 60, 'order-7'), 'ok*', 'a repeat gets the first answer');
SELECT results_eq($$SELECT amount, currency, transferee_id, transferee, transferee_name, at = (SELECT at FROM request WHERE request_id = t.rid(101))
	FROM value_transfer(ARRAY[t.rid(101)], ARRAY[t.id('a')], ARRAY[t.vid('a', 1)], '{0}', '{3344}', '{order-7}', '{0}', '{x}')$$,
	$$VALUES (100::bigint, 'JPY', t.id('shop'), '3344', 'Shop', true)$$, 'all of it');
SELECT is(t.transfer('a', t.rid(101), t.vid('a', 4), '3344', 0, 'order-7'), 'request_conflict', 'another value');
SELECT is(t.transfer('a', t.rid(101), t.vid('a', 1), '4455', 0, 'order-7'), 'request_conflict', 'another transferee');
SELECT is(t.transfer('a', t.rid(101), t.vid('a', 1), '3344', 0, 'order-8'), 'request_conflict', 'another reference');
SELECT is(t.issue('a', t.rid(101), t.vid('a', 99), 100), 'request_conflict', 'a transfer''s id for an issue');
SELECT is((SELECT version FROM value WHERE value_id = t.vid('a', 1)), 2, 'it moved once');

-- Who.
SELECT is(t.transfer('nobody', t.rid(110), t.vid('a', 4), '3344'), 'terminal_unknown', 'no such terminal');
SELECT is(t.transfer('d', t.rid(110), t.vid('a', 4), '3344'), 'terminal_blocked', 'blocked');
SELECT is(t.transfer('e', t.rid(110), t.vid('a', 4), '3344'), 'terminal_quarantined', 'quarantined');
SELECT is(t.transfer('f', t.rid(110), t.vid('a', 4), '3344'), 'terminal_retired', 'retired');

-- The one negative answer.
SELECT is(t.transfer('b', t.rid(111), t.vid('a', 4), '3344'), 'not_owner', 'another''s value');
SELECT is(t.transfer('b', t.rid(112), t.vid('a', 999), '3344'), 'not_owner', 'a value that does not exist');
SELECT is(t.transfer('b', t.rid(113), -5, '3344'), 'not_owner', 'not even an id');
SELECT results_eq($$SELECT amount, currency, expires_at, transferee_id, transferee, transferee_name FROM value_transfer(
	ARRAY[t.rid(114), t.rid(115)], ARRAY[t.id('b'), t.id('b')], ARRAY[t.vid('a', 4), t.vid('a', 999)], '{0,0}', '{3344,3344}', '{a,a}', '{0,0}', '{x,x}')$$,
	$$VALUES (NULL::bigint, NULL, NULL::timestamptz, NULL::bigint, NULL, NULL), (NULL::bigint, NULL, NULL, NULL, NULL, NULL)$$,
	'both tell nothing');
SELECT results_eq($$SELECT amount, currency, peer_id FROM request WHERE request_id IN (t.rid(114), t.rid(115))$$,
	$$VALUES (NULL::bigint, NULL, NULL::bigint), (NULL::bigint, NULL, NULL)$$, 'nor does what is kept');
SELECT is(t.transfer('b', t.rid(116), t.vid('a', 4), '000'), 'not_owner', 'before the transferee is looked at');
SELECT is(t.transfer('a', t.rid(117), t.vid('a', 1), '3344'), 'not_owner', 'who was the owner is a stranger now');

-- The guard.
SELECT results_eq($$SELECT t.name(outcome), at = (SELECT at FROM request WHERE request_id = t.rid(101)), amount
	FROM value_transfer(ARRAY[t.rid(120)], ARRAY[t.id('a')], ARRAY[t.vid('a', 1)], '{0}', '{3344}', '{""}', '{60}', '{x}')$$,
	$$VALUES ('repeat_suspected', true, NULL::bigint)$$, 'the same again: it is done, not a stranger''s');
SELECT is(t.transfer('a', t.rid(120), t.vid('a', 1), '3344'), 'not_owner', 'confirmed all the same: not the owner');
SELECT is(t.transfer('a', t.rid(121), t.vid('a', 2), '3344', 60), 'ok', 'what came back may go elsewhere');
SELECT is(t.transfer('a', t.rid(122), t.vid('a', 5), '3344', 60), 'ok', 'another value to the same');

-- State and time.
UPDATE value SET expires_at = clock_timestamp() WHERE value_id = t.vid('a', 6);
SELECT is(t.transfer('a', t.rid(130), t.vid('a', 6), '000'), 'value_expired', 'expired, before the transferee is looked at');
UPDATE value SET expires_at = clock_timestamp() + interval '1 minute' WHERE value_id = t.vid('a', 7);
SELECT is(t.transfer('a', t.rid(131), t.vid('a', 7), '3344'), 'ok', 'not yet');
SAVEPOINT state;
UPDATE value SET state = 4 WHERE value_id = t.vid('a', 8);
UPDATE value SET state = 2, expires_at = clock_timestamp() WHERE value_id = t.vid('a', 9);
UPDATE value SET state = 3 WHERE value_id = t.vid('a', 10);
UPDATE value SET state = 5 WHERE value_id = t.vid('a', 11);
SELECT is(t.transfer('a', t.rid(132), t.vid('a', 8), '3344'), 'value_expired', 'state expired');
SELECT is(t.transfer('a', t.rid(133), t.vid('a', 9), '3344'), 'value_state', 'reserved, whatever its expiry');
SELECT is(t.transfer('a', t.rid(134), t.vid('a', 10), '3344'), 'value_state', 'converted');
SELECT is(t.transfer('a', t.rid(135), t.vid('a', 11), '3344'), 'value_state', 'revoked');
ROLLBACK TO state;

-- To whom.
SELECT is(t.transfer('a', t.rid(140), t.vid('a', 12), '819099999999'), 'transferee_unknown', 'nobody''s number');
SELECT is(t.transfer('a', t.rid(141), t.vid('a', 12), '819000000006'), 'transferee_unknown', 'a retired one''s number');
SELECT is(t.transfer('a', t.rid(142), t.vid('a', 12), '819000000004'), 'transferee_blocked', 'blocked');
SELECT is(t.transfer('a', t.rid(143), t.vid('a', 12), '4455'), 'transferee_blocked', 'a shop that is blocked');
SELECT is(t.transfer('a', t.rid(144), t.vid('a', 12), '819000000001'), 'transferee_self', 'to oneself');
SELECT is((SELECT t.name(outcome) FROM value_transfer(ARRAY[t.rid(145)], ARRAY[t.id('a')], ARRAY[t.vid('a', 12)],
	ARRAY[t.id('e')], '{819000000005}', '{""}', '{0}', '{x}')), 'transferee_blocked',
	'who was quoted is in quarantine by now: not the number''s next owner');

-- What may be held.
SELECT t.issue('a', t.rid(150), t.vid('a', 50), 900, 'capped');
SELECT t.transfer('a', t.rid(151), t.vid('a', 50), '819000000002');
SELECT t.issue('a', t.rid(152), t.vid('a', 51), 101, 'capped');
SELECT is(t.transfer('a', t.rid(153), t.vid('a', 51), '819000000002'), 'held_exceeded', 'a telephone may hold so much');
SELECT is(t.transfer('a', t.rid(154), t.vid('a', 51), '3344'), 'ok', 'a shop any amount');

-- Receipts, and maintenance.
SELECT is_empty('SELECT * FROM outbox', 'no receipts while nothing sends them');
SELECT operator_setting('outbox', 'on', 'test');
SELECT t.transfer('a', t.rid(160), t.vid('a', 13), '819000000002'), t.transfer('a', t.rid(161), t.vid('a', 14), '3344');
SELECT results_eq($$SELECT cause_id, terminal_id, version, text_key, arguments - 'at' FROM outbox ORDER BY cause_id, text_key$$,
	$$VALUES (t.vid('a', 13), t.id('b'), 2, 'receipt.received', jsonb_build_object('value_id', t.vid('a', 13)::text,
			'amount', 100, 'currency', 'JPY', 'from', '819000000001')),
		(t.vid('a', 13), t.id('a'), 2, 'receipt.sent', jsonb_build_object('value_id', t.vid('a', 13)::text,
			'amount', 100, 'currency', 'JPY', 'to', '819000000002')),
		(t.vid('a', 14), t.id('a'), 2, 'receipt.paid', jsonb_build_object('value_id', t.vid('a', 14)::text,
			'amount', 100, 'currency', 'JPY', 'to', '3344', 'name', 'Shop'))$$, 'receipts to telephones, as key and arguments');
SELECT operator_maintenance(true, 'test');
SELECT is(t.transfer('a', t.rid(170), t.vid('a', 15), '3344'), 'maintenance', 'maintenance');
SELECT is(t.transfer('a', t.rid(101), t.vid('a', 1), '3344', 0, 'order-7'), 'ok*', 'repeats are answered');
SELECT is_empty('SELECT xact FROM journal WHERE xact <> pg_current_xact_id()::text::bigint UNION ALL
	SELECT xact FROM charge WHERE at >= now() AND xact <> pg_current_xact_id()::text::bigint', 'each row names its transaction');
SELECT t.books();
SELECT * FROM finish();
ROLLBACK;
