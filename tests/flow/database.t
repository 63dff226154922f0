#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# shellcheck disable=SC2119 # the parts are started as they are
#
# The database goes away and comes back: the gateway knows, refuses at once without asking anybody,
# and answers again when it can, also a manager that was started meanwhile.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

check() { # its status
	env_curl /v1/ownership-checks -o "$ENV_DIR/answer" -w '%{http_code}' \
		-H 'Content-Type: application/json' -d '{"value_id":"07123456789012345674"}'
}
gateway_says() { # STATUS
	[ "$(env_curl /readyz -o /dev/null -w '%{http_code}')" = "$1" ]
}
links() { env_vty "$ENV_IP" 4272 'show links'; }
asked() { links | awk '/unix:/ { n += $(NF - 1) } END { print n + 0 }'; }

env_begin
PG_FAST=1 env_postgres || exit 1
env_gateway && env_manager || exit 1
ok 'a manager that is ready has told the gateway' gateway_says 200
is 'a check' "$(check) $(cat "$ENV_DIR/answer")" '200 {"owner":false}'

pg_stop "$ENV_DIR"
ok 'the database is gone: the gateway is not ready' env_wait 10 gateway_says 503
like 'and shows why' "$(links)" 'not ready'
before=$(asked)
is 'a check is refused' "$(check)" 503
like 'as one that may be made again' "$(cat "$ENV_DIR/answer")" '"code":"unavailable".*"retryable":true'
is 'by the gateway alone' "$(check) $(asked)" "503 $before"
env_stop manager
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
linked() { links | grep -q 'not ready'; }
ok 'a manager that starts without a database is linked' env_wait 10 linked
ok 'and not ready' gateway_says 503
is 'nor asked' "$(check) $(asked)" '503 0'

pg_start "$ENV_DIR"
ok 'the database is back: the gateway is ready' env_wait 15 gateway_says 200
is 'a check' "$(check)" 200
is 'was asked' "$(asked)" 1
done_testing
