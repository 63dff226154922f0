-- SPDX-License-Identifier: AGPL-3.0-or-later
-- PINs: set once, changed with the old one, blocked by three wrong ones; unblocked and
-- cleared by operators, by two of them where there is much.
SET search_path = tegata, public;
SELECT plan(37);
CREATE ROLE pin_ann LOGIN IN ROLE tegata_operator;
CREATE ROLE pin_bob LOGIN IN ROLE tegata_operator;
CREATE FUNCTION t.verdict(o smallint, v smallint, n int) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN o = 0 THEN concat_ws(' ', (ARRAY['right', 'wrong', 'blocked', 'none', 'other key'])[v + 1], n) ELSE t.name(o) END $$;
CREATE FUNCTION t.check(terminal text, pin text, key text DEFAULT '0123456789abcdef') RETURNS text LANGUAGE sql AS $$
	SELECT t.verdict(outcome, verdict, tries_left) FROM tegata.pin_check(ARRAY[t.id(terminal)], ARRAY[key], ARRAY[sha256(pin::bytea)]) $$;
CREATE FUNCTION t.set(terminal text, pin text, old text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT t.verdict(outcome, verdict, tries_left) FROM tegata.pin_set(ARRAY[t.id(terminal)], '{0123456789abcdef}', ARRAY[sha256(pin::bytea)],
		'{0123456789abcdef}', ARRAY[sha256(old::bytea)]) $$;
CREATE FUNCTION t.ask(what text, number text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v text;
BEGIN
	EXECUTE format('SELECT concat_ws('' '', outcome, note) FROM tegata.operator_pin_%s(ARRAY[$1], ''they called'')', what) INTO v USING number;
	RETURN v;
END $$;
SELECT is(t.check('a', '4711'), 'none 3', 'no PIN yet');
SELECT is(t.set('a', '4711', '0000'), 'none 3', 'nothing to change');
SELECT is(t.set('a', '4711'), 'right 3', 'the first one');
SELECT is(t.set('a', '4712'), 'wrong 3', 'a second first one is not set');
SELECT is(t.check('a', '4711'), 'right 3', 'the first one stays, nothing was counted');
SELECT is(t.check('a', '4712'), 'wrong 2', 'wrong');
SELECT is(t.check('a', '4711'), 'right 3', 'a right one forgives');
SELECT is(t.set('a', '0815', '4712'), 'wrong 2', 'a change with a wrong old one is a try');
SELECT is(t.set('a', '0815', '4711'), 'right 3', 'with the right one');
SELECT is(t.check('a', '4711'), 'wrong 2', 'the old one is wrong by now');
SELECT is(t.check('a', '0815', 'ffffffffffffffff'), 'other key 2', 'another key is not a try');
SELECT is(t.check('a', '1'), 'wrong 1', 'the second wrong one');
SELECT is(t.check('a', '2'), 'blocked 0', 'the third blocks');
SELECT is(t.check('a', '0815'), 'blocked 0', 'the right one too');
SELECT is(t.set('a', '4711', '0815'), 'blocked 0', 'and its change');
SELECT is(t.set('a', '4711'), 'wrong 3', 'and a new one');
SELECT results_eq($$SELECT has_pin, pin_blocked FROM terminal_by_number('{819000000001,819000000002}')$$, 'VALUES (true, true), (false, false)', 'as it is seen');
SELECT is(t.check('d', '1'), 'terminal_blocked', 'a blocked terminal');
SELECT is(t.set('shop', '1234'), 'terminal_unknown', 'a shop has none');

SET SESSION AUTHORIZATION pin_ann;
SELECT is((SELECT outcome FROM tegata.operator_setting('approval_JPY', '5000', 'limit')), 0::smallint, 'a limit');
SELECT is(t.ask('unblock', '819000000002'), '85 it has no PIN', 'none');
SELECT is(t.ask('unblock', '819000000099'), '30', 'nobody');
SELECT throws_ok($$SELECT * FROM tegata.operator_pin_unblock('{819000000002}', '')$$, '23514', NULL, 'not without a reason');
SELECT matches(t.ask('unblock', '819000000001'), '^1 waits for approval', 'of who has much two decide');
SELECT matches(t.ask('clear', '819000000001'), '^1 waits for approval', 'about clearing too');
SET SESSION AUTHORIZATION tegata_ledger;
SELECT throws_ok($$SELECT * FROM tegata.operator_pin_clear('{819000000001}', 'x')$$, '42501', NULL, 'not the manager');
RESET SESSION AUTHORIZATION;
SELECT is(t.check('a', '0815'), 'blocked 0', 'nothing was done yet');
SET SESSION AUTHORIZATION pin_bob;
SELECT is((SELECT concat_ws(' ', outcome, note) FROM tegata.operator_approve((SELECT min(approval_id) FROM tegata.operator_approvals() WHERE act = 'pin_unblock'), 'bob agrees')), '0', 'approved');
RESET SESSION AUTHORIZATION;
SELECT is(t.check('a', '0815'), 'right 3', 'the same PIN as before');
SET SESSION AUTHORIZATION pin_bob;
SELECT is((SELECT concat_ws(' ', outcome, note) FROM tegata.operator_approve((SELECT min(approval_id) FROM tegata.operator_approvals() WHERE act = 'pin_clear'), 'bob agrees')), '0', 'the other one too');
RESET SESSION AUTHORIZATION;
SELECT is(t.check('a', '0815'), 'none 3', 'it has none');
SELECT results_eq($$SELECT act, operator, approver, terminal_id FROM operator_act WHERE act LIKE 'pin%' AND outcome = 0 ORDER BY act_id$$,
	$$VALUES ('pin_unblock', 'pin_ann', 'pin_bob', t.id('a')), ('pin_clear', 'pin_ann', 'pin_bob', t.id('a'))$$, 'both names are written down');
SELECT is(t.set('c', '4711'), 'right 3', 'who has little');
SELECT t.check('c', '1') FROM generate_series(1, 3);
SET SESSION AUTHORIZATION pin_ann;
SELECT is(t.ask('unblock', '819000000003'), '0', 'one decides about');
SELECT is(t.ask('unblock', '819000000003'), '85 it is not blocked: nothing was done', 'not twice');
RESET SESSION AUTHORIZATION;
SELECT is(t.check('c', '4711'), 'right 3', 'it can be tried again');
SELECT t.books();
SELECT * FROM finish();
