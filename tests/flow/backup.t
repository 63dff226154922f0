#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 180
#
# Base backup and WAL under load, restored to a point in time with load behind it, as
# docs/operations.md says; with its own commands.  What was told before the point is there, what was
# told behind it is found.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

env_begin
backup=$ENV_DIR/backup
install -d -m 755 "$backup" && install -d -m 777 "$backup/wal"
[ "$(id -u)" != 0 ] || chown postgres: "$backup"

# doc FROM TO: what stands between these lines of the section, for this test's directories
doc() {
	sed -n '/^## Backup and restore/,/^## Upgrade/p' docs/operations.md | sed -n "/$1/,/$2/p" |
		sed "s/^   //; /^\`\`\`/d; s|/srv/backup|$backup|g; s|/var/log/tegata-manager|$ENV_DIR/log|g"
}

mapfile -t lines < <(doc '^wal_level' '^```')
# Without fsync, for speed: nothing here loses power.
env_postgres "${lines[@]}" "fsync = off" || exit 1
ENV_DIALOGUE_EXTRA='confirm-oneshot never
 repeat-guard 0'
mkdir "$ENV_DIR/log" "$ENV_DIR/published"
env_ctl seal-key make "$ENV_DIR/seal.key" >>"$ENV_DIR/ctl.log" &&
	env_ctl seal-key add "$ENV_DIR/seal.key.pub" first >>"$ENV_DIR/ctl.log" &&
	env_ctl setting sealing on >>"$ENV_DIR/ctl.log" || exit 1
ENV_DIRECT_EXTRA="
sealer
 key $ENV_DIR/seal.key
 publish directory $ENV_DIR/published
 interval 1
 lease-ttl 3"
env_gateway || exit 1
env_manager || exit 1
sed -i "s|^manager\$|&\n log json $ENV_DIR/log/log.json|; 1i log stderr\n logging level set-all notice\n logging level op info" "$ENV_DIR/manager.cfg"
env_stop manager
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
env_wait 10 env_ready || exit 1
msc_start msc "$ENV_IP" 4223

{
	echo number,imsi,mode,credit_limit,currency
	for n in {0..15}; do printf '%d,%015d,postpaid,100000000,JPY\n' $((819000000000 + n)) $((1010000001000 + n)); done
} >"$ENV_DIR/load.csv"
env_ctl terminal import "$ENV_DIR/load.csv" >>"$ENV_DIR/ctl.log"
load() { env_spawn load python3 tests/lib/gsup_load.py "$ENV_DIR/told" "$ENV_IP" 4223 "$ENV_IP" MSC-1 100 1010000001000 819000000000 16; }
told() { grep -c bought "$ENV_DIR/told"; }
told_at_least() { [ "$(told)" -ge "$1" ]; }
numbers() { sed -n 's/.* bought \([0-9]*\)[0-9]$/\1/p' "$1" | sed 's/^0*//' | sort; }
known() { env_sql -c 'SELECT value_id FROM tegata.value' | sort; }

