# SPDX-License-Identifier: AGPL-3.0-or-later
# Installing: twice, from earlier levels, several at once, without a superuser.
. "$(dirname "$0")/../lib/session.sh"
. "$(dirname "$0")/../../lib/pg.sh"

dump() {
	"$PG_BIN/pg_dump" --schema-only --schema=tegata --schema=audit "$1" | grep -v -e '^--' -e restrict | md5sum
	psql -X -A -t -d "$1" -c "SELECT number, name, sha256 FROM tegata.patch ORDER BY number"
}

pg_database install_fresh
first=$(dump install_fresh)
when=$(psql -X -A -t -d install_fresh -c 'SELECT max(applied_at) FROM tegata.patch')
pg_install_schema install_fresh
is "$?" 0 "a second installation"
is "$(dump install_fresh)" "$first" "is a no-op"
is "$(psql -X -A -t -d install_fresh -c 'SELECT max(applied_at) FROM tegata.patch')" "$when" "no patch was applied again"
is "$(psql -X -A -t -d install_fresh -c 'SELECT count(*) FROM tegata.patch')" \
	"$(find "$PG_ROOT/sql/patch" -name '[0-9]*.sql' | wc -l)" "each patch is registered"

# From every earlier level.
level=
for last in "$PG_ROOT"/sql/patch/[0-9]*.sql; do
	level+=" $last"
	"$PG_BIN/createdb" install_level
	{
		cat "$PG_ROOT/sql/role.sql"
		for patch in $level; do
			base=$(basename "$patch" .sql)
			cat "$patch"
			echo "INSERT INTO tegata.patch (number, name, sha256) VALUES (${base%%-*}::int, '${base#*-}'," \
				"'$(sha256sum "$patch" | cut -d' ' -f1)');"
		done
	} | psql -X -q -d install_level -v ON_ERROR_STOP=1 --single-transaction -f - >/dev/null
	pg_install_schema install_level
	is "$(dump install_level)" "$first" "upgrade from $(basename "$last" .sql)"
	"$PG_BIN/dropdb" install_level
done

# Several at once, in one database and in others, while the roles do not exist.
psql -X -q -d install_fresh -c 'SELECT 1' >/dev/null
own=$(mktemp -d)
trap 'pg_stop "$own"; rm -rf "$own"; session_end' EXIT
PG_FAST=1 pg_start "$own"
for db in one two three; do
	"$PG_BIN/createdb" $db
done
pids=
for db in one one two two three; do
	pg_install_schema $db 2>"$SESSION_DIR/install.$db.$RANDOM" &
	pids+=" $!"
done
failed=0
for pid in $pids; do
	wait "$pid" || failed=$((failed + 1))
done
is "$failed" 0 "five installations at once"
cat "$SESSION_DIR"/install.*
for db in one two three; do
	is "$(dump $db)" "$first" "all the same ($db)"
done

# A database owner with CREATEROLE, who is no superuser.
psql -X -q -d postgres -c "CREATE ROLE installer LOGIN CREATEROLE" -c "CREATE DATABASE theirs OWNER installer"
PGUSER=installer pg_install_schema theirs
is "$?" 0 "an installation without a superuser"
is "$(dump theirs)" "$first" "is the same"
pg_stop "$own"
pg_export "$2"
"$PG_BIN/dropdb" install_fresh
done_testing
