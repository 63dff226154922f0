#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# SIGHUP makes both daemons as a start with the file would: what it does not say any more has its
# default again, what was typed and not written is gone, what could not start is refused as a whole.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

vty_port() { [ "$1" = manager ] && echo 4270 || echo 4272; }
running() {
	env_vty "$ENV_IP" "$(vty_port "$1")" enable 'show running-config' |
		sed '/^Current configuration/d; s/\r$//'
}

# reload NAME: until it was read, or refused
reload() {
	local log=$ENV_DIR/$1.log before
	before=$(wc -l <"$log")
	kill -HUP "$(cat "$ENV_DIR/$1.pid")"
	env_wait 10 reloaded "$log" "$before"
}
reloaded() { tail -n "+$(($2 + 1))" "$1" | grep -qE 'is in force|what was in force stays'; }
refused() { tail -n 5 "$ENV_DIR/$1.log" | grep -q 'has an error'; }

check() { env_curl /v1/ownership-checks -o /dev/null -w '%{http_code}' "$@" \
	-H 'Content-Type: application/json' -d '{"value_id": "00000000000000000018"}'; }
sandbox() { ENV_KEY=tgk_test_0123456789abcdef0123456789abcdef0123456789abcdef check; }
sandbox_is() { [ "$(sandbox)" = "$1" ]; }
listens() { [ -S "$ENV_DIR/$1.sock" ] && python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$ENV_DIR/$1.sock" 2>/dev/null; }
metrics() { curl -s -f -o /dev/null "http://$ENV_IP:$1/metrics"; }
backends() { env_sql -c "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE usename = 'tegata_ledger'"; }

env_begin
export PG_FAST=1
env_postgres || exit 1
env_gateway || exit 1
env_manager || exit 1
for name in gateway manager; do
	cp "$ENV_DIR/$name.cfg" "$ENV_DIR/$name.few"
	running "$name" >"$ENV_DIR/$name.before"
done

# --- the gateway --------------------------------------------------------------------------------
sed '/^gateway/q' "$ENV_DIR/gateway.few" >"$ENV_DIR/gateway.cfg"
cat >>"$ENV_DIR/gateway.cfg" <<-END
	 name other
	 drain-timeout 3
	 log json $ENV_DIR/gateway.json
	 metrics bind $ENV_IP:9471
	 https bind $ENV_IP:8443
	 http bind $ENV_IP:8081
	 http forwarded-for
	 tls certificate $ENV_DIR/tls.crt
	 tls key $ENV_DIR/tls.key
	 link bind unix:$ENV_DIR/gateway.sock
	 link bind unix:$ENV_DIR/more.sock
	 link socket-mode 0600
	 link ping-interval 7
	 sandbox bind unix:$ENV_DIR/sandbox.sock
	 limit connections 4000
	 limit connections-per-address 7
	 limit connection-memory 20000
	 limit header-size 2048
	 limit in-flight 7
	 limit shops 7
	 limit addresses 7
	 limit new-key-rate 7
	 limit new-key-burst 7
	 limit refused-key-rate 7
	 limit refused-key-burst 7
	 timeout header 7
	 timeout body 7
	 timeout answer 700
	 timeout write 7
	 timeout idle 7
END
long=(-H "X-Padding: $(printf '%02600d' 0)")
is 'gateway: long header fields' "$(check "${long[@]}")" 200
reload gateway
is 'gateway: another header-size' "$(check "${long[@]}")" 431
ok 'gateway: another link address' listens more
is 'gateway: test keys have managers of their own, who are not there' "$(sandbox)" 503
ok 'gateway: the JSON log is there' test -e "$ENV_DIR/gateway.json"
like 'gateway: all of it is in force' "$(running gateway)" 'http forwarded-for'
grep -v ' metrics bind' "$ENV_DIR/gateway.few" >"$ENV_DIR/gateway.cfg"
reload gateway
is 'gateway: all of it is taken back' "$(running gateway)" "$(grep -v ' metrics bind' "$ENV_DIR/gateway.before")"
is '... the header-size' "$(check "${long[@]}")" 200
not_ok '... the link address' listens more
not_ok '... the one for test keys' listens sandbox
ok '... who are asked about as the others are' env_wait 5 sandbox_is 401
not_ok '... and /metrics' metrics 9471
cp "$ENV_DIR/gateway.few" "$ENV_DIR/gateway.cfg"
reload gateway
ok '... which comes back with its line' metrics 9471
is 'gateway: as it began' "$(running gateway)" "$(cat "$ENV_DIR/gateway.before")"

# --- the manager --------------------------------------------------------------------------------
sed "/^database/,/^dialogue/ { s/^dialogue/ batch max 7\n queue max 77\n linger-us 7\n deadline-ms 7000\n lanes write 7\n lanes read 7\n&/ }
	s/^ service-code.*/&\n enrol\n repeat-guard 0\n confirm-oneshot never\n idle-timeout 7\n max-open 7\n default-language ja/
	s/^direct/&\n max-sessions 7\n allow-insecure/
	s/^manager/&\n log json manager.json/" "$ENV_DIR/manager.few" |
	sed "s|log json |&$ENV_DIR/|; s/ drain-timeout.*/ drain-timeout 7/" >"$ENV_DIR/manager.cfg"
cat >>"$ENV_DIR/manager.cfg" <<-END
	gateway typo
	 address unix:$ENV_DIR/typo.sock
	hlr gone
	 address $ENV_IP:4222
	 euse-name gone
	 lease-ttl 9
END
before=$(backends)
reload manager
like 'manager: all of it is in force' "$(running manager)" 'confirm-oneshot never'
like '... other nodes too' "$(running manager)" '^hlr gone'
cp "$ENV_DIR/manager.few" "$ENV_DIR/manager.cfg"
reload manager
is 'manager: all of it is taken back' "$(running manager)" "$(cat "$ENV_DIR/manager.before")"
is '... the database was not connected anew' "$(backends)" "$before"
is '... nor the gateway' "$(check)" 200
sed '/ metrics bind/d; /^ default-product/d; /^ country-code/d; /^ timezone/d' \
	"$ENV_DIR/manager.few" >"$ENV_DIR/manager.cfg"
reload manager
not_ok 'manager: no /metrics without its line' metrics 9470
like '... no country' "$(running manager)" '^ no country-code'
like '... no product' "$(running manager)" '^ no default-product'
like '... the local time' "$(running manager)" '^ timezone local'
cp "$ENV_DIR/manager.few" "$ENV_DIR/manager.cfg"
reload manager

# --- what was typed -----------------------------------------------------------------------------
env_vty "$ENV_IP" 4272 enable 'configure terminal' gateway 'timeout idle 33' >/dev/null
env_vty "$ENV_IP" 4270 enable 'configure terminal' dialogue 'repeat-guard 33' >/dev/null
like 'what is typed is in force' "$(running gateway)$(running manager)" 'timeout idle 33.*'
like '... at once' "$(running manager)" 'repeat-guard 33'
env_vty "$ENV_IP" 4272 enable 'configure terminal' gateway 'timeout header 1' >/dev/null
ok '... for who connects, too' python3 -c 'import socket, sys
assert not socket.create_connection((sys.argv[1], 8443), timeout=7).recv(1)' "$ENV_IP"
for name in gateway manager; do
	reload "$name"
	is "$name: and was not written: gone with a reload" "$(running "$name")" "$(cat "$ENV_DIR/$name.before")"
done

# --- what could not start -----------------------------------------------------------------------
unusable() { # NAME WHAT SED
	sed "s/ drain-timeout.*//; $3" "$ENV_DIR/$1.few" >"$ENV_DIR/$1.cfg"
	reload "$1"
	ok "$1: $2 is refused" env_wait 5 refused "$1"
	is '... and nothing of the file is in force' "$(running "$1")" "$(cat "$ENV_DIR/$1.before")"
	cp "$ENV_DIR/$1.few" "$ENV_DIR/$1.cfg"
	reload "$1"
}
unusable gateway 'no link address' '/ link bind/d; s/^ name .*/&\n limit in-flight 7/'
unusable gateway 'no certificate' '/ tls key/d'
unusable gateway 'a link over TCP without TLS' "s/^ link bind.*/&\n link bind $ENV_IP:4300/"
unusable manager 'a gateway over TCP without TLS' "s|^ address unix:.*sock|&\n address $ENV_IP:4300|"
unusable manager 'an hlr without a name' "s/^direct/hlr h\n address $ENV_IP:1\n&/"
unusable manager 'a public GSUP address' 's/^direct/&\n bind 0.0.0.0:4299/'
unusable manager 'a database far away without TLS' 's/^ name tegata/ address 192.0.2.1\n&/'
is 'shops are served all the time' "$(check)" 200
rm "$ENV_DIR/gateway.cfg"
kill -HUP "$(cat "$ENV_DIR/gateway.pid")"
ok 'a file that is not there is told' env_wait 5 grep -q 'what was in force stays: No such file' "$ENV_DIR/gateway.log"
is '... and changes nothing' "$(running gateway)" "$(cat "$ENV_DIR/gateway.before")"
done_testing
