-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- All invariants; no row: the books are in order.
CREATE OR REPLACE VIEW audit.violations AS
SELECT * FROM audit.account_sum
UNION ALL SELECT * FROM audit.act_effect
UNION ALL SELECT * FROM audit.charge_cause
UNION ALL SELECT * FROM audit.circulation
UNION ALL SELECT * FROM audit.issue_fee
UNION ALL SELECT * FROM audit.outbox_cause
UNION ALL SELECT * FROM audit.outbox_step
UNION ALL SELECT * FROM audit.question_step
UNION ALL SELECT * FROM audit.request_effect
UNION ALL SELECT * FROM audit.seal_age
UNION ALL SELECT * FROM audit.seal_chain
UNION ALL SELECT * FROM audit.value_charge
UNION ALL SELECT * FROM audit.value_history
UNION ALL SELECT * FROM audit.value_owner
UNION ALL SELECT * FROM audit.value_reserved
UNION ALL SELECT * FROM audit.value_step;
COMMENT ON VIEW audit.violations IS 'Everything that is not as it must be; no row = good';
COMMENT ON COLUMN audit.violations.invariant IS 'The view that found it';
COMMENT ON COLUMN audit.violations.object IS 'What it is about';
COMMENT ON COLUMN audit.violations.detail IS 'What is wrong';
