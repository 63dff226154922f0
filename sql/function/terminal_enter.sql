-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who is it?  Finds terminals by IMSI, and tells what their owners have not
-- been told yet: a row an operation (n_unseen 1), the newest first, nine at most;
-- one row (n_unseen 0) where there is none.
-- asked: a question waits for the terminal's answer (question_of_terminal).
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
	u_peer text, u_peer_name text, asked boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET enable_bitmapscan = off -- it reads and sorts all that is unseen, however much
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_n int := cardinality(imsis);
	v_terminal bigint[];
	v_status smallint[];
	v_address text[];
	v_language text[];
	v_new boolean;
	v_outcome smallint[];
	v_todo int[];
	v_moved text[] := '{}';
	v_ord int;
	v_now timestamptz := clock_timestamp();
	v_asked boolean;
BEGIN
	IF (v_n = cardinality(msisdns) AND v_n = cardinality(enrols)) IS NOT TRUE THEN
		PERFORM batch_check(v_n, cardinality(msisdns), cardinality(enrols));
	END IF;

	-- Terminals are looked up once, and what is unseen of those found.
	SELECT array_agg(i.terminal_id), array_agg(i.status), array_agg(i.address),
		array_agg(i.language), bool_or(i.new)
	INTO v_terminal, v_status, v_address, v_language, v_new
	FROM (SELECT t.terminal_id, t.status, t.address, t.language,
			i.msisdn <> '' AND (t.address <> i.msisdn) IS NOT FALSE
			AND (t.status IN (1, 2)) IS NOT FALSE AS new
		FROM unnest(imsis, msisdns) WITH ORDINALITY AS i(imsi, msisdn, ord)
		LEFT JOIN terminal t ON t.imsi = i.imsi AND t.status <> 4
		ORDER BY i.ord) i;
	IF v_new THEN
		v_outcome := array_fill(NULL::smallint, ARRAY[v_n]);
		-- In the order of IMSI, so that two sessions that enrol the same ones wait in one direction.
		-- None is left where another session made them all since.
		SELECT coalesce(array_agg(i.ord ORDER BY i.imsi, i.ord), '{}') INTO v_todo
		FROM unnest(imsis, msisdns) WITH ORDINALITY AS i(imsi, msisdn, ord)
		LEFT JOIN terminal t ON t.imsi = i.imsi AND t.status <> 4
		WHERE i.msisdn <> '' AND (t.address <> i.msisdn) IS NOT FALSE
			AND (t.status IN (1, 2)) IS NOT FALSE;
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
		SELECT array_agg(i.terminal_id), array_agg(i.status), array_agg(i.address),
			array_agg(i.language)
		INTO v_terminal, v_status, v_address, v_language
		FROM (SELECT t.terminal_id, t.status, t.address, t.language
			FROM unnest(imsis) WITH ORDINALITY AS i(imsi, ord)
			LEFT JOIN terminal t ON t.imsi = i.imsi AND t.status <> 4
			ORDER BY i.ord) i;
	END IF;
	v_asked := EXISTS (SELECT FROM question q WHERE q.state = 0 AND q.deadline > v_now);

	RETURN QUERY
	SELECT t.ord::int,
		CASE WHEN NOT v_new OR v_outcome[t.ord] IS NULL
				THEN actor_outcome(t.status, NULL, NULL)
			WHEN v_outcome[t.ord] = 1 THEN outcome_code('ok')
			ELSE v_outcome[t.ord] END,
		t.terminal_id, t.address, t.language,
		v_new AND (v_outcome[t.ord] = 1) IS TRUE,
		CASE WHEN u.actor_id IS NULL THEN 0::smallint ELSE 1::smallint END,
		u.operation, u.outcome, u.request_id, u.at, u.value_id, u.amount, u.currency, u.peer,
		-- Only shops have names, and only their codes are so short.
		CASE WHEN length(u.peer) <= 6 THEN
			(SELECT p.name FROM terminal p WHERE p.terminal_id = u.peer_id) END,
		v_asked AND EXISTS (SELECT FROM question q
			-- Of the indexes only those by terminal will do.
			WHERE q.terminal_id = t.terminal_id AND q.state = 0 AND (q.deadline > v_now) IS TRUE)
	FROM unnest(v_terminal, v_status, v_address, v_language) WITH ORDINALITY
		AS t(terminal_id, status, address, language, ord)
	LEFT JOIN terminal_seen s ON s.home = (t.terminal_id & 63)::smallint
		AND s.terminal_id = t.terminal_id
	LEFT JOIN LATERAL (
		-- Refusals are passed over: 64 rows are looked at, at most.
		SELECT q.* FROM (SELECT r.* FROM request r
			WHERE r.actor_id = t.terminal_id
			AND r.request_id > coalesce(s.request_id, '00000000-0000-0000-0000-000000000000')
			ORDER BY r.request_id DESC LIMIT 64) q
		WHERE q.outcome IN (0, 1)
		ORDER BY q.request_id DESC LIMIT 9) u ON true
	ORDER BY t.ord;
END
$$;
COMMENT ON FUNCTION tegata.terminal_enter(text[], text[], boolean[])
	IS 'Finds or enrols terminals by IMSI, and tells their unseen operations';
