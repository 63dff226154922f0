-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Brings the journal's index by time up to date, as seal_summarize does with those
-- by transaction: else the newest fifth of a month is read to find its last minute.
-- What was summarized stays so, whatever becomes of the transaction.
--
-- Locks: each partition (SHARE UPDATE EXCLUSIVE), skipping one that is being vacuumed.
CREATE OR REPLACE FUNCTION tegata.journal_summarize() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
	v_index regclass;
BEGIN
	FOR v_index IN
		SELECT h.inhrelid::regclass
		FROM pg_inherits h
		JOIN pg_index i ON i.indexrelid = h.inhrelid
		WHERE h.inhparent = 'journal_at'::regclass AND pg_relation_size(i.indrelid) > 0
	LOOP
		BEGIN
			PERFORM brin_summarize_new_values(v_index);
		EXCEPTION WHEN lock_not_available THEN
			NULL;
		END;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.journal_summarize() IS 'Brings the journal''s index by time up to date';
