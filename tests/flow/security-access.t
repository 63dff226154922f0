#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 180
#
# Who may ask about what: shops about each other's values and with each other's keys, on every route;
# exchanges for subscribers that are not theirs, with numbers that nobody asked them for, in sessions
# of another link; a new SIM on a known number; a terminal that dials without end.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

env_begin
export PG_FAST=1
env_postgres || exit 1
ENV_DIRECT_EXTRA="peer MSC-2 address $ENV_IP2
 peer MSC-2 imsi-prefix 00102
 peer MSC-2 imsi-prefix $ENV_IMSI_B"
ENV_DIALOGUE_EXTRA='enrol
 confirm-oneshot never
 repeat-guard 0'
env_gateway || exit 1
env_manager || exit 1
msc_start msc "$ENV_IP" 4223
env_spawn msc2 python3 tests/lib/gsup_phone.py serve "$ENV_DIR/msc2.msc" "$ENV_IP" 4223 "$ENV_IP2" MSC-2
env_wait 10 test -S "$ENV_DIR/msc2.msc"

# --- shops ------------------------------------------------------------------------------------
# Every route of the API is asked here: a new one must be thought of.
is 'routes with objects' "$(sed -n 's/^  \(\/v1\/[^ ]*\):$/\1/p' docs/openapi.yaml | xargs)" '/v1/ownership-checks'

env_ctl shop add 4712 'Hon-ya' >>"$ENV_DIR/ctl.log" 2>&1
first=$(cat "$ENV_DIR/shop.key")
second=$(env_ctl key add 4712 first 2>>"$ENV_DIR/ctl.log")
blind=$(env_ctl key add 4712 blind --scopes events 2>>"$ENV_DIR/ctl.log")
past=$(env_ctl key add 4712 past --expires 2099-01-01 2>>"$ENV_DIR/ctl.log")
env_sql -c "UPDATE tegata.shop_key SET expires_at = now() - interval '1 second' WHERE label = 'past'"
bought() { phone "$1" dial "*188*1*500#" | grep -oE '([0-9]{4} ){4}[0-9]{4}' | tr -d ' ' | tail -n 1; }
mine=$(bought A)
theirs=$(bought A)
ok 'values to ask about' test "${#mine}${#theirs}" = 2020
like 'one is paid to each shop' "$(phone A dial "*188*4*$theirs*$ENV_SHOP*1#")" 'now belongs to'
other=$(bought A)
phone A dial "*188*4*$other*4712*2#" >"$ENV_DIR/null"

ask() { # KEY BODY: the body, then status and header fields without times and ids
	ENV_KEY=$1 env_curl /v1/ownership-checks -D "$ENV_DIR/head" -H 'Content-Type: application/json' -d "$2"
	sed '/^Date:/Id; /^X-Request-Id:/Id' "$ENV_DIR/head"
}
one() { ask "$1" "{\"value_id\": \"$2\"}"; }
nothing=$(one "$second" 00000000000000000018)
like 'a value that does not exist' "$nothing" '^\{"owner":false\}HTTP/1.1 200'
is "another shop's value: the same, to the octet" "$(one "$second" "$theirs")" "$nothing"
is "a phone's value: the same" "$(one "$second" "$mine")" "$nothing"
like 'its own' "$(one "$second" "$other")" '"owner":true'
like 'in a batch nothing but its own' "$(ask "$second" "{\"checks\": [{\"value_id\": \"$theirs\"}, {\"value_id\": \"$mine\"}, {\"value_id\": \"$other\"}, {\"value_id\": \"00000000000000000018\"}]}" |
	grep -o '"owner":[a-z]*' | xargs)" '^owner:false owner:false owner:true owner:false$'
code() { one "$1" "$2" | sed -n 's/^.*"code":"\([a-z_]*\)".*/\1/p'; }
is 'without the scope: nothing, not even about its own' "$(code "$blind" "$other")" forbidden
is '... nor about what does not exist' "$(code "$blind" 00000000000000000018)" forbidden
is 'a key that has expired' "$(code "$past" "$other")" unauthenticated
is 'a key that nobody has' "$(code tgk_live_0123456789abcdef0123456789abcdef0123456789abcdef "$other")" unauthenticated
is 'a key with one digit changed' "$(code "${second%?}$(printf %x $(((0x${second: -1} + 1) % 16)))" "$other")" unauthenticated
ENV_KEY=$second env_ctl key revoke 4712 first >>"$ENV_DIR/ctl.log" 2>&1
is 'a revoked key, at once' "$(code "$second" "$other")" unauthenticated
like "the other shop's key goes on" "$(one "$first" "$theirs")" '"owner":true'
env_ctl terminal block "$ENV_SHOP" --reason test >>"$ENV_DIR/ctl.log" 2>&1
unlike 'a blocked shop is told nothing' "$(one "$first" "$theirs")" '"owner":true'
env_ctl terminal unblock "$ENV_SHOP" --reason test >>"$ENV_DIR/ctl.log" 2>&1
for path in /v1 /v1/ /v1/values /v1/values/"$theirs" /v1/keys /v1/transfers/1 /v1/shops/4711 \
	/v1/ownership-checks/ /v1/../metrics /metrics /v1/ownership-checks/"$theirs"; do
	is "GET $path" "$(env_curl "$path" --path-as-is -o "$ENV_DIR/null" -w '%{http_code}')" 404
