-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The numbers in SQL are those of lib/outcome.def, lib/value_state.h and manager/ledger.h.
BEGIN;
SET search_path = tegata, public;
SELECT plan(13);
SELECT cmp_ok((SELECT count(*) FROM t.outcome), '>', 40::bigint, 'the registry was read');
SELECT is_empty('SELECT * FROM t.outcome WHERE outcome_code(name) <> code', 'every outcome has its code');
SELECT is((SELECT count(*) FROM regexp_matches((SELECT prosrc FROM pg_proc WHERE proname = 'outcome_code'), 'WHEN ''', 'g')),
	(SELECT count(*) FROM t.outcome), 'and there is no other');
SELECT throws_ok('SELECT outcome_code(''okay'')', '20000', NULL, 'a name that does not exist is an error');
SELECT is((SELECT count(*) FROM t.value_state), 6::bigint, 'the states were read');
SELECT is_empty('SELECT * FROM t.value_state WHERE value_state_code(name) <> code', 'every state has its number');
SELECT throws_ok('SELECT value_state_code(''lost'')', '20000', NULL, 'a name that does not exist is an error');
SELECT is_empty('SELECT * FROM t.terminal_status WHERE name IN (''active'', ''blocked'', ''quarantined'', ''retired'') AND terminal_status_code(name) <> code',
	'every status has its number');
SELECT is((SELECT count(*) FROM t.terminal_status WHERE name IN ('active', 'blocked', 'quarantined', 'retired')), 4::bigint, 'and was read');
SELECT results_eq('SELECT operation_code(''issue'')::int, operation_code(''transfer'')::int', 'VALUES (1, 2)', 'operations');
SELECT is(charge_kind_code('top_up'), 7::smallint, 'kinds of charges');
SELECT results_eq($$SELECT request_is_final(outcome_code(n)) FROM unnest('{again,maintenance,value_id_taken,repeat_suspected,price_changed,request_conflict,ok,pending,not_owner}'::text[]) n$$,
	'VALUES (false), (false), (false), (false), (false), (false), (true), (true), (true)', 'which answers are kept');
SELECT results_eq($$SELECT request_id_floor('2026-01-01 00:00:00+00'), request_digest('a') = substring(sha256('a') FOR 16), value_id_day('2020-01-02 00:00:00+00')$$,
	$$VALUES ('019b76da-a800-0000-0000-000000000000'::uuid, true, 1::bigint)$$, 'ids and digests');
SELECT * FROM finish();
ROLLBACK;
