#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 180
#
# Everything is restarted in the middle of a dialogue, gently or not: what was done is told, done
# once, and never told where it was not done.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

NO_DOUBT='Nothing was (done|bought)|not known yet'

# outcome_agrees PHONE VALUES_BEFORE ANSWER: what the next dial says is what the record says.
outcome_agrees() {
	local text did
	did=$(($(values "$1") - $2))
	text=$(phone "$1" dial '*188#')
	phone "$1" hangup >/dev/null
	case "$did:$3:$text" in
	1:*:*Done*bought*) ;;
	0:*Bought*) echo "told, not done: $3" && return 1 ;;
	0:*:*'1 Buy'*) ;;
	*) echo "did $did, then: $text" && return 1 ;;
	esac
}

restart() {
	env_spawn "$1" "$ENV_BIN/tegata-$1" -c "$ENV_DIR/$1.cfg"
}

status() {
	curl -s -o /dev/null --max-time 5 --cacert "$ENV_DIR/tls.crt" -w '%{http_code}' \
		"https://$ENV_IP:8443$1"
}

status_is() { [ "$(status "$1")" = "$2" ]; }

# The status, and whether it came at once.
check() {
	env_curl /v1/ownership-checks -D "$ENV_DIR/head" -o "$ENV_DIR/body" \
		-w '%{http_code} %{time_total}' -H 'Content-Type: application/json' \
		-d '{"value_id": "00000000000000000018"}' |
		awk '{ print $1, $2 < 2 ? "at once" : $2 " s" }'
}

check_is() { [ "$(check)" = "$1 at once" ]; }

env_begin
# Durable, as it is killed; a deadline of the ledger that a test can wait for.
env_postgres || exit 1
env_hlr || exit 1
env_gateway || exit 1
env_manager || exit 1
for p in "$ENV_MSISDN_A" "$ENV_MSISDN_B"; do
	env_ctl terminal top-up "$p" 30000 JPY --reference "more-$p" >/dev/null || exit 1
done
msc_start msc "$ENV_IP" 4223

# --- the database -----------------------------------------------------------------------------
declare -A before answer
for p in A B C; do
	before[$p]=$(values $p)
	like "$p is asked" "$(confirm $p 500)" 'Buy 500 JPY'
done
pg_kill "$ENV_DIR"
for p in A B C; do phone $p post 1 >/dev/null; done
started=$EPOCHREALTIME
for p in A B C; do
	like "no database, $p is told" "$(phone $p hear)" "$NO_DOUBT"
done
ok 'within six seconds' test "$(awk "BEGIN { print $EPOCHREALTIME - $started < 7 }")" = 1
like 'who dials meanwhile is told' "$(phone B dial '*188#')" 'cannot be reached.*|Nothing was done'
not_ok 'not ready meanwhile' env_ready
pg_start "$ENV_DIR"
ok 'ready again by itself' env_wait 10 env_ready
for p in A B C; do
	ok "$p: the next dial agrees with the record" outcome_agrees $p "${before[$p]}" ''
done

# Killed at any moment around the commit.
for round in 1 2 3 4; do
	amount=$((500 + round * 100))
	for p in A B C; do
		before[$p]=$(values $p)
		confirm $p $amount >"$ENV_DIR/asked" || tap_result 1 "$p is asked" "$(cat "$ENV_DIR/asked")"
	done
	for p in A B C; do phone $p post 1 >/dev/null & done
	sleep 0.0$((RANDOM % 10))
	if [ $((round % 2)) = 1 ]; then
		pg_kill "$ENV_DIR" && pg_start "$ENV_DIR"
	else
		pg_restart "$ENV_DIR"
	fi
	for p in A B C; do
		answer[$p]=$(phone $p hear)
		like "round $round, $p is told" "${answer[$p]}" "$NO_DOUBT|Bought $amount JPY|Your balance"
	done
	env_wait 10 env_ready || break
	for p in A B C; do
		ok "round $round, $p: the next dial agrees with the record" \
			outcome_agrees $p "${before[$p]}" "${answer[$p]}"
	done
done
is 'no rule of the ledger is broken' "$(violations)" ''

# --- the manager ------------------------------------------------------------------------------
like 'asked' "$(confirm A 2000)" 'Buy 2000 JPY'
before[A]=$(values A)
env_stop manager KILL
like 'the link is gone' "$(phone A say 1)" 'lost|nolink|closed'
restart manager
ok 'the manager is back' env_wait 15 env_ready
like 'killed at the question: nothing is told, for nothing was done' "$(phone A dial '*188#')" '^1 Buy'
is 'and nothing was done' "$(values A)" "${before[A]}"

