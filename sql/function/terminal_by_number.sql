-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Which telephones have these numbers now, for texts of which only the number is
-- known.  Locks nothing, makes nothing.
--
-- Outcomes in precedence: those of actor_outcome: terminal_unknown,
-- terminal_blocked, terminal_quarantined (frozen after a SIM swap), ok.
CREATE OR REPLACE FUNCTION tegata.terminal_by_number(numbers text[])
RETURNS TABLE (ord int, outcome smallint, terminal_id bigint, address text, imsi text,
	language text, receipts boolean, has_pin boolean, pin_blocked boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_receipts boolean := setting_on('receipts');
BEGIN
	RETURN QUERY
	SELECT i.ord::int, actor_outcome(t.status, t.frozen_until, clock_timestamp()), t.terminal_id,
		t.address, t.imsi, t.language,
		CASE WHEN t.terminal_id IS NOT NULL THEN coalesce(t.receipts, v_receipts, false) END,
		p.terminal_id IS NOT NULL, p.blocked_at IS NOT NULL
	FROM unnest(numbers) WITH ORDINALITY AS i(number, ord)
	LEFT JOIN terminal t ON t.address = i.number AND t.status IN (1, 2) AND t.kind = 1
	LEFT JOIN terminal_pin p ON p.home = t.home AND p.terminal_id = t.terminal_id
	ORDER BY i.ord;
END
$$;
COMMENT ON FUNCTION tegata.terminal_by_number(text[]) IS 'Which telephones have these numbers';
