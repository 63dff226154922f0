#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# The link between the real manager and the real gateway over TLS 1.3: settings changed while both
# run, the wrong certificates, and either side restarted.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

check() {
	env_curl /v1/ownership-checks -o "$ENV_DIR/body" -w '%{http_code}' \
		-H 'Content-Type: application/json' -d '{"value_id": "00000000000000000018"}'
}

answered() { [ "$(check)" = "$1" ]; }
answers() { env_wait "${2-10}" answered "$1"; }

# manager_tls CERTIFICATE CN: the manager's settings of its gateway, without the address
manager_tls() {
	sed -i '/^gateway /,$d' "$ENV_DIR/manager.cfg"
	cat >>"$ENV_DIR/manager.cfg" <<-END
		gateway dmz
		 address $ENV_IP:4300
		 tls certificate $ENV_DIR/$1.pem
		 tls key $ENV_DIR/$1.key
		 tls ca $ENV_DIR/ca.pem
		 tls peer-cn $2
		 ping-interval 1
	END
	kill -HUP "$(cat "$ENV_DIR/manager.pid")"
}

gateways() { env_vty "$ENV_IP" 4270 'show gateways'; }
gateway_is() { gateways | grep -q "^dmz  *$1 "; }

env_begin
export PG_FAST=1
env_postgres || exit 1
tests/lib/certificates.sh "$ENV_DIR" || exit 1
ENV_GATEWAY_EXTRA="link bind $ENV_IP:4300
 link tls certificate $ENV_DIR/gateway-1.pem
 link tls key $ENV_DIR/gateway-1.key
 link tls ca $ENV_DIR/ca.pem
 link tls peer manager-1"
env_gateway || exit 1
env_manager || exit 1

answers 200
is 'a check over the Unix socket' "$(check)" 200

manager_tls stranger gateway-1
ok 'a certificate of another CA is not let in' env_wait 10 gateway_is waiting
is '... and a shop is told so at once' "$(check)" 503

manager_tls manager-1 gateway-2
ok 'a gateway of another name is left' env_wait 10 gateway_is waiting
is '... and a shop is told so at once' "$(check)" 503

manager_tls manager-1 gateway-1
ok 'the right ones are connected' env_wait 10 gateway_is up
like '... and the certificate says who it is' "$(gateways)" 'CN=gateway-1'
is 'a check over TLS' "$(check)" 200
is '... with the one negative answer' "$(cat "$ENV_DIR/body")" '{"owner":false}'

chmod 644 "$ENV_DIR/manager-1.key"
kill -HUP "$(cat "$ENV_DIR/manager.pid")"
ok 'a key that others can read is refused, what was in force stays' answers 200
chmod 600 "$ENV_DIR/manager-1.key"

env_stop manager KILL
is 'the manager is gone: 503' "$(check)" 503
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
ok 'the manager is back: answers again by itself' answers 200 15

env_stop gateway KILL
env_spawn gateway "$ENV_BIN/tegata-gateway" -c "$ENV_DIR/gateway.cfg"
ok 'the gateway is back: answers again by itself' answers 200 15

done_testing
