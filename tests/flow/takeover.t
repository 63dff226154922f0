#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Two managers on one database and one OsmoHLR: one holds the name that OsmoHLR routes to, the
# other takes it over within ten seconds; direct peers and shops are served by both.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

PROMISE_S=10
SLACK_S=1

leases() { env_vty "$1" 4270 'show leases'; }
holds() { leases "$1" | grep -q ' ours for '; }
holders() {
	local n=0 ip
	for ip in "$ENV_IP" "$ENV_IP2"; do holds "$ip" && n=$((n + 1)); done
	echo $n
}

check() {
	env_curl /v1/ownership-checks -o /dev/null -w '%{http_code}\n' \
		-H 'Content-Type: application/json' -d '{"value_id": "00000000000000000018"}'
}

# One dial through OsmoHLR; it is silent or an error as long as nobody is routable.
served() { [ "$(MSC=via_hlr phone C dial '*188*6#' | tail -n 1)" = '[end]' ]; }

# How long nobody was served, in seconds, from now on.
gap() {
	local start=$EPOCHREALTIME
	env_wait 20 served
	awk "BEGIN { print $EPOCHREALTIME - $start }"
}

within() { awk "BEGIN { exit !($1 < $2) }"; }

value_version() {
	env_sql -c "SELECT version FROM tegata.value WHERE value_id = $((10#${1%?}))"
}

env_begin
export PG_FAST=1
env_postgres || exit 1
env_hlr || exit 1
env_gateway || exit 1
env_manager one "$ENV_IP" gateway || exit 1
env_wait 10 holds "$ENV_IP" || exit 1
env_manager two "$ENV_IP2" gateway || exit 1
msc_start via_hlr "$ENV_IP" 4222
msc_start msc_one "$ENV_IP" 4223
msc_start msc_two "$ENV_IP2" 4223

# --- side by side -----------------------------------------------------------------------------
ok 'a phone is served by OsmoHLR' env_wait 10 served
is 'one of two holds the name' "$(holders)" 1
ok 'the first that came' holds "$ENV_IP"
like 'phones buy by the first' "$(MSC=msc_one confirm A 500; MSC=msc_one phone A say 1)" 'Bought 500'
like 'and by the second' "$(MSC=msc_two confirm B 600; MSC=msc_two phone B say 1)" 'Bought 600'
like 'a purchase by the one is told by the other' "$(MSC=msc_two phone A dial '*188#')" 'Done .*500'
MSC=msc_two phone A hangup >/dev/null

questions() { env_vty "$1" 4270 'show gateways' | awk '$1 == "gateway" && $2 == "up" { print $4 }'; }
for n in 1 2 3 4 5 6 7 8; do
	check
done >"$ENV_DIR/codes"
is 'shops are served' "$(sort -u "$ENV_DIR/codes")" 200
ok 'by the first' test "$(questions "$ENV_IP")" -gt 0
ok 'and by the second' test "$(questions "$ENV_IP2")" -gt 0

# --- one value, two managers ------------------------------------------------------------------
MSC=msc_one confirm A 700 >/dev/null
id=$(MSC=msc_one phone A say 1 | grep -oE '([0-9]{4} ){4}[0-9]{4}' | tr -d ' ')
for m in one two; do
	text=$(MSC=msc_$m phone A dial "*188*3*$id*$ENV_MSISDN_B#")
	! grep -q '1 Continue' <<<"$text" || text=$(MSC=msc_$m phone A say 1)
	like "$m asks" "$text" "Send 700 JPY to"
done
for m in one two; do MSC=msc_$m phone A post 1 >/dev/null & done
sleep 0.2
said=$(for m in one two; do MSC=msc_$m phone A hear; done)
is 'sent at once by both: exactly one does it' "$(grep -c 'now belongs to' <<<"$said")" 1
is 'the other is told that it was done' "$(grep -cE 'You sent 700 JPY|was handed on to' <<<"$said")" 1
is 'it has changed hands once' "$(value_version "$id")" 2
for m in one two; do
	MSC=msc_$m phone A say 1
	MSC=msc_$m phone A hangup
done >/dev/null
is 'and once only, whatever the other answers' "$(value_version "$id")" 2

# --- take-over --------------------------------------------------------------------------------
env_stop one KILL
seconds=$(gap)
echo "# killed: $seconds s"
ok "the holder is killed: the other serves within $PROMISE_S s" within "$seconds" $((PROMISE_S + SLACK_S))
ok 'it holds the name' holds "$ENV_IP2"
is 'shops are served by who is left' "$(check)" 200
env_spawn one "$ENV_BIN/tegata-manager" -c "$ENV_DIR/one.cfg"
env_wait 15 env_ready "$ENV_IP"
is 'back, it waits its turn' "$(holders)" 1
ok 'who took over goes on' holds "$ENV_IP2"
env_stop two TERM &
stopping=$!
seconds=$(gap)
wait $stopping
echo "# ended: $seconds s"
ok 'the holder ends: handed over faster' within "$seconds" 4
ok 'to the first' holds "$ENV_IP"

# The holder is stopped, and comes back to a name that is another's: a split brain of one lease.
env_manager two "$ENV_IP2" gateway || exit 1
kill -STOP "$(cat "$ENV_DIR/one.pid")"
sleep 7
ok 'the holder hangs: the other takes the name' env_wait 10 holds "$ENV_IP2"
kill -CONT "$(cat "$ENV_DIR/one.pid")"
loses() { ! holds "$ENV_IP"; }
ok 'the one that hung lets go' env_wait 5 loses
ok 'a phone is served' env_wait 20 served
is 'by one of them' "$(holders)" 1

is 'no rule of the ledger is broken' "$(violations)" ''
done_testing
