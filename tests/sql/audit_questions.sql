-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What an auditor asks, as tegata_auditor: who owned it then, everything about a number in a
-- period, what a day came to.  With what it costs, and that no secret is in any answer.
BEGIN;
SET search_path = tegata, audit, public;
SELECT plan(43);
CREATE TABLE t.ids AS SELECT n, value_id_text(t.vid('a', n)) AS id FROM generate_series(1, 9) n;
-- a issues 1..3, gives 1 to b and 2 to the shop; b gives 1 to c.  Each step is an hour after
-- the one before, the first one 20 hours ago.
SELECT t.issue('a', t.rid(1), t.vid('a', 1), 500, 'cash'), t.transfer('a', t.rid(2), t.vid('a', 1), '819000000002'),
	t.transfer('b', t.rid(3), t.vid('a', 1), '819000000003'), t.issue('a', t.rid(4), t.vid('a', 2), 1000, 'cash'),
	t.transfer('a', t.rid(5), t.vid('a', 2), '3344', 0, 'order 7'), t.issue('a', t.rid(6), t.vid('a', 3), 99999999),
	t.transfer('a', t.rid(7), t.vid('a', 2), '819000000003'), t.issue('a', t.rid(8), t.vid('a', 4), 500, 'external');
CREATE TABLE t.t0 AS SELECT now() - interval '20 hours' AS at;
GRANT SELECT ON ALL TABLES IN SCHEMA t TO PUBLIC;
UPDATE journal j SET at = (SELECT at FROM t.t0) + ('x' || right(request_id::text, 12))::bit(48)::bigint * interval '1 hour';
UPDATE charge c SET at = j.at FROM journal j WHERE j.value_id = c.cause_id AND j.version = c.version;
UPDATE request j SET at = (SELECT at FROM t.t0) + ('x' || right(request_id::text, 12))::bit(48)::bigint * interval '1 hour';
UPDATE terminal SET created_at = now() - interval '30 days';
UPDATE operator_act SET at = now() - interval '30 days';

SET ROLE tegata_auditor;
-- A value.
SELECT results_eq($$SELECT version, operation, owner, actor, reference IS NULL FROM ownership((SELECT id FROM t.ids WHERE n = 1))$$,
	$$VALUES (1, 'issue', '819000000001', '819000000001', true), (2, 'transfer', '819000000002', '819000000001', true),
		(3, 'transfer', '819000000003', '819000000002', true)$$, 'the owners of a value');
SELECT is_empty($$SELECT * FROM (SELECT until, lead(since) OVER (ORDER BY version) AS next FROM ownership((SELECT id FROM t.ids WHERE n = 1))) o WHERE until <> next$$, 'without a gap');
SELECT results_eq($$SELECT h, (SELECT owner FROM owner_at((SELECT id FROM t.ids WHERE n = 1), (SELECT at FROM t.t0) + h * interval '1 hour'))
	FROM unnest('{0.5,1,1.5,2,2.9,3,19}'::numeric[]) h$$,
	$$VALUES (0.5, NULL), (1, '819000000001'), (1.5, '819000000001'), (2, '819000000002'), (2.9, '819000000002'), (3, '819000000003'), (19, '819000000003')$$, 'who owned it when');
SELECT is((SELECT state FROM owner_at('0' || ' ' || (SELECT substr(id, 2, 9) || '-' || substr(id, 11) FROM t.ids WHERE n = 4), now())), 'pending', 'as people write it; the state');
SELECT throws_ok('SELECT * FROM owner_at(''123'', now())', '22023', NULL, 'what is no value id is an error');
SELECT throws_ok($$SELECT * FROM ownership((SELECT overlay(id placing ((right(id, 1)::int + 1) % 10)::text from 20) FROM t.ids WHERE n = 1))$$, '22023', NULL, 'with a wrong check digit too');
SELECT is_empty($$SELECT * FROM ownership((SELECT id FROM t.ids WHERE n = 9))$$, 'one that is not there has no history');