like 'asked' "$(confirm A 2000)" 'Buy 2000 JPY'
phone A post 1 >/dev/null
sleep 0.3
env_stop manager KILL
restart manager
env_wait 15 env_ready
like 'killed after the commit: told first' "$(phone A dial '*188#')" 'Done .*bought 2000 JPY'
is 'done once' "$(values A)" $((before[A] + 1))
like 'the same again' "$(confirm A 2000)" 'Buy 2000 JPY'
like 'is asked back' "$(phone A say 1)" 'You bought 2000 JPY at .* Buy again'
like 'no' "$(phone A say 0)" 'Nothing was bought'
is 'buys nothing' "$(values A)" $((before[A] + 1))
for round in 1 2 3 4; do
	amount=$((1000 + round * 100))
	before[A]=$(values A)
	confirm A $amount >/dev/null
	phone A post 1 >/dev/null
	sleep 0.00$((RANDOM % 10))
	env_stop manager KILL
	answer[A]=$(phone A hear)
	restart manager
	env_wait 15 env_ready
	ok "killed around the commit, $round: the next dial agrees with the record" \
		outcome_agrees A "${before[A]}" "${answer[A]}"
done

# --- the phone --------------------------------------------------------------------------------
confirm B 3000 >/dev/null
phone B post 1 >/dev/null
phone B hangup >/dev/null
sleep 0.3
like 'hung up after the yes: told first' "$(phone B dial '*188#')" 'Done .*bought 3000 JPY'
confirm B 2900 >/dev/null
phone B post 1 >/dev/null
phone B cut >/dev/null
sleep 0.3
like 'the MSC is gone after the yes: told first' "$(phone B dial '*188#')" 'Done .*bought 2900 JPY'
phone B hangup >/dev/null

# --- SIGTERM ----------------------------------------------------------------------------------
phone A dial '*188*6#' >/dev/null # what is unseen
phone A dial '*188#' >/dev/null
for n in 1 1 3; do said=$(phone A say $n); done
like 'asked by the menu' "$said" 'Buy 3000 JPY'
kill -TERM "$(cat "$ENV_DIR/manager.pid")"
ok 'draining' env_wait 5 grep -q draining "$ENV_DIR/manager.log"
not_ok 'not ready' env_ready
like 'who dials now is told to dial again' "$(phone B dial '*188#')" 'dial again'
said=$(phone A say 1)
like 'what is open is finished' "$said" 'Bought 3000 JPY'
like '... and ends with its result' "$said" '\[end\]'
end=$((SECONDS + 8))
while env_running manager && [ $SECONDS -lt $end ]; do sleep 0.1; done
not_ok 'then the manager ends' env_running manager
wait "$(cat "$ENV_DIR/manager.pid")"
is 'with exit code 0' $? 0
rm "$ENV_DIR/manager.pid"

# --- gateway ----------------------------------------------------------------------------------
is 'the manager is gone: 503' "$(check)" '503 at once'
like 'with a time to come back' "$(cat "$ENV_DIR/head")" '^[Rr]etry-[Aa]fter: [0-9]+'
is 'the gateway is not ready' "$(status /readyz)" 503
is 'but alive' "$(status /healthz)" 200
restart manager
env_wait 15 env_ready
ok 'ready again' env_wait 10 status_is /readyz 200
is 'serves again' "$(check)" '200 at once'
env_stop manager KILL
is 'the manager is killed: 503' "$(check)" '503 at once'
restart manager
ok 'serves again by itself' env_wait 15 check_is 200
env_stop gateway KILL
restart gateway
ok 'the gateway was killed: the manager comes back by itself' env_wait 15 check_is 200
pg_kill "$ENV_DIR"
like 'no database: no answer is made up' "$(check)" '^503'
like 'with a time to come back' "$(cat "$ENV_DIR/head")" '^[Rr]etry-[Aa]fter: [0-9]+'
pg_start "$ENV_DIR"
ok 'the database is back: serves again' env_wait 15 check_is 200

# --- OsmoHLR ----------------------------------------------------------------------------------
msc_start via_hlr "$ENV_IP" 4222
dials() { grep -qE 'bill|Done' <<<"$(MSC=via_hlr phone C dial '*188*6#')"; }
ok 'by OsmoHLR, once the lease of the one that was killed is over' env_wait 15 dials
env_stop hlr KILL
env_hlr again
ok 'OsmoHLR was killed: a phone is served by it again' env_wait 15 dials

# --- a drain that phones outlast --------------------------------------------------------------
sed -i 's/ drain-timeout .*/ drain-timeout 1/' "$ENV_DIR/manager.cfg"
kill -HUP "$(cat "$ENV_DIR/manager.pid")"
env_wait 5 grep -q 'is in force' "$ENV_DIR/manager.log"
msc_start late "$ENV_IP" 4223
like 'one phone at a question' "$(MSC=late confirm A 700)" 'Buy 700 JPY'
like 'another one, by OsmoHLR' "$(MSC=via_hlr confirm C 600)" 'Buy 600 JPY'
kill -TERM "$(cat "$ENV_DIR/manager.pid")"
like 'it is told that nothing was done' "$(MSC=late phone A hear | tr '\n' ' ')" 'Nothing was done.*\[end\]'
like 'so is the other one' "$(MSC=via_hlr phone C hear | tr '\n' ' ')" 'Nothing was done.*\[end\]'
ended() { ! env_running manager; }
ok 'then the manager ends' env_wait 10 ended
env_stop manager

is 'no rule of the ledger is broken' "$(violations)" ''
done_testing
