-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What two requests must share to be the same request.  STABLE as convert_to()
-- is, so that the planner inlines it.
CREATE OR REPLACE FUNCTION tegata.request_digest(arguments text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN substring(sha256(convert_to(arguments, 'UTF8')) FOR 16);
COMMENT ON FUNCTION tegata.request_digest(text) IS 'First 16 octets of the SHA-256 of a request''s arguments';
