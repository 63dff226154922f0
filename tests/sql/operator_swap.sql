-- SPDX-License-Identifier: AGPL-3.0-or-later
-- SIM swap, recycled numbers, retirement, the feed.  Not in one transaction: a
-- terminal can only retire when the transactions of before are over.
SET search_path = tegata, public;
SELECT plan(59);
CREATE FUNCTION t.swap(number text, imsi text) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || coalesce(' ' || note, '') FROM tegata.operator_terminal_swap(ARRAY[number], ARRAY[imsi], 'test') $$;
CREATE FUNCTION t.recycle(number text, imsi text) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || coalesce(' ' || note, '') FROM tegata.operator_terminal_recycle(ARRAY[number], ARRAY[imsi], 'test') $$;
CREATE FUNCTION t.status(number text, action text) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) || coalesce(' ' || note, '') FROM tegata.operator_terminal_status(ARRAY[number], action, 'test') $$;
CREATE TABLE t.clock AS SELECT now() AS at;
CREATE OR REPLACE FUNCTION t.rid(n int, seconds int DEFAULT 0) RETURNS uuid STABLE LANGUAGE sql AS $$
	SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint + seconds * 1000 + n), 12, '0')
		|| '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid FROM t.clock $$;

-- The operator speaks before the new SIM is seen.
SELECT is(t.swap('819000000002', '440100000000032'), 'ok bound to the new IMSI', 'a swap of a terminal in use');
SELECT is(t.swap('819000000002', '440100000000032'), 'ok it is so already', 'again');
SELECT is(t.enter('440100000000032', '819000000002'), 'ok', 'the new SIM is known');
SELECT is(t.enter('440100000000002', '', false), 'terminal_unknown', 'the old one is not');
SELECT is(t.issue('b', t.rid(1), t.vid('b', 1), 10), 'terminal_quarantined', 'for a time nothing goes out');
UPDATE terminal SET frozen_until = clock_timestamp() WHERE terminal_id = t.id('b');
SELECT is(t.issue('b', t.rid(2), t.vid('b', 2), 10), 'ok', 'then it does');
SELECT is(t.swap('819000000002', '440100000000003'), 'request_conflict the IMSI belongs to another terminal', 'another''s IMSI');
SELECT is(t.swap('819000000002', 'x'), 'number_malformed not an IMSI', 'not an IMSI');
SELECT is(t.swap('819000000099', '440100000000033'), 'terminal_unknown', 'nobody''s number');

-- The new SIM was seen first.
SELECT t.issue('a', t.rid(10 + n), t.vid('a', n), 100) FROM generate_series(1, 3) n;
SELECT t.issue('a', t.rid(20), t.vid('a', 4), 500, 'external');
SELECT t.transfer('a', t.rid(21), t.vid('a', 3), '3344');
SELECT is(t.enter('440100000000041', '819000000001'), 'ok+', 'another SIM on a''s number');
INSERT INTO t.terminal SELECT 'a2', terminal_id FROM terminal WHERE imsi = '440100000000041';
SELECT is(t.transfer('c', t.rid(22), t.vid('a', 1), '819000000001'), 'not_owner', 'a''s value is nobody else''s');
SELECT is(t.swap('819000000001', '440100000000042'), 'request_conflict yet another SIM is active on the number', 'not this SIM');
SELECT is(t.swap('819000000001', NULL), 'ok 3 values followed', 'the same person after all');
SELECT results_eq($$SELECT owner_id, version, state::int FROM value WHERE issuer_id = t.id('a') ORDER BY value_id$$,
	$$VALUES (t.id('a2'), 2, 1), (t.id('a2'), 2, 1), (t.id('shop'), 2, 1), (t.id('a2'), 2, 0)$$, 'what it owned, not what it gave');
SELECT results_eq($$SELECT currency, balance, (SELECT o.balance FROM account o WHERE o.terminal_id = t.id('a') AND o.currency = a.currency)
	FROM account a WHERE terminal_id = t.id('a2') ORDER BY 1$$, $$VALUES ('EUR', 5000::bigint, 0::bigint), ('JPY', 9700, 0)$$, 'and its balance');
SELECT results_eq($$SELECT status::int FROM terminal WHERE terminal_id IN (t.id('a'), t.id('a2')) ORDER BY terminal_id$$, 'VALUES (4), (1)', 'the old row retired');
SELECT is(t.transfer('a2', t.rid(23), t.vid('a', 1), '3344'), 'terminal_quarantined', 'frozen for a time');
UPDATE terminal SET frozen_until = NULL WHERE terminal_id = t.id('a2');
SELECT is(t.transfer('a2', t.rid(24), t.vid('a', 1), '3344'), 'ok', 'then the value can be spent');
SELECT is((SELECT t.name(outcome) FROM value_issue_settle(ARRAY[t.vid('a', 4)], '{t}')), 'ok', 'what was pending is settled');
SELECT is_empty('SELECT * FROM audit.violations', 'the books are in order');

