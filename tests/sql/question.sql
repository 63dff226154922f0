-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What terminals are asked: one question a command, one answer a question, codes that
-- cannot be guessed; and who has a number.
BEGIN;
SET search_path = tegata, public;
SELECT plan(49);
CREATE TABLE t.q (like question);
CREATE FUNCTION t.buy(terminal text, n int, amount bigint DEFAULT 500, valid int DEFAULT 600) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END || coalesce(' ' || state, '')
	FROM tegata.question_open(ARRAY[t.id(terminal)], '{1}', '{cash}', ARRAY[amount], '{13}', '{JPY}', '{NULL}', '{NULL}', '{NULL}', '{NULL}',
		ARRAY[t.rid(n)], ARRAY[valid], '{smpp:a}') $$;
CREATE FUNCTION t.send(terminal text, n int, vid bigint, te text DEFAULT '3344') RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END
	FROM tegata.question_open(ARRAY[t.id(terminal)], '{2}', '{NULL}', '{500}', '{NULL}', '{JPY}', ARRAY[vid], '{NULL}', ARRAY[te], '{order-7}',
		ARRAY[t.rid(n)], '{86400}', '{smpp:a}') $$;
CREATE FUNCTION t.code(n int) RETURNS text LANGUAGE sql AS $$ SELECT code FROM tegata.question WHERE request_id = t.rid(n) $$;
CREATE FUNCTION t.answer(terminal text, code text, yes boolean DEFAULT true, id bigint DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END || coalesce(' ' || (ARRAY['open', 'yes', 'no', 'expired', 'superseded'])[state + 1], '')
	FROM tegata.question_answer(ARRAY[t.id(terminal)], ARRAY[id], ARRAY[code], ARRAY[yes], '{ussd}') $$;
CREATE FUNCTION t.asked(terminal text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(amount::text, ' ' ORDER BY question_id), '') FROM tegata.question_of_terminal(ARRAY[t.id(terminal)], '{""}') $$;

SELECT is(t.buy('a', 1), 'ok 0', 'a question');
SELECT is(t.buy('a', 2), 'ok* 0', 'the same command while it is open');
SELECT is((SELECT count(*) FROM question), 1::bigint, 'is the same question');
SELECT is((SELECT request_id FROM question), t.rid(1), 'under its first request id');
SELECT matches(t.code(1), '^[34679ACDEFGHJKMNPQRTWXY]{4}$', 'with a code');
SELECT is(t.buy('a', 3, 600), 'ok 0', 'another amount is another one');
SELECT is(t.buy('d', 4), 'terminal_blocked', 'blocked');
SELECT is(t.buy('nobody', 4), 'terminal_unknown', 'unknown');
SELECT is(t.asked('a'), '500 600', 'what it is asked');
SELECT results_eq($$SELECT product, amount, fee, currency, code FROM question_of_terminal(ARRAY[t.id('a')], ARRAY[lower(t.code(1))])$$,
	$$VALUES ('cash', 500::bigint, 13::bigint, 'JPY', t.code(1))$$, 'by its code, in either case');
SELECT is(t.asked('b'), '', 'another terminal is asked nothing');
SELECT is(t.answer('b', t.code(1)), 'not_found', 'nor may it answer');
SELECT is(t.answer('b', NULL, true, (SELECT min(question_id) FROM question)), 'not_found', 'not by its id either');

SELECT is(t.answer('a', t.code(1), false), 'ok no', 'the first answer');
SELECT is(t.answer('a', t.code(1), true), 'ok* no', 'is the answer');
SELECT is((SELECT answered_link FROM question WHERE request_id = t.rid(1)), 'ussd', 'by this link');
SELECT is(t.buy('a', 5), 'ok 0', 'the same command later is another question');
SELECT isnt(t.code(5), t.code(1), 'with another code');
SELECT is(t.answer('a', NULL, true, (SELECT question_id FROM question WHERE request_id = t.rid(5))), 'ok yes', 'by its id, for the next dial');
SELECT is(t.answer('a', t.code(5), true), 'ok* yes', 'and by its code');
SELECT is((SELECT request_id FROM question_answer(ARRAY[t.id('a')], '{0}', ARRAY[t.code(5)], '{true}', '{x}')), t.rid(5), 'runs under one request id');
SELECT is(t.asked('a'), '600', 'what is left');

-- Transfers.
SELECT t.issue('a', t.rid(50), t.vid('a', 1), 500), t.issue('b', t.rid(51), t.vid('b', 1), 500);
SELECT is(t.send('a', 10, t.vid('a', 1)), 'ok', 'hand on');
SELECT is(t.send('a', 11, t.vid('a', 1)), 'ok*', 'the same');
SELECT results_eq($$SELECT kind::int, value_id, transferee, reference FROM question_of_terminal(ARRAY[t.id('a')], ARRAY[t.code(10)])$$,
	$$VALUES (2, t.vid('a', 1), '3344', 'order-7')$$, 'what will be done');
SELECT is(t.send('a', 12, t.vid('b', 1)), 'not_owner', 'a stranger''s value');
SELECT is(t.send('a', 12, t.vid('a', 99)), 'not_owner', 'or none');
UPDATE value SET expires_at = clock_timestamp() + interval '1 hour' WHERE value_id = t.vid('a', 1);
SELECT is(t.send('a', 13, t.vid('a', 1), '4455'), 'ok', 'a value that will expire');
SELECT is((SELECT deadline FROM question WHERE request_id = t.rid(13)), (SELECT expires_at FROM value WHERE value_id = t.vid('a', 1)), 'its question with it');
UPDATE value SET expires_at = clock_timestamp() WHERE value_id = t.vid('a', 1);
SELECT is(t.send('a', 14, t.vid('a', 1), '4455'), 'value_expired', 'one that has');

-- At most five, and deadlines.
SELECT count(t.buy('c', 100 + n, 1000 + n)) FROM generate_series(1, 6) n;
SELECT is(t.asked('c'), '1002 1003 1004 1005 1006', 'a sixth one takes the place of the oldest');
SELECT is(t.answer('c', t.code(101)), 'ok* superseded', 'which cannot be answered any more');
UPDATE question SET deadline = clock_timestamp() - interval '1 second' WHERE request_id = t.rid(102);
SELECT is(t.asked('c'), '1003 1004 1005 1006', 'past its deadline nobody is asked');
SELECT is(t.answer('c', t.code(102)), 'ok expired', 'nor answers');
SELECT is((SELECT answered_at FROM question WHERE request_id = t.rid(102)), NULL, 'it has no answer');
UPDATE question SET deadline = clock_timestamp() - interval '1 second' WHERE request_id = t.rid(103);
SELECT is(question_expire(1000), 5000, 'the sweep');
SELECT is((SELECT state::int FROM question WHERE request_id = t.rid(103)), 3, 'ends it');

-- Guessing.
SELECT is(t.answer('c', 'ZZZZ'), 'not_found', 'a wrong code');
SELECT is((SELECT outcome FROM question_of_terminal(ARRAY[t.id('c')], '{ZZZZ}')), 85::smallint, 'looked at');
SELECT is((SELECT DISTINCT wrong FROM question WHERE terminal_id = t.id('c') AND state = 0), 2::smallint, 'both are counted');
SELECT t.answer('c', 'ZZZZ') FROM generate_series(1, 2);
SELECT is(t.asked('c'), '1004 1005 1006', 'four are forgiven');
SELECT t.answer('c', 'ZZZZ');
SELECT is(t.asked('c'), '', 'the fifth ends it');
SELECT is(t.answer('c', t.code(106)), 'ok* superseded', 'for whoever knows the code too');
SELECT t.books();
UPDATE question SET opened_at = opened_at - interval '8 days', deadline = least(deadline, opened_at) - interval '7 days',
	answered_at = answered_at - interval '8 days' WHERE state <> 0;
UPDATE sweep SET next_at = clock_timestamp() WHERE name = 'question';
SELECT question_expire(1000);
SELECT is((SELECT count(*) FROM question WHERE state <> 0), 0::bigint, 'old ones go');

-- Who has a number.
SELECT results_eq($$SELECT t.name(outcome), terminal_id, imsi, language FROM terminal_by_number('{819000000001,819000000004,819000000099,3344}')$$,
	$$VALUES ('ok', t.id('a'), '440100000000001', 'en'), ('terminal_blocked', t.id('d'), '440100000000004', NULL),
	('terminal_unknown', NULL, NULL, NULL), ('terminal_unknown', NULL, NULL, NULL)$$, 'telephones by number');
SELECT is((SELECT receipts FROM terminal_by_number('{819000000001}')), true, 'receipts as the setting says');
SELECT operator_receipts('{819000000001}', 'off', 'test');
SELECT is((SELECT receipts FROM terminal_by_number('{819000000001}')), false, 'or its own switch');
SELECT results_eq($$SELECT t.name(outcome) FROM operator_receipts('{819000000099,3344}', 'on', 'test')$$, $$VALUES ('terminal_unknown'), ('terminal_unknown')$$, 'only telephones');
SELECT * FROM finish();
