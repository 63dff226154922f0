-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The queue of texts: one message a cause, in order for each terminal, leased, retried,
-- dead in the end; receipts early, late, doubled and lost.
BEGIN;
SET search_path = tegata, public;
SELECT plan(115);
CREATE FUNCTION t.bytes(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(lpad(to_hex(n), 32, '0'), 'hex') $$;
CREATE FUNCTION t.put(n int, terminal text, words text, rid uuid DEFAULT NULL, address text DEFAULT '', valid int DEFAULT 0) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END
	FROM tegata.outbox_put(ARRAY[t.bytes(n)], ARRAY[CASE WHEN terminal IS NULL THEN 0 ELSE t.id(terminal) END], ARRAY[address], ARRAY[rid],
		ARRAY[NULL::bigint], ARRAY[words], ARRAY[valid]) $$;
CREATE FUNCTION t.tell(terminal text, rid uuid) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END || CASE WHEN message_id IS NOT NULL THEN ' true' ELSE '' END
	FROM tegata.outbox_tell(ARRAY[t.id(terminal)], ARRAY[rid]) $$;
-- The texts that one call leases.
CREATE FUNCTION t.take(who text, n int DEFAULT 10, ttl int DEFAULT 60000) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(coalesce(text, text_key), ' ' ORDER BY message_id), '') FROM tegata.outbox_take(who, n, ttl) WHERE message_id IS NOT NULL $$;
CREATE FUNCTION t.msg(words text) RETURNS bigint LANGUAGE sql AS $$ SELECT message_id FROM tegata.outbox WHERE coalesce(text, text_key) = words $$;
CREATE FUNCTION t.result(who text, words text, e int, ids text DEFAULT '{}', retry int DEFAULT 5000) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) FROM tegata.outbox_result(ARRAY[who], ARRAY[t.msg(words)], ARRAY[e], ARRAY[retry], '{smpp:a}', '{why}',
		array_fill(1, ARRAY[cardinality(ids::text[])]), ids::text[]) $$;
