-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every request that was done has exactly the one effect it names; a refusal has
-- none; and every effect of the last 30 days that a terminal asked for has its
-- request.
CREATE OR REPLACE VIEW audit.request_effect AS
SELECT 'request_effect' AS invariant,
	format('%s %s', coalesce(r.actor_id, j.actor_id), coalesce(r.request_id, j.request_id)) AS object,
	CASE
		WHEN r.actor_id IS NULL THEN 'an effect without a request'
		WHEN j.n IS NULL THEN 'done, without an effect'
		WHEN r.version IS NULL THEN 'refused, with an effect'
		ELSE format('%s effects', j.n)
	END AS detail
FROM tegata.request r
FULL JOIN (SELECT actor_id, request_id, count(*) AS n, min(value_id) AS value_id,
		min(version) AS version, min(operation) AS operation, max(at) AS at
	FROM tegata.journal WHERE actor_id IS NOT NULL GROUP BY actor_id, request_id) j
	ON j.actor_id = r.actor_id AND j.request_id = r.request_id
WHERE CASE
	WHEN r.actor_id IS NULL THEN j.at > clock_timestamp() - interval '30 days'
	WHEN r.version IS NULL THEN j.n IS NOT NULL
	ELSE j.n IS DISTINCT FROM 1 OR j.value_id <> r.value_id OR j.version <> r.version
		OR j.operation <> r.operation
END;
COMMENT ON VIEW audit.request_effect IS 'Requests that had not exactly one effect';
