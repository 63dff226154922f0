-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Nothing is reserved past its deadline.  A confirmation's deadline is never later
-- than the expiry, so what is reserved past that has been forgotten.
CREATE OR REPLACE VIEW audit.value_reserved AS
SELECT 'value_reserved' AS invariant, v.value_id::text AS object,
	format('reserved, expired on %s', v.expires_at) AS detail
FROM tegata.value v
WHERE v.state = 2 AND v.expires_at <= clock_timestamp();
COMMENT ON VIEW audit.value_reserved IS 'Values that are reserved past their deadline';
