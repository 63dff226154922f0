-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The link carries the SHA-256 of a shop's key.  Whoever read it in the database
-- or in a backup, and got into a gateway's place, could ask as that shop; so the
-- database keeps the SHA-256 of that.  What acts of before wrote down stays as it
-- was: keys that are older than this want to be replaced where that matters.
UPDATE tegata.shop_key SET digest = sha256(digest);
COMMENT ON COLUMN tegata.shop_key.digest IS 'SHA-256 of what the link carries, which is the SHA-256 of the key; neither is kept anywhere';
