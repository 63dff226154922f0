-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Does another server take part in each commit?  A manager that must not move
-- value without asks when it connects and twice a second.  Locks nothing.
--
--   demanded   synchronous_standby_names names somebody: commits wait
--   streaming  standbys that commits wait for and that follow; 0 with demanded:
--              commits wait until one is back
--   flushed    up to here one of them has the journal on its disk; NULL: none does
--
-- The owner reads pg_stat_replication as a member of pg_read_all_stats
-- (role.sql); without it no standby is seen, and who demands one is refused.
CREATE OR REPLACE FUNCTION tegata.standby_state(OUT demanded boolean, OUT streaming int,
	OUT flushed pg_lsn)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	demanded := current_setting('synchronous_standby_names') <> '';
	SELECT count(*), max(r.flush_lsn) INTO streaming, flushed
	FROM pg_stat_replication r
	WHERE r.state = 'streaming' AND r.sync_state IN ('sync', 'quorum');
END
$$;
COMMENT ON FUNCTION tegata.standby_state() IS 'Whether commits wait for a standby, how many of those follow, and up to where one has flushed';
