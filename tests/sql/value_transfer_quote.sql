-- SPDX-License-Identifier: AGPL-3.0-or-later
BEGIN;
SET search_path = tegata, public;
SELECT plan(7);
SELECT t.issue('a', t.rid(n), t.vid('a', n), 100) FROM generate_series(1, 9) n;
SELECT t.issue('a', t.rid(20), t.vid('a', 20), 900, 'capped');
SELECT t.transfer('a', t.rid(21), t.vid('a', 20), '819000000002');
SELECT t.issue('a', t.rid(22), t.vid('a', 22), 900, 'capped');
SELECT t.transfer('a', t.rid(99), t.vid('a', 1), '3344', 60);
UPDATE value SET expires_at = clock_timestamp() WHERE value_id = t.vid('a', 6);
UPDATE value SET state = 2 WHERE value_id = t.vid('a', 7);
CREATE TABLE t.asked (ord int, terminal text, vid bigint, transferee text, guard int, answer text);
INSERT INTO t.asked SELECT row_number() OVER (), q.* FROM (VALUES
	('a', t.vid('a', 2), '3344', 0, 'ok'),
	('a', t.vid('a', 2), '819000000002', 0, 'ok'),
	('nobody', t.vid('a', 2), '3344', 0, 'terminal_unknown'),
	('d', t.vid('a', 2), '3344', 0, 'terminal_blocked'),
	('e', t.vid('a', 2), '3344', 0, 'terminal_quarantined'),
	('f', t.vid('a', 2), '3344', 0, 'terminal_retired'),
	('a', t.vid('a', 1), '3344', 60, 'repeat_suspected'),
	('a', t.vid('a', 1), '3344', 0, 'not_owner'),
	('b', t.vid('a', 2), '3344', 0, 'not_owner'),
	('b', t.vid('a', 999), '3344', 0, 'not_owner'),
	('a', t.vid('a', 6), '3344', 0, 'value_expired'),
	('a', t.vid('a', 7), '3344', 0, 'value_state'),
	('a', t.vid('a', 2), '9999', 0, 'transferee_unknown'),
	('a', t.vid('a', 2), '4455', 0, 'transferee_blocked'),
	('a', t.vid('a', 2), '819000000001', 0, 'transferee_self'),
	('a', t.vid('a', 22), '819000000002', 0, 'held_exceeded'),
	('a', t.vid('a', 22), '3344', 0, 'ok')) q;
CREATE TABLE t.got AS SELECT v.* FROM (SELECT array_agg(t.id(terminal) ORDER BY ord) w, array_agg(vid ORDER BY ord) v,
	array_agg(transferee ORDER BY ord) e, array_agg(guard ORDER BY ord) g FROM t.asked) q, value_transfer_quote(q.w, q.v, q.e, q.g) v;
SELECT results_eq('SELECT ord, t.name(outcome) FROM t.got', 'SELECT ord, answer FROM t.asked ORDER BY ord',
	'what a transfer would answer, each');
SELECT results_eq('SELECT at, amount, currency, transferee_id, transferee_kind::int, transferee, transferee_name FROM t.got WHERE ord IN (1, 2)',
	$$VALUES (NULL::timestamptz, 100::bigint, 'JPY', t.id('shop'), 2, '3344', 'Shop'),
		(NULL, 100, 'JPY', t.id('b'), 1, '819000000002', NULL)$$, 'whom and how much');
SELECT is((SELECT at FROM t.got WHERE ord = 7), (SELECT at FROM request WHERE request_id = t.rid(99)), 'a suspicion says when');
SELECT is((SELECT count(*) FROM t.got WHERE t.name(outcome) = 'not_owner'
	AND (amount, currency, transferee_id, transferee, transferee_name, at) IS NOT NULL), 0::bigint, 'who is not the owner reads nothing');
SELECT operator_maintenance(true, 'test');
SELECT is((SELECT t.name(outcome) FROM value_transfer_quote(ARRAY[t.id('a')], ARRAY[t.vid('a', 2)], '{3344}', '{0}')),
	'maintenance', 'maintenance');
SELECT is((SELECT provolatile FROM pg_proc WHERE proname = 'value_transfer_quote'), 's'::"char", 'it cannot write');
SELECT is((SELECT count(*) FROM request), 13::bigint, 'and did not');
SELECT * FROM finish();
ROLLBACK;
