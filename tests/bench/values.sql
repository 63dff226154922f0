-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Values as value_issue leaves them behind, numbers :first to :first + :count - 1 of day :day,
-- number k issued to terminal 1 + k % :terminals.  Many at once, so that a large ledger is there
-- in minutes.
BEGIN;
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT (:day::bigint << 48) | ((n % 64) << 42) | k AS value_id, n * 64 + n % 64 AS terminal_id,
	(n % 64)::smallint AS home, overlay(gen_random_uuid()::text placing '00000000' from 1 for 8)::uuid AS request_id, now() AS at
FROM (SELECT k, 1 + k % :terminals AS n
	FROM generate_series(:first::bigint, :first::bigint + :count - 1) k) i;
INSERT INTO tegata.value (value_id, amount, issuer_id, owner_id, owner_since, expires_at, version,
	home, product_id, state, policy, currency)
SELECT value_id, 500, terminal_id, terminal_id, at, NULL, 1, home, p.product_id, 1, 1, 'JPY'
FROM made, tegata.product p WHERE p.code = 'coupon';
INSERT INTO tegata.journal (value_id, owner_id, actor_id, request_id, at, version, home, operation,
	state, digest, link)
SELECT value_id, terminal_id, terminal_id, request_id, at, 1, home, 1, 1,
	tegata.request_digest(value_id::text), 'bench'
FROM made;
INSERT INTO tegata.charge (cause_id, debit_account, credit_account, amount, at, version, home, kind,
	currency)
SELECT value_id, terminal_id, -1, 500, at, 1, home, 1, 'JPY' FROM made;
INSERT INTO tegata.request (actor_id, request_id, value_id, amount, fee, balance, at, version, home,
	operation, outcome, digest, currency)
SELECT terminal_id, request_id, value_id, 500, 0, 0, at, 1, home, 1, 0,
	tegata.request_digest(value_id::text), 'JPY'
FROM made;
UPDATE tegata.account a SET accrued = a.accrued + s.n * 500
FROM (SELECT home, terminal_id, count(*) AS n FROM made GROUP BY 1, 2) s
WHERE a.home = s.home AND a.terminal_id = s.terminal_id AND a.currency = 'JPY';
COMMIT;
