-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Texts that are leased to who writes them: in order for each terminal all the same, once, and
-- somebody else's when he dies.
BEGIN;
SET search_path = tegata, public;
SELECT plan(39);
CREATE FUNCTION t.bytes(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(lpad(to_hex(n), 32, '0'), 'hex') $$;
-- What holder m1, or who is named, is told of each of a batch of texts: outcome, whether it is a repeat, lease, text.
CREATE FUNCTION t.put(ns int[], terminals text[], words text[], who text DEFAULT 'm1', rids uuid[] DEFAULT NULL, lease int DEFAULT 10000) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', t.name(p.outcome) || CASE WHEN p.repeated THEN '*' ELSE '' END, p.lease, coalesce(p.text, p.text_key)), ', ' ORDER BY p.ord)
	FROM tegata.outbox_put(ARRAY(SELECT t.bytes(i) FROM unnest(ns) i), ARRAY(SELECT t.id(i) FROM unnest(terminals) i), array_fill(''::text, ARRAY[cardinality(ns)]),
		coalesce(rids, array_fill(NULL::uuid, ARRAY[cardinality(ns)])), array_fill(NULL::bigint, ARRAY[cardinality(ns)]), words,
		array_fill(0, ARRAY[cardinality(ns)]), who, array_fill(lease, ARRAY[cardinality(ns)])) p $$;
CREATE FUNCTION t.take(who text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(coalesce(text, text_key), ' ' ORDER BY message_id), '') FROM tegata.outbox_take(who, 10, 60000) WHERE message_id IS NOT NULL $$;
CREATE FUNCTION t.msg(words text) RETURNS bigint LANGUAGE sql AS $$ SELECT message_id FROM tegata.outbox WHERE coalesce(text, text_key) = words $$;
CREATE FUNCTION t.result(who text, words text, e int) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN more THEN ' more' ELSE '' END
	FROM tegata.outbox_result(ARRAY[who], ARRAY[t.msg(words)], ARRAY[e], ARRAY[CASE e WHEN 5 THEN 0 ELSE 5000 END], '{smpp:a}', '{why}', '{}', '{}') $$;
CREATE FUNCTION t.later(how interval) RETURNS void LANGUAGE sql AS $$
	UPDATE tegata.outbox SET next_at = next_at - how, leased_until = leased_until - how, created_at = created_at - how $$;

-- One text.
SELECT is(t.put('{1}', '{a}', '{one}'), 'ok 1 one', 'leased as it is written');
SELECT results_eq($$SELECT holder, attempts, state::int, next_at = leased_until, leased_until - created_at FROM outbox$$,
	$$VALUES ('m1', 1, 0, true, interval '10 seconds')$$, 'for so long; its first try');
SELECT results_eq($$SELECT address, attempts, valid_until - created_at FROM outbox_put(ARRAY[t.bytes(90)], ARRAY[t.id('c')], '{""}', '{NULL}', '{NULL}', '{who}', '{60}', 'm1', '{1000}')$$,
	$$VALUES ('819000000003', 1, interval '60 seconds')$$, 'with what its sender needs');
SELECT is(t.take('m2'), '', 'nobody else finds them');
SELECT is((SELECT message_id FROM sms_seen(ARRAY[t.bytes(1)])), t.msg('one'), 'what it answers was taken');

-- Repeats.
SELECT is(t.put('{1}', '{a}', '{again}'), 'ok* 2 one', 'the same once more: who has it is told that he had it before');
SELECT is(t.put('{1}', '{a}', '{again}', 'm2'), 'ok* 0', 'somebody else is not');
SELECT is(t.put('{2,2}', '{b,b}', '{two,too}'), 'ok 1 two, ok* 2 two', 'twice in one batch: once');
SELECT is(t.result('m1', 'two', 1), 'ok', 'sent');
SELECT is(t.put('{2}', '{b}', '{too}'), 'ok* 0', 'then a repeat is nobody''s');

-- In order.
SELECT is(t.put('{3}', '{a}', '{next}'), 'ok 0', 'behind one that waits it is not leased');
SELECT is(t.put('{4,5,6}', '{b,a,b}', '{x,y,z}'), 'ok 1 x, ok 0, ok 0', 'nor is the second of its terminal in a batch');
SELECT is(t.take('m2'), '', 'none of them is anybody''s yet');
SELECT is(t.result('m1', 'one', 1), 'ok more', 'when the first is gone there is more');
SELECT is(t.take('m2'), 'next', 'the next one');
SELECT is(t.result('m1', 'x', 5), 'ok more', 'given back');
SELECT is(t.take('m2'), 'x', 'it is the next again');
SELECT is(t.result('m2', 'x', 2), 'ok', 'in vain: nothing is due now');
SELECT is(t.put('{7}', '{b}', '{w}'), 'ok 0', 'and what is written behind it waits');
SELECT is(t.result('m2', 'next', 1), 'ok more', 'sent');
SELECT is(t.take('m2'), 'y', 'in its order');

-- Its writer dies.
SELECT is(t.put('{8}', '{c}', '{orphan}', 'm1', NULL, 1000), 'ok 0', 'c has one that waits');
DELETE FROM outbox WHERE text IN ('who', 'orphan');
SELECT is(t.put('{9}', '{c}', '{orphan}', 'dead', NULL, 1000), 'ok 1 orphan', 'leased for a second');
SELECT t.later('500 ms');
SELECT is(t.take('m2'), '', 'which is not over');
SELECT t.later('500 ms');
SELECT is(t.take('m2'), 'orphan', 'then it is anybody''s');
SELECT is((SELECT attempts FROM outbox WHERE text = 'orphan'), 2, 'for its second try');
SELECT is(t.result('dead', 'orphan', 2), 'not_found', 'he who is back has it no more');
SELECT is(t.put('{9}', '{c}', '{orphan}', 'dead'), 'ok* 0', 'nor where he asks again');

-- Without a lease: as managers of before ask.
DELETE FROM outbox;
SELECT is((SELECT outcome || ' ' || lease FROM outbox_put(ARRAY[t.bytes(20)], ARRAY[t.id('a')], '{""}', '{NULL}', '{NULL}', '{plain}', '{0}')), '0 0', 'it waits');
SELECT is(t.take('m2'), 'plain', 'for who takes it');
DELETE FROM outbox;

-- A batch of all sorts.
SELECT is(t.put('{30,31,32,33,34}', '{a,shop,b,c,a}', ARRAY['fine', 'to a shop', repeat('x', 4096), NULL, 'second']),
	'ok 1 fine, terminal_unknown 0, body_malformed 0, ok 0, ok 0', 'each has its own outcome');
SELECT is((SELECT string_agg(outcome::text, ' ' ORDER BY ord) FROM sms_seen(ARRAY(SELECT t.bytes(i) FROM generate_series(30, 34) i))), '0 85 85 0 0', 'what was refused was not taken');
DELETE FROM outbox;

-- Receipts that their operation has written.
SELECT operator_setting('outbox', 'on', 'test');
SELECT t.issue('a', t.rid(1), t.vid('a', 1), 500, 'cash');
SELECT is(t.put('{40}', '{a}', ARRAY[NULL::text], 'm1', ARRAY[t.rid(1)]), 'ok* 1 receipt.bought', 'are leased to who answers with them');
SELECT is(t.put('{41}', '{a}', ARRAY[NULL::text], 'm1', ARRAY[t.rid(1)]), 'ok* 2 receipt.bought', 'once');
SELECT results_eq($$SELECT amount, fee, currency, attempts FROM outbox_put(ARRAY[t.bytes(40)], ARRAY[t.id('a')], '{""}', '{NULL}', '{NULL}', '{NULL}', '{0}', 'm1', '{1}')$$,
	$$VALUES (500::bigint, 13::bigint, 'JPY', 1)$$, 'with what they speak of');
SELECT t.issue('a', t.rid(2), t.vid('a', 2), 500, 'cash');
SELECT is(t.put('{42}', '{a}', ARRAY[NULL::text], 'm1', ARRAY[t.rid(2)]), 'ok* 0', 'not where another one waits');
DELETE FROM outbox;
SELECT t.issue('b', t.rid(3), t.vid('b', 3), 500);
SELECT is(t.take('m2'), 'receipt.bought', 'which somebody has taken');
SELECT is(t.put('{43}', '{b}', ARRAY[NULL::text], 'm1', ARRAY[t.rid(3)]), 'ok* 0', 'is his');
SELECT is(t.put('{44}', '{b}', ARRAY[NULL::text], 'm1', ARRAY[t.rid(99)]), 'not_found 0', 'no such operation');
SELECT * FROM finish();
ROLLBACK;
