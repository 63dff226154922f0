-- SPDX-License-Identifier: AGPL-3.0-or-later
BEGIN;
SET search_path = tegata, public;
SELECT plan(54);
CREATE FUNCTION t.unseen(imsi text) RETURNS int LANGUAGE sql AS $$
	SELECT sum(n_unseen)::int FROM tegata.terminal_enter(ARRAY[imsi], '{""}', '{f}') $$;
-- A connection that may not write is enough for who is known.
SAVEPOINT known;
SET LOCAL transaction_read_only = on;
SELECT results_eq($$SELECT ord, outcome::int, terminal_id, address, language, enrolled, n_unseen::int, u_request_id FROM terminal_enter(
	'{440100000000001,440100000000002}', '{819000000001,""}', '{t,f}')$$,
	$$VALUES (1, 0, t.id('a'), '819000000001', 'en', false, 0, NULL::uuid), (2, 0, t.id('b'), '819000000002', NULL, false, 0, NULL)$$,
	'known terminals, with and without their number');
SELECT is(t.enter('440100000000004', '819000000004'), 'terminal_blocked', 'blocked');
SELECT is(t.enter('440100000000005', '819000000005'), 'terminal_quarantined', 'quarantined');
SELECT is(t.enter('440100000000099', '', true), 'terminal_unknown', 'unknown, without a number');
SELECT is(t.enter('440100000000099', '819000000099', false), 'terminal_unknown', 'unknown, and enrolment is off');
SELECT is(t.enter('440100000000098', '819000000001', false), 'terminal_unknown', 'another SIM on a known number, and enrolment is off');
SELECT is(t.enter('440100000000006', '', false), 'terminal_unknown', 'a retired terminal''s IMSI is unknown');
ROLLBACK TO known;

-- First contact.
SELECT is(t.enter('440100000000010', '819000000010'), 'ok+', 'enrolled');
SELECT is(t.enter('440100000000010', '819000000010'), 'ok', 'once');
SELECT results_eq($$SELECT kind::int, status::int, home = (terminal_id & 63), (SELECT array_agg(currency || balance || mode ORDER BY 1)
	FROM account a WHERE a.terminal_id = t.terminal_id) FROM terminal t WHERE imsi = '440100000000010'$$,
	$$VALUES (1, 1, true, '{EUR01,JPY01}'::text[])$$, 'with an empty prepaid account in each currency on sale');
SELECT is(t.enter('440100000000006', '819000000016'), 'ok+', 'a retired terminal''s IMSI may come back elsewhere');
SELECT is(t.enter('44010000000001x', '819000000011'), 'number_malformed', 'not an IMSI');
SELECT is(t.enter('440100000000011', '3344'), 'number_malformed', 'a shop''s code is not a telephone number');
SELECT is(t.enter('440100000000011', '0819'), 'number_malformed', 'not E.164');
CREATE TABLE t.batch AS SELECT ord, t.name(outcome) AS outcome, enrolled, terminal_id FROM terminal_enter(
	'{440100000000021,440100000000020,440100000000020,440100000000001,440100000000022,440100000000023,bad}',
	'{819000000020,819000000020,819000000020,819000000001,"",819000000023,819000000024}', '{t,t,t,t,t,f,t}');
SELECT results_eq('SELECT ord, outcome FROM t.batch WHERE ord > 3 ORDER BY ord',
	$$VALUES (4, 'ok'), (5, 'terminal_unknown'), (6, 'terminal_unknown'), (7, 'number_malformed')$$,
	'one bad request does not fail its neighbours');
SELECT results_eq('SELECT ord, outcome FROM t.batch WHERE ord <= 3 ORDER BY ord',
	$$VALUES (1, 'again'), (2, 'ok'), (3, 'again')$$, 'one number claimed by two SIMs, one SIM twice: the first is done');
