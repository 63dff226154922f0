#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# TLS: sessions that resume, answers that go out as one record, clients that do not read them.
set -u
# shellcheck source=tests/lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"
gw_begin
MINE=$(value_id 1)
openssl rand -out "$GW_DIR/ticket" 64
openssl rand -out "$GW_DIR/other-ticket" 64
chmod 600 "$GW_DIR"/*ticket
takes() { "$GW_BIN/tegata-gateway" --check -c "$GW_DIR/$1.cfg" >"$GW_DIR/check.out" 2>&1; }
refuses() { ! takes "$1"; }

# --- the ticket key -----------------------------------------------------------------------------
gw_config key "tls ticket-key $GW_DIR/ticket"
ok "a ticket key is taken" takes key
chmod 644 "$GW_DIR/ticket"
ok "one that others can read is not" refuses key
chmod 600 "$GW_DIR/ticket"
head -c 32 "$GW_DIR/ticket" >"$GW_DIR/short-ticket"
chmod 600 "$GW_DIR/short-ticket"
gw_config short "tls ticket-key $GW_DIR/short-ticket"
ok "nor one of another size" refuses short
gw_config none "tls ticket-key $GW_DIR/no-ticket"
ok "nor one that is not there" refuses none

# --- resumption ---------------------------------------------------------------------------------
# session VERSION PORT OPTION...: one request; "Reused" or "New"
session() {
	local version=$1 port=$2
	shift 2
	{
		printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
		sleep 0.3
	} | timeout 5 openssl s_client "$version" -connect "$GW_IP:$port" "$@" 2>/dev/null >"$GW_DIR/s_client.out"
	grep -aoE '^(Reused|New),' "$GW_DIR/s_client.out" | tr -d ,
}
gw_config gw "tls ticket-key $GW_DIR/ticket"
gw_start gw
for version in -tls1_3 -tls1_2; do
	is "$version: the first session is new" \
		"$(session $version $GW_PORT -sess_out "$GW_DIR/session$version")" New
	is "$version: the next one resumes it" \
		"$(session $version $GW_PORT -sess_in "$GW_DIR/session$version")" Reused
	ok "and is served" grep -aq '^HTTP/1.1 200' "$GW_DIR/s_client.out"
done
no_early_data() { ! grep -aqE 'Max Early Data: [1-9]' "$GW_DIR/s_client.out"; }
session -tls1_3 $GW_PORT >/dev/null
ok "early data, which could be sent again by others, is not offered" no_early_data
gw_stop gw
: >"$GW_DIR/gw.log"
gw_start gw
for version in -tls1_3 -tls1_2; do
	is "$version: another process with the key resumes it too" \
		"$(session $version $GW_PORT -sess_in "$GW_DIR/session$version")" Reused
done
cp "$GW_DIR/other-ticket" "$GW_DIR/ticket"
kill -HUP "$(cat "$GW_DIR/gw.pid")"
renewed() { [ "$(session -tls1_3 $GW_PORT -sess_in "$GW_DIR/session-tls1_3")" = New ]; }
gw_wait renewed
for version in -tls1_3 -tls1_2; do
	is "$version: not with another key" \
		"$(session $version $GW_PORT -sess_in "$GW_DIR/session$version")" New
	ok "but is served" grep -aq '^HTTP/1.1 200' "$GW_DIR/s_client.out"
done
gw_stop gw
: >"$GW_DIR/gw.log"
gw_config gw
gw_start gw
session -tls1_3 $GW_PORT -sess_out "$GW_DIR/own" >/dev/null
is "without a file the process has a key of its own" \
	"$(session -tls1_3 $GW_PORT -sess_in "$GW_DIR/own")" Reused
kill -HUP "$(cat "$GW_DIR/gw.pid")"
sleep 0.7
is "which a reload does not change" "$(session -tls1_3 $GW_PORT -sess_in "$GW_DIR/own")" Reused
gw_stop gw
: >"$GW_DIR/gw.log"

# --- answers ------------------------------------------------------------------------------------
gw_config gw 'timeout write 3' 'timeout idle 30'
gw_start gw
gw_manager fake --own "$MINE=500,EUR,active,1,0,1" --delay 2
gw_wait gw_is_ready
cat >"$GW_DIR/client.py" <<'PY'
"""client.py ADDRESS PORT CA ID PID WHAT"""
import json, os, socket, ssl, sys, time
address, port, ca, value_id, pid, what = sys.argv[1:]
body = json.dumps({"value_id": value_id}).encode()
def check(n):
    return (b"POST /v1/ownership-checks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer tgk_live_goodgoodgoodgood\r\nX-Request-Id: n-%d\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (n, len(body), body))
def alive(n):
    return b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: n-%d\r\n\r\n" % n
def connect(receive_buffer=None):
    raw = socket.socket()
    if receive_buffer:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    raw.settimeout(10)
    raw.connect((address, int(port)))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return ssl.create_default_context(cafile=ca).wrap_socket(raw, server_hostname=address)
def answers(s, n):
    """The ids and bodies of n answers."""
    got, found = b"", []
    while len(found) < n:
        head, end, rest = got.partition(b"\r\n\r\n")
        fields = dict(l.split(b": ", 1) for l in head.split(b"\r\n")[1:]) if end else {}
        length = int(fields.get(b"Content-Length", 0))
        if end and len(rest) >= length:
            found.append((fields[b"X-Request-Id"].decode(), rest[:length]))
            got = rest[length:]
            continue
        data = s.recv(65536)
        if not data:
            break
        got += data
    return found
def cpu():
    with open(f"/proc/{pid}/stat") as f:
        return sum(map(int, f.read().rpartition(")")[2].split()[11:13]))
def memory():
    with open(f"/proc/{pid}/status") as f:
        return next(int(l.split()[1]) for l in f if l.startswith("VmRSS"))
if what == "pipelined":  # in one piece, which is more than a record
    n = 500
    s = connect()
    s.sendall(b"".join(check(i) for i in range(n)))
    got = answers(s, n)
    print(len(got), [i for i, _ in got] == [f"n-{i}" for i in range(n)],
          all(json.loads(b)["owner"] for _, b in got))
if what == "octets":  # an octet a record
    s = connect()
    for o in check(1):
        s.sendall(bytes([o]))
    print(answers(s, 1)[0][0])
if what == "prompt":  # is anything held back until a timer or the next packet?
    s, times = connect(), []
    for i in range(30):
        start = time.monotonic()
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answers(s, 1)
        times.append(time.monotonic() - start)
    print("prompt" if sorted(times)[15] < 0.03 else times)
if what == "deaf":  # asks without end; then reads everything
    s, n = connect(4096), 0
    s.setblocking(False)
    quiet, before = None, memory()
    while not quiet or time.monotonic() - quiet < 1:
        try:
            s.send(alive(n))  # a record, which is sent as a whole
            n, quiet = n + 1, None
        except ssl.SSLWantWriteError:
            quiet = quiet or time.monotonic()
            time.sleep(0.01)
        if n == 100000:
            break
    spent = cpu()
    time.sleep(1)
    spent = (cpu() - spent) * 100 // os.sysconf("SC_CLK_TCK")
    grown = memory() - before
    s.settimeout(10)
    got = answers(s, n)
    print(n > 50, n < 100000, len(got) == n, [i for i, _ in got] == [f"n-{i}" for i in range(n)],
          "idle" if spent < 25 else f"{spent} % of a core",
          "bounded" if grown < int(os.environ["GROWTH_MAX_KIB"]) else f"{grown} KiB more")
if what == "gone":  # closes while the answer is made, or is on its way
    for i in range(200):
        s = connect()
        s.sendall(check(i) * (1 + i % 3))
        time.sleep(0.0005 * (i % 60))
        if i % 2:
            s.close()
        else:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            s.close()
    print("gone")
PY
# A sanitizer keeps what was freed for a while.
export GROWTH_MAX_KIB=4096
[ -z "$GW_SAN" ] || GROWTH_MAX_KIB=400000
client() {
	timeout 60 python3 "$GW_DIR/client.py" "$GW_IP" "$GW_PORT" "$GW_DIR/server.pem" "$MINE" \
		"$(cat "$GW_DIR/gw.pid")" "$1"
}
is "five hundred requests in one piece are answered in their order" "$(client pipelined)" "500 True True"
is "a request of an octet a record" "$(client octets)" "n-1"
is "no answer waits for the next packet" "$(client prompt)" prompt
is "who does not read loses nothing, and costs nothing" "$(client deaf)" \
	"True True True True idle bounded"
is "who does not wait for its answer" "$(client gone)" gone
check "{\"value_id\":\"$MINE\"}"
is "leaves it alive" "$status" 200
none_waits() {
	python3 "$GW_ROOT/tests/lib/vty.py" "$GW_IP" 4272 'show connections' | grep -q '^0 connections, 0 requests'
}
ok "and nothing behind" gw_wait none_waits

# --- the log ------------------------------------------------------------------------------------
: >"$GW_DIR/gw.log"
client pipelined >/dev/null
gw_stop gw
lines() { grep -o ' id=n-[0-9]*' "$GW_DIR/gw.log" | cut -d- -f2; }
is "each request has its line when the process has ended" "$(lines | wc -l)" 500
ok "in their order" cmp -s <(lines) <(seq 0 499)
done_testing
