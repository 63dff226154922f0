-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A plan of the queue of texts that was made while it was empty still goes by keys when
-- a week of sent texts is in it: what a call touches does not grow with what there is.
BEGIN;
SET search_path = tegata, public;
SELECT plan(21);
ANALYZE;

CREATE FUNCTION t.bytes(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(lpad(to_hex(n), 32, '0'), 'hex') $$;
CREATE FUNCTION t.msg(n int) RETURNS bigint LANGUAGE sql AS $$ SELECT message_id FROM tegata.sms_command WHERE identity = t.bytes(n) $$;
CREATE FUNCTION t.filled(what text, n int) RETURNS text LANGUAGE sql AS $$
	SELECT replace(replace(replace(what, '$a', t.id('a')::text), '$m', coalesce(t.msg(n), 0)::text), '$n', n::text) $$;
CREATE VIEW t.touched AS SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint AS n
FROM pg_stat_xact_user_tables WHERE schemaname = 'tegata';
CREATE FUNCTION t.cost(what text, n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	v_what text := t.filled(what, cost.n);
	v_before bigint := (SELECT x.n FROM t.touched x);
	r record;
BEGIN
	FOR r IN EXECUTE v_what LOOP
	END LOOP;
	RETURN (SELECT x.n FROM t.touched x) - v_before;
END $$;
CREATE TABLE t.work (ord int, name text, what text);
INSERT INTO t.work VALUES
	(1, 'terminal_by_number', $$SELECT * FROM terminal_by_number('{819000000001}')$$),
	(2, 'sms_seen', $$SELECT * FROM sms_seen(ARRAY[t.bytes($n)])$$),
	(3, 'outbox_put', $$SELECT * FROM outbox_put(ARRAY[t.bytes($n)], '{$a}', '{""}', '{NULL}', '{NULL}', '{hello}', '{0}')$$),
	(4, 'outbox_take', $$SELECT * FROM outbox_take('m', 10, 60000)$$),
	(5, 'outbox_renew', $$SELECT * FROM outbox_renew('{m}', '{$m}', '{60000}')$$),
	(6, 'outbox_result', $$SELECT * FROM outbox_result('{m}', '{$m}', '{1}', '{0}', '{smpp:a}', '{""}', '{1}', '{id$n}')$$),
	(7, 'outbox_receipt', $$SELECT * FROM outbox_receipt('{smpp:a}', '{id$n}', '{2}', '{000}')$$),
	(8, 'outbox_expire', $$SELECT outbox_expire(10)$$),
	(10, 'outbox_heard', $$SELECT * FROM outbox_heard('{$m}')$$),
	(9, 'receipts_set', $$SELECT * FROM receipts_set('{$a}', '{t}')$$);
-- A week goes by: texts sent, told and dead, and those of others that wait.
CREATE FUNCTION t.week(first int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO outbox (cause, identity, terminal_id, created_at, next_at, home, kind, text, state, holder, leased_until, forget_at, sent_at, parts)
	SELECT 3, t.bytes(first + i), 64000000 + 64 * (i % 2000), now(), now() + interval '1 minute', 0, 1, 'x', s.state,
		CASE s.state WHEN 0 THEN 'm' END, CASE s.state WHEN 0 THEN now() + interval '1 minute' END,
		CASE WHEN s.state > 0 THEN now() + interval '7 days' END, CASE WHEN s.state > 0 THEN now() END, CASE WHEN s.state > 0 THEN 1 END
	FROM generate_series(1, 4000) i, LATERAL (SELECT i % 4 AS state) s;
	INSERT INTO outbox_receipt (link, smsc_id, message_id, part, state, at)
	SELECT 'smpp:a', 'x' || message_id, message_id, 1, 0, now() FROM outbox ON CONFLICT DO NOTHING;
	INSERT INTO sms_command (identity, at, message_id) SELECT identity, now(), message_id FROM outbox ON CONFLICT DO NOTHING;
	UPDATE sweep SET next_at = clock_timestamp() WHERE name = 'outbox';
END $$;
INSERT INTO terminal (terminal_id, home, kind, address) SELECT 64000000 + 64 * i, 0, 1, (880000000000 + i)::text FROM generate_series(1, 2000) i;

-- The plans are made now, when nothing was there ever.
SELECT t.cost(what, 1) FROM t.work ORDER BY ord;
SELECT t.week(100000);
SELECT cmp_ok(t.cost(what, 2), '<', 60::bigint, name || ' touches a handful of rows') FROM t.work ORDER BY ord;
SELECT is((SELECT state FROM outbox WHERE message_id = t.msg(2)), 2::smallint, 'and the text went its way');

-- Or when nobody waited.
UPDATE outbox SET state = 1, holder = NULL, leased_until = NULL, forget_at = now() + interval '7 days' WHERE state = 0;
ANALYZE;
DISCARD PLANS;
SELECT t.cost(what, 3) FROM t.work ORDER BY ord;
SELECT t.week(200000);
SELECT cmp_ok(t.cost(what, 4), '<', 60::bigint, name || ' does so after a quiet night') FROM t.work ORDER BY ord;
SELECT * FROM finish();
ROLLBACK;
