-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Each version of a value follows from the one before it: it begins with its
-- issuer, only its owner gives it away, an end is an end.
CREATE OR REPLACE VIEW audit.value_step AS
SELECT 'value_step' AS invariant, format('%s/%s', j.value_id, j.version) AS object,
	CASE WHEN j.owner_was IS NULL THEN 'it does not begin with an issue'
		ELSE format('operation %s by %s: owner %s to %s, state %s to %s', j.operation, j.actor_id,
			j.owner_was, j.owner_id, j.state_was, j.state) END AS detail
FROM (SELECT j.value_id, j.version, j.operation, j.state, j.actor_id, j.owner_id,
		lag(j.owner_id) OVER w AS owner_was, lag(j.state) OVER w AS state_was
	FROM tegata.journal j
	WINDOW w AS (PARTITION BY j.home, j.value_id ORDER BY j.version)) j
WHERE (CASE
	WHEN j.owner_was IS NULL THEN j.operation = 1 AND j.actor_id = j.owner_id AND j.state IN (0, 1)
	WHEN j.operation = 2 THEN j.actor_id = j.owner_was AND j.owner_id <> j.owner_was
		AND j.state_was = 1 AND j.state = 1
	WHEN j.operation = 3 THEN j.owner_id = j.owner_was AND j.state_was = 0 AND j.state IN (1, 5)
	WHEN j.operation = 4 THEN j.owner_id <> j.owner_was AND j.state = j.state_was AND j.state IN (0, 1, 2)
	WHEN j.operation = 5 THEN j.owner_id = j.owner_was AND j.state_was = 1 AND j.state IN (4, 5)
END) IS NOT TRUE;
COMMENT ON VIEW audit.value_step IS 'Changes of values that do not follow from what was before';
