-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The chain of seals.  "tegatactl verify" proves it; this only tells it.
CREATE OR REPLACE VIEW audit.seal AS
SELECT s.number, s.epoch, s.sealed_at, s.from_xact, s.to_xact, s.row_count AS rows,
	encode(s.hash, 'hex') AS hash, k.label AS key, s.timeline, s.lost_number, s.reason
FROM tegata.seal s
LEFT JOIN tegata.signing_key k ON k.key_id = s.key_id;
COMMENT ON VIEW audit.seal IS 'Which transactions were sealed, when and by which key';
COMMENT ON COLUMN audit.seal.number IS 'From 1, without a gap';
COMMENT ON COLUMN audit.seal.epoch IS 'Another one after every restore or failover';
COMMENT ON COLUMN audit.seal.sealed_at IS 'When';
COMMENT ON COLUMN audit.seal.from_xact IS 'First transaction';
COMMENT ON COLUMN audit.seal.to_xact IS 'First transaction that is not in it';
COMMENT ON COLUMN audit.seal.rows IS 'Rows of journal, charge and operator_act';
COMMENT ON COLUMN audit.seal.hash IS 'As published';
COMMENT ON COLUMN audit.seal.key IS 'Label of the key that signed it';
COMMENT ON COLUMN audit.seal.timeline IS 'Of the cluster''s WAL';
COMMENT ON COLUMN audit.seal.lost_number IS 'First seal of an epoch: the last published one, where it is gone';
COMMENT ON COLUMN audit.seal.reason IS 'First seal of an epoch: why it began';
