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

# manager_tls CERTIFICATE CN [PORT]: the manager's settings of its gateway
manager_tls() {
	sed -i '/^gateway /,$d' "$ENV_DIR/manager.cfg"
	cat >>"$ENV_DIR/manager.cfg" <<-END
		gateway dmz
		 address $ENV_IP:${3-4300}
		 tls certificate $ENV_DIR/$1.pem
		 tls key $ENV_DIR/$1.key
		 tls ca $ENV_DIR/ca.pem
		 tls peer-cn $2
		 ping-interval 1
	END
	reload manager
}

reload() { kill -HUP "$(cat "$ENV_DIR/$1.pid")"; }

# The link's port dialled with a certificate: "let in" or "refused".
dial() {
	local files=()
	[ -z "$1" ] || files=("$ENV_DIR/$1.pem" "$ENV_DIR/$1.key")
	shift
	tests/lib/tls_peer.py dial "$ENV_IP" 4300 "${files[@]}" "$@"
}

# What a false gateway with this certificate hears of the manager.
false_gateway() {
	local name=$1
	shift
	tests/lib/tls_peer.py listen "$ENV_IP" 4301 "$ENV_DIR/$name.pem" "$ENV_DIR/$name.key" \
		"$ENV_DIR/ca.pem" 15 "$@"
}

serial() { openssl x509 -noout -serial -in "$1" | cut -d= -f2; }
https_serial() {
	openssl s_client -connect "$ENV_IP:8443" </dev/null 2>/dev/null | openssl x509 -noout -serial |
		cut -d= -f2
}

# renew NAME: a new certificate and key of that name
renew() {
	mkdir -p "$ENV_DIR/new"
	tests/lib/certificates.sh "$ENV_DIR/new" "$ENV_DIR/ca" "$1" &&
		mv "$ENV_DIR/new/$1".{pem,key} "$ENV_DIR"
}

https_is() { [ "$(https_serial)" = "$1" ]; }

