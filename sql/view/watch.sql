-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What breaks no rule, but wants somebody to look at it.
CREATE OR REPLACE VIEW audit.watch AS
SELECT * FROM audit.default_partition
UNION ALL SELECT * FROM audit.money_left
UNION ALL SELECT * FROM audit.outbox_dead
UNION ALL SELECT * FROM audit.outbox_late
UNION ALL SELECT * FROM audit.outbox_twice
UNION ALL SELECT * FROM audit.over_limit
UNION ALL SELECT * FROM audit.seal_horizon;
COMMENT ON VIEW audit.watch IS 'What breaks no rule, but wants somebody to look at it';
COMMENT ON COLUMN audit.watch.invariant IS 'The view that found it';
COMMENT ON COLUMN audit.watch.object IS 'What it is about';
COMMENT ON COLUMN audit.watch.detail IS 'What was found';
