-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One IMSI at one number that terminal_enter did not find together.
--
--   IMSI       number of               what is done
--   known      nobody                  the carrier changed the number: it is followed
--   known      another, with an IMSI   nothing; the feed or an operator must say
--   known      another, without IMSI   the same
--   unknown    nobody                  a new terminal, if enrol
--   unknown    a terminal imported     the IMSI is bound to it: the operator has
--              without IMSI            said whose number it is
--   unknown    a blocked terminal      nothing: a new SIM does not undo a block
--   unknown    another's               if enrol: a new, empty terminal; the old row
--                                      is quarantined, its values frozen, until
--                                      somebody says SIM swap or recycled
--
-- Locks the terminal that has the number, skipping it when somebody else has
-- it locked.  Waits for another session that inserts the same number or IMSI.
--
-- Returns NULL (the terminal as found is the answer), 1 (made now), or an
-- outcome in precedence: number_malformed, terminal_unknown,
-- terminal_blocked, again.
CREATE OR REPLACE FUNCTION tegata.terminal_enrol(imsi text, msisdn text, enrol boolean) RETURNS smallint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_known terminal;
	v_holder terminal;
	v_id bigint;
BEGIN
	IF terminal_enrol.imsi !~ '^[0-9]{6,15}$' OR msisdn !~ '^[1-9][0-9]{6,14}$' THEN
		RETURN outcome_code('number_malformed');
	END IF;
	SELECT * INTO v_known FROM terminal t WHERE t.imsi = terminal_enrol.imsi AND t.status <> 4;
	SELECT * INTO v_holder FROM terminal t WHERE t.address = msisdn AND t.status IN (1, 2);

	IF v_known.terminal_id IS NOT NULL THEN
		IF v_known.address = msisdn OR v_holder.terminal_id IS NOT NULL
			OR v_known.status NOT IN (1, 2) THEN
			RETURN NULL;
		END IF;
		RETURN terminal_renumber(v_known.terminal_id, msisdn,
			'the exchange reports another number for its IMSI');
	END IF;

	IF v_holder.terminal_id IS NULL THEN
		IF NOT enrol THEN
			RETURN outcome_code('terminal_unknown');
		END IF;
		v_id := terminal_make(1::smallint, msisdn, terminal_enrol.imsi, NULL, NULL);
		RETURN CASE WHEN v_id IS NULL THEN outcome_code('again') ELSE 1 END;
	END IF;

	IF v_holder.imsi IS NOT NULL THEN
		IF NOT enrol THEN
			RETURN outcome_code('terminal_unknown');
		ELSIF v_holder.status = terminal_status_code('blocked') THEN
			RETURN outcome_code('terminal_blocked');
		END IF;
	END IF;

	-- The row must still be what was read: another request may have changed it since.
	PERFORM FROM terminal t
	WHERE t.terminal_id = v_holder.terminal_id AND t.imsi IS NOT DISTINCT FROM v_holder.imsi
		AND t.address = msisdn AND t.status = v_holder.status
	FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN outcome_code('again');
	END IF;

	IF v_holder.imsi IS NULL THEN
		BEGIN
			UPDATE terminal t SET imsi = terminal_enrol.imsi, imsi_bound_at = clock_timestamp()
			WHERE t.terminal_id = v_holder.terminal_id;
		EXCEPTION WHEN unique_violation THEN
			RETURN outcome_code('again');
		END;
		RETURN NULL;
	END IF;

	UPDATE terminal t
	SET status = terminal_status_code('quarantined'), quarantined_at = clock_timestamp()
	WHERE t.terminal_id = v_holder.terminal_id;
	v_id := terminal_make(1::smallint, msisdn, terminal_enrol.imsi, NULL, v_holder.language);
	IF v_id IS NULL THEN
		-- Another session was quicker; undone, because the batch goes on.
		UPDATE terminal t SET status = v_holder.status, quarantined_at = v_holder.quarantined_at
		WHERE t.terminal_id = v_holder.terminal_id;
		RETURN outcome_code('again');
	END IF;
	INSERT INTO operator_act (act, arguments, reason, outcome, terminal_id)
	VALUES ('terminal_quarantine', jsonb_build_object('number', msisdn, 'imsi', terminal_enrol.imsi,
			'successor', v_id), 'another IMSI on its number', 0, v_holder.terminal_id);
	RETURN 1;
END
$$;
COMMENT ON FUNCTION tegata.terminal_enrol(text, text, boolean) IS 'A first contact, a number that changed, or another SIM on a known number';
