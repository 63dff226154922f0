#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The configuration: the example, write terminal, what is refused, reload; links over TLS.
set -u
# shellcheck source=tests/lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"
gw_begin
MINE=$(value_id 1)
Q="{\"value_id\":\"$MINE\"}"
OWN="$MINE=500,EUR,active,1,0,1"
vty() { python3 "$GW_ROOT/tests/lib/vty.py" "$GW_IP" 4272 "$@"; }
starts() { "$GW_BIN/tegata-gateway" -c "$GW_DIR/$1.cfg" >"$GW_DIR/$1.out" 2>&1; }
takes() { "$GW_BIN/tegata-gateway" --check -c "$1" >"$GW_DIR/check.out" 2>&1; }
refuses() { ! takes "$1"; }

sed "s|/etc/tegata/gateway.crt|$GW_DIR/server.pem|; s|/etc/tegata/gateway.key|$GW_DIR/server.key|" \
	"$GW_ROOT/etc/tegata-gateway.cfg" >"$GW_DIR/example.cfg"
ok "the example can be used" takes "$GW_DIR/example.cfg"
# Every setting that is commented out there is the default, and a command.
grep -v '^ *! .*[.:]$' "$GW_ROOT/etc/tegata-gateway.cfg" |
	sed -n 's/^ ! \(\(limit\|timeout\|name\|drain-timeout\|link socket-mode\|link ping-interval\|tls priorities\) .*\)$/ \1/p' |
	grep -E '^ (limit|timeout|name|drain-timeout|link|tls)[a-z -]* [^ ]+$' >"$GW_DIR/defaults"
ok "it tells the defaults" test "$(wc -l <"$GW_DIR/defaults")" -ge 18
gw_config gw
gw_start gw
vty enable 'write terminal' | tr -d '\r' >"$GW_DIR/written"
while read -r line; do
	case $line in name*) continue ;; esac
	grep -qxF " $line" "$GW_DIR/written" || echo "$line" >>"$GW_DIR/untrue"
done <"$GW_DIR/defaults"
ok "and tells them truly" test ! -s "$GW_DIR/untrue"
sed -n '/^log stderr/,$p' "$GW_DIR/written" | grep -v '^end$' >"$GW_DIR/again.cfg"
ok "what write terminal prints can be read" takes "$GW_DIR/again.cfg"

# --- what is refused --------------------------------------------------------------------------
while IFS='|' read -r text line; do
	gw_config bad "$line"
	ok "refused: $text" refuses "$GW_DIR/bad.cfg"
done <<'EOF'
plain HTTP on all addresses|http bind 0.0.0.0:8080
plain HTTP on another address|http bind 192.0.2.1:8080
an address without a port|https bind 127.0.0.1
a name for an address|https bind localhost:8443
a Unix socket for shops|https bind unix:/tmp/x
TLS 1.1|tls priorities NORMAL:-VERS-ALL:+VERS-TLS1.1
no TLS priorities at all|tls priorities nonsense
a limit of nothing|limit connections 0
a mode that is none|link socket-mode 888
EOF
gw_config no_key
sed -i '/tls key/d' "$GW_DIR/no_key.cfg"
refuses_start() { ! starts "$1"; }
ok "does not start without a key" refuses_start no_key
gw_config public 'link bind 8.8.8.8:4300'
ok "does not start with a plain link on a public address" refuses_start public
gw_config private "link bind $GW_IP:4300"
ok "nor on a private one, where anybody could answer for the manager" refuses_start private
gw_config nobody "link bind $GW_IP:4300" "link tls certificate $GW_DIR/server.pem" \
	"link tls key $GW_DIR/server.key" "link tls ca $GW_DIR/server.pem"
ok "nor with TLS for whomever the CA signed" refuses_start nobody
ok "and says what it needs" grep -q 'link tls needs peer-cn' "$GW_DIR/nobody.out"
ok "--check says it too" refuses "$GW_DIR/nobody.cfg"
gw_config memory 'limit connection-memory 8192'
ok "does not start with too little memory for header fields" refuses_start memory

# --- reload of addresses ----------------------------------------------------------------------
GW_LINKS=gw gw_manager fake --own "$OWN"
gw_wait gw_is_ready
vty enable 'configure terminal' gateway "https bind $GW_IP:9443" 'timeout idle 7' end 'write file' >/dev/null
is "an address is not bound before the reload" \
	"$(curl -s -k -o /dev/null -w '%{http_code}' "https://$GW_IP:9443/healthz")" 000
kill -HUP "$(cat "$GW_DIR/gw.pid")"
second() { curl -s -f --cacert "$GW_DIR/server.pem" "https://$GW_IP:9443/healthz" >/dev/null; }
gw_wait second
ok "it is after" second
vty enable 'configure terminal' gateway "no https bind $GW_IP:9443" end 'write file' >/dev/null
kill -HUP "$(cat "$GW_DIR/gw.pid")"
closed() { ! second; }
gw_wait closed
ok "and goes as it came" closed
check "$Q"
is "the other stays" "$status" 200
ok "show links" grep -q fake <(vty 'show links')
ok "show connections" grep -q '^[0-9]* connections' <(vty 'show connections')
ok "show shops" grep -q '71001 *live' <(vty 'show shops')
gw_stop fake
gw_stop gw

# --- the link over TLS ------------------------------------------------------------------------
"$GW_ROOT/tests/lib/certificates.sh" "$GW_DIR"
tls_lines=("link bind $GW_IP:4300" "link tls certificate $GW_DIR/gateway-1.pem"
	"link tls key $GW_DIR/gateway-1.key" "link tls ca $GW_DIR/ca.pem" 'link tls peer-cn manager-1')
gw_config tls "${tls_lines[@]}" "sandbox bind unix:$GW_DIR/sandbox.sock"
gw_start tls
manager() { # NAME CERTIFICATE
	gw_spawn "$1" "$GW_FAKE" --name "$1" --own "$OWN" --tls "$GW_DIR/$2.pem" "$GW_DIR/$2.key" \
		"$GW_DIR/ca.pem" "$GW_IP:4300"
}
manager stranger stranger
manager other gateway-2
sleep 0.7
ask GET /readyz
refused "managers that are not the right one are not taken" 503 unavailable
gw_stop stranger
gw_stop other
manager right manager-1
gw_wait gw_is_ready
check "$Q"
is "the right one is" "$status $(body 'b["owner"]')" '200 true'
key=tgk_test_goodgoodgoodgood check "$Q"
refused "a test key goes to the sandbox, which is not there" 503 unavailable
GW_LINKS=sandbox gw_manager sandbox
test_key() {
	key=tgk_test_goodgoodgoodgood check "$Q"
	[ "$status" = 200 ]
}
gw_wait test_key
ok "and is there now" grep -q '^check' "$GW_DIR/sandbox.log"
check "$Q"
is "live keys do not go there" "$status $(grep -c '^check' "$GW_DIR/sandbox.log")" '200 1'
openapi_agrees
done_testing