SELECT is((SELECT count(*) FROM terminal WHERE address = '819000000020'), 1::bigint, 'one terminal was made');
SELECT is(t.enter('440100000000020', '819000000020'), 'ok', 'the second of one SIM finds it');
SELECT is(t.enter('440100000000021', '819000000020'), 'ok+', 'the other SIM comes later: a new terminal');
SELECT is(t.enter('440100000000020', '819000000020'), 'terminal_quarantined', 'and the first is in quarantine');
SELECT is(t.enter('440100000000021', '819000000020'), 'ok', 'they do not take turns');

-- Imported without IMSI.
SELECT operator_terminal_import('{819000000030}', '{NULL}', '{postpaid}', '{500}', '{NULL}', '{JPY}', 'test');
SELECT is(t.enter('440100000000030', '819000000030', false), 'ok', 'what an operator imported is bound at first contact');
SELECT results_eq($$SELECT imsi, status::int FROM terminal WHERE address = '819000000030'$$, $$VALUES ('440100000000030', 1)$$, 'to this IMSI');
SELECT is(t.enter('440100000000031', '819000000030', true), 'ok+', 'another one is a stranger');

-- Another SIM on a known number.
SELECT t.issue('a', t.rid(1), t.vid('a', 1), 100);
SELECT results_eq($$SELECT t.name(outcome), enrolled, address, language, terminal_id <> t.id('a') FROM terminal_enter('{440100000000041}', '{819000000001}', '{t}')$$,
	$$VALUES ('ok', true, '819000000001', 'en', true)$$, 'a fresh terminal, in the language of the old one');
SELECT results_eq($$SELECT status::int, imsi, quarantined_at IS NOT NULL FROM terminal WHERE terminal_id = t.id('a')$$,
	$$VALUES (3, '440100000000001', true)$$, 'the old row is quarantined');
SELECT is((SELECT count(*) FROM value v JOIN terminal x ON x.terminal_id = v.owner_id WHERE x.imsi = '440100000000041'), 0::bigint, 'the new one is empty');
SELECT is((SELECT owner_id FROM value WHERE value_id = t.vid('a', 1)), t.id('a'), 'the old one keeps its value');
SELECT is(t.transfer('a', t.rid(2), t.vid('a', 1), '3344'), 'terminal_quarantined', 'frozen');
SELECT results_eq($$SELECT act, terminal_id, outcome::int, operator = session_user FROM operator_act WHERE act = 'terminal_quarantine' AND terminal_id = t.id('a')$$,
	$$VALUES ('terminal_quarantine', t.id('a'), 0, true)$$, 'and it is written down');
SELECT is(t.enter('440100000000042', '819000000004'), 'terminal_blocked', 'a new SIM does not undo a block');
SELECT is((SELECT count(*) FROM terminal WHERE address = '819000000004'), 1::bigint, 'nothing was made');

-- Another number for a known SIM.
SELECT is(t.enter('440100000000002', '819000000052'), 'ok', 'the carrier changed the number');
SELECT is((SELECT address FROM terminal WHERE terminal_id = t.id('b')), '819000000052', 'it is followed');
SELECT is(t.transfer('b', t.rid(3), t.vid('b', 1), '3344'), 'not_owner', 'it is the same terminal');
SELECT is((SELECT count(*) FROM operator_act WHERE act = 'terminal_renumber' AND terminal_id = t.id('b')), 1::bigint, 'written down');
SELECT is(t.enter('440100000000002', '819000000003'), 'ok', 'a number that another has');
SELECT is((SELECT address FROM terminal WHERE terminal_id = t.id('b')), '819000000052', 'is not taken from it');
SELECT is(t.enter('440100000000001', '819000000061'), 'terminal_quarantined', 'a quarantined terminal does not get a number');
SELECT is(t.enter('440100000000009', '819000000002'), 'ok+', 'the number that became free is for anybody');

