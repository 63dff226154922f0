-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Texts are leased to who writes them.  Two functions take and answer more than
-- before, and what was called before still is; they come with their files.
DROP FUNCTION IF EXISTS tegata.outbox_put(bytea[], bigint[], text[], uuid[], bigint[], text[], int[]);
DROP FUNCTION IF EXISTS tegata.outbox_result(text[], bigint[], int[], int[], text[], text[], int[], text[]);
