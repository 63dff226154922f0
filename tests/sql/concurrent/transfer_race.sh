# SPDX-License-Identifier: AGPL-3.0-or-later
# One value, several sessions: one of them gets it.
. "$(dirname "$0")/../lib/session.sh"

sql "SELECT t.issue('a', t.rid(n), t.vid('a', n), 10) FROM generate_series(1, 60) n" >/dev/null
session_open one
session_open two
session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.transfer('a', t.rid(101), t.vid('a', 1), '819000000002')")" ok \
	"the first session transfers, and has not committed"
is "$(session_run two "SELECT t.transfer('a', t.rid(102), t.vid('a', 1), '819000000003')")" again \
	"the second is told to come again, at once"
is "$(session_run two "SELECT t.transfer('c', t.rid(103), t.vid('a', 1), '3344')")" not_owner \
	"a stranger learns nothing from the lock"
session_run one "COMMIT" >/dev/null
is "$(session_run two "SELECT t.transfer('a', t.rid(102), t.vid('a', 1), '819000000003')")" not_owner \
	"and is not the owner any more when it does"
is "$(sql "SELECT owner_id = t.id('b'), version FROM value WHERE value_id = t.vid('a', 1)")" "t|2" "it moved once"

session_run one "BEGIN" >/dev/null
session_run one "SELECT t.transfer('a', t.rid(104), t.vid('a', 2), '819000000002')" >/dev/null
session_run one "ROLLBACK" >/dev/null
is "$(session_run two "SELECT t.transfer('a', t.rid(105), t.vid('a', 2), '819000000003')")" ok \
	"where the first rolls back, the second gets it"

session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.transfer('c', t.rid(106), t.vid('a', 3), '3344')")" not_owner "a stranger tries, and has not committed"
is "$(session_run two "SELECT t.transfer('a', t.rid(107), t.vid('a', 3), '3344')")" ok "which does not delay the owner"
session_run one "COMMIT" >/dev/null

# Eight sessions want the same fifty values, in batches and in different order.
contend() {
	psql -X -q -A -t -d "$DB" >"$SESSION_DIR/race.$1" 2>&1 <<SQL
SET search_path = tegata, public;
DO \$\$
DECLARE
	v_todo int[] := (SELECT array_agg(n ORDER BY md5((n * $1)::text)) FROM generate_series(11, 60) n);
	v_won int := 0;
	v_again int[];
BEGIN
	WHILE cardinality(v_todo) > 0 LOOP
		SELECT v_won + count(*) FILTER (WHERE r.outcome = 0),
			coalesce(array_agg(v_todo[r.ord]) FILTER (WHERE r.outcome = 10), '{}')
		INTO v_won, v_again
		FROM (SELECT array_agg(t.rid(1000 * $1 + n)) i, array_agg(t.id('a')) a,
				array_agg(t.vid('a', n)) v, array_agg(0::bigint) z, array_agg('$2'::text) e,
				array_agg('race'::text) x, array_agg(0) g
			FROM unnest(v_todo) n) q, value_transfer(q.i, q.a, q.v, q.z, q.e, q.x, q.g, q.x) r;
		COMMIT;
		v_todo := v_again;
	END LOOP;
	RAISE NOTICE 'won %', v_won;
END \$\$;
SQL
}
for i in 1 2 3 4 5 6 7 8; do
	transferee=$([ $((i % 2)) = 0 ] && echo 3344 || echo 819000000003)
	PGOPTIONS='-c client_min_messages=notice' contend $i "$transferee" &
	pids="${pids:-} $!"
done
# shellcheck disable=SC2086
wait $pids
is "$(cat "$SESSION_DIR"/race.* | sed -n 's/.*won //p' | awk '{ sum += $1 } END { print sum }')" 50 "fifty values were won in all"
is "$(cat "$SESSION_DIR"/race.* | grep -c ERROR)" 0 "no session failed"
is "$(sql "SELECT count(*) FROM journal WHERE link LIKE 'race%' AND operation = 2")" 50 "each moved once"
books
done_testing
