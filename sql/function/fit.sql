-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Which of several debits of one account fit, decided one by one in order:
--
--   fit(amount, room, total, funds) OVER (PARTITION BY account ORDER BY ord)
--     -> {funds taken so far, amount held so far, 0 fits | 1 no room | 2 no funds}
--
-- room is what may still be held (NULL: any amount), funds what may still be
-- spent; both as they were before the batch.  A debit that does not fit takes
-- nothing, so a smaller one behind it may fit.
CREATE OR REPLACE FUNCTION tegata.fit_step(state bigint[], amount bigint, room bigint,
	total bigint, funds bigint) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE
		WHEN state[2] + amount > room THEN ARRAY[state[1], state[2], 1]
		WHEN state[1] + total > funds THEN ARRAY[state[1], state[2], 2]
		ELSE ARRAY[state[1] + total, state[2] + amount, 0]
	END;
END
$$;
COMMENT ON FUNCTION tegata.fit_step(bigint[], bigint, bigint, bigint, bigint) IS 'One step of the aggregate fit';

CREATE OR REPLACE AGGREGATE tegata.fit(amount bigint, room bigint, total bigint, funds bigint) (
	sfunc = tegata.fit_step,
	stype = bigint[],
	initcond = '{0,0,0}',
	parallel = safe
);
COMMENT ON AGGREGATE tegata.fit(bigint, bigint, bigint, bigint) IS 'Which of several debits of one account fit, in order';
