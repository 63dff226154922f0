-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Each seal names the one before it, and begins where that ended.  Whether hashes
-- and signatures are right is what "tegatactl verify" tells.
CREATE OR REPLACE VIEW audit.seal_chain AS
SELECT 'seal_chain' AS invariant, format('seal %s', s.number) AS object,
	CASE
		WHEN s.number <> coalesce(s.last_number, 0) + 1
			THEN format('the one before it is %s', coalesce(s.last_number, 0))
		WHEN s.previous IS DISTINCT FROM s.last_hash THEN 'it names another one before it'
		ELSE 'it does not begin where the one before it ended'
	END AS detail
FROM (SELECT number, previous, from_xact, lag(number) OVER w AS last_number,
		lag(hash) OVER w AS last_hash, lag(to_xact) OVER w AS last_to
	FROM tegata.seal WINDOW w AS (ORDER BY number)) s
WHERE s.number <> coalesce(s.last_number, 0) + 1 OR s.previous IS DISTINCT FROM s.last_hash
	OR s.from_xact <> coalesce(s.last_to, 0);
COMMENT ON VIEW audit.seal_chain IS 'Seals that do not continue the chain';
