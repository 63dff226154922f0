-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Is this outcome the answer for ever, to be stored with the request?  The same
-- request sent again may have another result only after one of the others.
SET LOCAL check_function_bodies = off; -- outcome_code comes earlier or later
CREATE OR REPLACE FUNCTION tegata.request_is_final(outcome smallint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
	SELECT outcome <> tegata.outcome_code('again') AND outcome <> tegata.outcome_code('maintenance')
		AND outcome <> tegata.outcome_code('value_id_taken')
		AND outcome <> tegata.outcome_code('repeat_suspected')
		AND outcome <> tegata.outcome_code('price_changed')
		AND outcome <> tegata.outcome_code('request_conflict')
$$;
COMMENT ON FUNCTION tegata.request_is_final(smallint) IS 'Is this outcome stored as the first answer?';
