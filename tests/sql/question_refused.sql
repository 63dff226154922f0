-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A yes counts only with its PIN, ends with what refused it, and nothing begins past its
-- deadline; a text that tries a PIN is one try.
BEGIN;
SET search_path = tegata, public;
SELECT plan(44);
CREATE FUNCTION t.buy(terminal text, n int, amount bigint) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN needs_pin THEN ' pin' ELSE '' END
	FROM tegata.question_open(ARRAY[t.id(terminal)], '{1}', '{cash}', ARRAY[amount], '{13}', '{JPY}', '{NULL}', '{NULL}', '{NULL}', '{NULL}',
		ARRAY[t.rid(n)], '{600}', '{smpp:a}') $$;
CREATE FUNCTION t.send(terminal text, n int, vid bigint) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || CASE WHEN needs_pin THEN ' pin' ELSE '' END
	FROM tegata.question_open(ARRAY[t.id(terminal)], '{2}', '{NULL}', '{500}', '{NULL}', '{JPY}', ARRAY[vid], '{NULL}', '{819000000002}', '{NULL}',
		ARRAY[t.rid(n)], '{600}', '{smpp:a}') $$;
CREATE FUNCTION t.answer(terminal text, n int, why text DEFAULT NULL, yes boolean DEFAULT true) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(a.outcome) || CASE WHEN a.repeated THEN '*' ELSE '' END || ' ' || (ARRAY['open', 'yes', 'no', 'expired', 'superseded', 'refused'])[a.state + 1]
		|| CASE WHEN a.needs_pin AND a.state IN (0, 1) THEN ' pin' ELSE '' END || CASE a.state WHEN 5 THEN ' ' || t.name(a.refusal) ELSE '' END
	FROM tegata.question q, tegata.question_answer(ARRAY[t.id(terminal)], ARRAY[q.question_id], '{NULL}', ARRAY[yes], '{ussd}',
		ARRAY[outcome_code(why)::int]) a
	WHERE q.request_id = t.rid(n) $$;
CREATE FUNCTION t.look(terminal text, n int) RETURNS text LANGUAGE sql AS $$
	SELECT (ARRAY['open', 'yes', 'no', 'expired', 'superseded', 'refused'])[a.state + 1] || CASE WHEN a.needs_pin THEN ' pin' ELSE '' END
	FROM tegata.question q, tegata.question_of_terminal(ARRAY[t.id(terminal)], ARRAY[q.code]) a
	WHERE q.request_id = t.rid(n) AND a.question_id = q.question_id $$;
CREATE FUNCTION t.pin(terminal text, pin text, identity text, n int DEFAULT NULL, key text DEFAULT '0123456789abcdef') RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN outcome = 0 THEN concat_ws(' ', (ARRAY['right', 'wrong', 'blocked', 'none', 'other key'])[verdict + 1], tries_left) ELSE t.name(outcome) END
	FROM tegata.pin_check(ARRAY[t.id(terminal)], ARRAY[key], ARRAY[sha256(pin::bytea)], ARRAY[substr(sha256(identity::bytea), 1, 16)],
		ARRAY[(SELECT question_id FROM tegata.question WHERE request_id = t.rid(n))]) $$;
CREATE FUNCTION t.past(n int) RETURNS void LANGUAGE sql AS $$
	UPDATE tegata.question SET opened_at = opened_at - interval '1 hour', answered_at = answered_at - interval '1 hour',
		deadline = deadline - interval '1 hour' WHERE request_id = t.rid(n) $$;

UPDATE product SET pin_threshold = 1000 WHERE code IN ('cash', 'plain');
SELECT pin_set(ARRAY[t.id('a')], '{0123456789abcdef}', ARRAY[sha256('4973'::bytea)], '{NULL}', '{NULL}');

