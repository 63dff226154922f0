-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What a sealer must know before it seals: is sealing on, the last seal, where
-- the cluster is now.  horizon is the first transaction that may not have ended:
-- what is below it will never get another row, whatever began late.
--
-- standby: does a commit wait for another server?
--
-- Locks nothing.  On a standby it fails: only a primary has a horizon of its own.
CREATE OR REPLACE FUNCTION tegata.seal_state(OUT sealing boolean, OUT now timestamptz,
	OUT horizon bigint, OUT system_identifier bigint, OUT timeline int, OUT standby boolean,
	OUT number bigint, OUT epoch int, OUT to_xact bigint, OUT hash bytea,
	OUT last_system_identifier bigint, OUT last_timeline int, OUT sealed_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	sealing := setting_on('sealing');
	now := clock_timestamp();
	horizon := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
	system_identifier := (SELECT c.system_identifier FROM pg_control_system() c);
	-- The control file learns of a promotion with the next checkpoint only.
	timeline := ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int;
	standby := current_setting('synchronous_standby_names') <> '';
	SELECT s.number, s.epoch, s.to_xact, s.hash, s.system_identifier, s.timeline, s.sealed_at
	INTO number, epoch, to_xact, hash, last_system_identifier, last_timeline, sealed_at
	FROM seal s ORDER BY s.number DESC LIMIT 1;
END
$$;
COMMENT ON FUNCTION tegata.seal_state() IS 'The last seal, and where the cluster is now';
