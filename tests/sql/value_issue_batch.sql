-- SPDX-License-Identifier: AGPL-3.0-or-later
-- One bad request never fails its neighbours, and several of one account add up.
BEGIN;
SET search_path = tegata, public;
SELECT plan(13);

SELECT t.issue('a', t.rid(1), t.vid('a', 1), 500, 'cash', 60);
CREATE TABLE t.asked (ord int, terminal text, rid uuid, product text, amount bigint, vid bigint, guard int, answer text, fee bigint);
INSERT INTO t.asked
SELECT row_number() OVER (), q.* FROM (VALUES
	('a', t.rid(1), 'cash', 500, t.vid('a', 90), 0, 'ok*'),
	('a', t.rid(1), 'cash', 700, t.vid('a', 91), 0, 'request_conflict'),
	('nobody', t.rid(2), 'cash', 500, t.vid('nobody', 1), 0, 'terminal_unknown'),
	('d', t.rid(3), 'cash', 500, t.vid('d', 1), 0, 'terminal_blocked'),
	('e', t.rid(4), 'cash', 500, t.vid('e', 1), 0, 'terminal_quarantined'),
	('f', t.rid(5), 'cash', 500, t.vid('f', 1), 0, 'terminal_retired'),
	('a', t.rid(6), 'old', 500, t.vid('a', 92), 0, 'product_unknown'),
	('a', t.rid(7), 'cash', 9223372036854775807, t.vid('a', 93), 0, 'amount_not_allowed'),
	('a', t.rid(8), 'cash', 9223372036854775807, t.vid('a', 94), 0, 'amount_not_allowed'),
	('a', t.rid(9), 'cash', 500, t.vid('a', 95), 60, 'repeat_suspected'),
	('a', t.rid(10), 'plain', 100, t.vid('b', 96), 0, 'value_id_taken'),
	('a', t.rid(11), 'capped', 2000, t.vid('a', 97), 0, 'held_exceeded'),
	('c', t.rid(12), 'plain', 1, t.vid('c', 1), 0, 'funds_insufficient'),
	('b', t.rid(13), 'plain', 3001, t.vid('b', 1), 0, 'credit_exceeded'),
	('a', t.rid(14), 'external', 500, t.vid('a', 98), 0, 'pending'),
	('a', t.rid(15), 'plain', 100, t.vid('a', 99), 0, 'ok'),
	('a', t.rid(15), 'plain', 100, t.vid('a', 100), 0, 'again'),
	-- 10000 - 513 - 100 are left: each is decided in its turn.
	('a', t.rid(16), 'plain', 9000, t.vid('a', 101), 0, 'ok'),
	('a', t.rid(17), 'plain', 388, t.vid('a', 102), 0, 'funds_insufficient'),
	('a', t.rid(18), 'plain', 387, t.vid('a', 103), 0, 'ok'),
	('a', t.rid(19), 'plain', 1, t.vid('a', 104), 0, 'funds_insufficient'),
	-- The same amount twice: the second is suspected only if it is guarded and the first was done.
	('b', t.rid(20), 'plain', 10, t.vid('b', 2), 60, 'ok'),
	('b', t.rid(21), 'plain', 10, t.vid('b', 3), 60, 'repeat_suspected'),
	('b', t.rid(22), 'plain', 10, t.vid('b', 4), 0, 'ok'),
	('b', t.rid(23), 'plain', 5000, t.vid('b', 5), 60, 'credit_exceeded'),
	('b', t.rid(24), 'plain', 5000, t.vid('b', 6), 60, 'credit_exceeded'),
	-- 1000 EUR may be held.
	('a', t.rid(25), 'capped', 600, t.vid('a', 105), 0, 'ok'),
	('a', t.rid(26), 'capped', 401, t.vid('a', 106), 0, 'held_exceeded'),
	('a', t.rid(27), 'capped', 400, t.vid('a', 107), 0, 'ok'),
	-- The fee is 10 + 5 permille.
	('a', t.rid(28), 'cash', 600, t.vid('a', 108), 0, 'price_changed')) q;