-- A number.
SELECT results_eq($$SELECT what, outcome, amount, other FROM terminal_report('819000000001', now() - interval '1 day', now()) WHERE value_id IS NOT NULL OR outcome LIKE 'refused%'
	ORDER BY at, what, amount$$,
	$$VALUES ('issue', 'done', 500::bigint, NULL), ('paid fee', 'done', 13, 'fee_income'), ('paid issue', 'done', 500, 'circulation'),
		('gave away', 'done', 500, '819000000002'), ('issue', 'done', 1000, NULL), ('paid fee', 'done', 15, 'fee_income'), ('paid issue', 'done', 1000, 'circulation'),
		('gave away', 'done', 1000, '3344'), ('issue', 'refused: funds_insufficient', 99999999, NULL),
		('transfer', 'refused: not_owner', NULL, NULL), ('issue', 'done', 500, NULL)$$, 'everything about a number');
SELECT results_eq($$SELECT what, other FROM terminal_report('819000000002', now() - interval '1 day', now())$$,
	$$VALUES ('received', '819000000001'), ('gave away', '819000000003')$$, 'both sides of a transfer');
SELECT results_eq($$SELECT what, detail FROM terminal_report('3344', now() - interval '1 day', now())$$, $$VALUES ('received', 'order 7')$$, 'of a shop too');
SELECT is_empty($$SELECT * FROM terminal_report('819000000001', now() - interval '1 day', (SELECT at FROM t.t0))$$, 'nothing before');
SELECT results_eq($$SELECT count(*) FROM terminal_report('819000000001', (SELECT at FROM t.t0) + interval '2 hours', (SELECT at FROM t.t0) + interval '4 hours')$$, 'VALUES (1::bigint)', 'from and before');
SELECT set_eq($$SELECT what, outcome, amount, detail FROM terminal_report('819000000001', now() - interval '31 days', now() - interval '29 days') WHERE what IN ('top_up', 'terminal_import')$$,
	$$VALUES ('terminal_import', 'done', NULL::bigint, 'fixture'), ('top_up', 'done', 10000, 'fixture'), ('top_up', 'done', 5000, 'fixture')$$, 'what operators did');
SELECT is_empty($$SELECT * FROM terminal_report('819000000099', '-infinity', 'infinity')$$, 'nobody''s number');
RESET ROLE;

-- Numbers change hands: a is another number since an hour ago, a new person has the old one.
SELECT is((SELECT t.name(outcome) FROM operator_feed('{renumber}', '{819000000001}', '{NULL}', '{819000000055}', 'moved')), 'ok', 'a gets another number');
UPDATE operator_act SET at = now() - interval '1 hour' WHERE act = 'terminal_renumber';
SELECT is(t.enter('440100000000081', '819000000001'), 'ok+', 'its old one goes to a new person');
INSERT INTO t.terminal SELECT 'a2', terminal_id FROM terminal WHERE imsi = '440100000000081';
UPDATE terminal SET created_at = now() - interval '30 minutes' WHERE terminal_id = t.id('a2');
SELECT operator_top_up('{819000000001}', '{JPY}', '{600}', '{new}', 'x');
SELECT t.issue('a2', t.rid(30), t.vid('a2', 1), 500);
UPDATE journal SET at = now() - interval '10 minutes' WHERE request_id = t.rid(30);
SET ROLE tegata_auditor;
SELECT is((SELECT string_agg(DISTINCT owner, ' ') FROM ownership((SELECT id FROM t.ids WHERE n = 1)) WHERE version = 1), '819000000001', 'history has the number of then');
SELECT is((SELECT string_agg(concat_ws('/', owner, owner_now), ' ') FROM owner_at((SELECT id FROM t.ids WHERE n = 1), (SELECT at FROM t.t0) + interval '1.5 hours')), '819000000001/819000000055', 'owner_at both');
SELECT is((SELECT count(DISTINCT terminal_id) FROM terminal_report('819000000001', now() - interval '1 day', now() - interval '2 hours')), 1::bigint, 'then it was one');
SELECT is((SELECT count(DISTINCT terminal_id) FROM terminal_report('819000000001', now() - interval '20 minutes', now())), 1::bigint, 'now it is another');
SELECT is((SELECT count(DISTINCT terminal_id) FROM terminal_report('819000000001', now() - interval '1 day', now())), 2::bigint, 'over the day both');
SELECT is((SELECT count(*) FROM terminal_report('819000000055', now() - interval '1 day', now() - interval '2 hours')), 0::bigint, 'the new number had nobody');
RESET ROLE;
-- Another SIM: quarantined, then swapped.
SELECT is(t.enter('440100000000082', '819000000003'), 'ok+', 'another SIM on c''s number');
SET ROLE tegata_auditor;
SELECT is((SELECT count(*) FROM terminal_report('819000000003', now() - interval '1 day', now()) WHERE what = 'received'), 1::bigint, 'what the old row received is there');
SELECT is((SELECT string_agg(what, ' ') FROM terminal_report('819000000003', now() - interval '1 minute', now() + interval '1 minute')), 'terminal_quarantine', 'and what became of it');

