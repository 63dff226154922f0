#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 240
#
# Manager and gateway, built under the sanitizers, each beside a peer whose certificate is good and
# who says what he likes.  SEED= repeats a run, SCALE= makes it longer.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
export ENV_BIN=${ENV_BIN:-$PWD/build-asan}
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh
. tests/lib/hostile.sh

SEED=${SEED:-$RANDOM}
echo "# SEED=$SEED"

env_begin
export PG_FAST=1
env_postgres || exit 1
tests/lib/certificates.sh "$ENV_DIR" || exit 1
ENV_GATEWAY_EXTRA="link bind $ENV_IP:4300
 link tls certificate $ENV_DIR/gateway-1.pem
 link tls key $ENV_DIR/gateway-1.key
 link tls ca $ENV_DIR/ca.pem
 link tls peer-cn manager-1
 link ping-interval 1"
env_gateway || exit 1
EVIL="gateway evil
 address $ENV_IP:4301
 tls certificate $ENV_DIR/manager-1.pem
 tls key $ENV_DIR/manager-1.key
 tls ca $ENV_DIR/ca.pem
 tls peer-cn gateway-2
 ping-interval 1"
env_manager || exit 1
env_stop manager
echo "$EVIL" >>"$ENV_DIR/manager.cfg"
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
env_wait 15 env_ready || exit 1
msc_start msc "$ENV_IP" 4223

check() {
	env_curl /v1/ownership-checks -o /dev/null -w '%{http_code}' \
		-H 'Content-Type: application/json' -d '{"value_id": "00000000000000000018"}'
}
served() { [ "$(check)" = 200 ]; }
phone_served() { phone A dial '*188*6#' | grep -q Balance; }
gateway_levels() {
	env_metric "$ENV_IP:9471" process_open_fds tegata_http_connections
	env_vty "$ENV_IP" 4272 'show links' | grep -c ' up '
}
# The link to the hostile peer is dialled again and again.
manager_levels() {
	local fds
	fds=$(env_metric "$ENV_IP:9470" process_open_fds tegata_dialogue_open)
	env_vty "$ENV_IP" 4270 'show gateways' | grep -q '^evil  *waiting' && echo "$fds"
}
level() { [ "$("${1}_levels")" = "$2" ]; }

# survives DAEMON CASE PORT CERTIFICATE SEED LEVEL
survives() {
	local daemon=$1 case=$2 said
	said=$(timeout 90 tests/lib/hostile_link.py "$case" "$ENV_IP" "$3" "$ENV_DIR/$4.pem" \
		"$ENV_DIR/$4.key" "$ENV_DIR/ca.pem" "$(cat "$ENV_DIR/shop.key")" 8443 "$5" \
		"${SCALE:-1}" 2>&1)
	tap_result $? "$case" "$said"
	echo "# ${said##*$'\n'}"
	ok "$case: alive" env_running "$daemon"
	ok "$case: a shop is served" env_wait 10 served
	ok "$case: a phone is served" phone_served
	ok "$case: nothing is left behind" env_wait 15 level "$daemon" "$6"
}
manager_survives() { survives manager "$1" 4301 gateway-2 "$2" "$manager_before"; }
gateway_survives() { survives gateway "$1" 4300 manager-1 "$2" "$gateway_before"; }

ok 'a shop is served' env_wait 10 served
ok 'a phone is served' phone_served
env_wait 10 level manager "$(manager_levels)"
manager_before=$(manager_levels)
gateway_before=$(gateway_levels)
for case in gw_greetings gw_questions gw_keys gw_deaf; do manager_survives "$case" "$SEED"; done
for case in mgr_greetings mgr_unasked mgr_liar mgr_crowd mgr_deaf; do
	gateway_survives "$case" "$SEED"
done
once=$(megabytes "$ENV_IP:9470") once_gateway=$(megabytes "$ENV_IP:9471")
for case in gw_questions gw_keys; do manager_survives "$case" "$SEED-2"; done
for case in mgr_unasked mgr_liar; do gateway_survives "$case" "$SEED-2"; done
twice=$(megabytes "$ENV_IP:9470") twice_gateway=$(megabytes "$ENV_IP:9471")
ok "the manager's memory does not grow with it: $once, then $twice MiB" test "$twice" -lt $((once + 24))
ok "nor does the gateway's: $once_gateway, then $twice_gateway MiB" \
	test "$twice_gateway" -lt $((once_gateway + 24))
is 'no rule of the ledger is broken' "$(violations)" ''
sanitizers_are_silent manager gateway
done_testing
