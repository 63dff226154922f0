-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every act that says it moved money did; and who approved an act is not who did
-- it, and was asked.
CREATE OR REPLACE VIEW audit.act_effect AS
SELECT 'act_effect' AS invariant, format('act %s', o.act_id) AS object,
	CASE WHEN o.approver = o.operator THEN 'approved by the operator who did it'
		WHEN o.approver IS NOT NULL AND p.approval_id IS NULL THEN 'approved, but nobody had asked'
		ELSE 'its movement is not there' END AS detail
FROM tegata.operator_act o
LEFT JOIN tegata.approval p ON p.approval_id = (o.arguments->>'approval')::bigint
	AND p.act = o.act AND p.operator = o.operator AND p.state IN (0, 1)
WHERE o.approver = o.operator
	OR (o.approver IS NOT NULL AND p.approval_id IS NULL)
	OR (o.cause_id IS NOT NULL AND NOT EXISTS (SELECT FROM tegata.charge c
		WHERE c.home = ((o.cause_id >> 42) & 63)::smallint AND c.cause_id = o.cause_id
			AND c.version = 0));
COMMENT ON VIEW audit.act_effect IS 'Acts of operators without their effect, or without their second person';