-- No yes without its PIN.
SELECT is(t.buy('a', 1, 500), 'ok', 'below the threshold');
SELECT is(t.buy('a', 2, 1000), 'ok pin', 'from the threshold on');
SELECT is(t.answer('a', 1), 'ok yes', 'a yes needs none');
SELECT is(t.answer('a', 2), 'ok open pin', 'or is none');
SELECT is(t.look('a', 2), 'open pin', 'it stays open');
SELECT is(t.pin('a', '1111', 'x', 2), 'wrong 2', 'a wrong one');
SELECT is(t.answer('a', 2), 'ok open pin', 'changes nothing');
SELECT is(t.pin('a', '4973', 'y', 1), 'right 3', 'the right one for something else');
SELECT is(t.answer('a', 2), 'ok open pin', 'neither');
SELECT is(t.pin('b', '4973', 'y', 2), 'none 3', 'nor another terminal''s');
SELECT is(t.pin('a', '4973', 'z', 2), 'right 3', 'the right one for it');
SELECT is(t.look('a', 2), 'open', 'is kept with it');
SELECT is(t.answer('a', 2), 'ok yes', 'and the yes counts');
SELECT is(t.answer('a', 2), 'ok* yes', 'again');
SELECT is(t.buy('a', 3, 600), 'ok', 'below a threshold');
SELECT is(t.answer('a', 3), 'ok yes', 'agreed to');
UPDATE product SET pin_threshold = 600 WHERE code IN ('cash', 'plain');
SELECT is(t.answer('a', 3), 'ok* yes pin', 'that is lower when it is to be done');
UPDATE product SET pin_threshold = 1000 WHERE code IN ('cash', 'plain');

-- Also where the value is not its asker's for a while.
SELECT t.issue('a', t.rid(50), t.vid('a', 1), 1000), t.issue('a', t.rid(51), t.vid('a', 2), 500);
SELECT is(t.send('a', 10, t.vid('a', 1)), 'ok pin', 'to hand on much');
SELECT is(t.send('a', 11, t.vid('a', 2)), 'ok', 'and little');
UPDATE value SET owner_id = t.id('b') WHERE value_id = t.vid('a', 1);
SELECT is(t.answer('a', 10), 'ok open pin', 'needs its PIN whoever has it');
UPDATE value SET owner_id = t.id('a') WHERE value_id = t.vid('a', 1);

-- What cannot be done ends the question.
SELECT is(t.answer('a', 10, 'not_owner', false), 'ok no', 'no is no, whatever could not be done');
SELECT is(t.answer('a', 11, 'transferee_blocked'), 'ok refused transferee_blocked', 'refused');
SELECT is(t.answer('a', 11), 'ok* refused transferee_blocked', 'stays refused');
SELECT is(t.answer('a', 11, 'not_owner'), 'ok* refused transferee_blocked', 'for the first reason');
SELECT is(t.answer('a', 11, NULL, false), 'ok* refused transferee_blocked', 'also to a no');
SELECT is(t.look('a', 11), 'refused', 'however it is looked at');
SELECT is(t.answer('a', 3, 'price_changed'), 'ok* refused price_changed', 'also after the yes');
-- The other channel was faster.
SELECT is(t.buy('a', 20, 700), 'ok', 'a question');
SELECT is(t.answer('a', 20), 'ok yes', 'agreed to');
SELECT t.issue('a', t.rid(20), t.vid('a', 20), 700);
SELECT is(t.answer('a', 20, 'funds_insufficient'), 'ok* yes', 'what was done was not refused');

-- Past the deadline nothing begins, and what was done is told.
SELECT t.past(n) FROM unnest(ARRAY[1, 20]) n;
SELECT is(t.look('a', 1), 'expired', 'agreed to and not done');
SELECT is(t.answer('a', 1), 'ok* expired', 'is over');
SELECT is(t.answer('a', 20), 'ok* yes', 'what was done is told');
SELECT t.past(11);
SELECT is(t.answer('a', 11), 'ok* refused transferee_blocked', 'and what was refused');

-- Tries.
SELECT is(t.pin('a', '1111', 'one'), 'wrong 2', 'a wrong PIN');
SELECT is(t.pin('a', '1111', 'one'), 'wrong 2', 'in a text that is delivered again');
SELECT is(t.pin('a', '2222', 'two'), 'wrong 1', 'in another text');
SELECT is(t.pin('a', '1111', 'one'), 'wrong 1', 'the first one once more');
SELECT is(t.pin('a', '4973', 'three'), 'right 3', 'the right one forgives');
SELECT is((SELECT count(t.pin('a', n::text, n::text) = 'wrong 2' OR NULL) FROM generate_series(10, 19) n, t.pin('a', '4973', 'right')), 1::bigint, 'what follows counts');
SELECT is(t.pin('a', '4973', 'one'), 'blocked 0', 'blocked is blocked');
UPDATE terminal_pin SET tries = 0, blocked_at = NULL WHERE terminal_id = t.id('a');
SELECT t.pin('a', '1', '31'), t.pin('a', '1', '32');
SELECT is((SELECT tried[6] FROM terminal_pin WHERE terminal_id = t.id('a') AND cardinality(tried) = 6), substr(sha256('32'), 1, 16), 'the last six texts are known');
SELECT is((SELECT count(*) FROM audit.question_step), 0::bigint, 'as it should be');
SELECT t.books();
SELECT * FROM finish();
