-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Would what was committed before this position survive the loss of this
-- server?  For whoever publishes what must not be taken back: a seal.  Ask with
-- pg_current_wal_insert_lsn() of after the commit.  Locks nothing, waits for
-- nothing.
--
--   true   a synchronous standby has flushed it
--   false  not yet, or there is none
CREATE OR REPLACE FUNCTION tegata.standby_flushed("position" pg_lsn) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN coalesce((SELECT s.flushed >= "position" FROM standby_state() s), false);
END
$$;
COMMENT ON FUNCTION tegata.standby_flushed(pg_lsn) IS 'Whether a synchronous standby has flushed the journal up to here';
