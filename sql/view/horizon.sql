-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- How far history is sealed; one row.  A horizon that stands still while there
-- are newer seals is held by a transaction that has not ended.
CREATE OR REPLACE VIEW audit.horizon AS
SELECT w.value = 'on' AS sealing, s.number, s.sealed_at, s.to_xact AS horizon,
	h.sealed_at AS horizon_since, w.changed_at
FROM tegata.setting w
LEFT JOIN (SELECT number, sealed_at, to_xact FROM tegata.seal ORDER BY number DESC LIMIT 1) s ON true
LEFT JOIN LATERAL (SELECT e.sealed_at FROM tegata.seal e
	WHERE e.to_xact = s.to_xact AND e.number > (SELECT coalesce(max(b.number), 0)
		FROM (SELECT r.number, r.to_xact FROM tegata.seal r ORDER BY r.number DESC LIMIT 10000) b
		WHERE b.to_xact <> s.to_xact)
	ORDER BY e.number LIMIT 1) h ON true
WHERE w.name = 'sealing';
COMMENT ON VIEW audit.horizon IS 'Is history sealed, and how far';
COMMENT ON COLUMN audit.horizon.sealing IS 'Is the setting on?';
COMMENT ON COLUMN audit.horizon.number IS 'The last seal; NULL: none yet';
COMMENT ON COLUMN audit.horizon.sealed_at IS 'When it was made';
COMMENT ON COLUMN audit.horizon.horizon IS 'First transaction that is not sealed';
COMMENT ON COLUMN audit.horizon.horizon_since IS 'Since when the horizon is where it is';
COMMENT ON COLUMN audit.horizon.changed_at IS 'When sealing was turned on or off';
