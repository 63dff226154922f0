-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What waits, or waited, for a second operator.
CREATE OR REPLACE VIEW audit.approval AS
SELECT p.approval_id, p.asked_at, p.expires_at, p.operator, p.act,
	tegata.arguments_redact(p.arguments) AS arguments, tegata.text_redact(p.reason) AS reason,
	CASE WHEN p.state = 0 AND p.expires_at <= clock_timestamp() THEN 'expired'
		ELSE (ARRAY['waits', 'approved', 'rejected', 'expired'])[p.state + 1] END AS state,
	p.decided_at, p.decided_by, (p.outcome = 0) AS done, t.address AS terminal
FROM tegata.approval p
LEFT JOIN tegata.terminal t ON t.terminal_id = p.terminal_id;
COMMENT ON VIEW audit.approval IS 'Acts above a limit: who asked, who decided';
COMMENT ON COLUMN audit.approval.approval_id IS 'Counts up; gaps mean nothing';
COMMENT ON COLUMN audit.approval.asked_at IS 'When it was asked for';
COMMENT ON COLUMN audit.approval.expires_at IS 'Not to be approved from then on';
COMMENT ON COLUMN audit.approval.operator IS 'Who asked';
COMMENT ON COLUMN audit.approval.act IS 'For what, as in operator_act';
COMMENT ON COLUMN audit.approval.arguments IS 'With what, as in operator_act';
COMMENT ON COLUMN audit.approval.reason IS 'Why, in the words of who asked';
COMMENT ON COLUMN audit.approval.state IS 'waits, approved, rejected, expired';
COMMENT ON COLUMN audit.approval.decided_at IS 'When';
COMMENT ON COLUMN audit.approval.decided_by IS 'By whom';
COMMENT ON COLUMN audit.approval.done IS 'Of what was approved: false: it was refused all the same';
COMMENT ON COLUMN audit.approval.terminal IS 'Number or shop code concerned, as it is now';
