-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Reconciliation: every kind agrees on clean books, and names what was broken with its sign.
BEGIN;
SET search_path = tegata, public;
SELECT plan(28);
SELECT t.issue('a', t.rid(n), t.vid('a', n), 100, 'cash') FROM generate_series(1, 3) n;
SELECT t.issue('a', t.rid(4), t.vid('a', 4), 500, 'external');
SELECT t.issue('a', t.rid(6), t.vid('a', 6), 30, 'capped');
SELECT operator_setting('outbox', 'on', 'test');
SELECT t.transfer('a', t.rid(5), t.vid('a', 1), '819000000002');
SELECT operator_top_up_reverse('p2', 'x');
SELECT operator_top_up('{819000000003}', '{JPY}', '{50}', '{q1}', 'x');
SELECT operator_terminal_status('{819000000003}', 'block', 'x');
SELECT operator_account_settle('{819000000003}', '{NULL}', '{q2}', 'x');
SELECT is((SELECT string_agg(DISTINCT kind, ' ' ORDER BY kind) FROM audit.reconcile()),
	'balance circulation fee issue outbox owner pending request settlement top_up', 'every kind is compared');
SELECT is_empty('SELECT * FROM audit.reconcile() WHERE objects <> 0 OR difference <> 0 OR expected <> found', 'all agree');
SELECT is((SELECT expected FROM audit.reconcile() WHERE kind = 'circulation' AND currency = 'JPY'), 300::numeric, 'of what is there');
SELECT is((SELECT expected FROM audit.reconcile() WHERE kind = 'pending' AND currency = 'JPY'), 500::numeric, 'and of what waits for its charge');
CREATE FUNCTION t.differs(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	BEGIN
		EXECUTE statement;
		found := (SELECT string_agg(format('%s %s %s/%s', kind, currency, difference, objects), ', ' ORDER BY kind, currency)
			FROM audit.reconcile() WHERE objects > 0);
		RAISE EXCEPTION 'undo' USING ERRCODE = 'TG001';
	EXCEPTION WHEN SQLSTATE 'TG001' THEN
		RETURN found;
	END;
END $$;
SELECT is(t.differs($$UPDATE account SET balance = balance + 7 WHERE terminal_id = t.id('a') AND currency = 'JPY'$$), 'balance JPY 7/1', 'money from nowhere');
SELECT is(t.differs($$UPDATE account SET balance = balance - 7 WHERE terminal_id = t.id('a') AND currency = 'JPY'$$), 'balance JPY -7/1', 'money gone');
SELECT is(t.differs($$UPDATE account SET balance = balance + CASE terminal_id WHEN t.id('a') THEN -7 ELSE 7 END
	WHERE terminal_id IN (t.id('a'), t.id('b')) AND currency = 'JPY'$$), 'balance JPY 0/2', 'what cancels in the sum is counted');
SELECT is(t.differs($$UPDATE value SET amount = amount + 5 WHERE value_id = t.vid('a', 2)$$), 'circulation JPY -5/1, issue JPY -5/1, request JPY -5/1', 'a value grown');
SELECT is(t.differs($$DELETE FROM value WHERE value_id = t.vid('a', 2)$$), 'circulation JPY 100/1, issue JPY 100/1, request JPY 100/1', 'a value gone');
SELECT is(t.differs($$DELETE FROM charge WHERE cause_id = t.vid('a', 6)$$), 'balance EUR -30/1, circulation EUR -30/1, issue EUR -30/1', 'a charge gone');
SELECT is(t.differs($$DELETE FROM charge WHERE cause_id = t.vid('a', 2) AND kind = 2$$), 'balance JPY -11/1, fee JPY -11/1', 'a fee gone');
SELECT is(t.differs($$DELETE FROM request WHERE request_id = t.rid(2)$$), 'request JPY -100/1', 'an effect without its answer');
SELECT is(t.differs($$DELETE FROM journal WHERE value_id = t.vid('a', 1) AND version = 2$$), 'outbox JPY 200/2, owner JPY -100/1, request JPY 100/1', 'a transfer that was answered, and is not there');
SELECT is(t.differs($$UPDATE value SET owner_id = t.id('c') WHERE value_id = t.vid('a', 2)$$), 'owner JPY -100/1', 'another owner');
SELECT is(t.differs($$UPDATE outbox SET arguments = arguments || '{"amount": 101}'$$), 'outbox JPY 2/2', 'messages of another amount');
SELECT is(t.differs($$DELETE FROM operator_act WHERE reference = 'q1'$$), 'top_up JPY 50/1', 'a top-up that nobody made');
SELECT is(t.differs($$UPDATE operator_act SET arguments = arguments || '{"amount": 49}' WHERE act = 'account_settle' AND cause_id IS NOT NULL$$), 'settlement JPY 1/1', 'more paid back than was said');
SELECT is(t.differs($$UPDATE journal SET at = at - interval '31 days'; DELETE FROM request WHERE outcome <> 1$$), NULL, 'answers that were forgotten are no difference');
SELECT is(t.differs($$UPDATE request SET outcome = 0 WHERE request_id = t.rid(4)$$), 'fee JPY -5/1, pending JPY -500/1', 'told as charged while it waits');
SELECT is(t.differs($$UPDATE value SET state = 1 WHERE value_id = t.vid('a', 4)$$), 'circulation JPY -500/1, owner JPY -500/1, pending JPY 500/1', 'spendable before it was charged');
-- In a transaction that began long ago; time went on since, and an answer was forgotten.
UPDATE journal SET at = now() - interval '30 days' + interval '1 microsecond' WHERE value_id = t.vid('a', 2);
SELECT is(t.differs($$DELETE FROM request WHERE request_id = t.rid(2)$$), NULL, 'what was forgotten in a long transaction is no difference');
SELECT is(t.differs($$DELETE FROM request WHERE request_id = t.rid(3)$$), 'request JPY -100/1', 'what was not is one');

-- Recorded.
SELECT is_empty('SELECT * FROM reconcile_last()', 'no result was kept yet');
SET ROLE tegata_ledger;
SELECT is((SELECT count(*) FROM tegata.reconcile_record()) > 8, true, 'a run is kept');
SELECT is((SELECT count(DISTINCT at) = 1 AND bool_and(difference = 0 AND objects = 0) AND count(*) > 8 FROM tegata.reconcile_last()), true, 'for the managers');
RESET ROLE;
UPDATE account SET balance = balance + 7 WHERE terminal_id = t.id('a') AND currency = 'JPY';
SELECT reconcile_record();
SELECT results_eq('SELECT kind, currency, difference, objects FROM reconcile_last() WHERE objects > 0', $$VALUES ('balance', 'JPY', 7::bigint, 1::bigint)$$, 'the last one');
UPDATE reconciliation SET at = at - interval '401 days';
SELECT reconcile_record();
SELECT is((SELECT count(*) FROM reconciliation), 1::bigint, 'old ones go');
SELECT is((SELECT count(*) FROM audit.reconciliation WHERE objects > 0), 1::bigint, 'auditors read them');
SELECT * FROM finish();
ROLLBACK;
