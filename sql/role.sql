-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Roles belong to the whole cluster, so this file may meet roles that another
-- database's installation made, or is making at this moment: creating one that
-- exists, or that appears while we wait, is not an error.
--
--   tegata_owner     owns schema and functions; nobody logs in as it
--   tegata_ledger    the manager: EXECUTE on its functions, no table
--   tegata_outbox    the sender of texts and webhooks
--   tegata_sealer    the sealer
--   tegata_auditor   group: SELECT on the views of schema audit
--   tegata_operator  group: EXECUTE on operator_*; each operator has a
--                    personal role in it, whose name operator_act records

DO $$
DECLARE
	role record;
BEGIN
	FOR role IN
		SELECT * FROM (VALUES
			('tegata_owner', 'NOLOGIN'),
			('tegata_ledger', 'LOGIN'),
			('tegata_outbox', 'LOGIN'),
			('tegata_sealer', 'LOGIN'),
			('tegata_auditor', 'NOLOGIN'),
			('tegata_operator', 'NOLOGIN')) AS r(name, login)
	LOOP
		IF to_regrole(role.name) IS NULL THEN
			BEGIN
				EXECUTE format('CREATE ROLE %I %s', role.name, role.login);
			EXCEPTION WHEN duplicate_object OR unique_violation THEN
				NULL;
			END;
		END IF;
	END LOOP;

	-- Who installs without being a superuser must be able to act as the owner.
	IF NOT pg_has_role(session_user, 'tegata_owner', 'MEMBER') THEN
		BEGIN
			EXECUTE format('GRANT tegata_owner TO %I', session_user);
		EXCEPTION WHEN unique_violation THEN
			NULL;
		END;
	END IF;

	-- To see standbys: standby_state().
	IF NOT pg_has_role('tegata_owner', 'pg_read_all_stats', 'USAGE') THEN
		BEGIN
			GRANT pg_read_all_stats TO tegata_owner;
		EXCEPTION
			WHEN insufficient_privilege THEN
				RAISE WARNING 'tegata_owner cannot be made a member of pg_read_all_stats: a manager that requires a synchronous standby will find none';
			WHEN unique_violation THEN
				NULL;
		END;
	END IF;

	IF NOT has_database_privilege('tegata_owner', current_database(), 'CREATE') THEN
		EXECUTE format('GRANT CREATE ON DATABASE %I TO tegata_owner', current_database());
	END IF;
END
$$;

-- What the owner makes later is closed until grant.sql opens it.
ALTER DEFAULT PRIVILEGES FOR ROLE tegata_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE tegata_owner REVOKE USAGE ON TYPES FROM PUBLIC;

-- Everything that follows in the installation's transaction belongs to the owner.
SET LOCAL ROLE tegata_owner;