-- Debt follows too.
SELECT is(t.enter('440100000000052', '819000000002'), 'ok+', 'another SIM on b''s number');
INSERT INTO t.terminal SELECT 'b2', terminal_id FROM terminal WHERE imsi = '440100000000052';
SELECT is(t.swap('819000000002', '440100000000052'), 'ok 1 values followed', 'the same person');
SELECT results_eq($$SELECT mode::int, balance, accrued, credit_limit FROM account WHERE terminal_id = t.id('b2') AND currency = 'JPY'$$,
	'VALUES (2, 0::bigint, 10::bigint, 3000::bigint)', 'postpaid, with what it owes');
SELECT is_empty('SELECT * FROM audit.violations', 'the books are in order');

-- Recycled.
SELECT operator_top_up('{819000000003}', '{JPY}', '{1000}', '{z}', 'test');
SELECT t.issue('c', t.rid(30), t.vid('c', 1), 100, 'plain'), t.issue('c', t.rid(31), t.vid('c', 2), 200, 'cash');
SELECT is(t.recycle('819000000003', NULL), 'number_malformed say the IMSI of who had the number: it may be another''s by now', 'whose was it?');
SELECT is(t.recycle('819000000003', '440100000000002'), 'terminal_unknown', 'that IMSI never had it');
SELECT is(t.recycle('819000000003', '440100000000003'), 'ok quarantined; say it again for its values', 'before the new person is seen');
SELECT is(t.recycle('819000000003', '440100000000003'), 'ok 1 values lapsed, 689 JPY (minor units) stay: settle, the rest stays frozen', 'each value by its product''s rule');
SELECT results_eq($$SELECT state::int, owner_id = t.id('c') FROM value WHERE issuer_id = t.id('c') ORDER BY value_id$$, 'VALUES (5, true), (1, true)', 'lapse and keep');
SELECT results_eq($$SELECT debit_account, credit_account, amount FROM charge WHERE cause_id = t.vid('c', 1) AND kind = 6$$,
	'VALUES (-1::bigint, -5::bigint, 100::bigint)', 'breakage is booked');
SELECT is(t.enter('440100000000063', '819000000003'), 'ok+', 'the next person starts empty');
SELECT is(t.transfer('c', t.rid(32), t.vid('c', 2), '3344'), 'terminal_quarantined', 'what was kept is frozen');
-- The next person buys; the same feed comes again, and again.
INSERT INTO t.terminal SELECT 'c3', terminal_id FROM terminal WHERE imsi = '440100000000063';
SELECT operator_top_up('{819000000003}', '{JPY}', '{1000}', '{z3}', 'test');
SELECT is(t.issue('c3', t.rid(33), t.vid('c3', 1), 100, 'plain'), 'ok', 'the next person buys');
UPDATE value SET expires_at = clock_timestamp() WHERE value_id = t.vid('c', 2);
SELECT is(t.recycle('819000000003', '440100000000003'), 'ok 0 values lapsed, 689 JPY (minor units) stay: settle', 'money keeps the old row');
SELECT results_eq('SELECT object, split_part(detail, '': '', 2) FROM audit.watch WHERE invariant = ''money_left'' AND object LIKE ''819000000003%''',
	$$VALUES ('819000000003 JPY', 'balance 689, debt 0')$$, 'which auditors see');
SELECT is((SELECT t.name(outcome) || ' ' || note FROM operator_account_settle('{819000000003}', '{440100000000003}', '{paid back}', 'test')),
	'ok 689 JPY to be paid back (minor units)', 'until it is settled');
SELECT is(t.recycle('819000000003', '440100000000003'), 'ok 0 values lapsed, retired', 'when all is over the row retires');
SELECT is(t.recycle('819000000003', '440100000000003'), 'ok it has retired already', 'and again');
SELECT is(t.recycle('819000000003', '440100000000003'), 'ok it has retired already', 'and again');
SELECT results_eq($$SELECT t.status::int, v.state::int, a.balance FROM terminal t JOIN value v ON v.owner_id = t.terminal_id
	JOIN account a ON a.terminal_id = t.terminal_id AND a.currency = 'JPY' WHERE t.terminal_id = t.id('c3')$$,
	'VALUES (1, 1, 900::bigint)', 'whoever has the number now is not touched');
