-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What operators did, and were refused.
CREATE OR REPLACE VIEW audit.operator_act AS
SELECT a.act_id, a.at, a.operator, a.approver, a.act, a.arguments - 'imsi' AS arguments, a.reason,
	(a.outcome = 0) AS done, t.address AS terminal, a.reference
FROM tegata.operator_act a
LEFT JOIN tegata.terminal t ON t.terminal_id = a.terminal_id;
COMMENT ON VIEW audit.operator_act IS 'Who did what to terminals, accounts, products, shops and keys, and why';
COMMENT ON COLUMN audit.operator_act.act_id IS 'Counts up; gaps mean nothing';
COMMENT ON COLUMN audit.operator_act.at IS 'When';
COMMENT ON COLUMN audit.operator_act.operator IS 'Personal role';
COMMENT ON COLUMN audit.operator_act.approver IS 'Second person, where one is asked for';
COMMENT ON COLUMN audit.operator_act.act IS 'What was done';
COMMENT ON COLUMN audit.operator_act.arguments IS 'With what, without secrets';
COMMENT ON COLUMN audit.operator_act.reason IS 'Why, in the operators words';
COMMENT ON COLUMN audit.operator_act.done IS 'false: it was refused';
COMMENT ON COLUMN audit.operator_act.terminal IS 'Number or shop code concerned';
COMMENT ON COLUMN audit.operator_act.reference IS 'What makes it happen once';
