-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- May this terminal act?  Inlined by the planner.
--
-- Outcomes in precedence: terminal_unknown (no row), terminal_blocked,
-- terminal_quarantined (also while frozen after a SIM swap), terminal_retired, ok.
SET LOCAL check_function_bodies = off; -- what it calls comes later in the alphabet
CREATE OR REPLACE FUNCTION tegata.actor_outcome(status smallint, frozen_until timestamptz,
	now timestamptz) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
	SELECT CASE
		WHEN status IS NULL THEN tegata.outcome_code('terminal_unknown')
		WHEN status = tegata.terminal_status_code('blocked') THEN tegata.outcome_code('terminal_blocked')
		WHEN status = tegata.terminal_status_code('quarantined') OR frozen_until > now
			THEN tegata.outcome_code('terminal_quarantined')
		WHEN status = tegata.terminal_status_code('retired') THEN tegata.outcome_code('terminal_retired')
		ELSE tegata.outcome_code('ok')
	END
$$;
COMMENT ON FUNCTION tegata.actor_outcome(smallint, timestamptz, timestamptz) IS 'ok, or why a terminal may not move value';
