-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What needs a second operator: top-ups, unblocking, settlements, swaps, credit and the
-- limits themselves above a limit; each takes effect once, with both names.  Not in one
-- transaction: swaps wait for the transactions of before.
SET search_path = tegata, public;
SELECT plan(84);
CREATE ROLE approval_ann LOGIN IN ROLE tegata_operator;
CREATE ROLE approval_bob LOGIN IN ROLE tegata_operator;
CREATE ROLE approval_eve LOGIN;
GRANT ALL ON ALL TABLES IN SCHEMA t TO PUBLIC;
CREATE FUNCTION t.top(number text, amount bigint, reference text, currency text DEFAULT 'JPY') RETURNS text LANGUAGE sql AS $$
	SELECT (ARRAY['ok', 'pending'])[outcome + 1] || CASE WHEN repeated THEN '*' ELSE '' END
	FROM tegata.operator_top_up(ARRAY[number], ARRAY[currency], ARRAY[amount], ARRAY[reference], 'ann says') $$;
CREATE FUNCTION t.status(number text, action text) RETURNS text LANGUAGE sql AS $$
	SELECT tegata.outcome_code('pending') = outcome FROM tegata.operator_terminal_status(ARRAY[number], action, 'ann says') $$;
CREATE FUNCTION t.set(name text, value text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', outcome, note) FROM tegata.operator_setting(name, value, 'ann says') $$;
-- The newest approval that waits.
CREATE FUNCTION t.last() RETURNS bigint LANGUAGE sql AS $$ SELECT max(approval_id) FROM tegata.operator_approvals() $$;
CREATE FUNCTION t.approve(id bigint) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', outcome, note) FROM tegata.operator_approve(id, 'bob agrees') $$;
CREATE FUNCTION t.reject(id bigint) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', outcome, note) FROM tegata.operator_reject(id, 'bob does not agree') $$;
CREATE FUNCTION t.jpy(name text) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$
	SELECT balance FROM tegata.account WHERE terminal_id = t.id(name) AND currency = 'JPY' $$;
CREATE FUNCTION t.act(what text) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
	SELECT concat_ws(' ', outcome, operator, approver, reason) FROM tegata.operator_act WHERE act = what ORDER BY act_id DESC LIMIT 1 $$;

-- Without a limit one operator is enough.
SET SESSION AUTHORIZATION approval_ann;
SELECT is(t.top('819000000003', 100000, 'r0'), 'ok', 'no limit: one is enough');
SELECT is(t.set('approval_JPY', '5000.5'), '84 an amount, or off', 'a limit is minor units');
SELECT is(t.set('approval_jpy', '5000'), '85 settings are maintenance, outbox, receipts, sandbox, sealing (on, off), swap_freeze_hours (0 to 720), approval_hours, receipts_hours (1 to 720), approval_<currency>, top_up_max_<currency>', 'of a currency');
SELECT is(t.set('top_up_max_JPY', '50000'), '0', 'the largest single top-up');
SELECT is(t.set('approval_JPY', '5000'), '0', 'the first limit is one operator''s');
SELECT matches(t.set('approval_JPY', 'off'), '^1 waits for approval [0-9]+ by another operator than approval_ann$', 'lifting it is not');
SELECT matches(t.set('approval_JPY', '9000'), '^1 ', 'raising it is not');
SELECT matches(t.set('approval_EUR', '100'), '^1 ', 'nor another one''s');
SELECT matches(t.set('top_up_max_JPY', 'off'), '^1 ', 'nor the largest top-up');
SELECT matches(t.set('approval_hours', '1'), '^1 ', 'nor how long an act waits');
SELECT matches(t.set('swap_freeze_hours', '0'), '^1 ', 'nor the freeze after a swap');
SELECT is(t.set('maintenance', 'off'), '0', 'maintenance is');
SELECT is(t.jpy('c'), 100000::bigint, 'c has what was booked');

-- Top-ups.
SELECT is((SELECT outcome::text || ' ' || note FROM operator_top_up('{819000000003}', '{JPY}', '{50001}', '{r1}', 'x')),
	'51 more than a single top-up may be: 50000 minor units', 'never more than the largest');
SELECT is(t.top('819000000002', 5000, 'r2'), 'ok', 'up to the limit');
SELECT is(t.top('819000000002', 1, 'r3'), 'pending', 'large sums in small pieces are large sums');
SELECT is(t.top('819000000005', 5001, 'r4'), 'pending', 'above it');
SELECT is(t.top('819000000005', 5001, 'r4'), 'pending', 'the same again');
SELECT is((SELECT count(*) FROM operator_approvals() WHERE detail = 'reference=r4'), 1::bigint, 'waits once');
SELECT is(t.jpy('e2'), 0::bigint, 'nothing is booked');
SELECT results_eq('SELECT operator, act, terminal, amount, currency, detail, reason FROM operator_approvals() ORDER BY approval_id DESC LIMIT 1',
	$$VALUES ('approval_ann', 'top_up', '819000000005', 5001::bigint, 'JPY', 'reference=r4', 'ann says')$$, 'what the second person reads');
SELECT is(t.approve(t.last()), '81 another operator must approve what you asked for', 'not by who asked');
SET SESSION AUTHORIZATION approval_eve;
SELECT throws_ok('SELECT t.approve(1)', '42501', NULL, 'nor by anybody');
SET SESSION AUTHORIZATION approval_bob;
SELECT throws_ok($$SELECT tegata.top_up_one('819000000005', 'JPY', 5001, 'r4', 'x', 1)$$, '42501', NULL, 'an approval is not to be forged');
SELECT throws_ok('INSERT INTO tegata.approval (act) VALUES (''x'')', '42501', NULL, 'nor written');
SELECT is(t.top('819000000005', 5001, 'r4'), 'pending', 'asking for the same is not approving it');
SELECT is(t.approve(999999), '85 no such approval', 'no such approval');
CREATE TEMP TABLE n AS SELECT t.last() AS id;
SELECT is(t.approve(id), '0', 'the second person approves') FROM n;
SELECT is(t.jpy('e2'), 5001::bigint, 'now it is booked');
SELECT is(t.act('top_up'), '0 approval_ann approval_bob ann says', 'with both names');
SELECT is(t.act('approve'), '0 approval_bob bob agrees', 'the approval is an act too');
SELECT matches(t.approve(id), '^62 it was approved by approval_bob on ', 'again') FROM n;
SELECT is(t.jpy('e2'), 5001::bigint, 'does nothing');
SELECT is(t.top('819000000005', 5001, 'r4'), 'ok*', 'the reference is used up');
SELECT is(t.top('819000000005', 5000, 'r5'), 'ok', 'what two decided does not count to what one may');
DROP TABLE n;

-- Rejecting, withdrawing, expiry.
SET SESSION AUTHORIZATION approval_ann;
SELECT is(t.top('819000000003', 6000, 'r6'), 'pending', 'another');
SELECT is(t.reject(t.last()), '0 withdrawn', 'who asked withdraws');
SELECT is(t.top('819000000003', 6000, 'r6'), 'pending', 'and asks again');
SET SESSION AUTHORIZATION approval_bob;
CREATE TEMP TABLE n AS SELECT t.last() AS id;
SELECT is(t.reject(id), '0 rejected', 'the second person rejects') FROM n;
SELECT matches(t.approve(id), '^62 it was rejected by approval_bob', 'what is rejected stays so') FROM n;
SELECT matches(t.reject(id), '^62 ', 'once') FROM n;
DROP TABLE n;
RESET SESSION AUTHORIZATION;
SELECT is(t.jpy('c'), 100000::bigint, 'nothing was booked');
SET SESSION AUTHORIZATION approval_ann;
SELECT is(t.top('819000000003', 7000, 'r7'), 'pending', 'another');
RESET SESSION AUTHORIZATION;
CREATE TABLE t.n AS SELECT t.last() AS id;
GRANT ALL ON t.n TO PUBLIC;
UPDATE approval SET expires_at = clock_timestamp() WHERE approval_id = (SELECT id FROM t.n);
SET SESSION AUTHORIZATION approval_bob;
SELECT matches(t.approve(id), '^62 it expired on ', 'too late') FROM t.n;
SELECT is(t.top('819000000003', 7000, 'r7'), 'pending', 'asked anew');
SELECT isnt(t.last(), id, 'by another number') FROM t.n;
-- Bob asked for this one: it is his, and Ann is the second person.
SELECT matches(t.approve(t.last()), '^81 ', 'who asked anew is the first person');
SET SESSION AUTHORIZATION approval_ann;
SELECT is(t.approve(t.last()), '0', 'and the other one the second');
SELECT is(t.act('top_up'), '0 approval_bob approval_ann ann says', 'with both names');

-- Unblocking.
SELECT is((SELECT note FROM operator_terminal_status('{819000000003}', 'block', 'stolen')), NULL, 'blocking is one operator''s');
SELECT is(t.status('819000000003', 'unblock'), 'true', 'unblocking what has much is not');
SELECT is((SELECT outcome::int FROM operator_feed('{unblock}', '{819000000003}', '{NULL}', '{NULL}', 'x')), 1, 'by the feed neither');
RESET SESSION AUTHORIZATION;
SELECT is((SELECT status::int FROM terminal WHERE terminal_id = t.id('c')), 2, 'it is blocked still');
UPDATE t.n SET id = t.last();
SET SESSION AUTHORIZATION approval_bob;
SELECT is((SELECT outcome::int FROM operator_terminal_status('{819000000004}', 'unblock', 'x')), 0, 'what has little is one''s');
-- The number goes to somebody else meanwhile.
SELECT is((SELECT note FROM operator_terminal_recycle('{819000000003}', '{440100000000003}', 'x')), 'quarantined; say it again for its values', 'recycled');
RESET SESSION AUTHORIZATION;
SELECT is(t.enter('440100000000093', '819000000003'), 'ok+', 'the next person');
SET SESSION AUTHORIZATION approval_bob;
SELECT matches(t.approve(id), '^20 the number belongs to another terminal by now', 'is not who was spoken of') FROM t.n;
RESET SESSION AUTHORIZATION;
SELECT is((SELECT status::int FROM terminal WHERE terminal_id = t.id('c')), 3, 'nobody was unblocked');

-- A swap moves it to a new SIM.  (It would also undo a block, by way of quarantine.)
SET SESSION AUTHORIZATION approval_ann;
SELECT matches((SELECT concat_ws(' ', outcome, note) FROM operator_terminal_swap('{819000000003}', '{NULL}', 'same person')),
	'^1 waits for approval', 'a swap of what has much');
UPDATE t.n SET id = t.last();
SET SESSION AUTHORIZATION approval_bob;
SELECT is(t.approve(id), '0 0 values followed', 'when it is approved') FROM t.n;
SELECT is(t.act('terminal_swap'), '0 approval_ann approval_bob same person', 'with both names');
RESET SESSION AUTHORIZATION;
SELECT is((SELECT balance FROM account JOIN terminal USING (terminal_id) WHERE imsi = '440100000000093' AND currency = 'JPY'), 107000::bigint, 'the money followed');

-- Credit is money.
SET SESSION AUTHORIZATION approval_ann;
SELECT matches((SELECT concat_ws(' ', outcome, note) FROM operator_terminal_import('{819000000002}', '{NULL}', '{NULL}', '{5001}', '{NULL}', '{JPY}', 'x')),
	'^1 waits', 'a high credit limit');
SELECT is((SELECT outcome::int FROM operator_terminal_import('{819000000002}', '{NULL}', '{NULL}', '{5000}', '{NULL}', '{JPY}', 'x')), 0, 'not one of up to the limit');
SELECT matches((SELECT concat_ws(' ', outcome, note) FROM operator_terminal_import('{819000000077}', '{NULL}', '{postpaid}', '{6000}', '{NULL}', '{NULL}', 'x')),
	'^1 waits', 'of a new terminal');
SET SESSION AUTHORIZATION approval_bob;
SELECT is(t.approve(t.last()), '0 added', 'it is made when it is approved');

-- Credit that is left follows a swap, and is there again after unblocking.
SELECT is((SELECT outcome::int FROM operator_terminal_import('{819000000077}', '{440100000000077}', '{NULL}', '{NULL}', '{NULL}', '{JPY}', 'x')), 1, 'the first SIM of what has credit waits');
SELECT is((SELECT outcome::int FROM operator_terminal_swap('{819000000077}', '{440100000000077}', 'x')), 1, 'a swap too');
SELECT is((SELECT outcome::int FROM operator_terminal_status('{819000000077}', 'block', 'x')), 0, 'it is blocked');
SELECT is(t.status('819000000077', 'unblock'), 'true', 'unblocking it waits');

-- Whose SIM is the first on a number has what came before it was seen.
SELECT is((SELECT outcome::int FROM operator_terminal_import('{819000000078}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{JPY}', 'x')), 0, 'a number without a SIM');
RESET SESSION AUTHORIZATION;
UPDATE account SET balance = 5001 WHERE terminal_id = (SELECT terminal_id FROM terminal WHERE address = '819000000078');
SET SESSION AUTHORIZATION approval_bob;
SELECT is((SELECT outcome::int FROM operator_terminal_import('{819000000078}', '{440100000000078}', '{NULL}', '{NULL}', '{NULL}', '{JPY}', 'x')), 1, 'its first SIM waits where there is much');
SET SESSION AUTHORIZATION approval_ann;
SELECT is(t.approve(t.last()), '0 updated', 'until it is approved');
RESET SESSION AUTHORIZATION;
SELECT is((SELECT imsi FROM terminal WHERE address = '819000000078'), '440100000000078', 'then it is bound');
UPDATE account SET balance = 0 WHERE terminal_id = (SELECT terminal_id FROM terminal WHERE address = '819000000078');
SELECT is((SELECT outcome::int FROM operator_terminal_import('{819000000079}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{JPY}', 'x')), 0, 'another number');
SET SESSION AUTHORIZATION approval_bob;

-- Settlements.
SET SESSION AUTHORIZATION approval_ann;
SELECT operator_terminal_status('{819000000005}', 'block', 'x');
SELECT matches((SELECT concat_ws(' ', outcome, note) FROM operator_account_settle('{819000000005}', '{NULL}', '{s1}', 'gone')), '^1 waits', 'a large settlement');
SET SESSION AUTHORIZATION approval_bob;
SELECT is(t.approve(t.last()), '0 10001 JPY to be paid back (minor units)', 'is paid when it is approved');
SELECT is(t.act('account_settle'), '0 approval_ann approval_bob gone', 'with both names');
SELECT is((SELECT repeated FROM operator_account_settle('{819000000005}', '{NULL}', '{s1}', 'gone')), true, 'once');

-- Lifting the limit, by two.
RESET SESSION AUTHORIZATION;
UPDATE t.n SET id = (SELECT approval_id FROM operator_approvals() WHERE detail = 'name=approval_JPY value=off');
SET SESSION AUTHORIZATION approval_bob;
SELECT is(t.approve(id), '0', 'the limit is lifted by two') FROM t.n;
SELECT is(t.top('819000000002', 50000, 'r9'), 'ok', 'then one is enough again');
RESET SESSION AUTHORIZATION;
SELECT t.books();
SELECT is((SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM audit.approval), 'approved expired rejected waits', 'auditors see them all');
SELECT is((SELECT count(*) FROM operator_act WHERE approver IS NOT NULL AND approver = operator), 0::bigint, 'nobody approved themselves');
SELECT * FROM finish();
DROP ROLE approval_ann, approval_bob, approval_eve;
