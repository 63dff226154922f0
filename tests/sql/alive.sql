-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a manager did and told nobody before it died is told by SMS, once; by its request ids the
-- record knows whose it was, and by its signs of life since when.
BEGIN;
SET search_path = tegata, public;
SELECT plan(55);
-- The n-th request id of manager aa, bb..., of a moment some seconds from now.
CREATE FUNCTION t.mid(who text, n int, seconds int DEFAULT 0) RETURNS uuid STABLE LANGUAGE sql AS $$
	SELECT (left(t.rid(n, seconds)::text, 28) || repeat(who, 4))::uuid $$;
CREATE FUNCTION t.beat(who text, told_to timestamptz DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
	SELECT tegata.manager_beat('host-1-' || repeat(who, 4), coalesce(extract(epoch FROM told_to) * 1000000, 0)::bigint) $$;
CREATE FUNCTION t.sweep() RETURNS int LANGUAGE sql AS $$
	UPDATE tegata.sweep SET next_at = clock_timestamp() - interval '1 s' WHERE name = 'manager';
	SELECT tegata.manager_sweep(1000) $$;
-- Somebody has looked for long; this manager gives no sign.
CREATE FUNCTION t.dies(who text) RETURNS void LANGUAGE sql AS $$
	UPDATE tegata.sweep SET reached_at = clock_timestamp() - interval '1 hour' WHERE name = 'manager';
	UPDATE tegata.manager_alive SET seen_at = seen_at - interval '40 s' WHERE instance LIKE '%' || who $$;
CREATE FUNCTION t.living() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(right(instance, 2), ' ' ORDER BY instance), '') FROM tegata.manager_alive $$;
CREATE FUNCTION t.queue() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM tegata.manager_owed $$;
CREATE FUNCTION t.texts() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(x.name || ' ' || o.text_key || ' ' || (o.cause_id & 4095), ', ' ORDER BY o.message_id), '')
	FROM tegata.outbox o JOIN t.terminal x ON x.id = o.terminal_id $$;
CREATE FUNCTION t.forget() RETURNS void LANGUAGE sql AS $$ DELETE FROM tegata.outbox; DELETE FROM tegata.manager_alive $$;
SELECT operator_setting('outbox', 'on', 'test'), operator_setting('receipts', 'off', 'test');

-- Signs of life.
SELECT cmp_ok(abs(t.beat('aa') - extract(epoch FROM clock_timestamp()) * 1000000), '<', 1000000::numeric, 'a sign of life answers what time it is');
SELECT is((SELECT seen_at - told_to FROM manager_alive), interval '1 minute', 'the first one speaks for the minute before');
SELECT t.beat('aa', now() - interval '7 s');
SELECT is((SELECT told_to FROM manager_alive), now() - interval '7 s', 'a later one says what is told');
SELECT t.beat('aa');
SELECT is((SELECT told_to FROM manager_alive), now() - interval '7 s', 'or nothing new');
SELECT t.beat('aa', now() + interval '1 hour');
SELECT is((SELECT seen_at - told_to FROM manager_alive), interval '1 minute', 'where the clock was set back, nothing is told in advance');
SELECT is((SELECT count(*) FROM manager_alive), 1::bigint, 'a manager has one row');
SELECT throws_ok($$SELECT manager_beat('host', 0)$$, '23514', NULL, 'which says how its request ids end');
SELECT manager_leave('host-1-aaaaaaaa'), manager_leave('host-1-aaaaaaaa');
SELECT is(t.living(), '', 'one that ends takes it away');

