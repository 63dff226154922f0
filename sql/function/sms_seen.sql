-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Was this text taken already?  Locks nothing.
--
-- Outcomes in precedence: not_found (no, or more than ten minutes ago), ok.
CREATE OR REPLACE FUNCTION tegata.sms_seen(identities bytea[])
RETURNS TABLE (ord int, outcome smallint, message_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT i.ord::int,
		CASE WHEN c.identity IS NULL THEN outcome_code('not_found') ELSE outcome_code('ok') END,
		c.message_id
	FROM unnest(identities) WITH ORDINALITY AS i(identity, ord)
	LEFT JOIN sms_command c ON c.identity = i.identity
		AND c.at > clock_timestamp() - interval '10 minutes'
	ORDER BY i.ord;
END
$$;
COMMENT ON FUNCTION tegata.sms_seen(bytea[]) IS 'Texts from terminals that were taken a moment ago';
