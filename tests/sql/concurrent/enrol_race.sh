# SPDX-License-Identifier: AGPL-3.0-or-later
# Several sessions enrol the same SIM, or fight for one number.
. "$(dirname "$0")/../lib/session.sh"

session_open one
session_open two
session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.enter('440100000000090', '819000000090')")" "ok+" "enrolled, not committed"
session_send two "SELECT t.enter('440100000000090', '819000000090')"
session_blocked
session_run one "COMMIT" >/dev/null
is "$(session_wait two)" again "another session with this SIM comes again"
is "$(session_run two "SELECT t.enter('440100000000090', '819000000090')")" ok "and finds it"

session_run one "BEGIN" >/dev/null
session_run one "SELECT t.enter('440100000000091', '819000000091')" >/dev/null
session_send two "SELECT t.enter('440100000000091', '819000000091')"
session_blocked
session_run one "ROLLBACK" >/dev/null
is "$(session_wait two)" "ok+" "where the first rolls back, the second enrols"

session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.enter('440100000000081', '819000000001')")" "ok+" "another SIM on a's number, not committed"
is "$(session_run two "SELECT t.enter('440100000000082', '819000000001')")" again "yet another one comes again"
is "$(session_run two "SELECT t.enter('440100000000001', '819000000001')")" ok "a itself is still a"
session_run one "COMMIT" >/dev/null
is "$(session_run two "SELECT t.enter('440100000000001', '819000000001')")" terminal_quarantined "now it is quarantined"
is "$(sql "SELECT count(*) FROM terminal WHERE address = '819000000001' AND status = 1")" 1 "one terminal has the number"

# Eight sessions meet 40 new SIMs at once in different order, then 400 one by one in the same order:
# often another enrols one between two looks of the same call.
contend() {
	psql -X -q -A -t -d "$DB" >"$SESSION_DIR/race.$1" 2>&1 <<SQL
SET search_path = tegata, public;
DO \$\$
DECLARE
	v_todo text[];
	v_made int := 0;
BEGIN
	FOR round IN 100..500 LOOP
		v_todo := ARRAY[round::text];
		IF round = 100 THEN
			v_todo := (SELECT array_agg(n::text ORDER BY md5((n * $1)::text)) FROM generate_series(510, 549) n);
		END IF;
		WHILE cardinality(v_todo) > 0 LOOP
			BEGIN
				SELECT v_made + count(*) FILTER (WHERE r.enrolled),
					coalesce(array_agg(v_todo[r.ord]) FILTER (WHERE r.outcome = 10), '{}')
				INTO v_made, v_todo
				FROM (SELECT array_agg('440111111111' || n) i, array_agg('811111111' || n) m, array_agg(true) e
					FROM unnest(v_todo) n) q, terminal_enter(q.i, q.m, q.e) r;
			EXCEPTION WHEN deadlock_detected THEN
				RAISE NOTICE 'deadlock';
			END;
			COMMIT;
		END LOOP;
	END LOOP;
	RAISE NOTICE 'made %', v_made;
END \$\$;
SQL
}
for i in 1 2 3 4 5 6 7 8; do
	PGOPTIONS='-c client_min_messages=notice' contend $i &
	pids="${pids:-} $!"
done
# shellcheck disable=SC2086
wait $pids
is "$(cat "$SESSION_DIR"/race.* | sed -n 's/.*made //p' | awk '{ sum += $1 } END { print sum }')" 440 "each was made once"
is "$(sql "SELECT count(*), count(DISTINCT address), count(DISTINCT imsi) FROM terminal WHERE imsi LIKE '440111111111%'")" "440|440|440" "each SIM has one terminal"
grep -h -e ERROR -e deadlock "$SESSION_DIR"/race.* | sed "s/^/# /"
is "$(cat "$SESSION_DIR"/race.* | grep -c -e ERROR -e deadlock)" 0 "no session failed or deadlocked"
books
done_testing
