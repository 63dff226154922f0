-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What operators did, and were refused.
CREATE OR REPLACE VIEW audit.operator_act AS
SELECT a.act_id, a.at, a.operator, a.approver, a.act, tegata.arguments_redact(a.arguments) AS arguments,
	tegata.text_redact(a.reason) AS reason, (a.outcome = 0) AS done, t.address AS terminal,
	tegata.text_redact(a.reference) AS reference
FROM tegata.operator_act a
LEFT JOIN tegata.terminal t ON t.terminal_id = a.terminal_id;
COMMENT ON VIEW audit.operator_act IS 'Who did what to terminals, accounts, products, shops and keys, and why';
COMMENT ON COLUMN audit.operator_act.act_id IS 'Counts up; gaps mean nothing';
COMMENT ON COLUMN audit.operator_act.at IS 'When';
COMMENT ON COLUMN audit.operator_act.operator IS 'Personal role';
COMMENT ON COLUMN audit.operator_act.approver IS 'Second person, where one was asked for';
COMMENT ON COLUMN audit.operator_act.act IS 'What was done';
COMMENT ON COLUMN audit.operator_act.arguments IS 'With what, without secrets; of an IMSI network and last two digits';
COMMENT ON COLUMN audit.operator_act.reason IS 'Why, in the operators words';
COMMENT ON COLUMN audit.operator_act.done IS 'false: it was refused, or waits for approval';
COMMENT ON COLUMN audit.operator_act.terminal IS 'Number or shop code concerned, as it is now';
COMMENT ON COLUMN audit.operator_act.reference IS 'What makes it happen once';
