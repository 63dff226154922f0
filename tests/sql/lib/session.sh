# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# Several psql sessions at once, for scripts in tests/sql/concurrent, which
# tests/sql/run calls with the name of their database and a directory.
#
#   session_open one                     a session of its own
#   x=$(session_run one "SELECT 1")      its answer, rows as a|b; errors as ERROR: sqlstate
#   session_send one "SELECT ..."        not waited for; then
#   x=$(session_wait one)
#   is "$x" "1" "what is shown"          TAP
#   done_testing                         last

DB=$1
SESSION_DIR=$(mktemp -d)
SESSION_PIDS=
TAP_N=0
trap 'session_end' EXIT

session_end() {
	local pid
	for pid in $SESSION_PIDS; do
		kill "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	rm -rf "$SESSION_DIR"
}

session_open() {
	local name=$1 fd
	mkfifo "$SESSION_DIR/$name"
	: >"$SESSION_DIR/$name.out"
	psql -X -q -A -t -d "$DB" -v VERBOSITY=sqlstate <"$SESSION_DIR/$name" \
		>"$SESSION_DIR/$name.out" 2>&1 &
	SESSION_PIDS+=" $!"
	exec {fd}>"$SESSION_DIR/$name"
	echo "$fd" >"$SESSION_DIR/$name.fd"
	echo 0 >"$SESSION_DIR/$name.n"
	session_run "$name" "SET search_path = tegata, public; SET statement_timeout = '20s'" >/dev/null
}

session_send() {
	local name=$1 n fd
	n=$(($(cat "$SESSION_DIR/$name.n") + 1))
	fd=$(cat "$SESSION_DIR/$name.fd")
	echo "$n" >"$SESSION_DIR/$name.n"
	printf '%s;\n\\echo done %s\n' "$2" "$n" >&"$fd"
}

session_wait() {
	local name=$1 n i
	n=$(cat "$SESSION_DIR/$name.n")
	for ((i = 0; i < 2500; i++)); do
		if grep -qx "done $n" "$SESSION_DIR/$name.out"; then
			sed -n "/^done $((n - 1))\$/,/^done $n\$/p" "$SESSION_DIR/$name.out" | grep -v '^done '
			return 0
		fi
		sleep 0.01
	done
	echo "session $name does not answer"
}

session_run() {
	session_send "$1" "$2"
	session_wait "$1"
}

# Until a session waits for a lock of another.
session_blocked() {
	local i
	for ((i = 0; i < 1000; i++)); do
		if [ "$(psql -X -A -t -d "$DB" -c "SELECT count(*) FROM pg_stat_activity
			WHERE datname = '$DB' AND wait_event_type = 'Lock'")" != 0 ]; then
			return 0
		fi
		sleep 0.01
	done
	return 1
}

sql() {
	psql -X -q -A -t -d "$DB" -v VERBOSITY=sqlstate -c "SET search_path = tegata, public" -c "$1" 2>&1
}

is() {
	TAP_N=$((TAP_N + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $TAP_N - $3"
	else
		echo "not ok $TAP_N - $3"
		echo "#   got:      $1"
		echo "#   expected: $2"
	fi
}

books() {
	is "$(sql 'SELECT * FROM audit.violations')" "" "the books are in order"
}

# The same request id whenever it is asked for, not only within one transaction.
sql "CREATE TABLE t.clock AS SELECT now() AS at;
	CREATE OR REPLACE FUNCTION t.rid(n int, seconds int DEFAULT 0) RETURNS uuid STABLE LANGUAGE sql AS \$\$
	SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint + n), 12, '0') || '70008000'
		|| lpad(to_hex(n), 12, '0'))::uuid FROM t.clock \$\$" >/dev/null

done_testing() {
	echo "1..$TAP_N"
}
