-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- UUID version 7 begins with milliseconds since 1970 in 48 bits (RFC 9562
-- section 5.7), so the smallest id of a time bounds a scan of request's key.
-- STABLE as extract() is, so that the planner inlines it.
CREATE OR REPLACE FUNCTION tegata.request_id_floor(at timestamptz) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
COMMENT ON FUNCTION tegata.request_id_floor(timestamptz) IS 'The smallest request id (UUID version 7) of a time';
