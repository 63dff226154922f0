-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Was this text taken already?  Locks nothing.
--
-- Outcomes in precedence: not_found (no, or more than ten minutes ago), ok.
CREATE OR REPLACE FUNCTION tegata.sms_seen(identities bytea[])
RETURNS TABLE (ord int, outcome smallint, message_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT i.ord::int,
		CASE WHEN c.identity IS NULL THEN outcome_code('not_found') ELSE outcome_code('ok') END,
		c.message_id
	FROM unnest(identities) WITH ORDINALITY AS i(identity, ord)
	LEFT JOIN LATERAL (SELECT s.identity, s.message_id FROM sms_command s
		WHERE s.identity = i.identity AND s.at > clock_timestamp() - interval '10 minutes'
		LIMIT 1) c ON true
	ORDER BY i.ord;
END
$$;
COMMENT ON FUNCTION tegata.sms_seen(bytea[]) IS 'Texts from terminals that were taken a moment ago';