-- Totals.
SELECT results_eq($$SELECT currency, state, number, amount FROM total_at((SELECT at FROM t.t0) + interval '4.5 hours')$$,
	$$VALUES ('JPY', 'active', 2::bigint, 1500::numeric)$$, 'what there was at a time');
SELECT results_eq($$SELECT currency, state, number, amount FROM total_at(now())$$,
	$$VALUES ('JPY', 'active', 3::bigint, 2000::numeric), ('JPY', 'pending', 1, 500)$$, 'and is now');
SELECT is((SELECT sum(number) FROM total), (SELECT sum(number) FROM total_at(now())), 'as by the day of issue');
SELECT results_eq($$SELECT what, kind, sum(number), sum(amount) FROM (SELECT * FROM day_total((now() AT TIME ZONE 'UTC')::date)
		UNION ALL SELECT * FROM day_total((now() AT TIME ZONE 'UTC')::date - 1)) d WHERE kind IN ('issue', 'fee', 'transfer') GROUP BY 1, 2 ORDER BY 1, 2$$,
	$$VALUES ('money', 'fee', 2::numeric, 28::numeric), ('money', 'issue', 3, 2000), ('value', 'issue', 4, 2500), ('value', 'transfer', 3, 2000)$$, 'what the days came to');
SELECT is((SELECT sum(amount) FROM day_total((now() AT TIME ZONE 'UTC')::date) WHERE kind = 'top_up' AND currency = 'JPY'), 10600::numeric, 'top-ups of the day');
SELECT is_empty('SELECT * FROM violations_since(now() - interval ''1 day'')', 'nothing broke since yesterday');
RESET ROLE;

-- No secret, whatever is planted where.
SELECT operator_shop_key_add('3344', sha256('planted'), 'second', false, '{check}', NULL, 'key tgk_live_' || repeat('ab', 24) || ' of 440100000000006');
SELECT operator_top_up('{819000000002}', '{JPY}', '{60}', '{440100000000006 paid}', 'IMSI 440100000000006');
-- One of each act that was given an IMSI.
INSERT INTO operator_act (act, arguments, reason, outcome) VALUES ('terminal_swap', '{"imsi": "440100000000006", "number": "1", "note": "440100000000006"}', 'x', 0);
INSERT INTO approval (act, arguments, reason, expires_at) VALUES ('terminal_swap', '{"imsi": "440100000000006"}', '440100000000006, key ' || encode(sha256('planted'), 'hex'), now());
INSERT INTO outbox (cause_id, terminal_id, created_at, next_at, version, home, kind, text_key, arguments)
VALUES (1, 1, now(), now(), 1, 0, 1, 'x', '{"imsi": "440100000000006", "amount": 1, "currency": "JPY"}');
CREATE FUNCTION t.audit_text() RETURNS TABLE (view text, line text) LANGUAGE plpgsql AS $$
DECLARE
	v_view name;
BEGIN
	FOR v_view IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind = 'v' LOOP
		RETURN QUERY EXECUTE format('SELECT %L::text, to_jsonb(v)::text FROM audit.%I v', v_view, v_view);
	END LOOP;
	RETURN QUERY SELECT 'terminal_report', to_jsonb(r)::text
		FROM unnest(ARRAY(SELECT DISTINCT address FROM tegata.terminal)) n, audit.terminal_report(n, '-infinity', 'infinity') r;
	RETURN QUERY SELECT 'violations_since', to_jsonb(r)::text FROM audit.violations_since('2026-01-01') r;
	RETURN QUERY SELECT 'reconcile', to_jsonb(r)::text FROM audit.reconcile() r;
	RETURN QUERY SELECT 'ownership', to_jsonb(r)::text FROM tegata.value v, audit.ownership(tegata.value_id_text(v.value_id)) r;
