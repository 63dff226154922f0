-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who may do what: everything is taken away, then given by name.  Append-only
-- is enforced here: nobody but the owner's functions writes a table.

REVOKE ALL ON SCHEMA tegata, audit FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA tegata, audit
	FROM PUBLIC, tegata_ledger, tegata_outbox, tegata_sealer, tegata_auditor, tegata_operator;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA tegata, audit
	FROM PUBLIC, tegata_ledger, tegata_outbox, tegata_sealer, tegata_auditor, tegata_operator;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tegata, audit
	FROM PUBLIC, tegata_ledger, tegata_outbox, tegata_sealer, tegata_auditor, tegata_operator;

GRANT USAGE ON SCHEMA tegata TO tegata_ledger, tegata_operator;
GRANT USAGE ON SCHEMA audit TO tegata_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO tegata_auditor;

DO $$
DECLARE
	f record;
BEGIN
	FOR f IN
		SELECT p.oid::regprocedure AS signature, CASE
			WHEN p.proname LIKE 'operator\_%'
				AND p.proname NOT IN ('operator_log') THEN 'tegata_operator'
			ELSE 'tegata_ledger' END AS grantee
		FROM pg_proc p
		WHERE p.pronamespace = 'tegata'::regnamespace AND p.prosecdef
	LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f.signature, f.grantee);
	END LOOP;
END
$$;
-- An operator may look at what a manager sees.
GRANT EXECUTE ON FUNCTION tegata.service_state(), tegata.lease_list(), tegata.product_list(),
	tegata.outcome_code(text), tegata.partition_ensure(int) TO tegata_operator;
GRANT EXECUTE ON FUNCTION tegata.outcome_code(text) TO tegata_ledger;

-- Room for two months, before any manager asks for more.
SELECT tegata.partition_ensure(62);
