-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What a terminal was topped up by single operators, without a second one, in the
-- last 24 hours: a large top-up in small pieces is a large one.  Locks nothing;
-- the account must be locked, so that two sessions see each other's.
CREATE OR REPLACE FUNCTION tegata.top_up_alone(terminal_id bigint, currency text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN (SELECT coalesce(sum((o.arguments->>'amount')::bigint), 0)
		FROM operator_act o
		WHERE o.terminal_id = top_up_alone.terminal_id AND o.act = 'top_up' AND o.cause_id IS NOT NULL
			AND o.approver IS NULL AND o.at > clock_timestamp() - interval '24 hours'
			AND o.arguments->>'currency' = top_up_alone.currency);
END
$$;
COMMENT ON FUNCTION tegata.top_up_alone(bigint, text) IS 'What single operators have topped up in 24 hours';