SELECT is(t.recycle('819000000099', '440100000000003'), 'terminal_unknown', 'nobody''s number');
SELECT is_empty('SELECT * FROM audit.violations', 'the books are in order');

-- Retirement.
SELECT is(t.status('819000000001', 'retire'), 'value_state block it first', 'not while it is active');
SELECT t.status('819000000001', 'block');
SELECT is(t.status('819000000001', 'retire'), 'value_state it owns value', 'not while it owns value');
SELECT t.status('819000000001', 'unblock');
SELECT t.transfer('a2', t.rid(40 + n::int), value_id, '3344') FROM (SELECT value_id, row_number() OVER () n FROM value WHERE owner_id = t.id('a2') OFFSET 0) v;
BEGIN;
SELECT t.status('819000000001', 'block');
SELECT throws_ok($$SELECT t.status('819000000001', 'retire')$$, '25001', NULL, 'not in the transaction that blocked it');
COMMIT;
SELECT is(t.status('819000000001', 'retire'), 'value_state it has 5000 EUR, 9700 JPY (minor units): settle first', 'not while it has money');
SELECT is((SELECT t.name(outcome) FROM operator_account_settle('{819000000001}', '{NULL}', '{a2}', 'test')), 'ok', 'paid back');
SELECT is(t.status('819000000001', 'retire'), 'ok', 'retired');
SELECT is(t.transfer('b2', t.rid(50), t.vid('b', 2), '819000000001'), 'terminal_quarantined', 'b2 is frozen still');
UPDATE terminal SET frozen_until = NULL;
SELECT is(t.transfer('b2', t.rid(51), t.vid('b', 2), '819000000001'), 'transferee_unknown', 'nobody can give it value');

-- The feed.
SELECT results_eq($$SELECT ord, t.name(outcome), note FROM operator_feed(
	'{add,add,block,unblock,renumber,renumber,renumber,swap,recycle,retire,nonsense}',
	'{819000000070,0,819000000070,819000000070,819000000070,819000000071,819000000099,819000000071,819000000071,819000000071,819000000071}',
	'{440100000000070,NULL,NULL,NULL,NULL,NULL,NULL,440100000000071,440100000000071,NULL,NULL}',
	'{postpaid,NULL,NULL,NULL,819000000071,819000000002,1,NULL,NULL,NULL,NULL}', 'feed 1')$$,
	$$VALUES (1, 'ok', 'added'), (2, 'number_malformed', 'not an E.164 number without +, or not an IMSI'), (3, 'ok', NULL), (4, 'ok', NULL),
		(5, 'ok', NULL), (6, 'request_conflict', NULL), (7, 'terminal_unknown', NULL), (8, 'ok', 'bound to the new IMSI'),
		(9, 'ok', 'quarantined; say it again for its values'), (10, 'terminal_unknown', NULL), (11, 'body_malformed', 'no such action')$$,
	'each row has its outcome');
SELECT results_eq($$SELECT t.name(outcome), note FROM operator_feed('{recycle,recycle}', '{819000000071,819000000071}', '{440100000000071,NULL}', '{NULL,NULL}', 'feed 2')$$,
	$$VALUES ('ok', '0 values lapsed, retired'), ('number_malformed', 'say the IMSI of who had the number: it may be another''s by now')$$, 'and the next feed goes on');
SELECT cmp_ok((SELECT count(*) FROM operator_act WHERE reason LIKE 'feed%'), '>=', 9::bigint, 'written down');
SELECT is((SELECT count(*) FROM operator_act WHERE operator IS DISTINCT FROM session_user), 0::bigint, 'by whom');

-- Show.
SELECT results_eq($$SELECT jsonb_array_length(d), d->0->>'status', d->1->>'status', d->1->'acts'->0->>'act' FROM operator_show_terminal('819000000002') d$$,
	$$VALUES (2, 'active', 'retired', 'terminal_quarantine')$$, 'everybody who had a number');
SELECT is(operator_show_terminal('1'), NULL, 'nobody');
SELECT results_eq($$SELECT v->>'state', v->>'owner', v->'history'->1->>'operation', v->'charges'->0->>'credit', v->>'value_id' FROM operator_show_value(t.vid('a', 1)) v$$,
	$$VALUES ('active', '3344', 'swap', 'circulation', value_id_text(t.vid('a', 1)))$$, 'a value explained');
SELECT is(operator_show_value(1), NULL, 'no such value');
SELECT is_empty('SELECT * FROM audit.violations', 'the books are in order');
SELECT * FROM finish();
