# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# Private PostgreSQL clusters for tests; to be sourced.
#
#   . tests/lib/pg.sh
#   dir=$(mktemp -d)
#   trap 'pg_stop "$dir"; rm -rf "$dir"' EXIT
#   PG_FAST=1 pg_start "$dir" "max_connections = 50"
#   pg_database tegata
#   psql -d tegata
#
# pg_start DIR [LINE...]  makes (once) and starts a cluster in DIR/pg; each LINE goes to
#                         postgresql.conf.  Exports PGHOST PGPORT PGUSER.  Trust on a Unix
#                         socket in DIR/pg; no TCP unless a LINE sets listen_addresses
#                         (then trust on 127.0.0.0/8, and PG_PORT says which port).
# pg_restart DIR, pg_stop DIR (fast), pg_kill DIR (immediate: as a crash)
# pg_database NAME        creates the database and installs the schema
# pg_install_schema DB    sql/ as sql/README.md says, in one transaction; twice is a no-op
#
# PG_FAST=1 gives up durability; leave it out where a test kills the server.
# A server never runs as root: as user postgres then.  Stopping what does not run is no error.

PG_BIN=${PG_BIN:-/usr/lib/postgresql/15/bin}
PG_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# The server's user; root may connect all the same, because every user may.
pg_as_server() {
	if [ "$(id -u)" -eq 0 ]; then
		(cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@")
	else
		"$@"
	fi
}

pg_export() {
	PGHOST=$(cat "$1/pg/socket_dir")
	PGPORT=${PG_PORT:-5432}
	PGUSER=postgres
	export PGHOST PGPORT PGUSER
}

pg_make() {
	local dir=$1 data=$1/pg/data socket_dir
	shift
	mkdir -p "$dir/pg"
	chmod o+x "$dir"
	socket_dir=$dir/pg
	# A socket's path has 107 octets.
	if [ ${#socket_dir} -gt 80 ]; then
		socket_dir=$(mktemp -d /tmp/pg-socket-XXXXXX)
	fi
	echo "$socket_dir" >"$dir/pg/socket_dir"
	if [ "$(id -u)" -eq 0 ]; then
		chown -R postgres: "$dir/pg" "$socket_dir"
	fi
	chmod 755 "$dir/pg" "$socket_dir"
	if ! pg_as_server test -w "$dir/pg"; then
		echo "pg_start: the server's user cannot reach $dir" >&2
		return 1
	fi
	pg_as_server "$PG_BIN/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 \
		--locale=C.UTF-8 --lc-collate=C --no-sync --no-instructions >"$dir/pg/initdb.log" || return 1
	{
		echo "listen_addresses = ''"
		echo "unix_socket_directories = '$socket_dir'"
		echo "unix_socket_permissions = 0777"
		echo "port = ${PG_PORT:-5432}"
		echo "shared_buffers = 64MB"
		echo "timezone = 'UTC'"
		if [ "${PG_FAST:-0}" = 1 ]; then
			echo "fsync = off"
			echo "full_page_writes = off"
		fi
		printf '%s\n' "$@"
	} >>"$data/postgresql.conf"
}

pg_start() {
	local dir=$1
	if [ ! -s "$dir/pg/data/PG_VERSION" ]; then
		pg_make "$@" || return 1
	fi
	pg_export "$dir"
	if [ ! -d "$PGHOST" ]; then
		pg_as_server mkdir -m 755 "$PGHOST" || return 1
	fi
	if pg_as_server "$PG_BIN/pg_ctl" -D "$dir/pg/data" status >/dev/null; then
		return 0
	fi
	if ! pg_as_server "$PG_BIN/pg_ctl" -D "$dir/pg/data" -l "$dir/pg/server.log" -w -t 30 \
		start >/dev/null; then
		tail -n 20 "$dir/pg/server.log" >&2
		return 1
	fi
}

pg_stop_mode() {
	local dir=$1 mode=$2 socket_dir
	if [ ! -f "$dir/pg/data/postmaster.pid" ]; then
		return 0
	fi
	pg_as_server "$PG_BIN/pg_ctl" -D "$dir/pg/data" -m "$mode" -w -t 30 stop >/dev/null
	socket_dir=$(cat "$dir/pg/socket_dir")
	if [ "$mode" = fast ] && [ "$socket_dir" != "$dir/pg" ]; then
		rmdir "$socket_dir" 2>/dev/null
	fi
	return 0
}

pg_stop() {
	pg_stop_mode "$1" fast
}

pg_kill() {
	pg_stop_mode "$1" immediate
}

pg_restart() {
	pg_as_server "$PG_BIN/pg_ctl" -D "$1/pg/data" -l "$1/pg/server.log" -m fast -w -t 30 \
		restart >/dev/null && pg_export "$1"
}

# Writes the whole installation as one script; its guards make the second run a no-op.
pg_schema_script() {
	local patch base
	echo "SELECT pg_advisory_xact_lock(20200101);"
	cat "$PG_ROOT/sql/role.sql"
	for patch in "$PG_ROOT"/sql/patch/[0-9]*.sql; do
		base=$(basename "$patch" .sql)
		# The registry is a patch too: before the first one it does not exist.
		echo "SELECT to_regclass('tegata.patch') IS NULL AS fresh \\gset"
		echo "\\if :fresh"
		echo "\\set todo true"
		printf '%s\n' '\else'
		echo "SELECT NOT EXISTS (SELECT FROM tegata.patch WHERE number = ${base%%-*}::int) AS todo \\gset"
		printf '%s\n' '\endif'
		echo "\\if :todo"
		cat "$patch"
		echo "INSERT INTO tegata.patch (number, name, sha256) VALUES (${base%%-*}::int," \
			"'${base#*-}', '$(sha256sum "$patch" | cut -d' ' -f1)');"
		printf '%s\n' '\endif'
	done
	cat "$PG_ROOT"/sql/function/*.sql "$PG_ROOT"/sql/view/*.sql "$PG_ROOT/sql/grant.sql"
}

pg_install_schema() {
	pg_schema_script | psql -X -q -d "$1" -v ON_ERROR_STOP=1 --single-transaction -f - >/dev/null
}

pg_database() {
	"$PG_BIN/createdb" "$1" && pg_install_schema "$1"
}
