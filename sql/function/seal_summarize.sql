-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Brings the BRIN indexes by transaction up to date.  Pages that no summary
-- knows are read by every search, and autovacuum summarizes an insert-only table
-- only when a fifth of it is new.
--
-- Locks: each partition (SHARE UPDATE EXCLUSIVE: reading and writing go on); one
-- that is being vacuumed is left for the next time, before autovacuum would be
-- cancelled for our sake.
CREATE OR REPLACE FUNCTION tegata.seal_summarize() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
	v_index regclass;
BEGIN
	FOR v_index IN
		SELECT i.indexrelid::regclass
		FROM pg_index i
		JOIN pg_class x ON x.oid = i.indexrelid AND x.relkind = 'i'
		JOIN pg_am m ON m.oid = x.relam AND m.amname = 'brin'
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE a.attname = 'xact' AND pg_relation_size(i.indrelid) > 0
			AND (i.indrelid = 'operator_act'::regclass OR i.indrelid IN (SELECT h.inhrelid
				FROM pg_inherits h WHERE h.inhparent IN ('journal'::regclass, 'charge'::regclass)))
	LOOP
		BEGIN
			PERFORM brin_summarize_new_values(v_index);
		EXCEPTION WHEN lock_not_available THEN
			NULL;
		END;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.seal_summarize() IS 'Brings the indexes by transaction up to date';
