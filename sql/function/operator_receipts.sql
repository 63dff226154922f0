-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Receipts of terminals: on, off, or default (as setting receipts says).
--
-- Locks each row's terminal, and waits for it.  Idempotent.
--
-- Outcomes in precedence: body_malformed (none of the three), terminal_unknown, ok.
CREATE OR REPLACE FUNCTION tegata.operator_receipts(numbers text[], receipts text, reason text)
RETURNS TABLE (ord int, outcome smallint, note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint;
BEGIN
	FOR i IN 1 .. cardinality(numbers) LOOP
		ord := i;
		v_id := NULL;
		note := NULL;
		IF (operator_receipts.receipts IN ('on', 'off', 'default')) IS NOT TRUE THEN
			outcome := outcome_code('body_malformed');
			note := 'on, off or default';
		ELSE
			UPDATE terminal t SET receipts = CASE operator_receipts.receipts WHEN 'on' THEN true
				WHEN 'off' THEN false END
			WHERE t.address = numbers[i] AND t.status IN (1, 2) AND t.kind = 1
			RETURNING t.terminal_id INTO v_id;
			outcome := CASE WHEN FOUND THEN outcome_code('ok') ELSE outcome_code('terminal_unknown') END;
		END IF;
		PERFORM operator_log('receipts', jsonb_build_object('number', numbers[i],
			'receipts', operator_receipts.receipts), reason, outcome, v_id);
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_receipts(text[], text, text) IS 'Receipts of terminals on or off';
