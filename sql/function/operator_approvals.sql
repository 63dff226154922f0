-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What waits for a second operator, oldest first.  Amounts in minor units.
-- Locks nothing; being asked is not journalled.
CREATE OR REPLACE FUNCTION tegata.operator_approvals()
RETURNS TABLE (approval_id bigint, asked_at timestamptz, expires_at timestamptz, operator text,
	act text, terminal text, amount bigint, currency text, detail text, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT p.approval_id, p.asked_at, p.expires_at, p.operator, p.act,
		coalesce(t.address, p.arguments->>'number'), (p.arguments->>'amount')::bigint,
		p.arguments->>'currency',
		(SELECT string_agg(format('%s=%s', k.key, k.value), ' ' ORDER BY k.key)
			FROM jsonb_each_text(p.arguments - '{number,amount,currency}'::text[]) k),
		p.reason
	FROM approval p
	LEFT JOIN terminal t ON t.terminal_id = p.terminal_id
	WHERE p.state = 0 AND p.expires_at > clock_timestamp()
	ORDER BY p.approval_id;
END
$$;
COMMENT ON FUNCTION tegata.operator_approvals() IS 'What waits for a second operator';
