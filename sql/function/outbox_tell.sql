-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Terminals are told about completed operations whose dialogues died, where setting
-- outbox is on.  Waits as outbox_of_request does.
--
-- Idempotency: an operation has one receipt, whoever writes it.
--
-- Outcomes in precedence: ok without a message (outbox is off), not_found (nothing
-- was done under this id), ok.
CREATE OR REPLACE FUNCTION tegata.outbox_tell(terminal_ids bigint[], request_ids uuid[])
RETURNS TABLE (ord int, outcome smallint, repeated boolean, message_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_on boolean := setting_on('outbox');
BEGIN
	PERFORM batch_check(cardinality(terminal_ids), cardinality(request_ids));
	FOR i IN 1 .. cardinality(terminal_ids) LOOP
		ord := i;
		message_id := NULL;
		repeated := false;
		outcome := outcome_code('ok');
		IF v_on THEN
			SELECT o.message_id, o.repeated INTO outbox_tell.message_id, outbox_tell.repeated
			FROM outbox_of_request(terminal_ids[i], request_ids[i]) o;
			IF NOT FOUND THEN
				outcome := outcome_code('not_found');
			END IF;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.outbox_tell(bigint[], uuid[]) IS 'Completed operations whose dialogues died are told';
