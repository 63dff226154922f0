-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Texts are leased to who writes them.  Two functions take and answer more than
-- before, and what was called before still is; they come with their files.
LOCK TABLE tegata.outbox IN ACCESS EXCLUSIVE MODE;
DROP FUNCTION IF EXISTS tegata.outbox_put(bytea[], bigint[], text[], uuid[], bigint[], text[], int[]);
DROP FUNCTION IF EXISTS tegata.outbox_result(text[], bigint[], int[], int[], text[], text[], int[], text[]);

-- Which text of a terminal is the first is asked of outbox_order and nothing else.  To the
-- planner, who thinks that nobody waits, these two were as good; now only who asks for times
-- may use them.
DROP INDEX tegata.outbox_due, tegata.outbox_valid;
CREATE INDEX outbox_due ON tegata.outbox (next_at) WHERE state = 0 AND kind = 1 AND next_at IS NOT NULL;
CREATE INDEX outbox_valid ON tegata.outbox (valid_until) WHERE state = 0 AND valid_until IS NOT NULL;
COMMENT ON INDEX tegata.outbox_due IS 'What can be tried now';
COMMENT ON INDEX tegata.outbox_valid IS 'What came to its end';
