-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A value is its journal: versions run from 1 without a gap to the value's own,
-- and the last one tells its owner and state.
CREATE OR REPLACE VIEW audit.value_history AS
SELECT 'value_history' AS invariant,
	coalesce(v.value_id, j.value_id)::text AS object,
	CASE
		WHEN v.value_id IS NULL THEN 'a journal without a value'
		WHEN j.value_id IS NULL THEN 'a value without a journal'
		WHEN j.first <> 1 OR j.n <> j.last THEN 'versions are not contiguous'
		WHEN j.last <> v.version THEN format('version %s, journal %s', v.version, j.last)
		WHEN l.owner_id <> v.owner_id THEN format('owner %s, journal %s', v.owner_id, l.owner_id)
		ELSE format('state %s, journal %s', v.state, l.state)
	END AS detail
FROM tegata.value v
FULL JOIN (SELECT home, value_id, min(version) AS first, max(version) AS last, count(*) AS n
	FROM tegata.journal GROUP BY home, value_id) j
	ON j.home = v.home AND j.value_id = v.value_id
LEFT JOIN tegata.journal l ON l.home = j.home AND l.value_id = j.value_id AND l.version = j.last
WHERE v.value_id IS NULL OR j.value_id IS NULL OR j.first <> 1 OR j.n <> j.last
	OR j.last <> v.version OR l.owner_id <> v.owner_id OR l.state <> v.state;
COMMENT ON VIEW audit.value_history IS 'Values that are not what their journal says';
