-- SPDX-License-Identifier: AGPL-3.0-or-later
-- lease_take, lease_release, lease_list, product_list, service_state.
BEGIN;
SET search_path = tegata, public;
SELECT plan(22);
SELECT is(lease_take('euse:carrier', 'one', 60000), true, 'a free name');
SELECT is(lease_take('euse:carrier', 'two', 60000), false, 'is held by one');
SELECT is(lease_take('euse:other', 'two', 60000), true, 'another name');
SELECT is(lease_take('euse:carrier', 'one', 120000), true, 'renewed');
SELECT is((SELECT expires_at > clock_timestamp() + interval '100 seconds' AND taken_at < clock_timestamp() FROM lease WHERE resource = 'euse:carrier'), true, 'for longer');
SELECT lease_release('euse:carrier', 'two');
SELECT is(lease_take('euse:carrier', 'two', 1000), false, 'another''s is not given back');
SELECT lease_release('euse:carrier', 'one');
SELECT is(lease_take('euse:carrier', 'two', 1), true, 'given back, taken over');
SELECT pg_sleep(0.01);
SELECT is(lease_take('euse:carrier', 'one', 60000), true, 'lapsed, taken over');
SELECT is(lease_take('euse:carrier', 'two', 60000), false, 'and no longer the old holder''s');
-- As after a clock that was an hour ahead.
UPDATE lease SET expires_at = clock_timestamp() + interval '1 hour' WHERE resource = 'euse:other';
SELECT is(lease_take('euse:other', 'one', 60000), true, 'a lease that ends too late was given before the clock was set back');
SELECT is((SELECT expires_at < clock_timestamp() + interval '2 minutes' FROM lease WHERE resource = 'euse:other'), true, 'and ends as it should now');
SELECT lease_release('euse:other', 'one');
SELECT lease_take('euse:other', 'two', 60000);
SELECT results_eq('SELECT resource, holder FROM lease_list()', $$VALUES ('euse:carrier', 'one'), ('euse:other', 'two')$$, 'what is in force');

SELECT results_eq('SELECT code, name, currency, amounts, min, max, step, fee_fixed, fee_permille FROM product_list()',
	$$VALUES ('cash', 'Cash', 'JPY', '{500,1000}'::bigint[], 100::bigint, 50000::bigint, 100::bigint, 10::bigint, 5),
	('plain', 'Plain', 'JPY', '{}', 1, 1000000000000000, 1, 0, 0), ('external', 'External', 'JPY', '{500}', 0, 0, 1, 5, 0),
	('capped', 'Capped', 'EUR', '{}', 1, 5000, 1, 0, 0)$$, 'what is on sale, in menu order');
SELECT results_eq('SELECT schema_level, maintenance FROM service_state()', 'SELECT max(number), false FROM patch', 'the level, and no maintenance');
SELECT is((SELECT outcome FROM operator_maintenance(true, 'upgrade')), 0::smallint, 'maintenance on');
SELECT is((SELECT maintenance FROM service_state()), true, 'is on');
SELECT is((SELECT outcome FROM operator_maintenance(false, 'done')), 0::smallint, 'and off');
SELECT is((SELECT maintenance FROM service_state()), false, 'is off');
SELECT results_eq('SELECT demanded, streaming, flushed FROM standby_state()', 'SELECT false, 0, NULL::pg_lsn', 'no standby');
SELECT is(standby_flushed('0/1'), false, 'so nobody has flushed anything');
SET LOCAL ROLE tegata_owner;
SELECT is((SELECT count(*) FROM pg_stat_replication WHERE state IS NULL), 0::bigint, 'standbys would be seen');
RESET ROLE;
SELECT is(pg_has_role('tegata_owner', 'pg_read_all_stats', 'USAGE'), true, 'because the owner reads statistics');
SELECT * FROM finish();
ROLLBACK;
