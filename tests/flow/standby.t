#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# A database with a standby: value moves only while each commit waits for it, where that is
# demanded; after a failover the manager finds the new primary by itself, and nothing that was
# told is missing.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

# The copy of the primary, in a cluster directory of its own.
standby_make() {
	local dir=$ENV_DIR/two
	mkdir -p "$dir/pg"
	echo "$dir/pg" >"$dir/pg/socket_dir"
	chown -R postgres: "$dir/pg" 2>/dev/null
	chmod o+x "$dir" && chmod 755 "$dir/pg"
	pg_as_server "$PG_BIN/pg_basebackup" -h "$PGHOST" -p "$PGPORT" -U postgres -D "$dir/pg/data" \
		-R -X stream -c fast --no-sync >"$ENV_DIR/basebackup.log" 2>&1 || return 1
	pg_as_server sh -c "echo \"unix_socket_directories = '$dir/pg'\" >>'$dir/pg/data/postgresql.conf'
		sed -i \"s/host=/application_name=two host=/\" '$dir/pg/data/postgresql.auto.conf'"
}

# Of the server that is asked afterwards too: pg_start changes PGHOST.
standby_start() { (pg_start "$ENV_DIR/two"); }
standby_follows() { [ "$(env_sql -c "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'")" = 1 ]; }
demand() {
	sed -i "/^database/,/^dialogue/ { / require /d; s/^ name tegata/&\n $1/ }" "$ENV_DIR/manager.cfg"
	kill -HUP "$(cat "$ENV_DIR/manager.pid")"
}
not_ready() { ! env_ready; }
lanes() { env_vty "$ENV_IP" 4270 'show lanes'; }
refused() { grep -q 'Nothing was' <<<"$(confirm A 500; phone A say 1)"; }
buys() {
	local text
	text=$(confirm "$1" "$2"; phone "$1" say 1)
	grep -q "Bought $2 JPY" <<<"$text" || { echo "$text" && return 1; }
}

env_begin
export PG_FAST=1
env_postgres "wal_keep_size = 256MB" "synchronous_standby_names = ''" || exit 1
one=$PGHOST
mkdir -p "$ENV_DIR/two"
trap 'pg_kill "$ENV_DIR/two"; env_end' EXIT
standby_make || exit 1
env_manager || exit 1
sed -i "s|^ address unix:$one|& unix:$ENV_DIR/two/pg|" "$ENV_DIR/manager.cfg"
msc_start msc "$ENV_IP" 4223

ok 'nothing is demanded, nobody follows: value is bought' buys A 500
like 'and said so' "$(lanes)" 'synchronous standby none, not required'

demand 'require synchronous-standby'
ok 'a standby is demanded: not ready' env_wait 10 not_ready
like 'which is said' "$(lanes)" 'synchronous standby none, required'
before=$(values A)
ok 'nothing can be bought, and that is told' refused
is 'nor was it' "$(values A)" "$before"
standby_start || exit 1
sleep 1
not_ok 'one that follows, but that no commit waits for, is none' env_ready
env_sql -c "ALTER SYSTEM SET synchronous_standby_names = 'two'" -c 'SELECT pg_reload_conf()' >/dev/null
ok 'it follows' env_wait 10 standby_follows
ok 'ready by itself' env_wait 5 env_ready
like 'which is said' "$(lanes)" 'synchronous standby follows, required'
ok 'value is bought' buys A 600
is 'and is on the standby' "$(PGHOST=$ENV_DIR/two/pg values A)" "$(values A)"

is 'a seal may be published' "$(env_sql -c 'SELECT tegata.standby_flushed(pg_current_wal_insert_lsn())')" t

# --- the standby goes away while everything runs -------------------------------------------------
confirm A 700 >/dev/null
(pg_stop "$ENV_DIR/two")
ok 'the standby is gone: not ready, within three seconds' env_wait 3 not_ready
started=$EPOCHREALTIME
like 'what was asked before is told at once that nothing was done' "$(phone A say 1)" 'Nothing was (done|bought)'
ok 'at once' test "$(awk "BEGIN { print $EPOCHREALTIME - $started < 2 }")" = 1
# With dials under way: those that write wait, and must not hold up those that read.
for i in $(seq 5); do
	started=$EPOCHREALTIME
	like "what needs no commit is answered ($i)" "$(phone C dial '*188*6#')" 'On your bill'
	ok 'at once' test "$(awk "BEGIN { print $EPOCHREALTIME - $started < 2 }")" = 1
done
standby_start
ok 'it is back: ready by itself' env_wait 10 env_ready
ok 'value is bought' buys A 700

# --- failover -----------------------------------------------------------------------------------
told=$(values A)
pg_kill "$ENV_DIR"
pg_as_server "$PG_BIN/pg_ctl" -D "$ENV_DIR/two/pg/data" -w promote >/dev/null
PGHOST=$ENV_DIR/two/pg
ok 'the new primary has no standby: not ready' not_ready
connects() { lanes | grep -q "read-.* up.*at $ENV_DIR/two/pg"; }
ok 'though the manager has found it' env_wait 5 connects
demand 'no require synchronous-standby'
ok 'demanded no more: ready' env_wait 5 env_ready
is 'what was told is there' "$(values A)" "$told"
ok 'value is bought' buys A 800
is 'no rule of the ledger is broken' "$(violations)" ''
env_stop manager
done_testing