CREATE FUNCTION t.receipt(id text, s int) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) FROM tegata.outbox_receipt('{smpp:a}', ARRAY[id], ARRAY[s], '{005}') $$;
CREATE FUNCTION t.state(words text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', (ARRAY['waiting', 'sent', 'told', 'dead'])[state + 1], CASE WHEN holder IS NOT NULL THEN 'by ' || holder END, error)
	FROM tegata.outbox WHERE coalesce(text, text_key) = words $$;
-- Time goes on for what waits.
CREATE FUNCTION t.later(how interval) RETURNS void LANGUAGE sql AS $$
	UPDATE tegata.outbox SET next_at = next_at - how, leased_until = leased_until - how, valid_until = valid_until - how, created_at = created_at - how,
		forget_at = forget_at - how;
	UPDATE tegata.outbox_receipt SET at = at - how;
	UPDATE tegata.sms_command SET at = at - how;
	UPDATE tegata.sweep SET next_at = clock_timestamp() WHERE name = 'outbox' $$;

-- One message a cause.
SELECT t.issue('a', t.rid(1), t.vid('a', 1), 500, 'cash');
SELECT is_empty('SELECT * FROM outbox', 'outbox off: no receipt');
SELECT is(t.tell('a', t.rid(1)), 'ok', 'nor one for a dialogue that died');
SELECT operator_setting('outbox', 'on', 'test');
SELECT is(t.tell('a', t.rid(1)), 'ok true', 'on: it is told');
SELECT is(t.tell('a', t.rid(1)), 'ok* true', 'once');
SELECT is(t.tell('a', t.rid(2)), 'not_found', 'nothing was done under this id');
SELECT is(t.tell('b', t.rid(1)), 'not_found', 'nor by this terminal');
SELECT t.issue('c', t.rid(3), t.vid('c', 1), 500);
SELECT is(t.tell('c', t.rid(3)), 'not_found', 'a refusal is not told');
SELECT results_eq($$SELECT text_key, terminal_id, arguments - 'at' - 'expires_at', valid_until - created_at, state::int FROM outbox$$,
	$$VALUES ('receipt.bought', t.id('a'), jsonb_build_object('value_id', t.vid('a', 1)::text, 'amount', 500, 'fee', 13, 'currency', 'JPY'),
		interval '24 hours', 0)$$, 'as key and arguments');
SELECT operator_setting('receipts_hours', '48', 'test');
SELECT is(t.issue('a', t.rid(4), t.vid('a', 2), 500, 'cash'), 'ok', 'outbox on');
SELECT results_eq($$SELECT text_key, valid_until - created_at FROM outbox WHERE cause_id = t.vid('a', 2)$$,
	$$VALUES ('receipt.bought', interval '48 hours')$$, 'an issue writes its receipt, which is good for so long');
SELECT is(t.issue('a', t.rid(4), t.vid('a', 2), 500, 'cash'), 'ok*', 'a repeat');
SELECT is((SELECT count(*) FROM outbox WHERE cause_id = t.vid('a', 2)), 1::bigint, 'writes none');
SELECT is(t.put(1, 'a', NULL, t.rid(4)), 'ok*', 'the reply to the text that asked for it is that receipt');
SELECT is((SELECT count(*) FROM outbox WHERE cause_id = t.vid('a', 2)), 1::bigint, 'and no other');
SELECT t.name(outcome) FROM operator_receipts('{819000000001,819000000002}', 'off', 'test');
SELECT t.issue('a', t.rid(5), t.vid('a', 3), 500, 'cash'), t.transfer('a', t.rid(6), t.vid('a', 3), '819000000002');
SELECT is((SELECT count(*) FROM outbox WHERE cause_id = t.vid('a', 3)), 0::bigint, 'receipts off');
SELECT is(t.put(2, 'a', NULL, t.rid(5)), 'ok', 'but a reply has its text');
SELECT is(t.tell('a', t.rid(6)), 'ok true', 'and a dialogue that died');
SELECT is((SELECT outcome FROM receipts_set(ARRAY[t.id('a')], '{true}')), 0::smallint, 'its own switch');
SELECT t.transfer('b', t.rid(7), t.vid('a', 3), '819000000001');
SELECT results_eq($$SELECT text_key FROM outbox WHERE cause_id = t.vid('a', 3) AND version = 3$$, $$VALUES ('receipt.received')$$, 'of two the one that wants it');
SELECT operator_setting('receipts', 'off', 'test');
SELECT t.transfer('a', t.rid(8), t.vid('a', 3), '819000000003');
SELECT results_eq($$SELECT text_key FROM outbox WHERE cause_id = t.vid('a', 3) AND version = 4$$, $$VALUES ('receipt.sent')$$, 'off for who did not choose');
SELECT is(t.name((SELECT outcome FROM receipts_set(ARRAY[t.id('shop')], '{true}'))), 'terminal_unknown', 'not for shops');
SELECT t.issue('a', t.rid(9), t.vid('a', 9), 500, 'external');
SELECT is((SELECT count(*) FROM outbox WHERE cause_id = t.vid('a', 9)), 0::bigint, 'what is pending is not told yet');
SELECT value_issue_settle(ARRAY[t.vid('a', 9)], '{true}');
SELECT results_eq($$SELECT text_key, version FROM outbox WHERE cause_id = t.vid('a', 9)$$, $$VALUES ('receipt.bought', 2)$$, 'but when it was charged');

-- Replies.
DELETE FROM outbox;
SELECT is(t.put(10, 'a', 'one'), 'ok', 'a reply');
SELECT is(t.put(10, 'a', 'another'), 'ok*', 'to the same text: the first one');
SELECT results_eq($$SELECT outcome::int, message_id FROM sms_seen(ARRAY[t.bytes(10), t.bytes(11)])$$, $$VALUES (0, t.msg('one')), (85, NULL)$$, 'seen, and not');
SELECT is(t.put(11, NULL, NULL), 'ok', 'a text that deserves no reply is taken');
SELECT results_eq($$SELECT outcome::int, message_id FROM sms_seen(ARRAY[t.bytes(11)])$$, $$VALUES (0, NULL::bigint)$$, 'and seen');
SELECT is(t.put(12, NULL, 'stranger', NULL, '819000000099'), 'ok', 'to a number that is nobody''s');
SELECT is(t.put(13, NULL, 'x', NULL, '188'), 'terminal_unknown', 'not to a short code');
SELECT is(t.put(13, 'shop', 'x'), 'terminal_unknown', 'nor to a shop');
SELECT is(t.put(13, 'a', NULL, t.rid(99)), 'not_found', 'no such operation');
SELECT is((SELECT outcome FROM sms_seen(ARRAY[t.bytes(13)])), 85::smallint, 'what was refused was not taken');
SELECT t.later('11 minutes');
SELECT is(t.put(10, 'a', 'two'), 'ok', 'the same words later are another text');

-- In order, leased.
SELECT t.put(20, 'a', 'three'), t.put(21, 'b', 'four');
SELECT is(t.take('m1'), 'one stranger four', 'of each terminal the oldest');
SELECT is(t.take('m2'), '', 'another manager finds nothing');
SELECT is(t.result('m1', 'one', 1, '{id1}'), 'ok', 'sent');
SELECT is(t.state('one'), 'sent', 'it is');
SELECT is(t.take('m2'), 'two', 'then the next, by whoever comes');
SELECT is(t.result('m1', 'two', 2), 'not_found', 'only its holder says what became of it');
SELECT is(t.result('m2', 'two', 2), 'ok', 'tried in vain');
SELECT is(t.state('two'), 'waiting why', 'it waits');
SELECT is(t.take('m1'), '', 'for its time');
SELECT cmp_ok((SELECT wait_ms FROM outbox_take('m1', 10, 60000)), '<=', 5000::bigint, 'which is told');
SELECT t.later('6 seconds');
SELECT is(t.take('m1'), 'two', 'again');
SELECT is((SELECT attempts FROM outbox WHERE text = 'two'), 2, 'the second time');
SELECT is(t.result('m1', 'two', 5, '{}', 0), 'ok', 'given back');
SELECT is((SELECT attempts FROM outbox WHERE text = 'two'), 1, 'not tried');
SELECT is(t.take('m2'), 'two', 'at once anybody''s');
SELECT is(t.result('m2', 'two', 4), 'ok', 'not known');
SELECT is(t.state('two'), 'waiting answer lost: why', 'it may have been sent');
SELECT is(t.take('m2'), '', 'so it is not sent again at once');
SELECT t.later('11 seconds');
SELECT is(t.take('m2'), 'two', 'but soon');
SELECT is((SELECT outcome::int FROM outbox_renew('{m2}', ARRAY[t.msg('two')], '{60000}')), 0, 'a lease can be renewed');
SELECT is(t.name((SELECT outcome FROM outbox_renew('{m1}', ARRAY[t.msg('two')], '{60000}'))), 'not_found', 'by its holder');
SELECT t.later('61 seconds');
SELECT is(t.take('m3'), 'stranger two four', 'leases that ended are anybody''s');
SELECT is(t.result('m2', 'two', 1, '{id2}'), 'ok', 'the old holder knows by now: it was sent');
SELECT is(t.result('m3', 'two', 2), 'not_found', 'so it is not sent again');
SELECT is(t.result('m3', 'two', 1, '{id3}'), 'ok', 'and where it was all the same, both ids are known');
SELECT is(t.take('m3'), 'three', 'the third one at last');

-- Receipts.
SELECT is(t.receipt('id1', 1), 'ok', 'on its way');
SELECT is(t.state('one'), 'sent', 'is not there');
SELECT is(t.receipt('id1', 2), 'ok', 'delivered');
SELECT is(t.state('one'), 'told', 'told');
SELECT is(t.receipt('id1', 5), 'ok', 'a second receipt');
SELECT is(t.state('one'), 'told', 'changes nothing');
SELECT is(t.receipt('id4b', 2), 'ok', 'a receipt before the answer');
SELECT is(t.result('m3', 'three', 1, '{id4a,id4b}'), 'ok', 'finds its message');
SELECT is(t.state('three'), 'sent', 'of which a part is missing');
SELECT t.receipt('id4a', 2);
SELECT is(t.state('three'), 'told', 'and now is there');
SELECT is(t.result('m3', 'four', 1, '{id5}') || t.receipt('id5', 5), 'okok', 'undeliverable');
SELECT is(t.state('four'), 'dead undeliverable 005', 'is dead');
SELECT is(t.result('m3', 'stranger', 1, '{id5}'), 'ok', 'an id that the SMSC uses again');
SELECT is(t.state('stranger'), 'sent', 'says nothing about another message');
SELECT is(t.state('four'), 'dead undeliverable 005', 'and what it said about the first one stays');
SELECT is(t.receipt('id5', 2), 'ok', 'its receipt');
SELECT is(t.state('stranger') || ', ' || t.state('four'), 'told, dead undeliverable 005', 'is for the newer one');

-- An SMSC that begins at 1 again.
SELECT t.put(50, 'a', 'old'), t.put(51, 'b', 'new'), t.put(52, 'c', 'newer'), t.take('m1');
SELECT t.result('m1', 'old', 1, '{1}'), t.receipt('1', 2);
SELECT is(t.result('m1', 'new', 1, '{1}'), 'ok', 'an id of a text that was told');
SELECT is(t.result('m1', 'old', 1, '{1}'), 'ok', 'also where the old answer is recorded once more');
SELECT is(t.state('old') || t.state('new'), 'toldsent', 'both are what they were');
SELECT is_empty('SELECT * FROM audit.violations', 'told stays told, with its receipt');
SELECT t.later('4 days');
SELECT is(t.receipt('1', 2), 'ok', 'a receipt that comes when its text is not good any more');
SELECT is(t.state('new'), 'sent', 'is not for it');
SELECT is(t.result('m1', 'newer', 1, '{1}'), 'ok', 'but for who has the id then');
SELECT is(t.state('newer'), 'told', 'within the hour');
SELECT results_eq($$SELECT issue FROM outbox_receipt WHERE smsc_id = '1' ORDER BY issue$$, $$VALUES (0), (1), (2)$$, 'each has its own');
SELECT t.put(53, 'b', 'newest'), t.take('m1'), t.receipt('1', 2);
SELECT is(t.result('m1', 'newest', 1, '{1}') || t.state('newest'), 'oksent', 'a receipt said twice is not for the next one');
UPDATE outbox SET told_at = NULL WHERE text = 'newer';
SELECT results_eq('SELECT invariant, object FROM audit.violations', $$SELECT 'outbox_step', 'message ' || t.msg('newer')$$, 'what is wrong is seen');
SELECT results_eq($$SELECT invariant, object FROM audit.violations_since(now() - interval '2 hours')$$, $$SELECT 'outbox_step', 'message ' || t.msg('newer')$$, 'by who looks every hour too');
UPDATE outbox SET told_at = now() WHERE text = 'newer';

-- Phones that are away.
SELECT t.put(55, 'a', 'away'), t.take('m1'), t.result('m1', 'away', 2, '{}', 600000);
SELECT is(t.take('m1'), '', 'put off');
SELECT is((SELECT t.name(outcome) FROM outbox_heard(ARRAY[t.msg('away')])), 'ok', 'heard');
SELECT is(t.take('m1'), 'away', 'it is due');
SELECT is((SELECT t.name(outcome) FROM outbox_heard(ARRAY[t.msg('away')])), 'ok', 'heard once more');
SELECT is(t.take('m2'), '', 'what somebody has is his');
SELECT is(t.result('m1', 'away', 5, '{}', 5000), 'ok', 'no room');
SELECT is(t.take('m1'), '', 'others go first');
SELECT is(t.result('m1', 'away', 1, '{id9}'), 'ok', 'it was sent');

-- An SMSC that takes texts and does not answer.
SELECT t.put(60, 'a', 'lost');
SELECT results_eq($$SELECT n, t.take('m1'), t.result('m1', 'lost', 4), t.take('m1'), t.state('lost') FROM generate_series(1, 1) n$$,
	$$VALUES (1, 'lost', 'ok', '', 'waiting answer lost: why')$$, 'not known');
SELECT t.later('11 seconds'), t.take('m1'), t.result('m1', 'lost', 4), t.later('11 seconds');
SELECT is(t.take('m1'), '', 'twice as long');
SELECT t.later('10 seconds'), t.take('m1'), t.result('m1', 'lost', 4), t.later('41 seconds'), t.take('m1'), t.result('m1', 'lost', 4);
SELECT is(t.state('lost'), 'waiting answer lost: why', 'four times');
SELECT t.later('81 seconds'), t.take('m1');
SELECT is(t.result('m1', 'lost', 4), 'ok', 'the fifth time');
SELECT is(t.state('lost'), 'dead answer lost: why', 'is the last');
SELECT t.books();
DELETE FROM outbox WHERE text IN ('old', 'new', 'newer', 'newest', 'lost', 'away');

-- Validity, and what is old.
SELECT t.put(30, 'a', 'short', NULL, '', 10), t.put(31, 'a', 'long'), t.put(32, 'c', 'alone', NULL, '', 10);
SELECT is(t.take('m1', 1), 'short', 'one of three');
SELECT is(t.result('m1', 'short', 2, '{}', 20000), 'ok', 'tried in vain, and not again in its time');
SELECT is(t.state('short'), 'dead why', 'dead at once');
SELECT t.later('30 seconds');
SELECT is(t.take('m1', 10), 'long', 'what came to its end is not sent, and what stands behind it is');
SELECT is(t.state('alone'), 'dead validity ended', 'it is dead');
SELECT results_eq($$SELECT invariant, count(*) FROM audit.watch GROUP BY 1$$, $$VALUES ('outbox_dead', 3::bigint)$$, 'somebody is to look');
SELECT results_eq($$SELECT number, what, state, error FROM operator_outbox(NULL, true, 10) WHERE number = '819000000003'$$,
	$$VALUES ('819000000003', 'reply', 'dead', 'validity ended')$$, 'at what operators see');
SELECT results_eq('SELECT waiting, dead FROM outbox_state()', 'VALUES (1::bigint, 3::bigint)', 'as numbers');
SELECT t.put(33, 'c', 'dies', NULL, '', 5);
SELECT t.later('7 days');
SELECT is(outbox_expire(1000), 5000, 'the sweep');
SELECT is((SELECT string_agg(text, ' ' ORDER BY message_id) FROM outbox), 'four short long alone dies', 'forgets what was sent');
SELECT is(t.state('dies'), 'dead validity ended', 'and ends what is late, when nobody takes anything');
SELECT t.later('31 days'), outbox_expire(1000);
SELECT is((SELECT count(*) FROM outbox), 0::bigint, 'what is dead is kept longer');
SELECT * FROM finish();
