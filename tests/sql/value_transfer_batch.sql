-- SPDX-License-Identifier: AGPL-3.0-or-later
BEGIN;
SET search_path = tegata, public;
SELECT plan(10);
SELECT t.issue('a', t.rid(n), t.vid('a', n), 100) FROM generate_series(1, 20) n;
SELECT t.issue('a', t.rid(20 + n), t.vid('a', 20 + n), 400, 'capped') FROM generate_series(1, 2) n;
UPDATE value SET expires_at = clock_timestamp() WHERE value_id = t.vid('a', 6);
SELECT t.issue('a', t.rid(30), t.vid('a', 30), 500, 'external');
SELECT t.transfer('a', t.rid(99), t.vid('a', 1), '3344', 60);
CREATE TABLE t.asked (ord int, terminal text, rid uuid, vid bigint, transferee text, guard int, answer text);
INSERT INTO t.asked
SELECT row_number() OVER (), q.* FROM (VALUES
	('a', t.rid(99), t.vid('a', 1), '3344', 0, 'ok*'),
	('a', t.rid(99), t.vid('a', 2), '3344', 0, 'request_conflict'),
	('nobody', t.rid(100), t.vid('a', 2), '3344', 0, 'terminal_unknown'),
	('d', t.rid(101), t.vid('a', 2), '3344', 0, 'terminal_blocked'),
	('e', t.rid(102), t.vid('a', 2), '3344', 0, 'terminal_quarantined'),
	('f', t.rid(103), t.vid('a', 2), '3344', 0, 'terminal_retired'),
	('a', t.rid(104), t.vid('a', 1), '3344', 60, 'repeat_suspected'),
	('b', t.rid(105), t.vid('a', 2), '3344', 0, 'not_owner'),
	('a', t.rid(106), t.vid('a', 6), '3344', 0, 'value_expired'),
	('a', t.rid(107), t.vid('a', 30), '3344', 0, 'value_state'),
	('a', t.rid(108), t.vid('a', 3), '9999', 0, 'transferee_unknown'),
	('a', t.rid(109), t.vid('a', 4), '4455', 0, 'transferee_blocked'),
	('a', t.rid(110), t.vid('a', 5), '819000000001', 0, 'transferee_self'),
	('a', t.rid(111), t.vid('a', 7), '819000000002', 0, 'ok'),
	('a', t.rid(112), t.vid('a', 7), '819000000003', 0, 'again'),
	('b', t.rid(113), t.vid('a', 7), '819000000003', 0, 'not_owner'),
	('a', t.rid(114), t.vid('a', 8), '819000000002', 0, 'ok'),
	('a', t.rid(114), t.vid('a', 9), '819000000002', 0, 'again'),
	('a', t.rid(115), t.vid('a', 21), '819000000003', 0, 'ok'),
	('a', t.rid(116), t.vid('a', 22), '819000000003', 0, 'ok')) q;
CREATE FUNCTION t.ask() RETURNS TABLE (ord int, answer text) LANGUAGE sql AS $$
	SELECT v.ord, t.name(v.outcome) || CASE WHEN v.repeated THEN '*' ELSE '' END
	FROM (SELECT array_agg(rid ORDER BY ord) r, array_agg(t.id(terminal) ORDER BY ord) w, array_agg(vid ORDER BY ord) v,
			array_agg(0::bigint) z, array_agg(transferee ORDER BY ord) e, array_agg(''::text) n,
			array_agg(guard ORDER BY ord) g FROM t.asked) q,
		tegata.value_transfer(q.r, q.w, q.v, q.z, q.e, q.n, q.g, q.n) v $$;
SELECT results_eq('SELECT * FROM t.ask()', 'SELECT ord, answer FROM t.asked ORDER BY ord', 'every outcome at once');
SELECT is((SELECT owner_id FROM value WHERE value_id = t.vid('a', 7)), t.id('b'), 'the first of two got the value');
SELECT is((SELECT version FROM value WHERE value_id = t.vid('a', 7)), 2, 'once');

-- Two values to one telephone: together too much.
DELETE FROM t.asked;
SELECT operator_top_up('{819000000001}', '{EUR}', '{5000}', '{y}', 'test');
SELECT t.transfer('c', t.rid(116), t.vid('a', 22), '3344');
SELECT t.issue('a', t.rid(130 + n), t.vid('a', 130 + n), CASE n WHEN 2 THEN 400 ELSE 300 END, 'capped') FROM generate_series(1, 3) n;
INSERT INTO t.asked
SELECT n, 'a', t.rid(140 + n), t.vid('a', 130 + n), '819000000003', 0, CASE n WHEN 2 THEN 'held_exceeded' ELSE 'ok' END
FROM generate_series(1, 3) n;
SELECT results_eq('SELECT * FROM t.ask()', 'SELECT ord, answer FROM t.asked ORDER BY ord', 'what may be held is decided one by one');
SELECT results_eq('SELECT * FROM t.ask()', 'SELECT ord, answer || ''*'' FROM t.asked ORDER BY ord', 'the same batch again: the same answers');
SELECT throws_ok($$SELECT value_transfer(ARRAY[t.rid(1)], '{}', '{}', '{}', '{}', '{}', '{}', '{}')$$, '22023', NULL,
	'arrays of two lengths are raised');
-- Somebody's trigger swallows what is written.
CREATE FUNCTION t.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER swallow BEFORE UPDATE ON value FOR EACH ROW EXECUTE FUNCTION t.swallow();
SELECT throws_ok($$SELECT t.transfer('b', t.rid(150), t.vid('a', 7), '3344')$$, 'XX001', NULL,
	'a transfer that moves nothing is raised');
DROP TRIGGER swallow ON value;
SELECT is(t.transfer('b', t.rid(150), t.vid('a', 7), '3344'), 'ok', 'and was not done');
SELECT is_empty($$SELECT * FROM value_transfer('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')$$, 'an empty batch is nothing');
SELECT t.books();
SELECT * FROM finish();
ROLLBACK;
