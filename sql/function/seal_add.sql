-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Adds a seal to the chain.  The first of a new epoch is an operator's act too.
-- A list that was given for it without a seal goes with the transaction.
--
-- Locks table seal (EXCLUSIVE): one sealer at a time, readers go on.  Raises
-- object_not_in_prerequisite_state (55000) where it does not continue the chain
-- as it is now, where a transaction of the interval has not ended, where sealing
-- is off, or where the key is none of signing_key or not valid now.
CREATE OR REPLACE FUNCTION tegata.seal_add(number bigint, system_identifier bigint, from_xact bigint,
	to_xact bigint, row_count bigint, sealed_at timestamptz, lost_number bigint, epoch int,
	timeline int, format smallint, root bytea, list bytea, previous bytea, key_id bytea,
	lost_hash bytea, reason text, hash bytea, signature bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	v_last seal%ROWTYPE;
	v_why text;
BEGIN
	LOCK TABLE seal IN EXCLUSIVE MODE;
	SELECT s.* INTO v_last FROM seal s ORDER BY s.number DESC LIMIT 1;
	v_why := CASE
		WHEN NOT setting_on('sealing') THEN 'sealing is off'
		WHEN number <> coalesce(v_last.number, 0) + 1 OR from_xact <> coalesce(v_last.to_xact, 0)
			OR previous IS DISTINCT FROM v_last.hash
			OR epoch NOT BETWEEN coalesce(v_last.epoch, 1) AND coalesce(v_last.epoch + 1, 1)
			THEN format('seal %s does not continue the chain, which ends with %s', number,
				coalesce(v_last.number, 0))
		WHEN to_xact > pg_snapshot_xmin(pg_current_snapshot())::text::bigint
			THEN format('transactions below %s have not all ended', to_xact)
		WHEN NOT EXISTS (SELECT FROM signing_key k WHERE k.key_id = seal_add.key_id
				AND k.valid_from <= clock_timestamp()
				AND (k.valid_until > clock_timestamp()) IS NOT FALSE)
			THEN format('key %s is not valid', encode(key_id, 'hex'))
	END;
	IF v_why IS NOT NULL THEN
		RAISE EXCEPTION '%', v_why USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	INSERT INTO seal (number, system_identifier, from_xact, to_xact, row_count, sealed_at,
		lost_number, epoch, timeline, format, root, list, previous, key_id, lost_hash, reason,
		hash, signature)
	VALUES (number, system_identifier, from_xact, to_xact, row_count, sealed_at,
		lost_number, epoch, timeline, format, root, list, previous, key_id, lost_hash, reason,
		hash, signature);
	IF epoch <> v_last.epoch THEN
		PERFORM operator_log('seal_epoch', jsonb_build_object('epoch', epoch, 'number', number,
			'system_identifier', system_identifier, 'timeline', timeline,
			'lost_number', lost_number), reason, 0::smallint);
	END IF;
END
$$;
COMMENT ON FUNCTION tegata.seal_add(bigint, bigint, bigint, bigint, bigint, timestamptz, bigint, int, int, smallint, bytea, bytea, bytea, bytea, bytea, text, bytea, bytea)
	IS 'Adds a seal to the chain';
