-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One row of operator_pin_unblock or operator_pin_clear, and what an approval does.
-- approval_id: as in operator_log.
CREATE OR REPLACE FUNCTION tegata.pin_one(number text, action text, reason text, approval_id bigint,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_arguments jsonb := jsonb_build_object('number', number);
	v_act text := 'pin_' || action;
	v_holder terminal;
	v_pin terminal_pin;
BEGIN
	SELECT * INTO v_holder FROM terminal t WHERE t.address = number AND t.status IN (1, 2) AND t.kind = 1;
	SELECT * INTO v_pin FROM terminal_pin p
	WHERE p.home = v_holder.home AND p.terminal_id = v_holder.terminal_id FOR UPDATE;
	outcome := outcome_code('ok');
	IF v_holder.terminal_id IS NULL THEN
		outcome := outcome_code('terminal_unknown');
	ELSIF approval_misses(approval_id, v_holder.terminal_id) THEN
		outcome := outcome_code('request_conflict');
		note := 'the number belongs to another terminal by now';
	ELSIF v_pin.terminal_id IS NULL THEN
		outcome := outcome_code('not_found');
		note := 'it has no PIN';
	ELSIF action = 'unblock' AND v_pin.blocked_at IS NULL THEN
		outcome := outcome_code('not_found');
		note := 'it is not blocked: nothing was done';
	ELSIF approval_id IS NULL AND terminal_is_weighty(v_holder.terminal_id) THEN
		outcome := outcome_code('pending');
		note := approval_ask(v_act, v_arguments, reason, v_holder.terminal_id);
		RETURN;
	ELSIF action = 'unblock' THEN
		UPDATE terminal_pin p SET tries = 0, blocked_at = NULL
		WHERE p.home = v_pin.home AND p.terminal_id = v_pin.terminal_id;
	ELSE
		DELETE FROM terminal_pin p WHERE p.home = v_pin.home AND p.terminal_id = v_pin.terminal_id;
	END IF;
	PERFORM operator_log(v_act, v_arguments, reason, outcome, v_holder.terminal_id,
		approval_id => approval_id);
END
$$;
COMMENT ON FUNCTION tegata.pin_one(text, text, text, bigint) IS 'Unblocks or clears one PIN';
