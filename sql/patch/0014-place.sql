-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A transfer decides on its values as it locked them: what helps it to takes other
-- arguments than before; the functions come with their files.
DO $$
DECLARE
	v_old regprocedure;
BEGIN
	FOR v_old IN
		SELECT p.oid::regprocedure FROM pg_proc p
		WHERE p.pronamespace = 'tegata'::regnamespace
			AND p.proname IN ('transfer_held', 'transfer_verdict', 'transferee_lock')
	LOOP
		EXECUTE format('DROP FUNCTION %s', v_old);
	END LOOP;
END
$$;
