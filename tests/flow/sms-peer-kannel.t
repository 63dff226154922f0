#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# An ESME that is not ours against the phone's SMSC: Kannel's bearerbox, through its smsbox.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/capture.sh

if ! command -v bearerbox >/dev/null; then
	echo '1..0 # SKIP kannel is not installed'
	exit 0
fi
env_begin
capture_begin "host $ENV_IP and port 2775"

# What comes to the service is told to a sink, and answered by it.
cat >"$ENV_DIR/sink.py" <<'EOF2'
import http.server, os, sys, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query, keep_blank_values=True)
        kind = self.path[1:].partition("?")[0]
        text = query.get("text", [""])[0]
        line = " ".join((kind, query.get("from", [""])[0], query.get("status", [""])[0], text))
        os.write(1, line.encode() + b"\n")  # at once: two threads may have something to say
        answer = ("You said " + text).encode() if kind == "text" else b""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer((sys.argv[1], 8081), Handler).serve_forever()
EOF2
cat >"$ENV_DIR/kannel.conf" <<-EOF
	group = core
	admin-port = 13000
	admin-interface = $ENV_IP
	admin-password = unused
	smsbox-port = 13001
	smsbox-interface = $ENV_IP
	store-type = file
	store-location = $ENV_DIR/kannel.store

	group = smsc
	smsc = smpp
	smsc-id = phones
	host = $ENV_IP
	port = 2775
	smsc-username = kannel
	smsc-password = secret
	system-type = ""
	transceiver-mode = true
	interface-version = 34
	enquire-link-interval = 2
	max-pending-submits = 10
	wait-ack = 10
	reconnect-delay = 1

	group = smsbox
	bearerbox-host = $ENV_IP
	sendsms-port = 13013
	sendsms-interface = $ENV_IP

	group = sendsms-user
	username = tester
	password = secret
	concatenation = true
	max-messages = 10

	group = sms-service
	keyword = default
	get-url = "http://$ENV_IP:8081/text?from=%p&text=%a"
	max-messages = 10
	concatenation = true
EOF
env_spawn sink python3 "$ENV_DIR/sink.py" "$ENV_IP"
env_wait 10 curl -s -o /dev/null "http://$ENV_IP:8081/up"
env_spawn bearerbox bearerbox -v 1 "$ENV_DIR/kannel.conf"
env_wait 10 curl -s -o /dev/null "http://$ENV_IP:13000/status"
env_spawn smsbox smsbox -v 1 "$ENV_DIR/kannel.conf"

phone() {
	exec "$ENV_BIN/tegata-handset" --address "$ENV_IP:9" --wallet-dir "$ENV_DIR/wallets" \
		--smsc "$ENV_IP:2775" --imsi "$ENV_IMSI_A" --msisdn "$ENV_MSISDN_A" \
		--network-timeout 20s "$@"
}
# A phone that stays: lines go in through a pipe, what it shows is a file.
mkfifo "$ENV_DIR/typed"
exec 8<>"$ENV_DIR/typed"
echo phone >>"$ENV_DIR/started"
phone <&8 >"$ENV_DIR/shown" 2>&1 &
echo $! >"$ENV_DIR/phone.pid"
online() { curl -s "http://$ENV_IP:13000/status.txt" | grep -q 'phones.*online'; }
ok 'bearerbox binds' env_wait 15 online

shown() { env_wait 15 grep -qF -- "$1" "$ENV_DIR/shown"; }
send() { # TEXT OPTION...
	local text=$1
	shift
	curl -s -f -G "http://$ENV_IP:13013/cgi-bin/sendsms" --data-urlencode username=tester \
		--data-urlencode password=secret --data-urlencode from=188 \
		--data-urlencode "to=$ENV_MSISDN_A" --data-urlencode "text=$text" "$@"
}

env_wait 10 send warm-up
ok 'what it sends is shown' shown '[SMS from 188] warm-up'
ok 'with a receipt it is taken' send 'with a receipt' --data-urlencode dlr-mask=31 \
	--data-urlencode "dlr-url=http://$ENV_IP:8081/receipt?status=%d"
ok 'and shown' shown 'with a receipt'
receipt() { grep -q "^receipt  $1 " "$ENV_DIR/sink.log"; }
ok 'it is told that the SMSC has it' env_wait 10 receipt 8
ok 'and that the phone has it' env_wait 10 receipt 1
long=$(python3 -c 'print("lange Zeile " * 40 + "Ende")')
send "$long" >"$ENV_DIR/answer"
ok 'a long one in parts is shown whole' shown "[SMS from 188] $long"
send 'ビール' --data-urlencode coding=2 --data-urlencode charset=utf-8 >"$ENV_DIR/answer"
ok 'UCS-2' shown '[SMS from 188] ビール'

echo '/sms 188 hello kannel' >&8
ok 'what a phone sends reaches it, and its answer the phone' \
	shown '[SMS from 188] You said hello kannel'
echo "/sms 188 $long" >&8
ok 'a long one too' shown "[SMS from 188] You said $long"

# --- the SMSC goes, and comes back ------------------------------------------------------------------
env_stop phone KILL
gone() { ! online; }
ok 'bearerbox sees it go' env_wait 15 gone
(phone sms 'hello again') >"$ENV_DIR/said" 2>&1
is 'and binds again: exit code' "$?" 0
like 'with a reply' "$(cat "$ENV_DIR/said")" '^188: You said hello again'
env_stop smsbox
env_stop bearerbox

capture_end
capture_clean 'tshark finds nothing malformed'
capture_has 'in submit_sm_resp' 'smpp.command_id == 0x80000004'
capture_has 'in deliver_sm' 'smpp.command_id == 5'
done_testing
