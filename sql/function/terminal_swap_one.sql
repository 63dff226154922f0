-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One row of operator_terminal_swap.  settled: what terminal_settled answered.
-- approval_id: as in operator_log.
--
--   number of                  old row in quarantine   what is done
--   a terminal                 none                    the IMSI is bound to it
--   a terminal with this IMSI  yes                     values and accounts go from the old
--                                                      row to it; the old row retires
--   nobody                     yes                     the old row is active again with the IMSI
CREATE OR REPLACE FUNCTION tegata.terminal_swap_one(number text, imsi text, settled bigint[],
	reason text, approval_id bigint, OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_imsi text := nullif(terminal_swap_one.imsi, '');
	v_live terminal;
	v_old terminal;
	v_other bigint;
	v_id bigint;
	v_approval bigint := terminal_swap_one.approval_id;
	v_freeze interval := (SELECT make_interval(hours => s.value::int) FROM setting s
		WHERE s.name = 'swap_freeze_hours');
BEGIN
	SELECT * INTO v_live FROM terminal t
	WHERE t.address = number AND t.status IN (1, 2) AND t.kind = 1 FOR UPDATE;
	SELECT * INTO v_old FROM terminal t
	WHERE t.address = number AND t.status = 3
	ORDER BY t.quarantined_at DESC LIMIT 1 FOR UPDATE;
	SELECT t.terminal_id INTO v_other FROM terminal t WHERE t.imsi = v_imsi AND t.status <> 4;
	-- Who has what is to follow.
	v_id := coalesce(v_old.terminal_id, v_live.terminal_id);
	outcome := outcome_code('ok');

	IF v_live.terminal_id IS NULL AND v_old.terminal_id IS NULL THEN
		outcome := outcome_code('terminal_unknown');
	ELSIF v_imsi !~ '^[0-9]{6,15}$' OR (v_imsi IS NULL AND v_old.terminal_id IS NULL) THEN
		outcome := outcome_code('number_malformed');
		note := 'not an IMSI';
	ELSIF v_other NOT IN (coalesce(v_live.terminal_id, v_old.terminal_id)) THEN
		outcome := outcome_code('request_conflict');
		note := 'the IMSI belongs to another terminal';
	ELSIF approval_misses(v_approval, v_id) THEN
		outcome := outcome_code('request_conflict');
		note := 'the number belongs to another terminal by now';
	ELSIF v_old.terminal_id IS NULL AND v_live.imsi = v_imsi THEN
		note := 'it is so already';
	ELSIF v_old.terminal_id IS NOT NULL AND v_imsi <> v_live.imsi THEN
		outcome := outcome_code('request_conflict');
		note := 'yet another SIM is active on the number';
	ELSIF v_live.terminal_id IS NOT NULL AND v_old.terminal_id IS NOT NULL
		AND NOT v_old.terminal_id = ANY (settled) THEN
		outcome := outcome_code('again');
		note := 'quarantined a moment ago, and transactions of before are still running';
	ELSIF v_approval IS NULL AND terminal_is_weighty(v_id) THEN
		outcome := outcome_code('pending');
		note := approval_ask('terminal_swap', jsonb_build_object('number', number, 'imsi', v_imsi),
			reason, v_id);
		RETURN;
	ELSIF v_old.terminal_id IS NULL OR v_live.terminal_id IS NULL THEN
		UPDATE terminal t
		SET imsi = coalesce(v_imsi, t.imsi), imsi_bound_at = clock_timestamp(),
			frozen_until = clock_timestamp() + v_freeze, quarantined_at = NULL,
			status = CASE t.status WHEN 3 THEN 1 ELSE t.status END
		WHERE t.terminal_id = v_id;
		note := 'bound to the new IMSI';
	ELSE
		note := value_hand_over(v_old.terminal_id, v_live.terminal_id) || ' values followed';
		UPDATE terminal t SET status = terminal_status_code('retired')
		WHERE t.terminal_id = v_old.terminal_id;
		UPDATE terminal t SET frozen_until = clock_timestamp() + v_freeze
		WHERE t.terminal_id = v_live.terminal_id;
	END IF;
	PERFORM operator_log('terminal_swap', jsonb_build_object('number', number, 'imsi', v_imsi,
		'from', v_old.terminal_id, 'note', note), reason, outcome,
		coalesce(v_live.terminal_id, v_old.terminal_id), approval_id => v_approval);
END
$$;
COMMENT ON FUNCTION tegata.terminal_swap_one(text, text, bigint[], text, bigint) IS 'One SIM swap';