done
is 'GET of the one route' "$(env_curl /v1/ownership-checks -o "$ENV_DIR/null" -w '%{http_code}')" 405

# --- exchanges --------------------------------------------------------------------------------
second_msc() { MSC=msc2 phone "$@"; }
like 'a peer with prefixes speaks for a subscriber of its own' "$(second_msc B dial '*188*6#')" 'Balance'
like '... not for another' "$(second_msc A dial '*188*2#')" 'cause 2'
like '... not for one that nobody knows' \
	"$(python3 tests/lib/gsup_phone.py "$ENV_DIR/msc2.msc" 001030000000001 - dial '*188#')" 'cause 2'
owner() { env_sql -c "SELECT owner_id = (SELECT terminal_id FROM tegata.terminal WHERE imsi = '$ENV_IMSI_A') FROM tegata.value WHERE value_id = ${mine%?}::bigint"; }
is '... nor does it move value' "$(second_msc A dial "*188*3*$mine*0${ENV_MSISDN_B#81}#" >"$ENV_DIR/null"; owner)" t
terminals() { env_sql -c "SELECT count(*) FROM tegata.terminal"; }
before=$(terminals)
like 'its numbers are not believed: nobody is enrolled' \
	"$(python3 tests/lib/gsup_phone.py "$ENV_DIR/msc2.msc" 001020000000001 "$ENV_MSISDN_A" dial '*188*2#')" 'not registered|number'
is '... and no terminal is made' "$(terminals)" "$before"
like '... and who has the number is not touched' "$(phone A dial '*188*2#')" 'Your values|500 JPY'

# Session ids are small numbers; here the right one is given.
cat >"$ENV_DIR/hijack.py" <<'PY'
import sys
import time
sys.path.insert(0, "tests/lib")
import gsup

address, victim_ip, thief_ip, imsi, value, number = sys.argv[1:]
got = {"victim": [], "thief": []}
victim = gsup.Link(address, 4223, victim_ip, "MSC-1", lambda link, m: got["victim"].append(m))
thief = gsup.Link(address, 4223, thief_ip, "MSC-2", lambda link, m: got["thief"].append(m))

def until(who, n):
    end = time.monotonic() + 5
    while len(got[who]) < n and time.monotonic() < end:
        time.sleep(0.01)

victim.send(gsup.begin(imsi, 4711, "*188#"))
until("victim", 1)
question = got["victim"][0]
thief.send(gsup.answer(imsi, 4711, question.invoke_id, "1"))
until("thief", 1)
thief.send(gsup.message(gsup.PROC_SS_REQ, imsi, 4711, gsup.END))
time.sleep(0.2)
print("thief", [m.text for m in got["thief"]], "victim", len(got["victim"]))
victim.send(gsup.answer(imsi, 4711, question.invoke_id, "6"))
until("victim", 2)
print("victim", got["victim"][1].text.split()[0] if len(got["victim"]) > 1 else None)
PY
said=$(python3 "$ENV_DIR/hijack.py" "$ENV_IP" "$ENV_IP" "$ENV_IP2" "$ENV_IMSI_B" "$mine" "$ENV_MSISDN_B")
like 'a session is not answered, or ended, from another link' "$said" "^thief \[(None)?(, None)?\] victim 1"
like '... and goes on where it was' "$said" 'victim Balance'

# --- a new SIM on a known number, told by the exchange ----------------------------------------
new_sim=001010000000777
like 'an unknown IMSI on a known number owns nothing' \
	"$(python3 tests/lib/gsup_phone.py "$ENV_DIR/msc.msc" $new_sim "$ENV_MSISDN_A" dial '*188*2#')" 'no values'
is '... the old values are where they were' "$(owner)" t
unlike '... it cannot hand them on' \
	"$(python3 tests/lib/gsup_phone.py "$ENV_DIR/msc.msc" $new_sim "$ENV_MSISDN_A" dial "*188*3*$mine*0${ENV_MSISDN_B#81}#")" 'now belongs'
like '... and the old SIM is frozen' "$(phone A dial "*188*3*$mine*0${ENV_MSISDN_B#81}#")" 'new SIM|frozen'
is 'no rule of the ledger is broken' "$(violations)" ''

# --- one terminal without end -----------------------------------------------------------------
sed -i 's/^ no terminal-rate/ terminal-rate 6 burst 4/' "$ENV_DIR/manager.cfg"
kill -HUP "$(cat "$ENV_DIR/manager.pid")"
env_wait 5 grep -q 'is in force' "$ENV_DIR/manager.log"
for n in 1 2 3 4 5 6 7; do phone B dial '*188*6#'; done >"$ENV_DIR/dials"
is 'as many dialogues as it may have' "$(grep -c Balance "$ENV_DIR/dials")" 4
is '... then it is told' "$(grep -c 'Too many calls from this phone' "$ENV_DIR/dials")" 3
like '... and counted' "$(curl -s "http://$ENV_IP:9470/metrics" | grep refused_often)" ' 3$'
like '... others are served' "$(phone C dial '*188*6#')" 'Balance|debt|JPY'
done_testing