requests() {
	curl -s "http://$1:9471/metrics" | awk '/^tegata_http_requests_total/ { print $2 }'
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
 link tls peer-cn manager-1"
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

# --- without the other side's name --------------------------------------------------------------
for name in manager gateway; do
	manager_tls manager-1 gateway-1
	sed "/tls peer-cn/d; s/$ENV_IP/$ENV_IP2/g" "$ENV_DIR/$name.cfg" >"$ENV_DIR/nobody.cfg"
	timeout 5 "$ENV_BIN/tegata-$name" -c "$ENV_DIR/nobody.cfg" >"$ENV_DIR/refused" 2>&1
	is "$name: does not start where anybody would do whom the CA signed" $? 1
	like '... and says what it needs' "$(cat "$ENV_DIR/refused")" 'needs (link )?tls peer-cn|tls needs peer-cn'
done
sed '/ tls /d' "$ENV_DIR/manager.cfg" >"$ENV_DIR/nobody.cfg"
not_ok 'a manager does not dial without TLS' "$ENV_BIN/tegata-manager" --check -c "$ENV_DIR/nobody.cfg"

manager_tls manager-1 gateway-1
ok 'the right ones are connected' env_wait 10 gateway_is up
like '... and the certificate says who it is' "$(gateways)" 'CN=gateway-1'
is 'a check over TLS' "$(check)" 200
is '... with the one negative answer' "$(cat "$ENV_DIR/body")" '{"owner":false}'

# --- who dials the gateway --------------------------------------------------------------------
is 'the right certificate is let in' "$(dial manager-1)" 'let in'
is 'none is refused' "$(dial '')" refused
is 'one of another CA' "$(dial stranger)" refused
is 'one of another name' "$(dial gateway-2)" refused
is 'one that has expired' "$(dial expired)" refused
is 'TLS 1.2' "$(dial manager-1 --tls12)" refused
is 'the link is not harmed' "$(check)" 200

# --- whom the manager dials -------------------------------------------------------------------
manager_tls manager-1 gateway-1 4301
is 'the right gateway is spoken to' "$(false_gateway gateway-1)" "spoken to $(serial "$ENV_DIR/manager-1.pem")"
is 'one of another CA is left' "$(false_gateway stranger)" left
is 'one of another name' "$(false_gateway gateway-2)" left
is 'one whose certificate has expired' "$(false_gateway expired)" left
is 'one that speaks TLS 1.2' "$(false_gateway gateway-1 --tls12)" left

# --- certificates are renewed -----------------------------------------------------------------
renew manager-1
reload manager
said=$(false_gateway gateway-1)
is 'the manager takes a new certificate' "$said" "spoken to $(serial "$ENV_DIR/manager-1.pem")"
manager_tls manager-1 gateway-1
answers 200
renew gateway-1
reload gateway
is 'the gateway takes a new one too: a check' "$(check)" 200
presented() {
	openssl s_client -connect "$ENV_IP:4300" -cert "$ENV_DIR/manager-1.pem" \
		-key "$ENV_DIR/manager-1.key" </dev/null 2>/dev/null | openssl x509 -noout -serial | cut -d= -f2
}
is '... which it presents' "$(presented)" "$(serial "$ENV_DIR/gateway-1.pem")"
old=$(https_serial)
rm "$ENV_DIR/tls.crt"
env_certificate
reload gateway
ok 'HTTPS takes a new one' env_wait 5 https_is "$(serial "$ENV_DIR/tls.crt")"
is '... and serves' "$(check)" 200
unlike '... not with the old one' "$(https_serial)" "$old"
echo broken >"$ENV_DIR/tls.crt.new"
cp "$ENV_DIR/tls.crt" "$ENV_DIR/tls.crt.good"
cp "$ENV_DIR/tls.crt.new" "$ENV_DIR/tls.crt"
reload gateway
sleep 0.3
cp "$ENV_DIR/tls.crt.good" "$ENV_DIR/tls.crt"
is 'one that cannot be read leaves what was in force' "$(check)" 200
reload gateway

chmod 644 "$ENV_DIR/manager-1.key"
reload manager
ok 'a key that others can read is refused, what was in force stays' answers 200
"$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg" >"$ENV_DIR/refused" 2>&1
is 'no manager starts with it' $? 1
chmod 600 "$ENV_DIR/manager-1.key"
chmod 644 "$ENV_DIR/gateway-1.key"
sed "s/$ENV_IP/$ENV_IP2/g" "$ENV_DIR/gateway.cfg" >"$ENV_DIR/gateway-open.cfg"
timeout 5 "$ENV_BIN/tegata-gateway" -c "$ENV_DIR/gateway-open.cfg" >"$ENV_DIR/refused" 2>&1
is 'no gateway either' $? 1
like '... and says which file' "$(cat "$ENV_DIR/refused")" 'gateway-1.key.*(read|mode|others)'
chmod 600 "$ENV_DIR/gateway-1.key"

# --- either side restarted --------------------------------------------------------------------
env_stop manager KILL
is 'the manager is gone: 503' "$(check)" 503
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
ok 'the manager is back: answers again by itself' answers 200 15

env_stop gateway KILL
env_spawn gateway "$ENV_BIN/tegata-gateway" -c "$ENV_DIR/gateway.cfg"
ok 'the gateway is back: answers again by itself' answers 200 15

# --- as docs/operations.md says -----------------------------------------------------------------
doc() { sed -n "/^6\\. \*\*Gateway/,/^7\\. /p" docs/operations.md | sed -n "/$1/,/$2/p" | sed 's/^   //; /^```/d'; }
mkdir "$ENV_DIR/doc"
(cd "$ENV_DIR/doc" && eval "$(cd "$ENV_ROOT" && doc 'mkdir link-ca' '```')") >"$ENV_DIR/openssl.log" 2>&1
ok 'the CA and both certificates are made' test -s "$ENV_DIR/doc/link-ca/manager.crt"
for file in gateway-1.crt:link.crt gateway-1.key:link.key; do
	cp "$ENV_DIR/doc/link-ca/${file%:*}" "$ENV_DIR/doc/link-ca/${file#*:}"
done
here="s|/etc/tegata|$ENV_DIR/doc/link-ca|; s/192.0.2.10/$ENV_IP2/"
ENV_GATEWAY_EXTRA=$(doc '^    link bind' '```' | sed "$here; 1s/^ //") env_gateway doc "$ENV_IP2"
sed -i '/^gateway /,$d' "$ENV_DIR/manager.cfg"
doc '^   gateway dmz-1' '```' | sed "$here" >>"$ENV_DIR/manager.cfg"
reload manager
doc_is_up() { gateways | grep -q '^dmz-1  *up .*CN=gateway-1'; }
ok 'a link with the lines given there is up' env_wait 10 doc_is_up
env_stop doc
manager_tls manager-1 gateway-1
ok 'and the other one again' env_wait 10 gateway_is up

# --- two gateways on one HTTPS port -----------------------------------------------------------
ENV_GATEWAY_EXTRA='' env_gateway second "$ENV_IP2"
cat >>"$ENV_DIR/manager.cfg" <<-END
	gateway second
	 address unix:$ENV_DIR/second.sock
END
reload manager
both_up() { [ "$(gateways | grep -cE '^(dmz|second)  *up ')" = 2 ]; }
ok 'a second gateway on the list is connected after a reload' env_wait 10 both_up
for n in $(seq 24); do check && echo; done >"$ENV_DIR/codes"
is 'two on one HTTPS port: every check is answered' "$(sort "$ENV_DIR/codes" | uniq -c | xargs)" '24 200'
ok '... by the first' test "$(requests "$ENV_IP")" -gt 0
ok '... and by the second' test "$(requests "$ENV_IP2")" -gt 0
env_stop gateway KILL
for n in $(seq 8); do check && echo; done >"$ENV_DIR/codes"
is 'one is killed: the other answers all' "$(sort "$ENV_DIR/codes" | uniq -c | xargs)" '8 200'
done_testing
