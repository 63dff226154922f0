-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the managers tidy up: old answers go, expired values are written down; a batch at a
-- time, at a pace of their own, and nothing else changes.
BEGIN;
SET search_path = tegata, public;
SELECT plan(37);
CREATE OR REPLACE FUNCTION t.rid(n int, seconds int DEFAULT 0) RETURNS uuid STABLE LANGUAGE sql AS $$
	SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint + seconds * 1000::bigint + n), 12, '0')
		|| '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION t.due(what text) RETURNS void LANGUAGE sql AS $$ UPDATE tegata.sweep SET next_at = clock_timestamp() - interval '1 s' WHERE name = what $$;
CREATE FUNCTION t.explain(what text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS off) ' || what; END $$;
CREATE FUNCTION t.left() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(('x' || right(request_id::text, 12))::bit(48)::bigint::text, ' ' ORDER BY request_id) FROM tegata.request $$;

-- Answers.  1, 2: of two months ago; 3: of 29 days ago; 4: pending since two months; 5: of today.
SELECT t.issue('a', t.rid(n, CASE n WHEN 3 THEN -29 WHEN 5 THEN 0 ELSE -60 END * 86400), t.vid('a', n), 100, 'cash') FROM unnest('{1,3,5}'::int[]) n;
SELECT t.issue('c', t.rid(2, -60 * 86400), t.vid('c', 2), 100, 'cash');
SELECT t.issue('c', t.rid(4, -60 * 86400), t.vid('c', 4), 500, 'external');
UPDATE request SET at = to_timestamp(('x' || left(replace(request_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0);
UPDATE journal j SET at = r.at FROM request r WHERE r.request_id = j.request_id;
SELECT t.books();
SELECT is(request_forget(0) BETWEEN 100 AND 1000, true, 'a batch, and more to do');
SELECT is(t.left(), '2 4 3 5', 'at least one row');
SELECT is(request_forget(100), 1000, 'called too early');
SELECT is(t.left(), '2 4 3 5', 'nothing is done');
SELECT t.due('request');
SELECT is(request_forget(100), 1000, 'the rest of those terminals');
SELECT is(t.left(), '4 3 5', 'what is pending keeps its row, and what is young');
SELECT t.due('request');
SELECT is(request_forget(100), 60000, 'all terminals were looked at');
SELECT cmp_ok((SELECT next_at FROM sweep WHERE name = 'request'), '>', now() + interval '59 minutes', 'the next round is in an hour');
SELECT is((SELECT n FROM sweep WHERE name = 'request'), 2::bigint, 'how many in all');
SELECT t.books();
SELECT is((SELECT t.name(outcome) FROM value_issue_settle(ARRAY[t.vid('c', 4)], '{t}')), 'ok', 'what was pending is settled');
SELECT is((SELECT amount FROM charge WHERE cause_id = t.vid('c', 4) AND kind = 2), 5::bigint, 'with its fee');
SELECT t.due('request');
SELECT request_forget(100);
SELECT is(t.left(), '3 5', 'and then goes');
SELECT t.books();
SELECT is(t.issue('a', t.rid(5), t.vid('a', 5), 100, 'cash'), 'ok*', 'a young answer is told again');
-- By plan: what is young is not touched.
SELECT request_forget(100);
CREATE VIEW t.touched AS SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint AS n
FROM pg_stat_xact_user_tables WHERE schemaname = 'tegata' AND relname = 'request';
INSERT INTO request (actor_id, request_id, at, home, operation, outcome, digest)
SELECT t.id('a'), t.rid(10000 + n), now(), t.id('a') & 63, 1, 52, '' FROM generate_series(1, 2000) n;
CREATE TABLE t.before AS SELECT n FROM t.touched;
SELECT t.due('request');
SELECT request_forget(100);
SELECT cmp_ok((SELECT t.n - b.n FROM t.touched t, t.before b), '<', 20::bigint, 'young answers are not even read');

-- Expiry.  a owns 1 (expired), 3 (not), 5 (expired); b owns 6 (expired), c's 4 never expires.
SELECT t.issue('b', t.rid(20), t.vid('b', 6), 100, 'cash');
SELECT t.due('expiry');
SELECT is(value_expire(100), 60000, 'nothing has expired');
UPDATE value SET expires_at = clock_timestamp() - interval '26 hours' WHERE value_id IN (t.vid('a', 1), t.vid('a', 5), t.vid('b', 6));
UPDATE value SET expires_at = clock_timestamp() - interval '25 hours' WHERE value_id = t.vid('a', 3);
SELECT is(value_expire(100), 60000, 'called too early');
SELECT is((SELECT count(*) FROM value WHERE state = 4), 0::bigint, 'nothing is done');
SELECT is(t.transfer('a', t.rid(21), t.vid('a', 1), '819000000002'), 'value_expired', 'expired it is all the same');
CREATE TABLE t.said AS SELECT o.* FROM ownership_check(ARRAY[t.id('a')], '{NULL}', '{check}', '{1}', ARRAY[t.vid('a', 1)]) o WHERE ord = 1;
CREATE TABLE t.circulating AS SELECT expected FROM audit.reconcile() WHERE kind = 'circulation' AND currency = 'JPY';
SELECT t.due('expiry');
SELECT is(value_expire(2), 200, 'a batch, and more to do');
SELECT is((SELECT count(*) FROM value WHERE state = 4), 2::bigint, 'so many');
SELECT t.due('expiry');
SELECT is(value_expire(100), 60000, 'the rest');
SELECT results_eq($$SELECT value_id, version FROM value WHERE state = 4 ORDER BY value_id$$,
	$$SELECT v, 2 FROM unnest(ARRAY[t.vid('a', 1), t.vid('a', 5), t.vid('b', 6)]) v ORDER BY 1$$, 'those that expired');
SELECT results_eq($$SELECT operation::int, state::int, actor_id, owner_id FROM journal WHERE value_id = t.vid('b', 6) AND version = 2$$,
	$$VALUES (5, 4, NULL::bigint, t.id('b'))$$, 'with a row of the journal');
SELECT is((SELECT count(*) FROM expiry_due), 0::bigint, 'the queue is empty');
SELECT is((SELECT expected FROM audit.reconcile() WHERE kind = 'circulation' AND currency = 'JPY'), (SELECT expected FROM t.circulating), 'the carrier owes what it owed');
SELECT t.books();
SELECT results_eq($$SELECT o.spendable, o.state, o.amount FROM ownership_check(ARRAY[t.id('a')], '{NULL}', '{check}', '{1}', ARRAY[t.vid('a', 1)]) o WHERE ord = 1$$,
	'SELECT spendable, state, amount FROM t.said', 'whoever asks is told the same as before');
SELECT is(t.transfer('a', t.rid(22), t.vid('a', 5), '819000000002'), 'value_expired', 'and is refused for the same reason');
SELECT t.due('expiry');
SELECT is(value_expire(100), 60000, 'nothing more');
SELECT is((SELECT n FROM sweep WHERE name = 'expiry'), 3::bigint, 'how many in all');
-- What is revoked or expires never is left alone.
SELECT is((SELECT state::int FROM value WHERE value_id = t.vid('c', 4)), 1, 'what never expires');
INSERT INTO expiry_due (home, value_id) VALUES (t.id('c') & 63, t.vid('c', 4)), (5, 123456789);
SELECT t.due('expiry');
SELECT value_expire(100);
SELECT is((SELECT state::int FROM value WHERE value_id = t.vid('c', 4)), 1, 'even if somebody queued it');
SELECT is((SELECT count(*) FROM expiry_due), 0::bigint, 'what is no value leaves the queue');
-- The index of ranges finds them.
SET LOCAL enable_seqscan = off;
SELECT matches((SELECT string_agg(l, ' ') FROM t.explain($$SELECT home, value_id FROM value WHERE expires_at > now() - interval '1 h' AND expires_at <= now() AND state = 1$$) l),
	'Bitmap Index Scan on value_[0-9_]+_expires_at_idx', 'by the index of ranges');
SELECT * FROM finish();
ROLLBACK;
