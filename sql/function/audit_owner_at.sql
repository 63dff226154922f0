-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who owned a value at a time, from the journal; one row, or none where it was not
-- there yet.  Reads one value's history by its key; locks nothing.
CREATE OR REPLACE FUNCTION audit.owner_at(value text, at timestamptz)
RETURNS TABLE (owner text, owner_now text, terminal_id bigint, since timestamptz, version int, state text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint := value_id_parse(owner_at.value);
BEGIN
	RETURN QUERY
	SELECT terminal_address_at(j.owner_id, owner_at.at), t.address, j.owner_id, j.at, j.version,
		(ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'])[j.state + 1]
	FROM (SELECT * FROM journal j
		WHERE j.home = ((v_id >> 42) & 63)::smallint AND j.value_id = v_id AND j.at <= owner_at.at
		ORDER BY j.version DESC LIMIT 1) j
	LEFT JOIN terminal t ON t.terminal_id = j.owner_id;
END
$$;
COMMENT ON FUNCTION audit.owner_at(text, timestamptz)
	IS 'The owner of a value at a time: its number then and now, since which change; the state then';
