-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What value_issue decides where a terminal has several requests in one batch:
-- the same request id twice, the same purchase twice, funds that go round in the
-- order of ord.  One row a request whose crowds is true.  Locks nothing.
--
-- debit: what all of them take from the account, in one row of it.
CREATE OR REPLACE FUNCTION tegata.issue_crowd(now timestamptz, maintenance boolean,
	request_ids uuid[], terminal_ids bigint[], products text[], amounts bigint[],
	fees bigint[], value_ids bigint[], guards_s int[], links text[], locked_rows boolean[],
	helds bigint[], crowds boolean[])
RETURNS TABLE (ord int, request_id uuid, terminal_id bigint, home smallint, value_id bigint,
	amount bigint, fee bigint, currency text, expires_at timestamptz, at timestamptz, link text,
	digest bytea, known boolean, same boolean, product_id smallint, policy smallint,
	outcome smallint, balance bigint, debit bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH v AS (
		SELECT v.*, CASE WHEN NOT known AND NOT maintenance AND row_number()
				OVER (PARTITION BY v.terminal_id, v.request_id ORDER BY v.ord) > 1
			THEN outcome_code('again') ELSE v.early END AS soon
		FROM issue_verdict(now, maintenance, false, request_ids, terminal_ids, products, amounts,
			fees, value_ids, guards_s, links, locked_rows, helds, crowds, true) v
	), s AS (
		-- Of those that ask the same the first is not suspect.
		SELECT v.*, soon IS NULL AND guard_s > 0 AND ord > first_value(ord) OVER alike AS suspect,
			first_value(ord) OVER alike AS first_ord
		FROM v WINDOW alike AS (PARTITION BY terminal_id, digest, soon IS NULL ORDER BY ord)
	), w AS (
		SELECT s.*, CASE WHEN soon IS NULL AND NOT suspect
			THEN fit(amount, room, total, funds) FILTER (WHERE soon IS NULL AND NOT suspect)
				OVER (PARTITION BY terminal_id, currency ORDER BY ord) END AS fits
		FROM s
	), n AS MATERIALIZED (
		SELECT w.*, CASE
			WHEN soon IS NOT NULL THEN soon
			WHEN fits[3] = 0 THEN CASE policy WHEN 2 THEN outcome_code('pending')
				ELSE outcome_code('ok') END
			WHEN fits[3] = 1 THEN outcome_code('held_exceeded')
			WHEN fits[3] = 2 AND mode = 2 THEN outcome_code('credit_exceeded')
			WHEN fits[3] = 2 THEN outcome_code('funds_insufficient')
		END AS decided
		FROM w
	), d AS (
		-- A suspect is one only if the first was done; else it fares as the first did.
		SELECT n.*, CASE WHEN NOT suspect THEN decided
			ELSE (SELECT CASE WHEN f.decided IN (0, 1) THEN outcome_code('repeat_suspected')
				ELSE f.decided END FROM n f WHERE f.ord = n.first_ord) END AS outcome,
			CASE WHEN suspect THEN (SELECT f.value_id FROM n f WHERE f.ord = n.first_ord)
				ELSE value_id END AS known_id
		FROM n
	)
	SELECT d.ord, d.request_id, d.terminal_id, d.home, d.known_id, d.amount, d.fee, d.currency,
		d.expires_at, d.at, d.link, d.digest, d.known, d.same, d.product_id, d.policy, d.outcome,
		CASE WHEN d.same THEN d.funds ELSE d.funds - d.fits[1] END,
		CASE WHEN row_number() OVER (PARTITION BY d.terminal_id, d.currency, d.known ORDER BY d.ord) = 1
			THEN sum(d.total) FILTER (WHERE d.outcome = 0 AND NOT d.known)
				OVER (PARTITION BY d.terminal_id, d.currency, d.known) END::bigint
	FROM d;
END
$$;
COMMENT ON FUNCTION tegata.issue_crowd(timestamptz, boolean, uuid[], bigint[], text[], bigint[], bigint[], bigint[], int[], text[], boolean[], bigint[], boolean[])
	IS 'What a batch with several issues of one terminal comes to';
