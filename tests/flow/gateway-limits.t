#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Rates, key guessing, connections, slow clients, too much at once.
set -u
# shellcheck source=tests/lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"
gw_begin
MINE=$(value_id 1)
Q="{\"value_id\":\"$MINE\"}"
gw_config gw 'limit refused-key-rate 1' 'limit refused-key-burst 3' 'timeout header 1' \
	'timeout body 1' 'timeout idle 1' 'timeout write 2' 'limit in-flight 2' \
	'limit connections-per-address 20' 'timeout answer 2000' "http bind $GW_IP:8080" \
	'http forwarded-for'
gw_start gw
gw_manager fake --rate 5 --burst 10 --own "$MINE=500,EUR,active,1,0,1"
gw_wait gw_is_ready
batch() { # N
	python3 -c 'import json,sys
print(json.dumps({"checks": [{"value_id": sys.argv[1]}] * int(sys.argv[2])}))' "$MINE" "$1"
}

# --- a shop's rate ----------------------------------------------------------------------------
# The first question tells the rate; a full bucket lets one large batch pass, then it owes.
check "$(batch 990)"
is "a new key may ask at once" "$status" 200
check "$Q"
refused "then its shop owes" 429 rate_limited
ok "and is told for how long" test "$(head_of Retry-After)" -ge 1
key=tgk_live_alsogoodalsogood check "$Q"
is "another key of the shop is not known yet" "$status" 200
key=tgk_live_alsogoodalsogood check "$Q"
refused "then it shares the shop's rate" 429 rate_limited
key=tgk_test_goodgoodgoodgood check "$Q"
is "another shop does not" "$status" 200
sleep 0.5
key=tgk_test_goodgoodgoodgood check "$(batch 11)"
is "more than its burst passes a full bucket" "$status" 200
key=tgk_test_goodgoodgoodgood check "$(batch 10)"
refused "items are counted, not requests" 429 rate_limited
sleep "$(head_of Retry-After)"
key=tgk_test_goodgoodgoodgood check "$(batch 10)"
is "who waits as told is served" "$status" 200
sleep 1
ok "show shops" grep -q '71002 *test *5 *10' \
	<(python3 "$GW_ROOT/tests/lib/vty.py" "$GW_IP" 4272 'show shops')

# --- guessing ---------------------------------------------------------------------------------
for n in 1 2 3; do key=tgk_live_guess${n}guessguess check "$Q"; done
is "three guesses are refused" "$status" 401
key=tgk_live_guess4guessguess check "$Q"
refused "the fourth is not even asked" 429 rate_limited
ok "for a while" test "$(head_of Retry-After)" -ge 20
sleep 0.5
key=tgk_test_goodgoodgoodgood check "$Q"
is "a good key is served from there all the same" "$status" 200

# --- behind a proxy ---------------------------------------------------------------------------
plain() { # X-FORWARDED-FOR
	curl -s -o /dev/null -w '%{http_code}' "http://$GW_IP:8080/v1/ownership-checks" -d "$Q" \
		-H 'Content-Type: application/json' -H "X-Forwarded-For: $1" \
		-H "Authorization: Bearer tgk_live_guess5guessguess"
}
is "the address is what the proxy wrote last" "$(plain '203.0.113.1, 203.0.113.9')" 401
plain 203.0.113.9 >/dev/null
plain '2001:db8::7, 203.0.113.9' >/dev/null
is "it has a bucket" "$(plain 203.0.113.9)" 429
is "of its own" "$(plain 203.0.113.10)" 401
# One connection of the proxy: what it said of the first request is not true of the second.
curl -s -o /dev/null "http://$GW_IP:8080/healthz?1" -H 'X-Forwarded-For: 203.0.113.77' --next \
	-s -o /dev/null "http://$GW_IP:8080/readyz"
in_log() { # PATH ADDRESS
	grep -q " $1 .* from=$2\$" "$GW_DIR/gw.log"
}
ok "the first request is whose the proxy said" gw_wait in_log /healthz 203.0.113.77
ok "the second is not" gw_wait in_log /readyz 127.0.0.1
printf 'GET /\033[2J\ta\302\233 HTTP/1.1\r\nHost: x\r\n\r\n' >"/dev/tcp/$GW_IP/8080"
ok "nobody writes to the terminal of who reads the log" gw_wait grep -qF 'GET /?[2J?a?? ' "$GW_DIR/gw.log"

# --- too much at once -------------------------------------------------------------------------
gw_stop fake
gw_manager mute --mute
gw_wait gw_is_ready
for n in 1 2; do
	curl -s -o "$GW_DIR/mute.$n" -w '%{http_code} %{time_total}\n' --cacert "$GW_DIR/server.pem" \
		"https://$GW_IP:$GW_PORT/v1/ownership-checks" -d "$Q" \
		-H 'Content-Type: application/json' \
		-H 'Authorization: Bearer tgk_test_goodgoodgoodgood' >"$GW_DIR/mute.$n.status" &
	waiting[n]=$!
