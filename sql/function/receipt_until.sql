-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Until when a text that is written now is worth sending: setting receipts_hours.
-- Locks nothing.  Its plan is made once a session.
CREATE OR REPLACE FUNCTION tegata.receipt_until(now timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN now + make_interval(hours => (SELECT s.value::int FROM tegata.setting s
		WHERE s.name = 'receipts_hours'));
END
$$;
COMMENT ON FUNCTION tegata.receipt_until(timestamptz) IS 'Until when a text is tried to be sent';
