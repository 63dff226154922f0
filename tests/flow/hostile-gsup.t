#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 180
#
# What a manager, built under the sanitizers, must survive on its GSUP port.  SEED= repeats a run.
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
ENV_DIRECT_EXTRA="peer MSC-9 address $ENV_IP2
 peer MSC-8 address $ENV_IP
 max-sessions 1000"
ENV_DIALOGUE_EXTRA='max-open 800'
env_gateway || exit 1
env_manager || exit 1
msc_start msc "$ENV_IP" 4223

served() { like "$1: a phone is served" "$(phone A dial '*188*6#')" 'Balance'; }

levels() {
	env_metric "$ENV_IP:9470" process_open_fds tegata_dialogue_open tegata_gsup_sessions
}
level() { [ "$(levels)" = "$1" ]; }

served 'before'
before=$(levels)
phone B dial '*188#' >/dev/null
not_ok 'an open dialogue is seen' level "$before"
phone B hangup >/dev/null
survives() {
	local case=$1 seed=$2 said
	said=$(timeout 60 tests/lib/hostile_gsup.py "$case" "$ENV_IP" 4223 "$ENV_IP2" "$seed" 2>&1)
	tap_result $? "$case" "$said"
	echo "# ${said##*$'\n'}"
	ok "$case: alive" env_running manager
	served "$case"
	ok "$case: no fd, dialogue or session is left behind" env_wait 10 level "$before"
}
for case in strangers handshakes mute frames truncated mutated order many deaf; do
	survives "$case" "$SEED"
done
once=$(megabytes "$ENV_IP:9470")
for case in mutated order many deaf; do survives "$case" "$SEED-2"; done
twice=$(megabytes "$ENV_IP:9470")
ok "memory does not grow with it: $once, then $twice MiB" test "$twice" -lt $((once + 24))
echo "# $before"
is 'no rule of the ledger is broken' "$(violations)" ''
sanitizers_are_silent manager
done_testing
