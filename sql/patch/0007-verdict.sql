-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What decides about issues and transfers takes other arguments and answers with
-- other columns than before; the functions come with their files.
DO $$
DECLARE
	v_old regprocedure;
BEGIN
	FOR v_old IN
		SELECT p.oid::regprocedure FROM pg_proc p
		WHERE p.pronamespace = 'tegata'::regnamespace
			AND p.proname IN ('issue_verdict', 'transfer_verdict')
	LOOP
		EXECUTE format('DROP FUNCTION %s', v_old);
	END LOOP;
END
$$;
