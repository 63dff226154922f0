-- SPDX-License-Identifier: AGPL-3.0-or-later
BEGIN;
SET search_path = tegata, public;
SELECT plan(16);
SELECT t.issue('a', t.rid(n), t.vid('a', n), 500, 'external') FROM generate_series(1, 3) n;
SELECT t.issue('a', t.rid(4), t.vid('a', 4), 100);

SELECT results_eq($$SELECT ord, t.name(outcome) FROM value_issue_settle(
	ARRAY[t.vid('a', 1), t.vid('a', 2), t.vid('a', 4), t.vid('a', 99), t.vid('a', 1)], '{t,f,t,t,t}')$$,
	$$VALUES (1, 'ok'), (2, 'charge_refused'), (3, 'value_state'), (4, 'not_owner'), (5, 'again')$$,
	'every outcome at once');
SELECT results_eq($$SELECT state::int, version FROM value WHERE value_id IN (t.vid('a', 1), t.vid('a', 2), t.vid('a', 3)) ORDER BY value_id$$,
	$$VALUES (1, 2), (5, 2), (0, 1)$$, 'active, revoked, and still pending');
SELECT results_eq($$SELECT kind::int, debit_account, credit_account, amount FROM charge
	WHERE cause_id = t.vid('a', 1) ORDER BY kind$$,
	$$VALUES (1, -4::bigint, -1::bigint, 500::bigint), (2, -4::bigint, -2::bigint, 5::bigint)$$,
	'the external system owes amount and fee');
SELECT is_empty($$SELECT * FROM charge WHERE cause_id IN (t.vid('a', 2), t.vid('a', 3))$$, 'the others are not charged');
SELECT is((SELECT balance FROM account WHERE terminal_id = t.id('a') AND currency = 'JPY'), 9900::bigint,
	'the account here is not touched');
SELECT is(t.issue('a', t.rid(1), t.vid('a', 9), 500, 'external'), 'ok*', 'the request''s answer is what it came to');
SELECT is(t.issue('a', t.rid(2), t.vid('a', 9), 500, 'external'), 'charge_refused*', 'also where it was refused');
SELECT is(t.issue('a', t.rid(3), t.vid('a', 9), 500, 'external'), 'pending*', 'or is not known yet');
SELECT results_eq($$SELECT t.name(outcome) FROM value_issue_settle(ARRAY[t.vid('a', 1), t.vid('a', 2)], '{t,f}')$$,
	$$VALUES ('ok'), ('charge_refused')$$, 'the same again has no effect');
SELECT results_eq($$SELECT t.name(outcome) FROM value_issue_settle(ARRAY[t.vid('a', 1), t.vid('a', 2)], '{f,t}')$$,
	$$VALUES ('value_state'), ('value_state')$$, 'the opposite is refused');
SELECT is((SELECT count(*) FROM journal WHERE value_id IN (t.vid('a', 1), t.vid('a', 2))), 4::bigint, 'one more version each');
SELECT is((SELECT t.name(outcome) FROM value_issue_settle(ARRAY[t.vid('a', 3)], '{NULL}')), 'body_malformed', 'neither is no answer');
SELECT is((SELECT state::int FROM value WHERE value_id = t.vid('a', 3)), 0, 'and changes nothing');
SELECT is(t.transfer('a', t.rid(5), t.vid('a', 3), '3344'), 'value_state', 'a pending value cannot be handed on');
SELECT is(t.transfer('a', t.rid(6), t.vid('a', 1), '3344'), 'ok', 'a settled one can');
SELECT t.books();
SELECT * FROM finish();
ROLLBACK;