-- What is unseen.
SELECT t.issue('c', t.rid(10, -60), t.vid('c', 1), 100);
SELECT operator_top_up('{819000000003}', '{JPY}', '{1000}', '{z}', 'test');
SELECT t.issue('c', t.rid(11, -50), t.vid('c', 2), 100);
SELECT t.transfer('c', t.rid(12, -40), t.vid('c', 2), '3344');
SELECT t.transfer('c', t.rid(13, -30), t.vid('c', 2), '3344');
SELECT results_eq($$SELECT n_unseen::int, u_operation::int, u_outcome::int, u_request_id, u_value_id, u_amount, u_currency, u_peer, u_peer_name
	FROM terminal_enter('{440100000000003}', '{""}', '{f}')$$,
	$$VALUES (1, 2, 0, t.rid(12, -40), t.vid('c', 2), 100::bigint, 'JPY', '3344', 'Shop'),
		(1, 1, 0, t.rid(11, -50), t.vid('c', 2), 100, 'JPY', NULL, NULL)$$, 'the newest first; refusals are not told');
SELECT results_eq($$SELECT ord, n_unseen::int, u_request_id, enrolled FROM terminal_enter('{440100000000002,440100000000003,440100000000070}', '{"","",819000000070}', '{f,f,t}')$$,
	$$VALUES (1, 0, NULL::uuid, false), (2, 1, t.rid(12, -40), false), (2, 1, t.rid(11, -50), false), (3, 0, NULL, true)$$,
	'as many rows as one has, in the order asked');
SELECT operation_seen(ARRAY[t.id('c')], ARRAY[t.rid(11, -50)]);
SELECT results_eq($$SELECT n_unseen::int, u_request_id FROM terminal_enter('{440100000000003}', '{""}', '{f}')$$,
	$$VALUES (1, t.rid(12, -40))$$, 'seen up to there');
-- The longest code that a shop may have.
SAVEPOINT longest;
SELECT operator_shop_add('334455', 'Long shop', 100, 200, 'test');
SELECT t.issue('c', t.rid(14, -20), t.vid('c', 3), 100);
SELECT t.transfer('c', t.rid(15, -10), t.vid('c', 3), '334455');
SELECT is((SELECT u_peer || ' ' || u_peer_name FROM terminal_enter('{440100000000003}', '{""}', '{f}') LIMIT 1), '334455 Long shop',
	'a shop is named, however long its code');
ROLLBACK TO longest;
SELECT operation_seen(ARRAY[t.id('c'), t.id('c'), t.id('nobody')], ARRAY[t.rid(12, -40), t.rid(10, -60), t.rid(1)]);
SELECT is(t.unseen('440100000000003'), 0, 'all seen, in any order');
SELECT operation_seen(ARRAY[t.id('c')], ARRAY[t.rid(10, -60)]);
SELECT is(t.unseen('440100000000003'), 0, 'it never goes back');
SELECT t.issue('c', t.rid(100 + n), t.vid('c', 100 + n), 1) FROM generate_series(1, 12) n;
SELECT is(t.unseen('440100000000003'), 9, 'nine stands for many');
SELECT is((SELECT u_request_id FROM terminal_enter('{440100000000003}', '{""}', '{f}') LIMIT 1), t.rid(112), 'of which the newest is told');
SELECT operation_seen(ARRAY[t.id('a'), t.id('c')], ARRAY[t.rid(1), t.rid(110)]);
SELECT is(t.unseen('440100000000003'), 2, 'one that was told before beside one that was not');
SELECT is((SELECT request_id FROM terminal_seen WHERE terminal_id = t.id('a')), t.rid(1), 'both are noted');
SELECT operation_seen(ARRAY[t.id('c'), t.id('c')], ARRAY[t.rid(111), NULL]);
SELECT is(t.unseen('440100000000003'), 1, 'nothing is told of no operation');
SELECT is(current_setting('synchronous_commit'), 'off', 'nobody waits for the disk');
SELECT is((SELECT count(*) FROM terminal_seen WHERE terminal_id = t.id('nobody')), 0::bigint, 'unknown terminals are passed over');
SELECT t.books();
SELECT * FROM finish();
ROLLBACK;
