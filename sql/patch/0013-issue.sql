-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- An SMSC gives an id to one text, and later to another: each has a row of its own,
-- and what was said about the first one stays.  And how often the answer to a text was
-- lost is counted: it is not sent for ever.
LOCK TABLE tegata.outbox IN ACCESS EXCLUSIVE MODE;
LOCK TABLE tegata.outbox_receipt IN ACCESS EXCLUSIVE MODE;
ALTER TABLE tegata.outbox
	ADD COLUMN lost smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN tegata.outbox.lost IS 'How often it may have been sent: the answer was lost';
ALTER TABLE tegata.outbox_receipt
	ADD COLUMN issue int NOT NULL DEFAULT 0,
	DROP CONSTRAINT outbox_receipt_pkey,
	ADD PRIMARY KEY (link, smsc_id, issue);
COMMENT ON COLUMN tegata.outbox_receipt.issue IS 'How often the SMSC had given this id before, as far as known; the newest has the most';
COMMENT ON COLUMN tegata.outbox_receipt.link IS 'Whose id: the link, or what several links of one SMSC have in common';
COMMENT ON COLUMN tegata.outbox.leased_until IS 'Anybody''s from then on: its holder is gone';