-- A manager dies.
SELECT t.beat('aa'), t.beat('bb');
SELECT is(t.issue('a', t.mid('aa', 1), t.vid('a', 1), 500, 'cash'), 'ok', 'it did this');
SELECT is(t.issue('b', t.mid('aa', 2), t.vid('b', 2), 500, 'cash'), 'ok', 'this');
SELECT is(t.transfer('a', t.mid('aa', 3), t.vid('a', 1), '819000000002'), 'ok', 'this');
SELECT is(t.issue('c', t.mid('aa', 4), t.vid('c', 4), 500, 'cash'), 'funds_insufficient', 'and refused this');
SELECT is(t.issue('a', t.mid('bb', 5), t.vid('a', 5), 500, 'cash'), 'ok', 'another one did this');
SELECT is(t.sweep(), 5000, 'both live');
SELECT t.dies('aa');
SELECT is(t.sweep(), 100, 'one gives no sign any more');
SELECT is(t.living(), 'bb', 'it is forgotten');
SELECT is(t.queue(), 3::bigint, 'what it did is queued');
SELECT is(t.texts(), '', 'and not told yet');
SELECT is(manager_sweep(1000) BETWEEN 1000 AND 1001, true, 'called too early');
SELECT is(t.queue(), 3::bigint, 'nothing is done');
-- One is seen meanwhile.
SELECT operation_seen(ARRAY[t.id('b')], ARRAY[t.mid('aa', 2)]);
SELECT is(t.sweep(), 100, 'the queue is worked off');
SELECT is(t.texts(), 'a receipt.bought 1, a receipt.sent 1', 'what it completed and nobody saw is told');
SELECT is((SELECT n FROM sweep WHERE name = 'manager'), 2::bigint, 'how many in all');
SELECT is(t.sweep(), 5000, 'then all is done');
SELECT is((SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END FROM outbox_tell(ARRAY[t.id('a')], ARRAY[t.mid('aa', 3)])), 'ok*', 'whoever tells it later tells it no more');
SELECT t.beat('aa', now() - interval '1 minute'), t.dies('aa'), t.sweep(), t.sweep();
SELECT is(t.texts(), 'a receipt.bought 1, a receipt.sent 1', 'nor a second sweep');
SELECT is((SELECT count(*) FROM outbox WHERE arguments ->> 'to' = '819000000002'), 1::bigint, 'in the words of any receipt');
SELECT t.books();

-- Who is owed nothing.
SELECT t.forget(), t.beat('aa');
UPDATE journal SET at = at - interval '1 hour';
SELECT operator_receipts('{819000000001}', 'on', 'test');
SELECT t.issue('a', t.mid('aa', 10), t.vid('a', 10), 500, 'cash');
SELECT is(t.texts(), 'a receipt.bought 10', 'who has receipts');
SELECT t.issue('b', t.mid('aa', 11), t.vid('b', 11), 500, 'cash');
SELECT operation_seen(ARRAY[t.id('b')], ARRAY[t.mid('aa', 12)]);
SELECT t.issue('b', t.mid('aa', 13), t.vid('b', 13), 500, 'external');
SELECT t.dies('aa');
SELECT is(t.sweep(), 100, 'he dies');
SELECT is(t.queue(), 0::bigint, 'receipts on, seen, or pending: nothing is owed');
UPDATE journal SET at = at - interval '1 hour';
SELECT t.forget(), operator_receipts('{819000000001}', 'off', 'test'), t.beat('aa');
SELECT t.issue('a', t.mid('aa', 20), t.vid('a', 20), 500, 'cash');
SELECT operator_setting('outbox', 'off', 'test'), t.dies('aa');
SELECT is(t.sweep(), 100, 'without SMS');
SELECT is(t.living() || t.queue(), '0', 'he is forgotten');
SELECT operator_setting('outbox', 'on', 'test'), t.beat('aa');
SELECT t.dies('aa'), t.sweep(), operator_setting('outbox', 'off', 'test');
SELECT is(t.queue(), 1::bigint, 'switched off while it was queued');
SELECT t.sweep();
SELECT is(t.queue() || t.texts(), '0', 'nothing is told');
SELECT operator_setting('outbox', 'on', 'test'), t.beat('aa', now() - interval '1 minute');
UPDATE journal SET at = at - interval '1 hour';
SELECT t.dies('aa'), t.sweep();
SELECT is(t.queue(), 0::bigint, 'what was done before it had told all is not looked at');

-- What answers a question has an id of whoever asked.
SELECT t.beat('aa');
INSERT INTO question (terminal_id, kind, arguments, code, request_id, opened_at, deadline, state, answered_at)
VALUES (t.id('a'), 1, '{}', '7F3A', t.mid('cc', 30), now() - interval '1 minute', now() + interval '10 minutes', 1, now());
SELECT t.issue('a', t.mid('cc', 30), t.vid('a', 30), 500, 'cash'), t.issue('a', t.mid('cc', 31), t.vid('a', 31), 500, 'cash');
SELECT t.dies('aa'), t.sweep(), t.sweep();
SELECT is(t.texts(), 'a receipt.bought 30', 'questions are told too, other operations of others are not');
SELECT t.forget();
UPDATE journal SET at = at - interval '1 hour';

-- Shops act too, and have no display.
SELECT t.beat('aa');
SELECT t.transfer('a', t.mid('aa', 40), t.vid('a', 20), '3344'), t.transfer('shop', t.mid('aa', 41), t.vid('a', 20), '819000000002');
SELECT t.dies('aa'), t.sweep(), t.sweep();
SELECT is(t.texts(), 'a receipt.paid 20', 'shops are not told');
SELECT t.forget();
UPDATE journal SET at = at - interval '1 hour';

