-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A plan that was made while tables were empty still goes by keys when they are
-- full: what a call touches does not grow with what there is.
BEGIN;
SET search_path = tegata, public;
SELECT plan(20);
ANALYZE;
SELECT partition_ensure(1);
SELECT operator_top_up('{819000000001}', '{JPY}', '{1000000000000}', '{lots}', 'test');

CREATE FUNCTION t.call(what text, n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	r record;
	v_rows bigint := 0;
BEGIN
	FOR r IN EXECUTE replace(replace(what, '$n', n::text), '$v', format('t.vid(''a'', %s)', n)) LOOP
		v_rows := v_rows + 1;
	END LOOP;
	RETURN v_rows;
END $$;
CREATE VIEW t.touched AS SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint AS n
FROM pg_stat_xact_user_tables WHERE schemaname = 'tegata';
CREATE TABLE t.work (name text, what text);
INSERT INTO t.work VALUES
	('value_issue', $$SELECT * FROM value_issue(ARRAY[t.rid($n)], ARRAY[t.id('a')], '{plain}', '{1}', '{0}', ARRAY[$v], '{60}', '{x}')$$),
	('value_issue, limited', $$SELECT * FROM value_issue(ARRAY[t.rid($n + 500)], ARRAY[t.id('a')], '{capped}', '{1}', '{0}', ARRAY[$v + 500], '{0}', '{x}')$$),
	('value_transfer', $$SELECT * FROM value_transfer(ARRAY[t.rid($n + 1000)], ARRAY[t.id('a')], ARRAY[$v], '{0}', '{819000000002}', '{y}', '{60}', '{x}')$$),
	('value_transfer_quote', $$SELECT * FROM value_transfer_quote(ARRAY[t.id('b')], ARRAY[$v], '{3344}', '{60}')$$),
	('ownership_check', $$SELECT * FROM ownership_check('{0}', ARRAY[sha256('key')], '{check}', '{1}', ARRAY[$v])$$),
	('value_list', $$SELECT * FROM value_list(ARRAY[t.id('b')], '{0}', '{5}')$$),
	('operation_history', $$SELECT * FROM operation_history(ARRAY[t.id('a')], '{5}')$$),
	('terminal_enter', $$SELECT * FROM terminal_enter('{440100000000002}', '{819000000002}', '{t}')$$),
	('terminal_enter, much unseen', $$SELECT * FROM terminal_enter('{440100000000003}', '{819000000003}', '{t}')$$),
	('operation_seen', $$SELECT operation_seen(ARRAY[t.id('a'), t.id('b')], ARRAY[t.rid($n), t.rid($n)])$$),
	('value_issue_settle', $$SELECT * FROM value_issue_settle(ARRAY[$v], '{t}')$$);
-- The plans are made now.
SELECT t.call(what, 1) FROM t.work;

-- Then the tables grow: another terminal's, so that nobody here owns more than before.
SELECT count(*) FROM generate_series(1, 20) b, value_issue(
	(SELECT array_agg(t.rid(100000 + 200 * b + i)) FROM generate_series(1, 200) i),
	array_fill(t.id('a'), ARRAY[200]), array_fill('plain'::text, ARRAY[200]), array_fill(2::bigint, ARRAY[200]),
	array_fill(0::bigint, ARRAY[200]), (SELECT array_agg(t.vid('a', 100000 + 200 * b + i)) FROM generate_series(1, 200) i),
	array_fill(0, ARRAY[200]), array_fill('x'::text, ARRAY[200]));
UPDATE value SET owner_id = t.id('shop') WHERE amount = 2;
UPDATE request SET at = at - interval '1 hour', actor_id = t.id('c') WHERE amount = 2;
INSERT INTO terminal (terminal_id, home, kind, address) SELECT 64000000 + 64 * i, 0, 1, (880000000000 + i)::text FROM generate_series(1, 2000) i;
SELECT cmp_ok((SELECT count(*) FROM value), '>', 4000::bigint, 'there is much to get lost in');

-- By how much a view's count grows meanwhile.
CREATE FUNCTION t.cost(counted regclass, what text, n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	v_before bigint;
	v_after bigint;
BEGIN
	EXECUTE format('SELECT n FROM %s', counted) INTO v_before;
	PERFORM t.call(what, cost.n);
	EXECUTE format('SELECT n FROM %s', counted) INTO v_after;
	RETURN v_after - v_before;
END $$;
SELECT cmp_ok(t.cost('t.touched', what, 2), '<', 60::bigint, name || ' touches a handful of rows') FROM t.work;

-- A transfer decides on its value as it locked it, and writes it where it found it.
CREATE VIEW t.scanned AS SELECT sum(coalesce(idx_scan, 0))::bigint AS n
FROM pg_stat_xact_user_tables WHERE schemaname = 'tegata' AND relname ~ '^value_(2|default)';
SELECT t.call(replace(what, '{60}', '{0}'), 3) FROM t.work WHERE name = 'value_issue';
SELECT is(t.cost('t.scanned', what, 3), 1::bigint, name || ' looks its value up once')
FROM t.work WHERE name IN ('value_transfer', 'value_transfer_quote') ORDER BY name;

-- A month begins whose partition was empty when it was analysed and the plans were made: to the
-- planner any index of it cost nothing.  What is read of indexes does not grow with them.
CREATE VIEW t.read AS SELECT sum(pg_stat_get_xact_blocks_fetched(c.oid))::bigint AS n
FROM pg_class c WHERE c.relnamespace = 'tegata'::regnamespace AND c.relkind = 'i';
CREATE FUNCTION t.next(n int) RETURNS bigint LANGUAGE sql
RETURN value_id_day(date_trunc('month', now(), 'UTC') + interval '1 month 10 days') << 48 | ((t.id('a') & 63) << 42) | n;
INSERT INTO value (value_id, amount, issuer_id, owner_id, owner_since, version, home, product_id, state, policy, currency)
SELECT t.next(k), 2, t.id('a'), CASE WHEN k <= 9 THEN t.id('a') ELSE t.id('shop') END, now(), 1, t.id('a') & 63, p.product_id, 1, 1, p.currency
FROM generate_series(1, 100000) k, product p WHERE p.code = 'capped';
INSERT INTO journal (value_id, owner_id, at, version, home, operation, state)
SELECT value_id, owner_id, now(), 1, home, 1, 1 FROM value WHERE value_id >= t.next(0);
SELECT cmp_ok(t.cost('t.read', what, n), '<', 200::bigint, name || ' reads a handful of blocks')
FROM (VALUES
	('value_issue', 3, $$SELECT * FROM value_issue(ARRAY[t.rid(2000)], ARRAY[t.id('a')], '{plain}', '{1}', '{0}', ARRAY[t.next(1)], '{60}', '{x}')$$),
	('value_transfer', 4, $$SELECT * FROM value_transfer(ARRAY[t.rid(2001)], ARRAY[t.id('a')], ARRAY[t.next(1)], '{0}', '{819000000002}', '{y}', '{60}', '{x}')$$),
	('value_transfer_quote', 5, $$SELECT * FROM value_transfer_quote(ARRAY[t.id('a')], ARRAY[t.next(2)], '{3344}', '{60}')$$),
	('ownership_check', 6, $$SELECT * FROM ownership_check(ARRAY[t.id('a')], ARRAY[NULL::bytea], '{check}', '{1}', ARRAY[t.next(2)])$$),
	('value_issue_settle', 7, $$SELECT * FROM value_issue_settle(ARRAY[t.next(2)], '{t}')$$)) w(name, n, what);

-- The same of what was told, when nobody had been told anything.
CREATE TABLE t.told AS SELECT array_agg(terminal_id) AS ids, array_agg(t.rid(3000)) AS rids
FROM (SELECT terminal_id FROM terminal WHERE name IS NULL ORDER BY terminal_id DESC LIMIT 100) x;
TRUNCATE terminal_seen;
ANALYZE terminal_seen;
SELECT operation_seen(ARRAY[t.id('a')], ARRAY[t.rid(3000)]);
INSERT INTO terminal_seen SELECT home, terminal_id, t.rid(2999) FROM terminal WHERE terminal_id <> t.id('a');
SELECT cmp_ok(t.cost('t.touched', 'SELECT operation_seen(ids, rids) FROM t.told', 1), '<', 500::bigint, 'a hundred that were told touch a hundred rows');
SELECT * FROM finish();
ROLLBACK;
