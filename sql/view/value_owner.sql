-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every value has an issuer and an owner that exist, and a retired terminal owns
-- nothing that is not at its end.
CREATE OR REPLACE VIEW audit.value_owner AS
SELECT 'value_owner' AS invariant, v.value_id::text AS object,
	CASE
		WHEN o.terminal_id IS NULL THEN format('owner %s does not exist', v.owner_id)
		WHEN i.terminal_id IS NULL THEN format('issuer %s does not exist', v.issuer_id)
		ELSE format('owner %s is retired', v.owner_id)
	END AS detail
FROM tegata.value v
LEFT JOIN tegata.terminal o ON o.terminal_id = v.owner_id
LEFT JOIN tegata.terminal i ON i.terminal_id = v.issuer_id
WHERE o.terminal_id IS NULL OR i.terminal_id IS NULL
	OR (o.status = 4 AND (v.state IN (0, 2)
		OR (v.state = 1 AND (v.expires_at > clock_timestamp()) IS NOT FALSE)));
COMMENT ON VIEW audit.value_owner IS 'Values of terminals that do not exist or are retired';
