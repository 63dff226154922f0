#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck disable=SC2119
#
# What an operator does, seen from phones and shops while everything runs: keys, maintenance,
# blocks, enrolment, a new SIM on a known number.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

# check KEY VALUE: HTTP status and answer.
check() {
	ENV_KEY=$1 env_curl /v1/ownership-checks -H 'Content-Type: application/json' \
		-d "{\"value_id\":\"$2\"}" -w ' %{http_code}'
}

# dial PHONE TEXT [ANSWER...]: what was said last.
dial() {
	local phone=$1 text=$2 answers=()
	shift 2
	while [ $# -gt 0 ]; do
		answers+=(--answer "$1")
		shift
	done
	env_phone "$phone" dial "$text" "${answers[@]}" 2>&1
}

value_in() {
	grep -oE '([0-9]{4} ){4}[0-9]{4}' | head -n 1 | tr -d ' '
}

# Under a second, polled: what the operator did is in force.
soon() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

env_begin
export PG_FAST=1
env_postgres && env_gateway && env_manager || exit 1
first=$(cat "$ENV_DIR/shop.key")
nobody=07086454720319035073

# --- shops' keys
like 'the seeded key asks' "$(check "$first" $nobody)" '"owner":false.* 200$'
asked="${nobody:0:2}\*{16}${nobody: -2}=no"
told() { grep -qE "$1" "$ENV_DIR/manager.log"; }
ok 'what it asked about stands in the log, masked' env_wait 5 told \
	"shop $ENV_SHOP by gateway gateway: ok, 1 items, 0 owned: $asked$"
printf '{"checks":[%s]}' "$(yes "{\"value_id\":\"$nobody\"}" | head -n 33 | paste -sd,)" >"$ENV_DIR/body"
ENV_KEY=$first env_curl /v1/ownership-checks -H 'Content-Type: application/json' -d "@$ENV_DIR/body" >/dev/null
ok 'much of it in several lines' env_wait 5 told "33 items, 0 owned:( $asked){32}$"
ok 'to the last' env_wait 5 told " items 33-33: $asked$"
second=$(env_ctl key add "$ENV_SHOP" second 2>/dev/null)
like 'a new key asks at once' "$(check "$second" $nobody)" ' 200$'
env_ctl key revoke "$ENV_SHOP" second >/dev/null
revoked() {
	check "$second" $nobody | grep -q ' 401$'
}
ok 'a revoked key is refused within a second' soon revoked
like 'the other key still asks' "$(check "$first" $nobody)" ' 200$'
like 'a key that nobody has' "$(check tgk_live_000000000000000000000000 $nobody)" 'unauthenticated.* 401$'
third=$(env_ctl key add "$ENV_SHOP" third --scopes events 2>/dev/null)
like 'a key without the scope' "$(check "$third" $nobody)" 'forbidden.* 403$'
is 'readyz' "$(env_curl /readyz -o /dev/null -w '%{http_code}')" 200

# --- a value
value=$(dial A '*188*1*500#' 1 | value_in)
like 'a phone buys' "$value" '^[0-9]{20}$'

# --- a price that changes while managers know the old one
env_ctl product set coupon fee=1000 --reason 'test' >/dev/null
like 'the question has the old fee' "$(dial B '*188*1*500#')" 'Fee 10 JPY, 510 JPY in all'
like 'yes to it is asked back with the new one' "$(dial B '*188*1*500#' 1)" '1500 JPY in all'
like 'nothing was charged' "$(env_sql -c "SELECT count(*) FROM tegata.value")" '^1$'
env_ctl product set coupon fee=10 --reason 'test' >/dev/null
like 'back: agreed to, and bought at what was agreed' "$(dial B '*188*1*500#' 1 1)" 'Bought 500 JPY'
is 'its fee' "$(env_sql -c "SELECT fee FROM tegata.request WHERE outcome = 0 ORDER BY at DESC LIMIT 1")" 10

# --- maintenance
env_ctl maintenance on --reason 'test' >/dev/null
refused() {
	dial B '*188*1*500#' 1 | grep -q 'Maintenance'
}
ok 'maintenance is in force within a second' soon refused
like 'no transfer either' "$(dial A "*188*3*$value*$ENV_MSISDN_B#" 1 1)" 'Maintenance'
like 'a check by phone goes on' "$(dial A "*188*5*$value#")" 'Yes, you own it'
like 'so do a balance' "$(dial A '*188*6#')" 'Balance'
like 'and a shop'\''s question' "$(check "$first" "$value")" '"owner":false.* 200$'
env_ctl maintenance off >/dev/null
bought() {
	dial B '*188*1*500#' 1 1 | grep -q 'Bought 500 JPY'
}
ok 'after it value moves again' soon bought

# --- blocks
env_ctl terminal block "$ENV_MSISDN_A" --reason 'stolen' >/dev/null
like 'a blocked phone is told so' "$(dial A "*188*3*$value*$ENV_MSISDN_B#" 1)" 'blocked'
env_ctl terminal unblock "$ENV_MSISDN_A" >/dev/null
env_ctl terminal block "$ENV_SHOP" >/dev/null
like 'a blocked shop gets no value' "$(dial A "*188*4*$value*$ENV_SHOP*1#" 1)" 'cannot take value'
unlike 'and no answer' "$(check "$first" "$value")" '"owner"'
env_ctl terminal unblock "$ENV_SHOP" >/dev/null

# --- enrolment, and who may say which number it has
ENV_IMSI_E=001010000000005 ENV_MSISDN_E=819012345675
like 'an unknown phone is told what to do' "$(dial E '*188#')" 'not registered.*customer care'
is 'and is not made' "$(env_sql -c "SELECT count(*) FROM tegata.terminal WHERE address = '$ENV_MSISDN_E'")" 0
env_vty "$ENV_IP" 4270 enable 'configure terminal' dialogue enrol >/dev/null
like 'with "enrol" it is served' "$(dial E '*188#' 00)" '1 Buy'
is 'and is a terminal' "$(env_sql -c "SELECT imsi FROM tegata.terminal WHERE address = '$ENV_MSISDN_E'")" "$ENV_IMSI_E"
env_vty "$ENV_IP" 4270 enable 'configure terminal' direct "peer MSC-1 address $ENV_IP" >/dev/null
sleep 0.5 # links are looked at a moment after the last of several commands
# shellcheck disable=SC2034 # env_phone reads them by name
ENV_IMSI_F=001010000000006 ENV_MSISDN_F=$ENV_MSISDN_B
like 'a peer that is not trusted cannot say whose number it is' "$(dial F '*188*2#')" 'not registered'
env_vty "$ENV_IP" 4270 enable 'configure terminal' direct "peer MSC-1 address $ENV_IP trust-msisdn" >/dev/null
sleep 0.5

# --- a new SIM on a known number: a fresh, empty terminal; the old one's values are frozen
like 'the new SIM owns nothing' "$(dial F '*188*2#')" 'no values'
is 'the old row is in quarantine' "$(env_sql -c "SELECT status FROM tegata.terminal WHERE imsi = '$ENV_IMSI_B'")" 3
like 'the old SIM is told so' "$(dial B '*188*2#')" 'new SIM'
ok 'the operator says: the same person' env_ctl terminal swap "$ENV_MSISDN_B" --reason 'showed a passport'
like 'the values follow' "$(dial F '*188*2#')" '500 JPY'
unlike 'but do not leave yet' "$(dial F '*188*1*500#' 1 1)" 'Bought'
is 'no rule of the ledger is broken' "$(env_sql -c 'SELECT count(*) FROM audit.violations')" 0
done_testing
