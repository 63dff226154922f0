-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Sealing: what the sealer's role may do, and that a chain is only ever continued.
BEGIN;
SET search_path = tegata, public;
SELECT plan(39);

-- A seal that continues the chain, but for what is given; the key is 32 times 'k'.
CREATE FUNCTION t.seal(number bigint, from_xact bigint, to_xact bigint, previous bytea DEFAULT NULL,
	epoch int DEFAULT 1, key bytea DEFAULT repeat('k', 32)::bytea) RETURNS void LANGUAGE sql AS $$
	SELECT tegata.seal_add(number, 1, from_xact, to_xact, 0, clock_timestamp(), NULL, epoch, 1, 1::smallint,
		'root', 'list', previous, substr(sha256(key), 1, 8), NULL,
		CASE WHEN epoch > 1 THEN 'moved' END, ('hash ' || number)::bytea, 'signature') $$;
CREATE FUNCTION t.horizon() RETURNS bigint LANGUAGE sql AS $$
	SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint $$;

SELECT is((SELECT value FROM setting WHERE name = 'sealing'), 'off', 'sealing is off at first');
SELECT is_empty('SELECT * FROM audit.violations WHERE invariant LIKE ''seal%''', 'then nothing is missed');
SELECT is_empty('SELECT * FROM audit.watch WHERE invariant LIKE ''seal%''', 'and nothing to look at');
SELECT is((SELECT t.name(outcome) FROM operator_setting('sealing', 'on', 'go')), 'value_state', 'it is not turned on without a key');
SELECT is((SELECT t.name(outcome) FROM operator_seal_key_add('short', 'one', 'go')), 'body_malformed', 'a key has 32 octets');
SELECT is((SELECT t.name(outcome) FROM operator_seal_key_add(repeat('k', 32)::bytea, '', 'go')), 'body_malformed', 'and a label');
SELECT is((SELECT t.name(outcome) FROM operator_seal_key_add(NULL, 'one', 'go')), 'body_malformed', 'and is there');
SELECT is((SELECT t.name(outcome) FROM operator_seal_key_add(repeat('k', 32)::bytea, 'one', 'go')), 'ok', 'a key is added');
SELECT is((SELECT t.name(outcome) FROM operator_seal_key_add(repeat('k', 32)::bytea, 'two', 'go')), 'request_conflict', 'once');
SELECT throws_ok('SELECT t.seal(1, 0, 1)', '55000', 'sealing is off', 'while it is off no seal is taken');
SELECT is((SELECT t.name(outcome) FROM operator_setting('sealing', 'on', 'go')), 'ok', 'sealing is turned on');
SELECT is((SELECT count(*) FROM operator_act WHERE act IN ('setting', 'seal_key_add') AND operator = session_user), 7::bigint, 'all of it is an operator''s act');
SELECT is_empty('SELECT * FROM audit.violations WHERE invariant LIKE ''seal%''', 'there is a minute to begin');
UPDATE setting SET changed_at = clock_timestamp() - interval '2 minutes' WHERE name = 'sealing';
SELECT is((SELECT invariant FROM audit.violations), 'seal_age', 'and no more than that');

SELECT throws_ok('SELECT t.seal(2, 0, 1)', '55000', NULL, 'the first is number 1');
SELECT throws_ok('SELECT t.seal(1, 1, 1)', '55000', NULL, 'and begins with the first transaction');
SELECT throws_ok('SELECT t.seal(1, 0, 1, ''hash'')', '55000', NULL, 'and names none before it');
SELECT throws_ok('SELECT t.seal(1, 0, 1, NULL, 2)', '55000', NULL, 'in epoch 1');
SELECT throws_ok('SELECT t.seal(1, 0, t.horizon() + 1)', '55000', NULL, 'no transaction that may not have ended is sealed');
SELECT throws_ok('SELECT t.seal(1, 0, 1, NULL, 1, repeat(''x'', 32)::bytea)', '55000', NULL, 'by no key that nobody added');
SELECT lives_ok('SELECT t.seal(1, 0, 5)', 'a seal');
SELECT throws_ok('SELECT t.seal(1, 0, 5)', '55000', NULL, 'once');
SELECT throws_ok('SELECT t.seal(2, 5, 9, ''other'')', '55000', NULL, 'the next names the one before it');
SELECT throws_ok('SELECT t.seal(2, 6, 9, ''hash 1'')', '55000', NULL, 'without a gap');
SELECT throws_ok('SELECT t.seal(2, 4, 9, ''hash 1'')', '55000', NULL, 'and nothing twice');
SELECT throws_ok('SELECT t.seal(2, 5, 9, ''hash 1'', 3)', '55000', NULL, 'epochs are not skipped');
SELECT lives_ok('SELECT t.seal(2, 5, 9, ''hash 1'', 2)', 'a new epoch');
SELECT is((SELECT reason FROM operator_act WHERE act = 'seal_epoch'), 'moved', 'is an act');
SELECT is_empty('SELECT * FROM audit.violations WHERE invariant LIKE ''seal%''', 'sealed and unbroken');
SELECT results_eq('SELECT number, epoch, to_xact, hash FROM seal_state()', $$VALUES (2::bigint, 2, 9::bigint, 'hash 2'::bytea)$$, 'where a sealer goes on');
SELECT is((SELECT count(*) FROM seal_after(1, 10)), 1::bigint, 'what is to be published');

-- The interval is cut, but never a transaction.
SELECT is(seal_bound(0, t.horizon() + 1, 1000000), t.horizon() + 1, 'few rows: the whole interval');
SELECT is(seal_bound(t.horizon(), t.horizon() + 1, 1), t.horizon() + 1, 'one transaction is not cut');
SELECT is(seal_bound(0, t.horizon() + 1, 1) < t.horizon() + 1, true, 'several are');

SELECT is((SELECT t.name(outcome) FROM operator_seal_key_end('00', 'lost')), 'not_found', 'no such key');
SELECT is((SELECT t.name(outcome) FROM operator_seal_key_end((SELECT encode(key_id, 'hex') FROM signing_key), 'lost')), 'ok', 'the key ends');
SELECT throws_ok('SELECT t.seal(3, 9, 9, ''hash 2'', 2)', '55000', NULL, 'and seals no more');
UPDATE seal SET previous = 'x' WHERE number = 2;
SELECT is((SELECT detail FROM audit.violations WHERE invariant = 'seal_chain'), 'it names another one before it', 'a broken chain is seen');
-- What lib/seal_row.c knows; who adds a column adds it there too.
SELECT is((SELECT string_agg(c, ' ') FROM (SELECT format('%s(%s)', attrelid::regclass, string_agg(attname, ',' ORDER BY attname COLLATE "C")) AS c
	FROM pg_attribute WHERE attrelid IN ('journal'::regclass, 'charge'::regclass, 'operator_act'::regclass) AND attnum > 0 AND NOT attisdropped
	GROUP BY attrelid ORDER BY attrelid::regclass::text) t),
	'charge(amount,at,cause_id,credit_account,currency,debit_account,home,kind,version,xact) journal(actor_id,at,digest,home,link,operation,owner_id,reference,request_id,state,value_id,version,xact) operator_act(act,act_id,approver,arguments,at,cause_id,operator,outcome,reason,reference,terminal_id,xact)',
	'all columns are sealed');
SELECT * FROM finish();
ROLLBACK;
