-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Those terminals of these numbers that are blocked or quarantined, once no
-- transaction is left that may have read them as active: nothing can reach them
-- any more, so what they own may be looked at and they may retire.
--
-- Issue, transfer and top-up take their transaction id before they read a
-- status.  Each that may have read an old one has therefore an id below one that
-- is drawn now, and is over when the oldest id still running is not below it.
-- (The xmax of a snapshot would not do: it lies behind the last id that ended,
-- not behind the last that was drawn.)  Thereby no transfer has to lock its
-- transferee.  A terminal that was changed meanwhile (unblocked and blocked
-- again, say) may have been read as active since: it is left out.
--
-- Waits up to 5 s; an empty array where some transaction goes on longer.  Then
-- locks these terminals in the order of their key, and waits for them.  Must
-- come first in its transaction: an id of ours would be too old.
CREATE OR REPLACE FUNCTION tegata.terminal_settled(numbers text[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_ids bigint[];
	v_versions text[];
	v_next xid8;
	v_end timestamptz := clock_timestamp() + interval '5 seconds';
BEGIN
	-- xmin is another one whenever somebody has written the row, not where it was locked.
	SELECT array_agg(t.terminal_id), array_agg(t.xmin::text) INTO v_ids, v_versions
	FROM terminal t JOIN (SELECT DISTINCT unnest(numbers)) AS n(address) ON n.address = t.address
	WHERE t.status IN (2, 3);
	IF v_ids IS NULL THEN
		RETURN '{}';
	END IF;
	IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
		RAISE EXCEPTION 'this must be the first change of its transaction'
			USING ERRCODE = 'active_sql_transaction';
	END IF;
	v_next := pg_current_xact_id();
	WHILE pg_snapshot_xmin(pg_current_snapshot()) < v_next LOOP
		IF clock_timestamp() > v_end THEN
			RETURN '{}';
		END IF;
		PERFORM pg_sleep(0.01);
	END LOOP;
	PERFORM FROM terminal t WHERE t.terminal_id = ANY (v_ids) ORDER BY t.terminal_id FOR UPDATE;
	RETURN (SELECT coalesce(array_agg(t.terminal_id), '{}')
		FROM terminal t
		JOIN unnest(v_ids, v_versions) AS n(terminal_id, version)
			ON n.terminal_id = t.terminal_id AND n.version = t.xmin::text);
END
$$;
COMMENT ON FUNCTION tegata.terminal_settled(text[]) IS 'Terminals that no transaction can still give value to';
