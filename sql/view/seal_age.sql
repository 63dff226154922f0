-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- While sealing is on, history is sealed up to a minute ago: there is a seal of
-- the last minute (one is made at least every half), and where a transaction that
-- has not ended holds the horizon, no row of before that waits to be sealed.
CREATE OR REPLACE VIEW audit.seal_age AS
SELECT 'seal_age' AS invariant, 'journal, charge, operator_act' AS object,
	CASE
		WHEN s.number IS NULL THEN format('sealing is on since %s, and there is no seal', s.changed_at)
		WHEN s.sealed_at < clock_timestamp() - interval '1 minute'
			THEN format('the last seal, %s, is of %s', s.number, s.sealed_at)
		ELSE format('rows wait to be sealed since %s: a transaction that began before has not ended',
			s.horizon_since)
	END AS detail
FROM audit.horizon s
WHERE s.sealing AND s.changed_at < clock_timestamp() - interval '1 minute'
	AND ((s.sealed_at < clock_timestamp() - interval '1 minute') IS NOT FALSE
		OR (s.horizon_since < clock_timestamp() - interval '1 minute'
			AND (EXISTS (SELECT FROM tegata.journal j WHERE j.xact >= s.horizon
					AND j.at < clock_timestamp() - interval '1 minute')
				OR EXISTS (SELECT FROM tegata.charge c WHERE c.xact >= s.horizon
					AND c.at < clock_timestamp() - interval '1 minute')
				OR EXISTS (SELECT FROM tegata.operator_act a WHERE a.xact >= s.horizon
					AND a.at < clock_timestamp() - interval '1 minute'))));
COMMENT ON VIEW audit.seal_age IS 'History that should have been sealed by now; nothing where sealing is off';
