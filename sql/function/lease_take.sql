-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Takes a resource that is free or has lapsed, or renews our own, for ttl_ms
-- from now by the database's clock.  True: it is ours until then.
--
-- A lease that ends later than any could was given before the clock was set
-- back.  It has lapsed too: whoever holds it has renewed it since, or is gone.
--
-- Locks the resource's row, and waits for it.  Idempotent for its holder.
CREATE OR REPLACE FUNCTION tegata.lease_take(resource text, holder text, ttl_ms int) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO lease AS l (resource, holder, taken_at, expires_at)
	VALUES (lease_take.resource, lease_take.holder, clock_timestamp(),
		clock_timestamp() + make_interval(secs => ttl_ms / 1000.0))
	ON CONFLICT (resource) DO UPDATE
	SET holder = excluded.holder,
		taken_at = CASE WHEN l.holder = excluded.holder THEN l.taken_at ELSE clock_timestamp() END,
		expires_at = clock_timestamp() + make_interval(secs => ttl_ms / 1000.0)
	WHERE l.holder = excluded.holder OR l.expires_at <= clock_timestamp()
		OR l.expires_at > clock_timestamp()
			+ greatest(make_interval(secs => ttl_ms / 500.0), interval '2 minutes');
	RETURN FOUND;
END
$$;
COMMENT ON FUNCTION tegata.lease_take(text, text, int) IS 'Takes or renews a lease; true: held';
