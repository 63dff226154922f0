-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Shops, keys, products.
BEGIN;
SET search_path = tegata, public;
SELECT plan(38);
SELECT results_eq($$SELECT t.name(outcome), terminal_id IS NOT NULL FROM operator_shop_add('7000', 'New', NULL, NULL, 'test')$$, $$VALUES ('ok', true)$$, 'a shop');
SELECT is((SELECT t.name(outcome) FROM operator_shop_add('7000', 'Newer', 10, 20, 'test')), 'ok', 'changed');
SELECT is((SELECT t.name(outcome) FROM operator_shop_add('7000', NULL, NULL, 0, 'test')), 'ok', 'and again');
SELECT results_eq($$SELECT name, rate_per_s, rate_burst, kind::int, imsi FROM terminal WHERE address = '7000'$$, $$VALUES ('Newer', 10, NULL::int, 2, NULL)$$, 'one row');
SELECT results_eq($$SELECT t.name(outcome) FROM (VALUES ('123', 'x', 1), ('1234567', 'x', 1), ('12a4', 'x', 1), ('0471', 'x', 1), ('7001', NULL, 1), ('7001', '', 1), ('7001', 'x', -1)) v(c, n, r),
	operator_shop_add(c, n, r, r, 'test')$$,
	$$VALUES ('number_malformed'), ('number_malformed'), ('number_malformed'), ('number_malformed'), ('body_malformed'), ('body_malformed'), ('body_malformed')$$, 'what is none');
SELECT is_empty($$SELECT * FROM account a JOIN terminal USING (terminal_id) WHERE kind = 2$$, 'a shop has no account');

CREATE FUNCTION t.key(code text, key text, label text, scopes text[], expires timestamptz DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) FROM tegata.operator_shop_key_add(code, sha256(key::bytea), label, false, scopes, expires, 'test') $$;
SELECT is(t.key('7000', 'k1', 'one', '{check,transfer}'), 'ok', 'a key');
SELECT is(t.key('7000', 'k1', 'one', '{check,transfer}'), 'ok', 'the same again');
SELECT is((SELECT count(*) FROM shop_key WHERE digest = sha256(sha256('k1'))), 1::bigint, 'is one key, by the digest of its digest');
SELECT is(t.key('7000', 'k1', 'one', '{check}'), 'request_conflict', 'with other scopes it is not the same');
SELECT is(t.key('7000', 'k1', 'one', '{check,transfer}', 'tomorrow'), 'request_conflict', 'nor with an end');
SELECT is(t.key('7000', 'k2', 'one', '{check}'), 'request_conflict', 'another key of that label');
SELECT is(t.key('3344', 'k1', 'one', '{check}'), 'request_conflict', 'another shop''s key');
SELECT is(t.key('7000', 'k2', 'two', '{everything}'), 'body_malformed', 'no such scope');
SELECT is(t.key('7000', 'k2', 'two', '{}'), 'body_malformed', 'no scope');
SELECT is(t.key('7000', 'k2', '', '{check}'), 'body_malformed', 'no label');
SELECT is(t.key('7000', 'k2', 'two', '{check}', clock_timestamp()), 'body_malformed', 'expired at once');
SELECT is((SELECT t.name(outcome) FROM operator_shop_key_add('7000', 'short', 'two', false, '{check}', NULL, 'test')), 'body_malformed', 'not a digest');
SELECT is(t.key('7999', 'k2', 'two', '{check}'), 'terminal_unknown', 'no such shop');
SELECT is(t.key('819000000001', 'k2', 'two', '{check}'), 'terminal_unknown', 'a telephone is no shop');
SELECT is((SELECT t.name(outcome) FROM operator_shop_key_revoke('7000', 'one', 'test')), 'ok', 'revoked');
SELECT is((SELECT t.name(outcome) FROM operator_shop_key_revoke('7000', 'one', 'test')), 'not_found', 'once');
SELECT is((SELECT t.name(outcome) FROM operator_shop_key_revoke('7999', 'one', 'test')), 'terminal_unknown', 'no such shop');
SELECT is(t.key('7000', 'k1', 'one', '{check}'), 'request_conflict', 'a revoked key never comes back');
SELECT is(t.key('7000', 'k3', 'one', '{check}'), 'ok', 'its label may');
SELECT is_empty($$SELECT * FROM operator_act WHERE arguments::text ~ 'k1|k2'$$, 'no key is written down');

CREATE FUNCTION t.product(code text, currency text, amounts bigint[], lo bigint, hi bigint, policy text) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) FROM tegata.operator_product_set(code, 'Name', currency, amounts, lo, hi, NULL, NULL, NULL, NULL, policy, NULL, NULL, NULL, NULL, NULL, 'test') $$;
SELECT is(t.product('gift', 'JPY', '{300,100,100}', NULL, NULL, NULL), 'ok', 'a product');
SELECT results_eq($$SELECT amounts, policy::int, on_sale FROM product WHERE code = 'gift'$$, $$VALUES ('{100,300}'::bigint[], 1, true)$$, 'amounts rise, each once');
SELECT is(t.product('gift', 'EUR', NULL, NULL, NULL, NULL), 'request_conflict', 'its currency never changes');
SELECT results_eq($$SELECT t.product(c, u, a, l, h, p) FROM (VALUES ('Bad!', 'JPY', NULL, NULL::bigint, NULL::bigint, NULL), ('x', 'yen', NULL, NULL, NULL, NULL), ('x', NULL, NULL, NULL, NULL, NULL),
	('x', 'JPY', '{0}'::bigint[], NULL, NULL, NULL), ('x', 'JPY', NULL, 10, 5, NULL), ('x', 'JPY', NULL, 0, 5, NULL), ('x', 'JPY', NULL, NULL, NULL, 'later')) v(c, u, a, l, h, p)$$,
	$$SELECT 'body_malformed' FROM generate_series(1, 7)$$, 'what is none');
SELECT is_empty($$SELECT * FROM product WHERE code IN ('x', 'Bad!')$$, 'is not made');
SELECT operator_product_set('capped', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, false, NULL, 'test');
SELECT results_eq($$SELECT name, max_amount, held_max, on_sale FROM product WHERE code = 'capped'$$, $$VALUES ('Capped', 5000::bigint, NULL::bigint, false)$$, 'what is not named stays');
-- Keys and where they belong: test keys in a sandbox, live ones in a live database.
CREATE FUNCTION t.test_key(label text, test boolean) RETURNS text LANGUAGE sql AS $$
	SELECT t.name(outcome) FROM tegata.operator_shop_key_add('7000', sha256(label::bytea), label, test, '{check}', NULL, 'test') $$;
SELECT is(t.test_key('trial', true), 'body_malformed', 'no test key where value is real');
SELECT results_eq($$SELECT t.name(outcome), note ~ 'database of its own' FROM operator_setting('sandbox', 'on', 'test')$$, $$VALUES ('value_state', true)$$, 'a live database stays one');
DELETE FROM shop_key;
SELECT is((SELECT t.name(outcome) FROM operator_setting('sandbox', 'on', 'test')), 'ok', 'an unused one may become a sandbox');
SELECT is(t.test_key('trial', true), 'ok', 'which takes test keys');
SELECT is(t.test_key('live', false), 'body_malformed', 'and no others');
SELECT is((SELECT t.name(outcome) FROM operator_setting('sandbox', 'on', 'test')), 'ok', 'what it is already, it may be told');
SELECT * FROM finish();
ROLLBACK;