done
two_wait() {
	[ "$(grep -c '^check' "$GW_DIR/mute.log")" = 2 ]
}
gw_wait two_wait
key=tgk_test_goodgoodgoodgood check "$Q"
refused "a third waits for nobody" 503 busy
ok "show connections" grep -q ' answer ' \
	<(python3 "$GW_ROOT/tests/lib/vty.py" "$GW_IP" 4272 'show connections')
wait "${waiting[@]}"
is "a manager that says nothing is 503" "$(cut -d' ' -f1 "$GW_DIR/mute.1.status")" 503
ok "in time" python3 -c 'import sys; sys.exit(float(sys.argv[1]) > 5)' \
	"$(cut -d' ' -f2 "$GW_DIR/mute.2.status")"

# --- slow clients -----------------------------------------------------------------------------
cat >"$GW_DIR/slow.py" <<'PY'
"""slow.py ADDRESS PORT CA WHAT: seconds until the end, and the status that came before it."""
import socket, ssl, sys, time
address, port, ca, what = sys.argv[1:]
head = (b"POST /v1/ownership-checks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer tgk_live_goodgoodgoodgood\r\n")
steps = {"handshake": b"", "header": head * 9, "body": b"x" * 9999, "chunks": b"1\r\nx\r\n" * 999}
s = socket.create_connection((address, int(port)), timeout=8)
start = time.monotonic()
if what != "handshake":
    s = ssl.create_default_context(cafile=ca).wrap_socket(s, server_hostname=address)
if what == "body":
    s.sendall(head + b"Content-Length: 9999\r\n\r\n")
if what == "chunks":
    s.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
if what == "idle":
    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
got = b""
s.settimeout(0.05)
for i in range(100):
    try:
        if what in steps and i < len(steps[what]):
            s.sendall(steps[what][i:i + 1])
        data = s.recv(4096)
        if not data:
            break
        got += data
    except (socket.timeout, ssl.SSLWantReadError):
        continue
    except OSError:
        break
else:
    print("never")
    sys.exit()
print("ended", got.split(b" ")[1].decode() if got else "-")
PY
slow() {
	python3 "$GW_DIR/slow.py" "$GW_IP" "$GW_PORT" "$GW_DIR/server.pem" "$1"
}
is "a handshake that never comes" "$(slow handshake)" "ended -"
is "a header an octet at a time" "$(slow header)" "ended -"
is "a body an octet at a time is told" "$(slow body)" "ended 408"
is "in chunks too" "$(slow chunks)" "ended 408"
is "a connection that is not used" "$(slow idle)" "ended 200"
cat >"$GW_DIR/deaf.py" <<'PY'
"""Asks without end and reads nothing: the gateway must end it."""
import socket, ssl, sys, time
address, port, ca = sys.argv[1:]
raw = socket.socket()
raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
raw.settimeout(10)
raw.connect((address, int(port)))
s = ssl.create_default_context(cafile=ca).wrap_socket(raw, server_hostname=address)
end = time.monotonic() + 9
try:
    while time.monotonic() < end:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
    print("never")
except OSError:
    print("ended")
PY
is "a client that does not read" "$(python3 "$GW_DIR/deaf.py" "$GW_IP" "$GW_PORT" "$GW_DIR/server.pem")" ended

# --- connections of one address ---------------------------------------------------------------
cat >"$GW_DIR/many.py" <<'PY'
import socket, sys, time
up = [socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) for i in range(30)]
time.sleep(0.3)
n = 0
for s in up:
    s.setblocking(False)
    try:
        n += bool(s.recv(1))
    except BlockingIOError:
        n += 1
    except OSError:
        pass
print(n)
PY
is "twenty connections an address" "$(python3 "$GW_DIR/many.py" "$GW_IP" "$GW_PORT")" 20
sleep 1.2
check 'x'
is "and then there is room again" "$status" 400

# --- pipelining, nonsense ---------------------------------------------------------------------
pipelined() {
	printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
		openssl s_client -quiet -connect "$GW_IP:$GW_PORT" 2>/dev/null | grep -ao 'HTTP/1.1 [0-9]*' | tr '\n' ' '
}
is "requests in one piece are answered in order" "$(pipelined)" "HTTP/1.1 200 HTTP/1.1 404 HTTP/1.1 200 "
for n in 1 2 3 4 5 6 7 8; do
	head -c 4000 /dev/urandom | openssl s_client -quiet -connect "$GW_IP:$GW_PORT" >/dev/null 2>&1
	head -c 4000 /dev/urandom >/dev/tcp/"$GW_IP"/"$GW_PORT"
done 2>/dev/null
ask GET /healthz
is "nonsense leaves it alive" "$status" 200
openapi_agrees
done_testing
