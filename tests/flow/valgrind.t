#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 240
#
# Both daemons under valgrind: traffic and a clean end.  No access that is not theirs, no octet that was
# never set, nothing lost.  No reload: the process that tries the file would be valgrind's program.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
case "${ENV_BIN-}" in *asan*)
	echo '1..0 # SKIP valgrind and the sanitizers exclude each other'
	exit 0
	;;
esac
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

# Programs as env.sh starts them, each under valgrind.
env_begin
mkdir "$ENV_DIR/bin"
for name in manager gateway; do
	cat >"$ENV_DIR/bin/tegata-$name" <<-END
		#!/bin/sh
		exec valgrind -q --leak-check=full --show-leak-kinds=definite,indirect \\
			--errors-for-leak-kinds=definite,indirect --error-exitcode=99 \\
			--num-callers=24 --log-file="$ENV_DIR/$name.valgrind" \\
			"$ENV_BIN/tegata-$name" "\$@"
	END
	chmod +x "$ENV_DIR/bin/tegata-$name"
done
ln -s "$ENV_BIN/tegatactl" "$ENV_BIN/tegata-handset" "$ENV_DIR/bin"
ENV_BIN=$ENV_DIR/bin
export PG_FAST=1
env_postgres || exit 1
tests/lib/certificates.sh "$ENV_DIR" || exit 1

# Like env_wait of env.sh, and six times as patient.
eval "$(declare -f env_wait | sed '1s/env_wait/patient_wait/')"
env_wait() { local s=$1; shift; patient_wait $((s * 6)) "$@"; }

ENV_GATEWAY_EXTRA="http bind $ENV_IP:8081
 link bind $ENV_IP:4300
 link tls certificate $ENV_DIR/gateway-1.pem
 link tls key $ENV_DIR/gateway-1.key
 link tls ca $ENV_DIR/ca.pem
 link tls peer-cn manager-1"
env_gateway || exit 1
env_manager || exit 1
env_stop manager
cat >>"$ENV_DIR/manager.cfg" <<-END
	gateway tls
	 address $ENV_IP:4300
	 tls certificate $ENV_DIR/manager-1.pem
	 tls key $ENV_DIR/manager-1.key
	 tls ca $ENV_DIR/ca.pem
	 tls peer-cn gateway-1
END
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
env_wait 10 env_ready || exit 1
msc_start msc "$ENV_IP" 4223

check() {
	env_curl /v1/ownership-checks -o /dev/null -w '%{http_code}' \
		-H 'Content-Type: application/json' -d "$1"
}
# What is told of earlier operations is passed by, what is asked is agreed to.
yes_to_all() {
	local text
	text=$(phone "$1" dial "$2")
	while grep -qE '^1 (Continue|Yes)' <<<"$text"; do text=$(phone "$1" say 1); done
	echo "$text"
}
id=$(confirm A 500 >/dev/null && phone A say 1 | grep -oE '([0-9]{4} ){4}[0-9]{4}' | tr -d ' ')
like 'a value was bought' "$id" '^[0-9]{20}$'
like '... and handed on' "$(yes_to_all A "*188*3*$id*$ENV_MSISDN_B#")" 'belongs to'
like 'who has it sees it' "$(yes_to_all B '*188*2#')" '500 JPY'
is 'a shop asks' "$(check "{\"value_id\":\"$id\"}")" 200
is '... for many' "$(check "{\"checks\":[$(printf "{\"value_id\":\"$id\"},%.0s" $(seq 40))\
{\"value_id\":\"$id\"}]}")" 200
is '... wrongly' "$(check '{"value_id":7}')" 400
is '... with a key that nobody has' \
	"$(ENV_KEY=tgk_live_0123456789abcdef0123456789abcdef0123456789abcdef check "{\"value_id\":\"$id\"}")" 401
like 'operators look' "$(env_vty "$ENV_IP" 4270 'show links' 'show lanes' 'show gateways' enable \
	'show running-config')" 'direct'
like '... at the gateway too' "$(env_vty "$ENV_IP" 4272 'show links' 'show shops' 'show connections' \
	enable 'show running-config')" 'https bind'
for port in 9470 9471; do curl -s -o /dev/null "http://$ENV_IP:$port/metrics"; done
tests/lib/hostile_gsup.py truncated "$ENV_IP" 4223 "$ENV_IP" "${SEED:-1}" >/dev/null 2>&1
is 'a shop asks again' "$(check "{\"value_id\":\"$id\"}")" 200
phone C dial '*188#' >/dev/null
phone C hangup >/dev/null
for name in manager gateway; do
	pid=$(cat "$ENV_DIR/$name.pid")
	kill -TERM "$pid"
	wait "$pid"
	is "$name ends well" $? 0
	rm -f "$ENV_DIR/$name.pid"
	is "valgrind has nothing to say about $name" "$(head -n 60 "$ENV_DIR/$name.valgrind")" ''
done
done_testing