UPDATE t.asked SET fee = CASE answer WHEN 'price_changed' THEN 12 ELSE 13 END WHERE product = 'cash';

CREATE TABLE t.got AS SELECT v.* FROM (SELECT array_agg(rid ORDER BY ord) r, array_agg(t.id(terminal) ORDER BY ord) w,
		array_agg(product ORDER BY ord) p, array_agg(amount ORDER BY ord) a, array_agg(fee ORDER BY ord) f, array_agg(vid ORDER BY ord) v,
		array_agg(guard ORDER BY ord) g, array_agg('batch'::text) l FROM t.asked) q,
	value_issue(q.r, q.w, q.p, q.a, q.f, q.v, q.g, q.l) v;

SELECT results_eq('SELECT ord, t.name(outcome) || CASE WHEN repeated THEN ''*'' ELSE '''' END FROM t.got',
	'SELECT ord, answer FROM t.asked ORDER BY ord', 'every outcome at once, in the order asked');
SELECT results_eq('SELECT g.value_id FROM t.got g JOIN t.asked a USING (ord) WHERE a.answer IN (''ok'', ''pending'') ORDER BY ord',
	'SELECT vid FROM t.asked WHERE answer IN (''ok'', ''pending'') ORDER BY ord', 'with their value ids');
SELECT is((SELECT value_id FROM t.got WHERE ord = 10), t.vid('a', 1), 'a suspicion names what was done before');
SELECT is((SELECT value_id FROM t.got WHERE ord = 23), t.vid('b', 2), 'also inside the batch');
SELECT is((SELECT count(*) FROM t.got WHERE value_id IS NOT NULL AND outcome NOT IN (0, 1, 21)), 0::bigint,
	'a refusal has no value id');
SELECT results_eq('SELECT ord, balance FROM t.got WHERE ord IN (16, 18, 19, 20, 21) ORDER BY ord',
	'VALUES (16, 9387::bigint), (18, 387::bigint), (19, 387::bigint), (20, 0::bigint), (21, 0::bigint)',
	'the balance is the one after each');
SELECT results_eq('SELECT balance, accrued FROM account WHERE terminal_id = t.id(''a'') AND currency = ''JPY''',
	'VALUES (0::bigint, 0::bigint)', 'the account moved once by the sum');
SELECT is((SELECT count(*) FROM request r JOIN t.asked a ON a.rid = r.request_id AND t.id(a.terminal) = r.actor_id
	WHERE a.answer IN ('again', 'value_id_taken', 'repeat_suspected', 'price_changed') AND a.ord <> 17), 0::bigint,
	'what may change is not kept as an answer');
SELECT is((SELECT count(*) FROM value WHERE value_id IN (SELECT vid FROM t.asked)), 8::bigint, 'nothing else was made');
SELECT is(t.issue('a', t.rid(15), t.vid('a', 100), 100), 'ok*', 'the second of one id gets the first''s answer later');

-- A hot account costs one row.
SELECT operator_top_up('{819000000003}', '{JPY}', '{1000}', '{y1}', 'test');
SELECT is((SELECT count(*) FROM value_issue(
	(SELECT array_agg(t.rid(1000 + i)) FROM generate_series(1, 128) i),
	array_fill(t.id('c'), ARRAY[128]), array_fill('plain'::text, ARRAY[128]), array_fill(10::bigint, ARRAY[128]),
	array_fill(0::bigint, ARRAY[128]), (SELECT array_agg(t.vid('c', 1000 + i)) FROM generate_series(1, 128) i),
	array_fill(0, ARRAY[128]), array_fill('x'::text, ARRAY[128])) WHERE outcome = 0), 100::bigint,
	'128 of one account: as many as it can pay for');
SELECT is((SELECT balance FROM account WHERE terminal_id = t.id('c') AND currency = 'JPY'), 0::bigint, 'to the last');
SELECT t.books();
SELECT * FROM finish();
ROLLBACK;
