-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Gives a terminal a number that is free, as its carrier did.
--
-- Locks the terminal, skipping it when somebody else has it locked.  Waits for
-- another session that takes the same number.
--
-- Returns NULL (done) or again (locked, or the number was taken meanwhile).
CREATE OR REPLACE FUNCTION tegata.terminal_renumber(terminal_id bigint, msisdn text,
	reason text) RETURNS smallint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_old text;
BEGIN
	SELECT t.address INTO v_old FROM terminal t
	WHERE t.terminal_id = terminal_renumber.terminal_id AND t.status IN (1, 2)
	FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN outcome_code('again');
	END IF;
	BEGIN
		UPDATE terminal t SET address = msisdn WHERE t.terminal_id = terminal_renumber.terminal_id;
	EXCEPTION WHEN unique_violation THEN
		RETURN outcome_code('again');
	END;
	INSERT INTO operator_act (act, arguments, reason, outcome, terminal_id)
	VALUES ('terminal_renumber', jsonb_build_object('from', v_old, 'to', msisdn),
		reason, 0, terminal_renumber.terminal_id);
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION tegata.terminal_renumber(bigint, text, text) IS 'Gives a terminal another number';
