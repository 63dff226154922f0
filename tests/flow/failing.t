#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 400
#
# The n-th allocation and the n-th write of a daemon fails, for n of one purchase, one transfer and
# one check; FAIL_ALL=1 tries every n, else so many as fit a few seconds each.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
case "${ENV_BIN-}" in *asan*)
	echo '1..0 # SKIP the sanitizers have an allocator of their own'
	exit 0
	;;
esac
. tests/lib/env.sh
. tests/lib/tap.sh

seconds=7
[ -z "${FAIL_ALL-}" ] || seconds=3600

env_begin
export PG_FAST=1
env_postgres || exit 1
env_ctl terminal top-up "$ENV_MSISDN_A" 1000000 JPY --reference failing >/dev/null || exit 1
gcc -std=gnu11 -D_GNU_SOURCE -O1 -shared -fPIC -o "$ENV_DIR/fail_nth.so" tests/lib/fail_nth.c -ldl || exit 1
ENV_DIALOGUE_EXTRA='repeat-guard 0
 no terminal-rate'
env_gateway || exit 1
env_manager || exit 1
env_stop manager
env_stop gateway
rm -f "$ENV_DIR/gateway.sock"

# tries OPERATION KIND DAEMON STEP
tries() {
	local said
	said=$(tests/lib/fail_nth.py "$ENV_DIR" "$ENV_IP" "$ENV_BIN" "$1" "$2" "$3" \
		"${FAIL_ALL:-$4}" "$seconds" 2>&1)
	tap_result $? "$1: $2 of the $3 that fails" "$said"
	grep -v '^BROKEN' <<<"$said" | sed 's/^/# /'
}

tries issue output manager 1
tries issue memory manager 1
tries transfer output manager 1
tries transfer memory manager 1
tries check output manager 1
tries check memory manager 1
tries check output gateway 1
tries check memory gateway 1
is 'no rule of the ledger is broken' "$(env_sql -c 'SELECT * FROM audit.violations')" ''
done_testing
