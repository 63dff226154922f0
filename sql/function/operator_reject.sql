-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Rejects what an operator asked for; who asked may withdraw it so.
--
-- Locks the approval, and waits for it.
-- Outcomes in precedence: not_found, value_state (decided already), ok.
CREATE OR REPLACE FUNCTION tegata.operator_reject(approval_id bigint, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint := operator_reject.approval_id;
	v approval;
BEGIN
	SELECT * INTO v FROM approval p WHERE p.approval_id = v_id FOR UPDATE;
	outcome := CASE
		WHEN v.approval_id IS NULL THEN outcome_code('not_found')
		WHEN v.state <> 0 THEN outcome_code('value_state')
		ELSE outcome_code('ok')
	END;
	IF outcome = 0 THEN
		UPDATE approval p SET state = 2, decided_at = clock_timestamp(), decided_by = session_user
		WHERE p.approval_id = v_id;
	END IF;
	note := CASE
		WHEN v.approval_id IS NULL THEN 'no such approval'
		WHEN v.state = 0 THEN CASE WHEN v.operator = session_user THEN 'withdrawn' ELSE 'rejected' END
		WHEN v.state = 3 THEN format('it expired on %s', v.expires_at)
		ELSE format('it was %s by %s on %s', (ARRAY['approved', 'rejected'])[v.state], v.decided_by,
			v.decided_at)
	END;
	PERFORM operator_log('reject', jsonb_build_object('approval', v_id), reason, outcome, v.terminal_id);
END
$$;
COMMENT ON FUNCTION tegata.operator_reject(bigint, text) IS 'Rejects or withdraws what waits for approval';
