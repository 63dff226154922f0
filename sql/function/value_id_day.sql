-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The day that stands in a value id: days since 2020-01-01, UTC.
CREATE OR REPLACE FUNCTION tegata.value_id_day(at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN floor(extract(epoch FROM at) / 86400)::bigint - 18262;
COMMENT ON FUNCTION tegata.value_id_day(timestamptz) IS 'Days since 2020-01-01, as in a value id';
