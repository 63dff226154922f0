-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Each invariant is broken once, and found: by the views, and value by value by
-- violations_since, which has words of its own for the same rules.
BEGIN;
SET search_path = tegata, public;
SELECT plan(38);
SELECT t.issue('a', t.rid(n), t.vid('a', n), 100, 'cash') FROM generate_series(1, 3) n;
SELECT t.issue('a', t.rid(4), t.vid('a', 4), 500, 'external');
SELECT operator_setting('outbox', 'on', 'test');
SELECT t.transfer('a', t.rid(5), t.vid('a', 1), '819000000002');
SELECT t.books();
-- What a statement breaks, and which views find it.
CREATE FUNCTION t.breaks(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
	since text;
BEGIN
	BEGIN
		EXECUTE statement;
		found := (SELECT string_agg(DISTINCT invariant, ' ' ORDER BY invariant) FROM audit.violations);
		since := (SELECT string_agg(DISTINCT invariant, ' ' ORDER BY invariant) FROM audit.violations_since(now() - interval '1 hour'));
		-- These are sums over everything.
		IF trim(regexp_replace(' ' || found || ' ', ' (account_sum|circulation)(?= )', '', 'g')) <> coalesce(since, '') THEN
			found := format('%s, but since an hour: %s', found, since);
		END IF;
		RAISE EXCEPTION 'undo' USING ERRCODE = 'TG001';
	EXCEPTION WHEN SQLSTATE 'TG001' THEN
		RETURN found;
	END;
END $$;
SELECT is(t.breaks($$UPDATE account SET balance = balance + 1 WHERE terminal_id = t.id('a') AND currency = 'JPY'$$), 'account_sum', 'money from nowhere');
SELECT is(t.breaks($$UPDATE account SET accrued = accrued + 1 WHERE terminal_id = t.id('b') AND currency = 'JPY'$$), 'account_sum', 'debt from nowhere');
SELECT is(t.breaks($$DELETE FROM account WHERE terminal_id = t.id('a')$$), 'account_sum charge_cause', 'an account gone');
SELECT is(t.breaks($$INSERT INTO account (home, terminal_id, currency) VALUES (5, 64 * 888888 + 5, 'JPY')$$), 'account_sum', 'an account of nobody');
SELECT is(t.breaks($$INSERT INTO charge (cause_id, debit_account, credit_account, amount, at, version, home, kind, currency)
	VALUES (t.vid('a', 99), -3, t.id('a'), 5, now(), 0, 0, 7, 'JPY'); UPDATE account SET balance = balance + 5 WHERE terminal_id = t.id('a') AND currency = 'JPY'$$),
	'charge_cause', 'a top-up that no operator made');
SELECT is(t.breaks($$UPDATE charge SET debit_account = -9 WHERE cause_id = t.vid('a', 1) AND kind = 2$$), 'account_sum charge_cause value_charge', 'a charge to no account');
SELECT is(t.breaks($$DELETE FROM charge WHERE cause_id = t.vid('a', 1) AND kind = 1$$), 'account_sum circulation value_charge', 'value without charge');
SELECT is(t.breaks($$UPDATE charge SET amount = 99 WHERE cause_id = t.vid('a', 1) AND kind = 1$$), 'account_sum circulation value_charge', 'charged less');
SELECT is(t.breaks($$UPDATE charge SET debit_account = t.id('b') WHERE cause_id = t.vid('a', 1) AND kind = 1$$), 'account_sum value_charge', 'charged to another');
SELECT is(t.breaks($$INSERT INTO charge SELECT cause_id, debit_account, credit_account, amount, at, xact, 2, home, kind, currency FROM charge WHERE cause_id = t.vid('a', 1) AND kind = 1$$),
	'account_sum circulation value_charge', 'charged twice');
SELECT is(t.breaks($$DELETE FROM value WHERE value_id = t.vid('a', 2)$$), 'circulation value_history', 'a value gone');
SELECT is(t.breaks($$UPDATE value SET amount = 200 WHERE value_id = t.vid('a', 2)$$), 'circulation value_charge', 'a value grown');
SELECT is(t.breaks($$UPDATE value SET state = 1 WHERE value_id = t.vid('a', 4)$$), 'circulation value_history', 'active without having been charged');
SELECT is(t.breaks($$UPDATE value SET owner_id = t.id('c') WHERE value_id = t.vid('a', 2)$$), 'value_history', 'another owner');
SELECT is(t.breaks($$UPDATE value SET version = 7 WHERE value_id = t.vid('a', 2)$$), 'value_history', 'another version');
SELECT is(t.breaks($$UPDATE journal SET version = 3 WHERE value_id = t.vid('a', 1) AND version = 2$$), 'outbox_cause request_effect value_history', 'a gap in the journal');
SELECT is(t.breaks($$DELETE FROM journal WHERE value_id = t.vid('a', 2)$$), 'charge_cause request_effect value_history', 'a journal gone');
SELECT is(t.breaks($$DELETE FROM journal WHERE value_id = t.vid('a', 1) AND version = 1$$), 'charge_cause request_effect value_history value_step', 'its beginning gone');
SELECT is(t.breaks($$INSERT INTO charge (cause_id, debit_account, credit_account, amount, at, version, home, kind, currency)
	VALUES (t.vid('a', 99), t.id('a'), -3, 5, now(), 0, 0, 5, 'JPY'); UPDATE account SET balance = balance - 5 WHERE terminal_id = t.id('a') AND currency = 'JPY'$$),
	'charge_cause', 'money paid back that no operator settled');
SELECT is(t.breaks($$UPDATE terminal SET status = 4 WHERE terminal_id = t.id('b')$$), 'value_owner', 'a retired owner');
SELECT is(t.breaks($$DELETE FROM shop_key; DELETE FROM terminal WHERE terminal_id = t.id('b')$$), 'account_sum value_owner', 'an owner gone');
SELECT is(t.breaks($$DELETE FROM request WHERE request_id = t.rid(1)$$), 'request_effect', 'an effect without a request');
SELECT is(t.breaks($$UPDATE request SET version = NULL, outcome = 52 WHERE request_id = t.rid(1)$$), 'request_effect', 'a refusal with an effect');
SELECT is(t.breaks($$UPDATE journal SET request_id = t.rid(1) WHERE request_id = t.rid(2)$$), 'request_effect', 'two effects of one request');
SELECT is(t.breaks($$UPDATE outbox SET version = 9$$), 'outbox_cause', 'a message without a cause');
SELECT is(t.breaks($$UPDATE charge SET credit_account = -5 WHERE cause_id = t.vid('a', 1) AND kind = 2$$), 'value_charge', 'a fee to another account');
SELECT is(t.breaks($$UPDATE request SET fee = 1 WHERE request_id = t.rid(1)$$), 'issue_fee', 'a fee that nobody was told');
SELECT is(t.breaks($$UPDATE value SET state = 5, version = 2 WHERE value_id = t.vid('a', 2);
	INSERT INTO journal (value_id, owner_id, at, version, home, operation, state) VALUES (t.vid('a', 2), t.id('a'), now(), 2, t.id('a') & 63, 5, 5)$$),
	'circulation value_charge', 'a value that lapsed and is still owed');
SELECT is(t.breaks($$INSERT INTO charge (cause_id, debit_account, credit_account, amount, at, version, home, kind, currency)
	VALUES (t.vid('a', 2), -1, -5, 100, now(), 1, t.id('a') & 63, 6, 'JPY')$$), 'circulation value_charge', 'one that is not owed any more, and lives');
SELECT is(t.breaks($$UPDATE value SET state = 2, expires_at = now() WHERE value_id = t.vid('a', 2); UPDATE journal SET state = 2 WHERE value_id = t.vid('a', 2)$$),
	'value_reserved value_step', 'reserved past its deadline');
SELECT is(t.breaks($$UPDATE journal SET actor_id = t.id('c') WHERE request_id = t.rid(5); UPDATE request SET actor_id = t.id('c') WHERE request_id = t.rid(5)$$),
	'value_step', 'given away by who did not own it');
SELECT is(t.breaks($$INSERT INTO journal (value_id, owner_id, at, version, home, operation, state) VALUES (t.vid('a', 2), t.id('c'), now(), 2, t.id('a') & 63, 5, 1);
	UPDATE value SET version = 2, owner_id = t.id('c') WHERE value_id = t.vid('a', 2)$$), 'value_step', 'taken away');
SELECT is(t.breaks($$UPDATE operator_act SET arguments = arguments || '{"amount": 1}' WHERE reference = 'p1'$$), 'charge_cause', 'an act that says another amount');
SELECT is(t.breaks($$UPDATE operator_act SET cause_id = cause_id + 1 WHERE reference = 'p1'$$), 'act_effect charge_cause', 'an act without its movement');
SELECT is(t.breaks($$INSERT INTO charge (cause_id, debit_account, credit_account, amount, at, version, home, kind, currency)
	VALUES (t.vid('a', 99), t.id('a'), t.id('c'), 5, now(), 0, t.id('a') & 63, 8, 'JPY'); UPDATE account SET balance = balance - 5 WHERE terminal_id = t.id('a') AND currency = 'JPY';
	UPDATE account SET balance = balance + 5 WHERE terminal_id = t.id('c') AND currency = 'JPY'$$), 'charge_cause', 'money handed over without a swap');
SELECT is(t.breaks($$UPDATE operator_act SET approver = operator WHERE reference = 'p1'$$), 'act_effect', 'approved by who did it');
SELECT is(t.breaks($$UPDATE operator_act SET approver = 'nobody' WHERE reference = 'p1'$$), 'act_effect', 'approved by somebody whom nobody had asked');
SELECT * FROM finish();
ROLLBACK;
