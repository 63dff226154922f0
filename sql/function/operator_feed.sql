-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Rows of a provisioning feed, done in their order:
--
--   add       number, IMSI or empty, argument: prepaid (default) or postpaid
--   block, unblock, retire              number
--   swap      number, the new IMSI
--   recycle   number, the IMSI of who had it before
--   renumber  number, argument: the new number, which must be free
--
-- Locks what each action's function locks, and waits for it; waits up to 5 s for
-- older transactions, and must come first in its transaction.  A row that was
-- blocked or quarantined in this transaction cannot retire in it: again.
--
-- Outcomes: body_malformed (no such action), number_malformed and
-- request_conflict (renumber), else those of the action's function.
CREATE OR REPLACE FUNCTION tegata.operator_feed(actions text[], numbers text[], imsis text[],
	arguments text[], reason text)
RETURNS TABLE (ord int, outcome smallint, note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_settled bigint[];
	v_id bigint;
BEGIN
	PERFORM batch_check(cardinality(actions), cardinality(numbers), cardinality(imsis),
		cardinality(arguments));
	v_settled := terminal_settled(numbers);
	FOR i IN 1 .. cardinality(actions) LOOP
		ord := i;
		outcome := outcome_code('body_malformed');
		note := 'no such action';
		CASE
		WHEN actions[i] = 'add' THEN
			SELECT o.outcome, o.note INTO operator_feed.outcome, operator_feed.note
			FROM terminal_import_one(numbers[i], imsis[i], arguments[i], NULL, NULL, NULL, reason, NULL) o;
		WHEN actions[i] IN ('block', 'unblock', 'retire') THEN
			SELECT o.outcome, o.note INTO operator_feed.outcome, operator_feed.note
			FROM terminal_status_one(numbers[i], actions[i], v_settled, reason, NULL) o;
		WHEN actions[i] = 'swap' THEN
			SELECT o.outcome, o.note INTO operator_feed.outcome, operator_feed.note
			FROM terminal_swap_one(numbers[i], imsis[i], v_settled, reason, NULL) o;
		WHEN actions[i] = 'recycle' THEN
			SELECT o.outcome, o.note INTO operator_feed.outcome, operator_feed.note
			FROM terminal_recycle_one(numbers[i], imsis[i], v_settled, reason) o;
		WHEN actions[i] = 'renumber' THEN
			note := NULL;
			SELECT t.terminal_id INTO v_id FROM terminal t
			WHERE t.address = numbers[i] AND t.status IN (1, 2) AND t.kind = 1;
			outcome := CASE
				WHEN v_id IS NULL THEN outcome_code('terminal_unknown')
				WHEN (arguments[i] ~ '^[1-9][0-9]{6,14}$') IS NOT TRUE
					THEN outcome_code('number_malformed')
				WHEN EXISTS (SELECT FROM terminal t WHERE t.address = arguments[i]
					AND t.status IN (1, 2)) THEN outcome_code('request_conflict')
				ELSE coalesce(terminal_renumber(v_id, arguments[i], reason), outcome_code('ok'))
			END;
		ELSE
			PERFORM operator_log('feed', jsonb_build_object('action', actions[i],
				'number', numbers[i]), reason, outcome);
		END CASE;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_feed(text[], text[], text[], text[], text)
	IS 'Rows of a provisioning feed';
