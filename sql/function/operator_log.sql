-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Writes down what an operator did or was refused.  Without a reason nothing is
-- done: the table's check raises.  approval_id: the act was asked for by the first
-- operator of this approval, and who approves it now is the second one.
CREATE OR REPLACE FUNCTION tegata.operator_log(act text, arguments jsonb, reason text,
	outcome smallint, terminal_id bigint DEFAULT NULL, cause_id bigint DEFAULT NULL,
	reference text DEFAULT NULL, approval_id bigint DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
BEGIN ATOMIC
	INSERT INTO tegata.operator_act (operator, approver, act, arguments, reason, outcome, terminal_id,
		cause_id, reference)
	SELECT coalesce(p.operator, session_user), CASE WHEN p.approval_id IS NOT NULL THEN session_user END,
		operator_log.act,
		jsonb_strip_nulls(operator_log.arguments || CASE WHEN p.approval_id IS NULL THEN '{}'
			ELSE jsonb_build_object('approval', p.approval_id) END),
		coalesce(operator_log.reason, ''), operator_log.outcome, operator_log.terminal_id,
		operator_log.cause_id, operator_log.reference
	FROM (SELECT) AS one
	LEFT JOIN tegata.approval p ON p.approval_id = operator_log.approval_id;
END;
COMMENT ON FUNCTION tegata.operator_log(text, jsonb, text, smallint, bigint, bigint, text, bigint)
	IS 'One row of operator_act';