-- Nobody has looked for a while: the living come back as well.
SELECT t.beat('aa');
SELECT t.issue('a', t.mid('aa', 50), t.vid('a', 50), 500, 'cash');
SELECT t.dies('aa');
UPDATE sweep SET next_at = clock_timestamp() - interval '20 s' WHERE name = 'manager';
SELECT is(manager_sweep(1000), 5000, 'the database was away');
SELECT is(t.living(), 'aa', 'he may come back');
SELECT is(t.sweep(), 5000, 'so soon as well');
SELECT is(t.living(), 'aa', 'he may still');
UPDATE sweep SET reached_at = reached_at - interval '31 s' WHERE name = 'manager';
SELECT is(t.sweep(), 100, 'he does not');
SELECT t.sweep();
SELECT is(t.texts(), 'a receipt.bought 50', 'he is dead');
SELECT t.forget();
UPDATE journal SET at = at - interval '1 hour';

-- The clock was set back by a day.
SELECT t.beat('aa');
SELECT t.issue('a', t.mid('aa', 60), t.vid('a', 60), 500, 'cash');
UPDATE manager_alive SET seen_at = seen_at + interval '1 day';
UPDATE sweep SET next_at = clock_timestamp() + interval '1 day', reached_at = clock_timestamp() + interval '1 day' WHERE name = 'manager';
SELECT is(manager_sweep(1000), 5000, 'nobody waits for a day');
SELECT is(t.living(), 'aa', 'nor is he dead at once');
UPDATE sweep SET reached_at = reached_at - interval '31 s' WHERE name = 'manager';
SELECT t.sweep(), t.sweep();
SELECT is(t.texts(), 'a receipt.bought 60', 'he has not come back');
SELECT t.forget();
UPDATE journal SET at = at - interval '1 hour';

-- Much to tell: a batch at a time, and found in steps.
SELECT operator_top_up('{819000000001}', '{JPY}', '{1000000}', '{much}', 'test');
SELECT t.issue('a', t.mid('aa', 100 + n), t.vid('a', 100 + n), 100, 'cash') FROM generate_series(1, 5) n;
UPDATE journal j SET at = now() - interval '1 minute' + make_interval(secs => 5 * ((j.value_id & 4095) - 100)) WHERE j.at > now() - interval '10 minutes';
SELECT is(manager_owed_find('host-1-aaaaaaaa', now() - interval '1 minute', 2), now() - interval '50 s', 'as many as are wanted, and up to when');
SELECT is(t.queue(), 2::bigint, 'so many');
UPDATE sweep SET next_at = clock_timestamp() WHERE name = 'manager';
SELECT is(manager_sweep(1), 100, 'a batch');
SELECT is(t.queue() || ' ' || t.texts(), '1 a receipt.bought 101', 'of one');
SELECT t.sweep();
SELECT is(manager_owed_find('host-1-aaaaaaaa', now() - interval '50 s', 100), NULL, 'the rest');
SELECT is(t.queue(), 3::bigint, 'is not what was told');

-- What is older is not read.
INSERT INTO journal (value_id, owner_id, actor_id, request_id, at, version, home, operation, state)
SELECT t.vid('a', 10000 + n), t.id('a'), t.id('a'), t.mid('aa', 10000 + n), now() - interval '2 hours', 1, t.id('a') & 63, 1, 1 FROM generate_series(1, 40000) n;
INSERT INTO journal (value_id, owner_id, actor_id, request_id, at, version, home, operation, state)
SELECT t.vid('a', 60000 + n), t.id('a'), t.id('a'), t.mid('bb', 60000 + n), now(), 1, t.id('a') & 63, 1, 1 FROM generate_series(1, 100) n;
SELECT manager_owed_find('host-1-aaaaaaaa', now() - interval '1 minute', 100);
CREATE VIEW t.touched AS SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint AS n
FROM pg_stat_xact_user_tables WHERE schemaname = 'tegata';
CREATE TABLE t.before AS SELECT n FROM t.touched;
SELECT manager_owed_find('host-1-aaaaaaaa', now() - interval '1 minute', 100);
SELECT cmp_ok((SELECT t.n - b.n FROM t.touched t, t.before b), '<', 12000::bigint, 'what is older is not read');
SELECT is((SELECT count(*) FROM journal) > 40000, true, 'though there is much');
SELECT * FROM finish();
ROLLBACK;