END $$;
CREATE TABLE t.said AS SELECT * FROM t.audit_text();
SELECT cmp_ok((SELECT count(*) FROM t.said), '>', 100::bigint, 'there is much to look through');
SELECT cmp_ok((SELECT count(DISTINCT view) FROM t.said), '>', 12::bigint, 'of many views');
SELECT is_empty($$SELECT view, line FROM t.said JOIN terminal ON imsi IS NOT NULL AND line LIKE '%' || imsi || '%'$$, 'no IMSI');
SELECT is_empty($$SELECT view, line FROM t.said WHERE line ~ 'tgk_|abababab' OR EXISTS (SELECT FROM shop_key k WHERE line LIKE '%' || encode(k.digest, 'hex') || '%'
	OR line LIKE '%' || encode(k.digest, 'base64') || '%')$$, 'no key, no digest of one');
SELECT is((SELECT count(*) FROM t.said WHERE line LIKE '%44010********06%') > 3, true, 'of an IMSI as much as tells networks apart');
SELECT is_empty($$SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	WHERE c.relnamespace = 'audit'::regnamespace AND a.attnum > 0 AND a.attname ~ 'imsi|digest|pin|secret|password'$$, 'no column for one');
DELETE FROM outbox;

-- What it costs: a question about one thing does not read what else there is.
CREATE VIEW t.touched AS SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint AS n
FROM pg_stat_xact_user_tables WHERE schemaname = 'tegata';
INSERT INTO terminal (terminal_id, home, kind, address) SELECT 64000000 + 64 * i, 0, 1, (880000000000 + i)::text FROM generate_series(1, 2000) i;
SELECT operator_top_up('{819000000002}', '{JPY}', '{10000000}', '{lots}', 'test');
SELECT count(*) FROM generate_series(1, 20) b, value_issue(
	(SELECT array_agg(t.rid(100000 + 200 * b + i)) FROM generate_series(1, 200) i),
	array_fill(t.id('b'), ARRAY[200]), array_fill('plain'::text, ARRAY[200]), array_fill(2::bigint, ARRAY[200]),
	array_fill(0::bigint, ARRAY[200]), (SELECT array_agg(t.vid('b', 100000 + 200 * b + i)) FROM generate_series(1, 200) i),
	array_fill(0, ARRAY[200]), array_fill('x'::text, ARRAY[200]));
CREATE FUNCTION t.cost(what text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	v_before bigint;
	r record;
BEGIN
	FOR r IN EXECUTE what LOOP NULL; END LOOP;
	v_before := (SELECT n FROM t.touched);
	FOR r IN EXECUTE what LOOP NULL; END LOOP;
	RETURN (SELECT n FROM t.touched) - v_before;
END $$;
SELECT cmp_ok(t.cost(what), '<', 100::bigint, what) FROM (VALUES
	($$SELECT * FROM audit.ownership((SELECT id FROM t.ids WHERE n = 1))$$),
	($$SELECT * FROM audit.owner_at((SELECT id FROM t.ids WHERE n = 1), now())$$),
	($$SELECT * FROM tegata.terminal_holders('819000000001', '-infinity', 'infinity')$$),
	($$SELECT tegata.operator_show_value(t.vid('a', 1))$$)) w(what);
SET LOCAL enable_seqscan = off;
CREATE FUNCTION t.plan(what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r record;
	v_plan text := '';
BEGIN
	FOR r IN EXECUTE 'EXPLAIN (COSTS off) ' || what LOOP v_plan := v_plan || r."QUERY PLAN"; END LOOP;
	RETURN v_plan;
END $$;
SELECT matches(t.plan($$SELECT * FROM journal WHERE at >= now() - interval '1 h' AND at < now()$$), 'Bitmap Index Scan on journal_[0-9_]+_at_idx', 'a period is found by the index of ranges');
SELECT matches(t.plan($$SELECT * FROM request WHERE at >= now() - interval '1 h'$$), 'Bitmap Index Scan on request_at', 'of answers too');
SELECT * FROM finish();
ROLLBACK;
