-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Writes down what an operator did or was refused.  Without a reason nothing is
-- done: the table's check raises.
CREATE OR REPLACE FUNCTION tegata.operator_log(act text, arguments jsonb, reason text,
	outcome smallint, terminal_id bigint DEFAULT NULL, cause_id bigint DEFAULT NULL,
	reference text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
BEGIN ATOMIC
	INSERT INTO tegata.operator_act (act, arguments, reason, outcome, terminal_id, cause_id, reference)
	VALUES (act, jsonb_strip_nulls(arguments), coalesce(reason, ''), outcome, terminal_id, cause_id,
		reference);
END;
COMMENT ON FUNCTION tegata.operator_log(text, jsonb, text, smallint, bigint, bigint, text)
	IS 'One row of operator_act';
