#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 180
#
# What a gateway, built under the sanitizers, must survive on its ports.  SEED= repeats a run.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
export ENV_BIN=${ENV_BIN:-$PWD/build-asan}
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/hostile.sh

SEED=${SEED:-$RANDOM}
echo "# SEED=$SEED"

env_begin
export PG_FAST=1
env_postgres || exit 1
ENV_GATEWAY_EXTRA="http bind $ENV_IP:8081
 timeout header 2
 timeout body 1
 timeout idle 2
 timeout write 4"
env_gateway || exit 1
env_manager || exit 1

check() {
	env_curl /v1/ownership-checks -o /dev/null -w '%{http_code}' \
		-H 'Content-Type: application/json' -d '{"value_id": "00000000000000000018"}'
}
served() { [ "$(check)" = 200 ]; }
levels() { env_metric "$ENV_IP:9471" process_open_fds tegata_http_connections; }
level() { [ "$(levels)" = "$1" ]; }
ready() { curl -s "http://$ENV_IP:9471/readyz" | grep -q ready; }

survives() {
	local case=$1 said
	said=$(timeout 60 tests/lib/hostile_http.py "$case" "$ENV_IP" 8081 8443 \
		"$(cat "$ENV_DIR/shop.key")" "$2" 2>&1)
	tap_result $? "$case" "$said"
	echo "# ${said##*$'\n'}"
	ok "$case: alive" env_running gateway
	# What it asked counts against the shop's rate for a second.
	ok "$case: a shop is served" env_wait 8 served
	ok "$case: no fd or connection is left behind" env_wait 10 level "$before"
}

ok 'a shop is served' env_wait 10 served
sleep 2.5
before=$(levels)
for case in requests headers chunks bodies handshakes slow pipelines; do survives "$case" "$SEED"; done
once=$(megabytes "$ENV_IP:9471")
for case in requests bodies handshakes pipelines; do survives "$case" "$SEED-2"; done
twice=$(megabytes "$ENV_IP:9471")
ok "memory does not grow with it: $once, then $twice MiB" test "$twice" -lt $((once + 24))
echo "# $before"
sanitizers_are_silent gateway manager
done_testing
