-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Adds terminals, or updates mode, credit limit and language of those that
-- exist.  Elements that are NULL or empty: IMSI - bound at first contact; mode -
-- prepaid, or as it is; credit limit - 0, or as it is; language - the default,
-- or as it is; currency - every currency on sale.
--
-- Locks each row's terminal and accounts, and waits for them.
-- Idempotent: the same row again changes nothing.
--
-- Outcomes in precedence: number_malformed, body_malformed, request_conflict
-- (the IMSI is another's, or the number is bound to another IMSI), pending (a credit
-- limit above setting approval, or the first IMSI of what has more than that: waits
-- for a second operator), again, ok.
CREATE OR REPLACE FUNCTION tegata.operator_terminal_import(numbers text[], imsis text[],
	modes text[], credit_limits bigint[], languages text[], currencies text[], reason text)
RETURNS TABLE (ord int, outcome smallint, note text, terminal_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	PERFORM batch_check(cardinality(numbers), cardinality(imsis), cardinality(modes),
		cardinality(credit_limits), cardinality(languages), cardinality(currencies));
	FOR i IN 1 .. cardinality(numbers) LOOP
		ord := i;
		SELECT o.outcome, o.note, o.terminal_id
		INTO operator_terminal_import.outcome, operator_terminal_import.note,
			operator_terminal_import.terminal_id
		FROM terminal_import_one(numbers[i], imsis[i], modes[i], credit_limits[i], languages[i],
			currencies[i], reason, NULL) o;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_terminal_import(text[], text[], text[], bigint[], text[], text[], text)
	IS 'Adds or updates terminals';
