# SPDX-License-Identifier: AGPL-3.0-or-later
# Eight sessions, two terminals, issues and top-ups: no account passes its end.
. "$(dirname "$0")/../lib/session.sh"

contend() {
	psql -X -q -A -t -d "$DB" >"$SESSION_DIR/race.$1" 2>&1 <<SQL
SET search_path = tegata, public;
DO \$\$
DECLARE
	v_ok int := 0;
	v_refused int := 0;
	v_again int := 0;
	v_n int[];
	v_base int;
BEGIN
	FOR v_round IN 1 .. 20 LOOP
		v_base := 100000 * $1 + 100 * v_round;
		v_n := (SELECT array_agg(v_base + n) FROM generate_series(1, 8) n);
		LOOP
			SELECT v_ok + count(*) FILTER (WHERE r.outcome = 0), v_refused + count(*) FILTER (WHERE r.outcome IN (52, 53)),
				coalesce(array_agg(v_n[r.ord]) FILTER (WHERE r.outcome = 10), '{}')
			INTO v_ok, v_refused, v_n
			FROM (SELECT array_agg(t.rid(n)) i, array_agg(t.id(w)) w, array_agg('plain'::text) p,
					array_agg(25::bigint) a, array_agg(0::bigint) f, array_agg(t.vid(w, n)) v, array_agg(0) g, array_agg('race'::text) l
				FROM (SELECT n, CASE n % 2 WHEN 0 THEN 'a' ELSE 'b' END AS w FROM unnest(v_n) n) x) q,
				value_issue(q.i, q.w, q.p, q.a, q.f, q.v, q.g, q.l) r;
			COMMIT;
			EXIT WHEN cardinality(v_n) = 0;
		END LOOP;
	END LOOP;
	RAISE NOTICE 'ok % refused %', v_ok, v_refused;
END \$\$;
SQL
}
for i in 1 2 3 4 5 6 7 8; do
	PGOPTIONS='-c client_min_messages=notice' contend $i &
	pids="${pids:-} $!"
done
for i in 1 2 3 4 5; do
	sql "SELECT operator_top_up('{819000000001}', '{JPY}', '{100}', '{race-$i}', 'test')" >/dev/null
done
# shellcheck disable=SC2086
wait $pids
is "$(cat "$SESSION_DIR"/race.* | grep -c ERROR)" 0 "no session failed"
# a has 10000 and 500 more that come meanwhile, b may owe 3000; 640 issues of 25 are asked of either.
ok=$(cat "$SESSION_DIR"/race.* | sed -n 's/.*ok \([0-9]*\).*/\1/p' | awk '{ sum += $1 } END { print sum }')
refused=$(cat "$SESSION_DIR"/race.* | sed -n 's/.*refused //p' | awk '{ sum += $1 } END { print sum }')
is "$((ok + refused))" 1280 "each was issued or refused"
is "$(sql "SELECT sum(balance) + $ok * 25, sum(accrued), min(balance) >= 0 FROM account
	WHERE terminal_id IN (t.id('a'), t.id('b')) AND currency = 'JPY'")" \
	"13500|3000|t" "what was issued is what is gone, and no account is below its end"
is "$(sql "SELECT count(*) * 25, (SELECT sum(amount) FROM charge WHERE credit_account = -1) FROM value")" \
	"$((ok * 25))|$((ok * 25))" "every value was charged"
books
done_testing
