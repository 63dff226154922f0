-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Has this terminal a text after each operation?  Its own switch, else setting
-- receipts; never where it is no telephone.  Locks nothing.  Its plan is
-- made once a session.
CREATE OR REPLACE FUNCTION tegata.receipt_wanted(terminal_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN (SELECT t.kind = 1 AND coalesce(t.receipts, (SELECT s.value = 'on' FROM tegata.setting s
			WHERE s.name = 'receipts'), false)
		FROM tegata.terminal t WHERE t.terminal_id = receipt_wanted.terminal_id);
END
$$;
COMMENT ON FUNCTION tegata.receipt_wanted(bigint) IS 'Has a terminal a text after each operation?';