# Against the seals that were published, which no restore takes back.
# shellcheck disable=SC2120 # its options come by way of ok
verify() {
	"$ENV_BIN/tegatactl" --db "host=$PGHOST port=$PGPORT dbname=tegata user=postgres" \
		--public-key "$ENV_DIR/seal.key.pub" --seals "$ENV_DIR/published" verify "$@" 2>&1
}
seals() { env_sql -c 'SELECT coalesce(max(number), 0) FROM tegata.seal'; }
published() { cat "$ENV_DIR/published"/*.jsonl | wc -l; }

# --- backup -----------------------------------------------------------------------------------
: >"$ENV_DIR/told"
load
env_wait 10 told_at_least 50
base=$(doc '^pg_basebackup' '^```')
# shellcheck disable=SC2086 # a command of the text
ok 'a base backup under load' pg_as_server env PGHOST="$PGHOST" PGUSER=postgres "$PG_BIN/"$base
ok 'load goes on' env_wait 10 told_at_least $(($(told) + 50))

# --- what will be before the point, and behind it ---------------------------------------------
second=$(env_ctl key add "$ENV_SHOP" second 2>>"$ENV_DIR/ctl.log")
bought() { phone A dial '*188*1*500#' | grep -oE '([0-9]{4} ){4}[0-9]{4}' | tr -d ' ' | tail -n 1; }
paid=$(bought)
kept=$(bought)
env_ctl terminal top-up "$ENV_MSISDN_B" 700 JPY --reference before >>"$ENV_DIR/ctl.log"
env_stop load
cp "$ENV_DIR/told" "$ENV_DIR/told.before"
sleep 0.2
point=$(env_sql -c 'SELECT clock_timestamp()')
sleep 0.2
load
env_wait 10 told_at_least $(($(wc -l <"$ENV_DIR/told.before") + 50))
like 'behind the point: a value is paid to the shop' "$(phone A dial "*188*4*$paid*$ENV_SHOP*17#")" 'now belongs to'
check() { # KEY VALUE
	ENV_KEY=$1 env_curl /v1/ownership-checks -H 'Content-Type: application/json' -d "{\"value_id\": \"$2\"}"
}
like '... which is told that it owns it' "$(check "$second" "$paid")" '"owner":true'
lost=$(bought)
env_ctl key revoke "$ENV_SHOP" second >>"$ENV_DIR/ctl.log" 2>&1
env_ctl terminal block "$ENV_MSISDN_D" >>"$ENV_DIR/ctl.log" 2>&1
top_up() { env_ctl terminal top-up "$ENV_MSISDN_B" 900 JPY --reference behind; }
top_up >>"$ENV_DIR/ctl.log" 2>&1
balance() { env_sql -c "SELECT balance FROM tegata.account JOIN tegata.terminal USING (terminal_id) WHERE address = '$ENV_MSISDN_B' AND currency = 'JPY'"; }
is 'both top-ups are booked' "$(balance)" 3600
env_sql -c 'SELECT pg_switch_wal()' >>"$ENV_DIR/ctl.log"
env_sql -c 'CHECKPOINT'
sleep 1
pg_kill "$ENV_DIR"
sleep 1
env_stop load
env_stop manager
ok 'there was load behind the point' test "$(told)" -gt $(($(grep -c bought "$ENV_DIR/told.before") + 50))

# --- restore ----------------------------------------------------------------------------------
data=$ENV_DIR/pg/data
pg_as_server mv "$data" "$data.lost"
pg_as_server cp -r "$backup/base" "$data"
pg_as_server chmod 700 "$data"
# What the archive does not have, as step 1 says.
for file in "$data.lost"/pg_wal/0*; do
	[ -e "$backup/wal/${file##*/}" ] || cp "$file" "$backup/wal/"
done
chmod -R a+rX "$backup/wal"
doc '^   restore_command' '^   ```' | sed "s/2026-11-22 14:00:00+00/$point/" >"$ENV_DIR/recovery"
is 'the text has all that is needed' "$(grep -cE "^(restore_command|recovery_target_time|recovery_target_action) = " "$ENV_DIR/recovery")" 3
cat "$ENV_DIR/recovery" >>"$data/postgresql.conf"
pg_as_server touch "$data/recovery.signal"
pg_start "$ENV_DIR" || exit 1
promoted() { [ "$(env_sql -c 'SELECT pg_is_in_recovery()')" = f ]; }
ok 'restored to the point' env_wait 30 promoted

