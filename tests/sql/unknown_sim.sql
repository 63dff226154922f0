-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Another SIM on a known number, whoever it is: it sees nothing of what the old one had, in any
-- way, until somebody says SIM swap; then nothing goes out for a time.  Not in one
-- transaction: a swap waits for the transactions of before.
SET search_path = tegata, public;
SELECT plan(51);
CREATE TABLE t.clock AS SELECT now() AS at;
CREATE OR REPLACE FUNCTION t.rid(n int, seconds int DEFAULT 0) RETURNS uuid STABLE LANGUAGE sql AS $$
	SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint + seconds * 1000 + n), 12, '0')
		|| '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid FROM t.clock $$;
CREATE FUNCTION t.sees(name text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(', ',
		(SELECT 'unseen ' || sum(e.n_unseen) FROM tegata.terminal w, tegata.terminal_enter(ARRAY[w.imsi], ARRAY[w.address], '{true}') e WHERE w.terminal_id = t.id(sees.name) HAVING sum(e.n_unseen) > 0),
		(SELECT 'values ' || count(value_id) FROM tegata.value_list(ARRAY[t.id(sees.name)], '{0}', '{20}') WHERE value_id IS NOT NULL HAVING count(value_id) > 0),
		(SELECT 'operations ' || count(operation) FROM tegata.operation_history(ARRAY[t.id(sees.name)], '{20}') WHERE operation IS NOT NULL HAVING count(*) > 0),
		(SELECT 'balance ' || string_agg(balance || '+' || held, '/' ORDER BY currency) FROM tegata.account_balance(ARRAY[t.id(sees.name)]) WHERE balance > 0 OR held > 0),
		(SELECT 'owns ' || count(*) FROM tegata.ownership_check(ARRAY[t.id(sees.name)], '{NULL}', '{check}', '{1,1,1}', ARRAY[t.vid('a', 1), t.vid('a', 2), t.vid('a', 3)]) o WHERE o.ord > 0 HAVING count(*) > 0)) $$;
CREATE FUNCTION t.quote(name text, value bigint, transferee text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', t.name(outcome), amount, currency) FROM tegata.value_transfer_quote(ARRAY[t.id(name)], ARRAY[value], ARRAY[transferee], '{600}') $$;

-- a has bought two, was given one, and has given one away; nothing was seen yet.
SELECT t.issue('a', t.rid(1), t.vid('a', 1), 100), t.issue('a', t.rid(2), t.vid('a', 2), 200), t.issue('a', t.rid(3), t.vid('a', 3), 300),
	t.transfer('a', t.rid(4), t.vid('a', 3), '819000000002');
SELECT is(t.sees('a'), 'unseen 4, values 2, operations 4, balance 5000+0/9400+300, owns 2', 'what a sees');

-- Enrolment is off: nothing happens.
SELECT is(t.enter('440100000000091', '819000000001', false), 'terminal_unknown', 'enrolment is off: nobody');
SELECT is((SELECT status::int FROM terminal WHERE terminal_id = t.id('a')), 1, 'and a is who it was');
-- It is on.
SELECT is(t.enter('440100000000091', '819000000001'), 'ok+', 'an unknown SIM on a''s number');
INSERT INTO t.terminal SELECT 'x', terminal_id FROM terminal WHERE imsi = '440100000000091';
SELECT is(t.sees('x'), '', 'sees nothing');
SELECT is(t.enter('440100000000091', '819000000001'), 'ok', 'the next dial neither');
SELECT is(t.enter('440100000000091', ''), 'ok', 'without a number neither');
SELECT is(t.quote('x', t.vid('a', 1), '3344'), 'not_owner', 'is not told what a value is');
SELECT is(t.quote('x', t.vid('a', 9), '3344'), 'not_owner', 'nor whether there is one');
SELECT is(t.transfer('x', t.rid(10), t.vid('a', 1), '3344'), 'not_owner', 'cannot give it away');
SELECT is(t.transfer('x', t.rid(4), t.vid('a', 3), '819000000002'), 'not_owner', 'nor learn by a''s request id what a did');
SELECT is(t.issue('x', t.rid(1), t.vid('x', 1), 100), 'funds_insufficient', 'nor spend a''s money');
SELECT is(t.transfer('x', t.rid(11), t.vid('a', 3), '819000000002', 600), 'not_owner', 'nor hear that it was done a moment ago');
-- The old SIM is told, and cannot either.
SELECT is(t.enter('440100000000001', '819000000001'), 'terminal_quarantined', 'the old SIM is in quarantine');
SELECT is(t.enter('440100000000001', ''), 'terminal_quarantined', 'with or without its number');
SELECT is(t.enter('440100000000001', '819000000091'), 'terminal_quarantined', 'or another one');
SELECT is((SELECT t.name(outcome) FROM value_list(ARRAY[t.id('a')], '{0}', '{20}')), 'terminal_quarantined', 'no list');
SELECT is((SELECT t.name(outcome) FROM operation_history(ARRAY[t.id('a')], '{20}')), 'terminal_quarantined', 'no operations');
SELECT is((SELECT t.name(outcome) FROM account_balance(ARRAY[t.id('a')])), 'terminal_quarantined', 'no balance');
SELECT is((SELECT string_agg(t.name(outcome), ' ') FROM ownership_check(ARRAY[t.id('a')], '{NULL}', '{check}', '{1}', ARRAY[t.vid('a', 1)])), 'terminal_quarantined', 'no check');
SELECT is(t.transfer('a', t.rid(12), t.vid('a', 1), '3344'), 'terminal_quarantined', 'no transfer');
SELECT is(t.issue('a', t.rid(13), t.vid('a', 13), 100), 'terminal_quarantined', 'no issue');
SELECT is(t.transfer('a', t.rid(4), t.vid('a', 3), '819000000002'), 'ok*', 'what was done stays done');
-- Value sent to the number reaches who has it now.
SELECT is(t.transfer('b', t.rid(14), t.vid('a', 3), '819000000001'), 'ok', 'b sends to the number');
SELECT is(t.sees('x'), 'values 1, operations 4, balance 0+300, owns 1', 'who has it now receives it');
-- Yet another SIM: the same again, and still nobody sees a's.
SELECT is(t.enter('440100000000092', '819000000001'), 'ok+', 'yet another SIM');
INSERT INTO t.terminal SELECT 'y', terminal_id FROM terminal WHERE imsi = '440100000000092';
SELECT is(t.sees('y'), '', 'sees nothing either');
SELECT is(t.enter('440100000000091', '819000000001'), 'terminal_quarantined', 'and the one before is in quarantine');
-- A blocked number: a new SIM does not undo it.
SELECT operator_terminal_status('{819000000002}', 'block', 'stolen');
SELECT is(t.enter('440100000000093', '819000000002'), 'terminal_blocked', 'a new SIM on a blocked number');
SELECT is((SELECT count(*) FROM terminal WHERE imsi = '440100000000093'), 0::bigint, 'is not made');
SELECT operator_terminal_status('{819000000002}', 'unblock', 'found');

-- Somebody says SIM swap.
SELECT is((SELECT outcome::int FROM operator_terminal_swap('{819000000001}', '{440100000000092}', 'showed a passport')), 0, 'a swap');
SELECT is(t.sees('y'), 'values 1, balance 0+300, owns 1', 'only of who was there last');
-- Also a's: it was in quarantine before.
SELECT is((SELECT note FROM operator_terminal_swap('{819000000001}', '{440100000000092}', 'and before')), '2 values followed', 'said again: of the one before');
SELECT is(t.sees('y'), 'values 3, balance 5000+0/9400+600, owns 3', 'now everything is there');
SELECT is((SELECT string_agg(status::text, '' ORDER BY terminal_id) FROM terminal WHERE terminal_id IN (t.id('a'), t.id('x'))), '44', 'the old rows have retired');
SELECT is(t.enter('440100000000001', ''), 'terminal_unknown', 'and their SIMs are nobody');
-- Frozen: it looks, and cannot move.
SELECT is(t.enter('440100000000092', '819000000001'), 'ok', 'it may dial');
SELECT is(t.transfer('y', t.rid(20), t.vid('a', 1), '3344'), 'terminal_quarantined', 'for a time it cannot send');
SELECT is(t.quote('y', t.vid('a', 1), '3344'), 'terminal_quarantined 100 JPY', 'which it is told before it says yes');
SELECT is(t.issue('y', t.rid(21), t.vid('y', 1), 100), 'terminal_quarantined', 'nor buy');
SELECT is(t.transfer('b', t.rid(22), t.vid('a', 9), '819000000001'), 'not_owner', 'others go on');
SELECT t.issue('b', t.rid(23), t.vid('b', 1), 50);
SELECT is(t.transfer('b', t.rid(24), t.vid('b', 1), '819000000001'), 'ok', 'it may be given value');
SELECT cmp_ok((SELECT frozen_until FROM terminal WHERE terminal_id = t.id('y')), '>', clock_timestamp() + interval '23 hours 59 minutes', 'for as long as the setting says');
SELECT is((SELECT outcome::int FROM operator_setting('swap_freeze_hours', '2', 'x')), 0, 'another time');
SELECT operator_terminal_swap('{819000000001}', '{440100000000094}', 'and another SIM');
SELECT cmp_ok((SELECT frozen_until FROM terminal WHERE terminal_id = t.id('y')), '<', clock_timestamp() + interval '2 hours 1 minute', 'from the next swap on');
SELECT is(t.transfer('y', t.rid(25), t.vid('a', 1), '3344'), 'terminal_quarantined', 'the old answer is not the new one''s');
UPDATE terminal SET frozen_until = clock_timestamp() WHERE terminal_id = t.id('y');
SELECT is(t.transfer('y', t.rid(26), t.vid('a', 1), '3344'), 'ok', 'then it can');
SELECT is(t.transfer('y', t.rid(20), t.vid('a', 1), '3344'), 'terminal_quarantined*', 'the old request has its old answer');
-- Recycled: the next person never sees it.
SELECT operator_terminal_recycle('{819000000001}', '{440100000000094}', 'gone');
SELECT operator_terminal_recycle('{819000000001}', '{440100000000094}', 'gone');
SELECT is(t.enter('440100000000095', '819000000001'), 'ok+', 'the next person');
INSERT INTO t.terminal SELECT 'z', terminal_id FROM terminal WHERE imsi = '440100000000095';
SELECT is(t.sees('z'), '', 'sees nothing');
SELECT t.books();
SELECT * FROM finish();
