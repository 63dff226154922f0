-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One row of operator_terminal_status.  settled: what terminal_settled answered.
-- approval_id: as in operator_log.
CREATE OR REPLACE FUNCTION tegata.terminal_status_one(number text, action text, settled bigint[],
	reason text, approval_id bigint, OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_arguments jsonb := jsonb_build_object('number', number, 'action', action);
	v_holder terminal;
	v_status smallint;
BEGIN
	IF action IS NULL OR action NOT IN ('block', 'unblock', 'retire') THEN
		RAISE EXCEPTION 'action must be block, unblock or retire'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT * INTO v_holder FROM terminal t WHERE t.address = number AND t.status IN (1, 2) FOR UPDATE;
	v_status := terminal_status_code(CASE action WHEN 'block' THEN 'blocked'
		WHEN 'unblock' THEN 'active' ELSE 'retired' END);
	outcome := outcome_code('ok');

	IF v_holder.terminal_id IS NULL THEN
		outcome := outcome_code('terminal_unknown');
	ELSIF approval_misses(approval_id, v_holder.terminal_id) THEN
		outcome := outcome_code('request_conflict');
		note := 'the number belongs to another terminal by now';
	ELSIF v_holder.status = v_status THEN
		note := 'it is so already';
	ELSIF action = 'retire' AND v_holder.status <> terminal_status_code('blocked') THEN
		outcome := outcome_code('value_state');
		note := 'block it first';
	ELSIF action = 'retire' AND NOT v_holder.terminal_id = ANY (settled) THEN
		outcome := outcome_code('again');
		note := 'blocked a moment ago, and transactions of before are still running';
	ELSIF action = 'retire' AND terminal_holds(v_holder.terminal_id) THEN
		outcome := outcome_code('value_state');
		note := 'it owns value';
	ELSIF action = 'retire' AND terminal_money(v_holder.terminal_id) IS NOT NULL THEN
		outcome := outcome_code('value_state');
		note := format('it has %s: settle first', terminal_money(v_holder.terminal_id));
	ELSIF action = 'unblock' AND approval_id IS NULL AND terminal_is_weighty(v_holder.terminal_id) THEN
		outcome := outcome_code('pending');
		note := approval_ask('terminal_status', v_arguments, reason, v_holder.terminal_id);
		RETURN;
	ELSE
		UPDATE terminal t SET status = v_status WHERE t.terminal_id = v_holder.terminal_id;
	END IF;
	PERFORM operator_log('terminal_status', v_arguments, reason, outcome, v_holder.terminal_id,
		approval_id => approval_id);
END
$$;
COMMENT ON FUNCTION tegata.terminal_status_one(text, text, bigint[], text, bigint)
	IS 'Blocks, unblocks or retires one terminal';