# --- what is there ----------------------------------------------------------------------------
ok 'maintenance, before anybody serves' env_ctl maintenance on --reason restore
is 'no rule of the ledger is broken' "$(violations)" ''
sealed=$(seals)
ok 'seals were published before the point, and behind it' test "$sealed" -gt 2 -a "$(published)" -gt "$sealed"
ok 'up to the last seal that is left the chain verifies' verify --until "$sealed"
not_ok '... and that seals are missing is told' verify
numbers "$ENV_DIR/told.before" >"$ENV_DIR/must"
known >"$ENV_DIR/known"
ok 'purchases were told before the point' test "$(wc -l <"$ENV_DIR/must")" -gt 100
is '... and each of them is there' "$(comm -23 "$ENV_DIR/must" "$ENV_DIR/known" | wc -l)" 0
numbers <(tail -n "+$(($(wc -l <"$ENV_DIR/told.before") + 1))" "$ENV_DIR/told") >"$ENV_DIR/behind"
is 'of those told behind it none' "$(comm -12 "$ENV_DIR/behind" "$ENV_DIR/known" | wc -l)" 0
is 'the value that was paid is its old owner'\''s' "$(env_sql -c "SELECT t.address FROM tegata.value JOIN tegata.terminal t ON terminal_id = owner_id WHERE value_id = ${paid%?}::bigint")" "$ENV_MSISDN_A"
is 'what was bought by hand before it is there' "$(grep -cx "0*$((10#${kept%?}))" "$ENV_DIR/known")" 1
is 'balances are those of the point' "$(balance)" 2700

# --- what was told and is lost, with the commands of the text ----------------------------------
mkdir "$ENV_DIR/desk"
doc "^   sed -n 's" '^   grep -h' >"$ENV_DIR/desk/commands"
is 'the text has its commands' "$(grep -c '' "$ENV_DIR/desk/commands")" 7
(cd "$ENV_DIR/desk" && PGUSER=an_auditor bash ./commands) >"$ENV_DIR/desk/lines" 2>"$ENV_DIR/desk/errors"
is 'an auditor can run them' "$(cat "$ENV_DIR/desk/errors")" ''
# The purchases of the load that were acknowledged, one payment, and one purchase by hand.
is 'each operation that was told and is lost is found, and no other' \
	"$(wc -l <"$ENV_DIR/desk/lines")" $(($(wc -l <"$ENV_DIR/behind") + 2))
terminal=$(env_sql -c "SELECT terminal_id FROM tegata.terminal WHERE address = '$ENV_MSISDN_A'")
like 'the payment among them, with its terminal' "$(cat "$ENV_DIR/desk/lines")" \
	"transfer 500 JPY by terminal $terminal [(][*0-9]+[)] over [^ ]+, value [^ ]*${paid: -2}: ok"
like 'and the purchase by hand' "$(cat "$ENV_DIR/desk/lines")" "issue 500 JPY by terminal $terminal [(][*0-9]+[)] over [^ ]+, value [^ ]*${lost: -2}: ok"

# --- what operators say again ------------------------------------------------------------------
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
env_wait 10 env_ready
answers() { check "$second" "$paid" | grep -q "$1"; }
ok 'a key that was revoked behind the point is valid again' env_wait 10 answers owner
like '... and its shop learns that the payment is lost' "$(check "$second" "$paid")" '"owner":false'
ok '... it is revoked again' env_ctl key revoke "$ENV_SHOP" second
ok '... and refused' answers unauthenticated
ok 'the stolen phone is blocked again' env_ctl terminal block "$ENV_MSISDN_D"
ok 'the top-up is said again' top_up
is '... and booked' "$(balance)" 3600
top_up >>"$ENV_DIR/ctl.log" 2>&1
is '... once' "$(balance)" 3600
like 'nothing moves meanwhile' "$(phone A dial '*188*1*500#')" 'aintenance'
ok 'maintenance ends' env_ctl maintenance off
moves() { phone A dial '*188*1*500#' | grep -q 'Bought 500'; }
ok 'phones buy again' env_wait 5 moves
like 'the old owner pays again' "$(phone A dial "*188*4*$paid*$ENV_SHOP*17#")" 'now belongs to'
goes_on() {
	env_vty "$ENV_IP" 4270 enable 'sealer new-epoch restored to a point' >"$ENV_DIR/vty"
	[ "$(seals)" -gt "$sealed" ]
}
is 'nothing is sealed until somebody takes the loss upon him' "$(seals)" "$sealed"
ok '... then a new epoch begins' env_wait 15 goes_on
load
ok 'load again' env_wait 10 told_at_least $(($(told) + 50))
env_stop load
is 'no rule of the ledger is broken after all that' "$(violations)" ''
sleep 2
said=$(verify)
is 'the chain verifies across the restore' "$?" 0
printf '%s\n' "$said" | sed 's/^/# /'
done_testing
