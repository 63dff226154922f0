-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A value's whole history: each version, who owned it from when until when, who
-- asked.  Numbers as they were then.  Reads one value's history by its key; locks
-- nothing.
CREATE OR REPLACE FUNCTION audit.ownership(value text)
RETURNS TABLE (version int, operation text, state text, owner text, owner_id bigint, since timestamptz,
	until timestamptz, actor text, link text, reference text, request_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint := value_id_parse(ownership.value);
BEGIN
	RETURN QUERY
	SELECT j.version, (ARRAY['issue', 'transfer', 'settle', 'swap', 'lapse'])[j.operation],
		(ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'])[j.state + 1],
		terminal_address_at(j.owner_id, j.at), j.owner_id, j.at, lead(j.at) OVER (ORDER BY j.version),
		terminal_address_at(j.actor_id, j.at), j.link, text_redact(j.reference), j.request_id
	FROM journal j
	WHERE j.home = ((v_id >> 42) & 63)::smallint AND j.value_id = v_id
	ORDER BY j.version;
END
$$;
COMMENT ON FUNCTION audit.ownership(text) IS 'The owners of a value, from the first to the last';
