-- SPDX-License-Identifier: AGPL-3.0-or-later
BEGIN;
SET search_path = tegata, public;
SELECT plan(15);
SELECT t.issue('a', t.rid(n), t.vid('a', n), 100 * n, 'cash') FROM generate_series(1, 5) n;
SELECT t.transfer('a', t.rid(10), t.vid('a', 1), '3344');
UPDATE value SET expires_at = clock_timestamp() WHERE value_id = t.vid('a', 3);
UPDATE value SET state = 3 WHERE value_id = t.vid('a', 4);
INSERT INTO shop_key (digest, terminal_id, label, test, scopes) VALUES (sha256(sha256('test')), t.id('shop'), 'sandbox', true, '{check,events}'); -- of a sandbox
SELECT operator_shop_key_add('3344', sha256('events'), 'events', false, '{events}', NULL, 'test');
SELECT operator_shop_key_add('3344', sha256('revoked'), 'revoked', false, '{check}', NULL, 'test');
SELECT operator_shop_key_revoke('3344', 'revoked', 'test');
SELECT operator_shop_key_add('3344', sha256('past'), 'past', false, '{check}', clock_timestamp() + interval '1 hour', 'test');
UPDATE shop_key SET expires_at = clock_timestamp() WHERE label = 'past';
INSERT INTO shop_key (digest, terminal_id, label, scopes) VALUES (sha256(sha256('closed')), t.id('closed'), 'x', '{check}');

CREATE FUNCTION t.check(who bigint, key text, scope text, VARIADIC vids bigint[]) RETURNS TABLE (ord int, what text) LANGUAGE sql AS $$
	SELECT c.ord, CASE c.ord WHEN 0 THEN t.name(c.outcome) ELSE concat_ws(' ', c.spendable, c.state, c.amount, c.currency) END
	FROM tegata.ownership_check(ARRAY[who], ARRAY[sha256(key::bytea)], ARRAY[scope],
		array_fill(1, ARRAY[cardinality(vids)]), vids) c ORDER BY c.ord $$;
SELECT results_eq($$SELECT * FROM t.check(0, 'key', 'check', t.vid('a', 1), t.vid('a', 2), t.vid('a', 99), -1, 0)$$,
	$$VALUES (0, 'ok'), (1, 't 1 100 JPY')$$, 'a shop owns what it was given; of the rest there is no row');
SELECT results_eq($$SELECT asker, ord, outcome::int, test, terminal_id, shop_code, rate_per_s, rate_burst FROM ownership_check(
	'{0}', ARRAY[sha256('test')], '{check}', '{1}', ARRAY[t.vid('a', 1)]) WHERE ord = 0$$,
	$$VALUES (1, 0, 0, true, t.id('shop'), '3344', 100, 200)$$, 'the row of the asker');
SELECT results_eq($$SELECT * FROM t.check(t.id('a'), '', NULL, t.vid('a', 1), t.vid('a', 2), t.vid('a', 3), t.vid('a', 4))$$,
	$$VALUES (0, 'ok'), (2, 't 1 200 JPY'), (3, 'f 4 300 JPY'), (4, 'f 3 400 JPY')$$,
	'an owner is the owner, spendable or not');
SELECT results_eq($$SELECT * FROM t.check(0, 'nonsense', 'check', t.vid('a', 1))$$, $$VALUES (0, 'unauthenticated')$$, 'no such key');
SELECT results_eq($$SELECT * FROM t.check(NULL, 'revoked', 'check', t.vid('a', 1))$$, $$VALUES (0, 'unauthenticated')$$, 'revoked');
SELECT results_eq($$SELECT * FROM t.check(0, 'past', 'check', t.vid('a', 1))$$, $$VALUES (0, 'unauthenticated')$$, 'expired');
SELECT results_eq($$SELECT * FROM t.check(0, 'events', 'check', t.vid('a', 1))$$, $$VALUES (0, 'forbidden')$$, 'without the scope');
SELECT results_eq($$SELECT * FROM t.check(0, 'key', NULL, t.vid('a', 1))$$, $$VALUES (0, 'forbidden')$$, 'no scope is none');
SELECT results_eq($$SELECT * FROM t.check(0, 'closed', 'events', t.vid('a', 1))$$, $$VALUES (0, 'terminal_blocked')$$, 'a blocked shop, before its scope');
SELECT results_eq($$SELECT c.what FROM unnest('{nobody,d,e,f}'::text[]) WITH ORDINALITY n(n, o), t.check(t.id(n), '', 'check', t.vid('a', 1)) c ORDER BY o$$,
	$$VALUES ('terminal_unknown'), ('terminal_blocked'), ('terminal_quarantined'), ('terminal_retired')$$, 'terminals that may not ask');
SELECT results_eq($$SELECT asker, ord, t.name(outcome) FROM ownership_check(ARRAY[0, t.id('a'), 0], ARRAY[sha256('key'), NULL, sha256('x')],
	'{check,NULL,check}', '{2,1,3,2,9}', ARRAY[t.vid('a', 1), t.vid('a', 1), t.vid('a', 1), t.vid('a', 2), t.vid('a', 2)]) ORDER BY 1, 2$$,
	$$VALUES (1, 0, 'ok'), (1, 2, 'ok'), (2, 0, 'ok'), (2, 4, 'ok'), (3, 0, 'unauthenticated')$$,
	'several askers; each item is its asker''s, and one that is nobody''s is passed over');
SELECT is((SELECT count(*) FROM ownership_check('{0}', ARRAY[sha256('key')], '{check}',
	array_fill(1, ARRAY[1000]), array_fill(t.vid('a', 1), ARRAY[1000]))), 1001::bigint, 'a thousand items');
-- Of this month and the next, of one without a partition, and a number that is no value's.
CREATE TABLE t.far AS SELECT d.n, (d.day::bigint << 48) | ((t.id('a') & 63) << 42) | (1000 + d.n) AS value_id
FROM (VALUES (1, value_id_day(now())), (2, value_id_day(now() + interval '1 month')), (3, 30000)) d(n, day);
INSERT INTO value (value_id, amount, issuer_id, owner_id, owner_since, version, home, product_id, state, policy, currency)
SELECT f.value_id, f.n, t.id('a'), t.id('a'), now(), 1, t.id('a') & 63, p.product_id, 1, 1, p.currency FROM t.far f, product p WHERE p.code = 'cash';
SELECT results_eq($$SELECT asked, string_agg(c.amount::text, ' ' ORDER BY c.ord) FROM unnest('{1,2,3,12,23,31,123,321}'::text[]) asked,
	ownership_check(ARRAY[t.id('a')], '{NULL}', '{check}', array_fill(1, ARRAY[length(asked) + 1]),
	(SELECT array_agg(value_id ORDER BY o) || -5::bigint FROM t.far, strpos(asked, n::text) o WHERE o > 0)) c WHERE c.ord > 0 GROUP BY 1 ORDER BY 1$$,
	$$VALUES ('1', '1'), ('12', '1 2'), ('123', '1 2 3'), ('2', '2'), ('23', '2 3'), ('3', '3'), ('31', '3 1'), ('321', '3 2 1')$$,
	'of any months, in any order');
SELECT throws_ok($$SELECT ownership_check('{0}', '{}', '{check}', '{}', '{}')$$, '22023', NULL, 'arrays of two lengths are raised');
SELECT is((SELECT provolatile FROM pg_proc WHERE proname = 'ownership_check'), 's'::"char", 'it cannot write');
SELECT * FROM finish();
ROLLBACK;
