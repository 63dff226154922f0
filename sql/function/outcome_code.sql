-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The codes of lib/outcome.def; tests/sql compares them.
-- Locks nothing.  A name that does not exist is an error (case_not_found), so
-- that a mistyped one is found when a function's plan is made: with a constant
-- argument the call is folded there and costs nothing later.

CREATE OR REPLACE FUNCTION tegata.outcome_code(name text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	CASE name
	WHEN 'ok' THEN RETURN 0;
	WHEN 'pending' THEN RETURN 1;
	WHEN 'again' THEN RETURN 10;
	WHEN 'busy' THEN RETURN 11;
	WHEN 'uncertain' THEN RETURN 12;
	WHEN 'maintenance' THEN RETURN 13;
	WHEN 'unavailable' THEN RETURN 14;
	WHEN 'internal' THEN RETURN 15;
	WHEN 'request_conflict' THEN RETURN 20;
	WHEN 'repeat_suspected' THEN RETURN 21;
	WHEN 'terminal_unknown' THEN RETURN 30;
	WHEN 'terminal_blocked' THEN RETURN 31;
	WHEN 'terminal_quarantined' THEN RETURN 32;
	WHEN 'terminal_retired' THEN RETURN 33;
	WHEN 'transferee_unknown' THEN RETURN 40;
	WHEN 'transferee_blocked' THEN RETURN 41;
	WHEN 'transferee_self' THEN RETURN 42;
	WHEN 'product_unknown' THEN RETURN 50;
	WHEN 'amount_not_allowed' THEN RETURN 51;
	WHEN 'funds_insufficient' THEN RETURN 52;
	WHEN 'credit_exceeded' THEN RETURN 53;
	WHEN 'held_exceeded' THEN RETURN 54;
	WHEN 'charge_refused' THEN RETURN 55;
	WHEN 'price_changed' THEN RETURN 56;
	WHEN 'not_owner' THEN RETURN 60;
	WHEN 'value_expired' THEN RETURN 61;
	WHEN 'value_state' THEN RETURN 62;
	WHEN 'value_id_taken' THEN RETURN 63;
	WHEN 'value_id_malformed' THEN RETURN 70;
	WHEN 'number_malformed' THEN RETURN 71;
	WHEN 'amount_malformed' THEN RETURN 72;
	WHEN 'reference_malformed' THEN RETURN 73;
	WHEN 'unauthenticated' THEN RETURN 80;
	WHEN 'forbidden' THEN RETURN 81;
	WHEN 'rate_limited' THEN RETURN 82;
	WHEN 'body_too_large' THEN RETURN 83;
	WHEN 'body_malformed' THEN RETURN 84;
	WHEN 'not_found' THEN RETURN 85;
	WHEN 'method_not_allowed' THEN RETURN 86;
	WHEN 'media_type' THEN RETURN 87;
	WHEN 'batch_too_large' THEN RETURN 88;
	WHEN 'not_acceptable' THEN RETURN 89;
	WHEN 'headers_too_large' THEN RETURN 90;
	WHEN 'request_malformed' THEN RETURN 91;
	WHEN 'request_timeout' THEN RETURN 92;
	END CASE;
END
$$;
COMMENT ON FUNCTION tegata.outcome_code(text) IS 'The code of lib/outcome.def for an outcome''s name';
