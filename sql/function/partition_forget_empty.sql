-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Makes the planner forget that it once saw a partition empty.  After an
-- ANALYZE of the whole database (an upgrade of PostgreSQL does one) the months
-- that are coming count as having no row at all, every plan is as good as any
-- other, and at the first midnight of the month the hot functions would read
-- whole partitions until autovacuum comes by.  A table whose size is not known
-- is taken for a small one, and read by its keys.
--
-- TRUNCATE is what sets a table back to "not known".  It is only done where no
-- row is there while nobody else can write one.
--
-- Locks: each such partition, ACCESS EXCLUSIVE; one that is in use is left for
-- the next day.
CREATE OR REPLACE FUNCTION tegata.partition_forget_empty() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_child regclass;
	v_empty boolean;
BEGIN
	FOR v_child IN
		SELECT c.oid::regclass
		FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
		WHERE h.inhparent IN ('value'::regclass, 'journal'::regclass, 'charge'::regclass)
			AND c.relkind = 'r' AND c.reltuples = 0 AND pg_relation_size(c.oid) = 0
	LOOP
		BEGIN
			EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', v_child);
			EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', v_child) INTO v_empty;
			IF v_empty THEN
				EXECUTE format('TRUNCATE ONLY %s', v_child);
			END IF;
		EXCEPTION WHEN lock_not_available THEN
			NULL;
		END;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.partition_forget_empty() IS 'Makes the planner forget that partitions were empty';
