-- SPDX-License-Identifier: AGPL-3.0-or-later
BEGIN;
SET search_path = tegata, public;
SELECT plan(18);
CREATE VIEW t.partitions AS SELECT inhparent::regclass::text AS parent, inhrelid::regclass::text AS child, inhrelid AS oid FROM pg_inherits
	WHERE inhparent IN ('value'::regclass, 'journal'::regclass, 'charge'::regclass);
CREATE TABLE t.before AS SELECT * FROM t.partitions;
SELECT cmp_ok((SELECT count(*) FROM t.before WHERE parent = 'value'), '>=', 3::bigint, 'an installation has the coming months');
SELECT lives_ok('SELECT partition_ensure(62)', 'again');
SELECT set_eq('SELECT * FROM t.partitions', 'SELECT * FROM t.before', 'is a no-op');
SELECT throws_ok(format('SELECT partition_ensure(%s)', d), '22023', NULL, 'not ' || d || ' days') FROM unnest('{0,401,2000000000}'::text[]) d;
SELECT partition_ensure(100);
SELECT results_eq('SELECT parent, count(*) BETWEEN 4 AND 6 FROM t.partitions GROUP BY 1 ORDER BY 1',
	$$VALUES ('charge', true), ('journal', true), ('value', true)$$, 'months ahead, each');

-- What came while there was no partition is moved.
INSERT INTO value (value_id, amount, issuer_id, owner_id, owner_since, version, home, product_id, state, policy, currency)
SELECT (value_id_day(now()) + d) << 48, 1, t.id('a'), t.id('a'), now(), 1, 0, 1, 1, 1, 'JPY' FROM unnest('{0,300,340,1500}'::int[]) d;
SELECT is((SELECT detail FROM audit.watch WHERE object = 'value_default'), '3 rows', 'an issue never fails for lack of a partition'); -- and auditors see it
SELECT partition_ensure(400);
SELECT is((SELECT count(*) FROM value_default), 1::bigint, 'what has a partition now is moved');
SELECT is((SELECT count(*) FROM value), 4::bigint, 'nothing is lost');
SELECT is((SELECT count(*) FROM value WHERE tableoid = ('value_' || to_char(now() + interval '300 days', 'YYYY_MM'))::regclass), 1::bigint, 'into its month');
SELECT is((SELECT count(*) FROM pg_index i JOIN t.partitions p ON p.oid = i.indrelid WHERE p.parent = 'value' AND i.indisvalid),
	3 * (SELECT count(*) FROM t.partitions WHERE parent = 'value'), 'with every index');
SELECT is_empty($$SELECT child FROM t.partitions WHERE obj_description(oid, 'pg_class') IS NULL$$, 'and a comment');
SELECT is_empty($$SELECT child FROM t.partitions p JOIN pg_class c USING (oid) WHERE relowner <> 'tegata_owner'::regrole$$, 'owned by the owner');
SELECT is_empty($$SELECT child FROM t.partitions p WHERE has_any_column_privilege('tegata_ledger', p.oid, 'SELECT')$$, 'and closed');

-- The planner must not believe for ever that a month is empty.
ANALYZE;
SELECT cmp_ok((SELECT count(*) FROM t.partitions JOIN pg_class c USING (oid) WHERE reltuples = 0), '>', 10::bigint, 'an ANALYZE sees empty months');
SELECT partition_ensure(1);
SELECT is((SELECT count(*) FROM t.partitions JOIN pg_class c USING (oid) WHERE reltuples = 0), 0::bigint, 'which are forgotten');
SELECT is((SELECT count(*) FROM value), 4::bigint, 'without touching a row');
SELECT * FROM finish();
ROLLBACK;
