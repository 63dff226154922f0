-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What receipts say about sent messages as a whole: told where each part was
-- delivered, dead where one never will be.  The caller has the rows locked, so that
-- they stay where they are.
CREATE OR REPLACE FUNCTION tegata.outbox_told(message_ids bigint[], now timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	UPDATE outbox o
	SET state = CASE WHEN w.n_told >= o.parts THEN 2 ELSE 3 END,
		told_at = CASE WHEN w.n_told >= o.parts THEN outbox_told.now END,
		error = CASE WHEN w.n_told < o.parts THEN coalesce(w.error, 'not delivered') END,
		forget_at = outbox_told.now + CASE WHEN w.n_told >= o.parts THEN interval '7 days'
			ELSE interval '30 days' END
	FROM (SELECT t.at, w.n_told, w.error
		FROM (SELECT p.message_id, count(*) FILTER (WHERE p.told) AS n_told,
				bool_or(p.failed) AS failed, min(p.error) FILTER (WHERE p.failed) AS error
			FROM (SELECT r.message_id, r.part, bool_or(r.state = 2) AS told,
					bool_and(r.state IN (3, 4, 5, 8)) AS failed,
					min(concat_ws(' ', (ARRAY['expired', 'deleted', 'undeliverable', NULL, NULL, 'rejected'])[r.state - 2],
						r.error)) AS error
				FROM outbox_receipt r WHERE r.message_id = ANY (outbox_told.message_ids)
				GROUP BY r.message_id, r.part) p
			GROUP BY p.message_id) w
		CROSS JOIN LATERAL (SELECT m.ctid AS at, m.state, m.parts FROM outbox m
			WHERE m.message_id = w.message_id LIMIT 1) t
		WHERE t.state = 1 AND (w.n_told >= t.parts OR w.failed)) w
	WHERE o.ctid = w.at;
END
$$;
COMMENT ON FUNCTION tegata.outbox_told(bigint[], timestamptz) IS 'Messages of which receipts have said all';
