-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Questions under their author's code, which stands for one purchase however often it comes; which
-- operations need a PIN; and whom the next dial finds asked.
BEGIN;
SET search_path = tegata, public;
SELECT plan(18);
CREATE FUNCTION t.buy(terminal text, n int, code text, amount bigint DEFAULT 500) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN repeated THEN '*' ELSE '' END || coalesce(' ' || state || ' ' || amount, '')
	FROM tegata.question_open(ARRAY[t.id(terminal)], '{1}', '{cash}', ARRAY[amount], '{13}', '{JPY}', '{NULL}', '{NULL}', '{NULL}', '{NULL}',
		ARRAY[t.rid(n)], '{600}', '{smpp:a}', ARRAY[code]) $$;
CREATE FUNCTION t.asked(imsi text) RETURNS boolean LANGUAGE sql AS $$
	SELECT bool_or(asked) FROM tegata.terminal_enter(ARRAY[imsi], '{""}', '{false}') $$;

SELECT is(t.asked(imsi), false, 'asked nothing yet') FROM terminal WHERE terminal_id = t.id('a');
SELECT is(t.buy('a', 1, '7F3A'), 'ok 0 500', 'a code of the author''s');
SELECT is((SELECT code FROM question), '7F3A', 'is the question''s');
SELECT is(t.asked(imsi), true, 'the next dial is asked') FROM terminal WHERE terminal_id = t.id('a');
SELECT is(t.buy('a', 2, '7f3a'), 'ok* 0 500', 'again, in either case');
SELECT is((SELECT request_id FROM question), t.rid(1), 'under its first request id');
SELECT is(t.buy('a', 3, '7F3A', 600), 'ok* 0 500', 'with another amount it is what it was');
SELECT is(t.buy('b', 4, '7F3A'), 'ok 0 500', 'another terminal''s is its own');
SELECT is(t.buy('a', 5, 'ACDE'), 'ok 0 500', 'the same under another code is another one');
SELECT is((SELECT state::int FROM question_answer(ARRAY[t.id('a')], '{0}', '{7F3A}', '{true}', '{x}')), 1, 'answered');
SELECT is(t.buy('a', 6, '7F3A'), 'ok* 1 500', 'it stays so, and is told');
SELECT is(t.buy('a', 7, '7F3'), 'body_malformed', 'too short');
SELECT is(t.buy('a', 7, '10OO'), 'body_malformed', 'what is taken for other characters');
SELECT is(t.buy('a', 8, ''), 'ok* 0 500', 'without one it is the one that is open');

SELECT t.issue('a', t.rid(50), t.vid('a', 1), 500);
SELECT is((SELECT bool_or(asks_pin) FROM product_list()), false, 'nobody asks for a PIN');
UPDATE product SET pin_threshold = 500, on_sale = false WHERE code = 'plain';
SELECT is((SELECT bool_or(asks_pin) FROM product_list()), true, 'one that is not on sale any more does');
SELECT is((SELECT needs_pin FROM value_transfer_quote(ARRAY[t.id('a')], ARRAY[t.vid('a', 1)], '{3344}', '{0}')), true, 'its values need it from there on');
UPDATE product SET pin_threshold = 501 WHERE code = 'plain';
SELECT is((SELECT needs_pin FROM value_transfer_quote(ARRAY[t.id('a')], ARRAY[t.vid('a', 1)], '{3344}', '{0}')), false, 'and not below');
SELECT * FROM finish();
ROLLBACK;
