-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What keeps history from being sealed and breaks no rule yet: a transaction that
-- is open for more than a minute, or sealing that was turned off again.
CREATE OR REPLACE VIEW audit.seal_horizon AS
SELECT 'seal_horizon' AS invariant, format('transaction %s', s.horizon) AS object,
	format('nothing newer is sealed since %s: a transaction has not ended', s.horizon_since) AS detail
FROM audit.horizon s
WHERE s.sealing AND s.horizon_since < clock_timestamp() - interval '1 minute'
	AND s.sealed_at > clock_timestamp() - interval '1 minute'
UNION ALL
SELECT 'seal_horizon', format('seal %s', s.number),
	format('sealing is off since %s: history is not sealed', s.changed_at)
FROM audit.horizon s
WHERE NOT s.sealing AND s.number IS NOT NULL;
COMMENT ON VIEW audit.seal_horizon IS 'What keeps history from being sealed';
