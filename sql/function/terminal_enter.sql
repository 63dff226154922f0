-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who is it?  Finds terminals by IMSI, and tells what their owners have not
-- been told yet.
--
-- Known IMSI, number the same or not given: reads only, locks nothing.  What
-- remains goes to terminal_enrol, one by one: a number changed by the carrier,
-- a first contact.
--
-- Idempotency: entering again finds what the first time made.
--
-- Outcomes in precedence:
--   again                 a row in question is locked, is being made by another
--                         session, or the number went to a new terminal in this batch
--   number_malformed      of what would have to be stored
--   terminal_unknown      no such IMSI, and enrol is off or the number is missing
--   terminal_blocked      also: unknown IMSI on the number of a blocked terminal
--   terminal_quarantined | terminal_retired
--   ok
CREATE OR REPLACE FUNCTION tegata.terminal_enter(imsis text[], msisdns text[], enrols boolean[])
RETURNS TABLE (ord int, outcome smallint, terminal_id bigint, address text, language text,
	enrolled boolean, n_unseen smallint, u_operation smallint, u_outcome smallint,
	u_request_id uuid, u_at timestamptz, u_value_id bigint, u_amount bigint, u_currency text,
	u_peer text, u_peer_name text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
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
	v_n int := cardinality(imsis);
	v_outcome smallint[] := array_fill(NULL::smallint, ARRAY[v_n]);
	v_todo int[];
	v_moved text[] := '{}';
	v_ord int;
BEGIN
	IF (v_n = cardinality(msisdns) AND v_n = cardinality(enrols)) IS NOT TRUE THEN
		PERFORM batch_check(v_n, cardinality(msisdns), cardinality(enrols));
	END IF;

	-- In the order of IMSI, so that two sessions that enrol the same ones wait in one direction.
	SELECT array_agg(i.ord ORDER BY i.imsi, i.ord) INTO v_todo
	FROM unnest(imsis, msisdns) WITH ORDINALITY AS i(imsi, msisdn, ord)
	LEFT JOIN terminal t ON t.imsi = i.imsi AND t.status <> 4
	WHERE i.msisdn <> '' AND (t.address <> i.msisdn) IS NOT FALSE
		AND (t.status IN (1, 2)) IS NOT FALSE;
	IF v_todo IS NOT NULL THEN
		FOREACH v_ord IN ARRAY v_todo LOOP
			IF msisdns[v_ord] = ANY (v_moved) THEN
				v_outcome[v_ord] := outcome_code('again');
				CONTINUE;
			END IF;
			v_outcome[v_ord] := terminal_enrol(imsis[v_ord], msisdns[v_ord], enrols[v_ord]);
			IF v_outcome[v_ord] = 1 THEN
				v_moved := v_moved || msisdns[v_ord];
			END IF;
		END LOOP;
	END IF;

	RETURN QUERY
	SELECT i.ord::int,
		CASE WHEN i.made = 1 THEN outcome_code('ok')
			WHEN i.made IS NOT NULL THEN i.made
			ELSE actor_outcome(t.status, NULL, NULL) END,
		t.terminal_id, t.address, t.language, coalesce(i.made = 1, false),
		coalesce(u.n, 0)::smallint, u.operation, u.outcome, u.request_id, u.at, u.value_id,
		u.amount, u.currency, u.peer, p.name
	FROM unnest(imsis, v_outcome) WITH ORDINALITY AS i(imsi, made, ord)
	LEFT JOIN terminal t ON t.imsi = i.imsi AND t.status <> 4
	LEFT JOIN terminal_seen s ON s.home = t.home AND s.terminal_id = t.terminal_id
	LEFT JOIN LATERAL (
		-- The newest 64 at most: enough for "9 or more", and a bound on the scan.
		SELECT q.*, least(count(*) OVER (), 9) AS n
		FROM (SELECT r.* FROM request r
			WHERE r.actor_id = t.terminal_id
			AND r.request_id > coalesce(s.request_id, '00000000-0000-0000-0000-000000000000')
			ORDER BY r.request_id DESC LIMIT 64) q
		WHERE q.outcome IN (0, 1)
		ORDER BY q.request_id DESC LIMIT 1) u ON true
	LEFT JOIN terminal p ON p.terminal_id = u.peer_id
	ORDER BY i.ord;
END
$$;
COMMENT ON FUNCTION tegata.terminal_enter(text[], text[], boolean[])
	IS 'Finds or enrols terminals by IMSI, and tells their newest unseen operation';
