#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Managers that are not there, die or come back; several gateways on one port; reload and end.
set -u
# shellcheck source=tests/lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"
gw_begin
MINE=$(value_id 1)
Q="{\"value_id\":\"$MINE\"}"
OWN="$MINE=500,EUR,active,1,0,1"
gw_config gw
gw_start gw
took() { # SECONDS: did the last question take less?
	python3 -c 'import sys; sys.exit(float(sys.argv[1]) >= float(sys.argv[2]))' "$seconds" "$1"
}
timed() {
	local start
	start=$(date +%s.%N)
	"$@"
	seconds=$(python3 -c 'import sys; print(float(sys.argv[2]) - float(sys.argv[1]))' "$start" "$(date +%s.%N)")
}

# --- no manager -------------------------------------------------------------------------------
ask GET /readyz
refused "not ready without a manager" 503 unavailable
ok "with Retry-After" test "$(head_of Retry-After)" -ge 1
ask GET /healthz
is "alive without a manager" "$status" 200
timed check "$Q"
refused "no manager" 503 unavailable
ok "told at once" took 2
check 'x'
refused "what is wrong is told even so" 400 body_malformed

# --- it comes, dies, comes back ---------------------------------------------------------------
gw_manager one --own "$OWN"
gw_wait gw_is_ready
check "$Q"
is "the manager has come" "$status" 200
gw_stop one KILL
gone() { ! gw_is_ready; }
gw_wait gone
check "$Q"
refused "the manager is gone" 503 unavailable
gw_manager one --own "$OWN"
gw_wait gw_is_ready
check "$Q"
is "and back by itself" "$status" 200
gw_stop one
gw_manager dying --die
gw_wait gw_is_ready
timed check "$Q"
refused "it dies of the question" 503 unavailable
ok "and nobody hangs" took 4
gw_manager dying2 --die
gw_manager two --own "$OWN"
gw_wait gw_is_ready
both=0
for n in 1 2 3 4; do check "$Q"; [ "$status" = 200 ] && both=$((both + 1)); done
is "another is asked when one dies" "$both" 4
gw_stop two
gw_manager late --own "$OWN" --delay 300
gw_wait gw_is_ready
for n in 1 2 3 4 5 6 7 8; do
	curl -s -o /dev/null -w '%{http_code}\n' --cacert "$GW_DIR/server.pem" -d "$Q" \
		-H 'Content-Type: application/json' -H "Authorization: Bearer $GOOD_KEY" \
		"https://$GW_IP:$GW_PORT/v1/ownership-checks" >>"$GW_DIR/late.status" &
	waiting[n]=$!
done
asked() { [ "$(grep -c '^check' "$GW_DIR/late.log")" -ge 8 ]; }
gw_wait asked
gw_stop late KILL
wait "${waiting[@]}"
is "those who waited when it died are told" "$(sort -u "$GW_DIR/late.status")" 503
gw_manager busy --outcome busy
gw_wait gw_is_ready
check "$Q"
refused "a manager that is busy" 503 busy
ok "tells when" test "$(head_of Retry-After)" -ge 1
gw_stop busy

# --- a client that goes away ------------------------------------------------------------------
gw_manager slow --own "$OWN" --delay 700
gw_wait gw_is_ready
for _ in 1 2 3 4 5; do
	curl -s -m 0.2 -o /dev/null --cacert "$GW_DIR/server.pem" -d "$Q" \
		-H 'Content-Type: application/json' -H "Authorization: Bearer $GOOD_KEY" \
		"https://$GW_IP:$GW_PORT/v1/ownership-checks"
done
check "$Q"
is "the answer for who has gone hurts nobody" "$status" 200

# --- the end, while somebody waits ------------------------------------------------------------
curl -s -o "$GW_DIR/last" --cacert "$GW_DIR/server.pem" -d "$Q" \
	-H 'Content-Type: application/json' -H "Authorization: Bearer $GOOD_KEY" \
	"https://$GW_IP:$GW_PORT/v1/ownership-checks" &
wait_check=$!
asked_once() { [ "$(grep -c '^check' "$GW_DIR/slow.log")" -ge 7 ]; }
gw_wait asked_once
gw_stop gw TERM
wait "$wait_check"
ok "SIGTERM waits for the answer" grep -q '"owner":true' "$GW_DIR/last"
is "and ends well" "$gw_exit" 0
ok "and not before" grep -q drained "$GW_DIR/gw.log"
gw_stop slow

# --- two processes on one port ----------------------------------------------------------------
gw_config gw1
GW_VTY_IP=${GW_IP%.*}.$((${GW_IP##*.} + 1)) gw_config gw2
gw_start gw1
GW_LINKS='gw1 gw2' gw_manager shared --own "$OWN"
gw_start gw2
two_links() { [ "$(grep -c '^up' "$GW_DIR/shared.log")" -ge 2 ]; }
gw_wait two_links
served=0
for _ in $(seq 40); do check "$Q"; [ "$status" = 200 ] && served=$((served + 1)); done
is "every question is served" "$served" 40
ok "by the one" grep -q 'status=200.*shop=71001' "$GW_DIR/gw1.log"
ok "and the other" grep -q 'status=200.*shop=71001' "$GW_DIR/gw2.log"
gw_stop gw2
served=0
for _ in $(seq 10); do check "$Q"; [ "$status" = 200 ] && served=$((served + 1)); done
is "one goes, the other serves on" "$served" 10

# --- reload -----------------------------------------------------------------------------------
serial() {
	openssl s_client -connect "$GW_IP:$GW_PORT" </dev/null 2>/dev/null |
		openssl x509 -noout -serial 2>/dev/null
}
old=$(serial)
gw_certificate new "$GW_IP"
cp "$GW_DIR/new.pem" "$GW_DIR/server.pem"
mismatch=$(serial)
kill -HUP "$(cat "$GW_DIR/gw1.pid")"
gw_wait grep -q 'certificate not taken' "$GW_DIR/gw1.log"
is "a certificate without its key is not taken" "$mismatch $(serial)" "$old $old"
cp "$GW_DIR/new.key" "$GW_DIR/server.key"
# A connection that is open goes on with the old one.
mkfifo "$GW_DIR/fifo"
openssl s_client -quiet -connect "$GW_IP:$GW_PORT" <"$GW_DIR/fifo" >"$GW_DIR/kept" 2>/dev/null &
kept=$!
exec 7>"$GW_DIR/fifo"
printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n' >&7
gw_wait grep -aq alive "$GW_DIR/kept"
kill -HUP "$(cat "$GW_DIR/gw1.pid")"
changed() { [ "$(serial)" != "$old" ]; }
gw_wait changed
ok "SIGHUP brings the new certificate" changed
printf 'GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&7
gw_wait grep -aq ready "$GW_DIR/kept"
ok "and open connections do not notice" grep -aq ready "$GW_DIR/kept"
exec 7>&-
wait "$kept"
check "$Q"
is "clients trust it" "$status" 200
chmod 644 "$GW_DIR/server.key"
kill -HUP "$(cat "$GW_DIR/gw1.pid")"
gw_wait grep -q 'others can read it' "$GW_DIR/gw1.log"
check "$Q"
is "a key that others can read is not" "$status" 200
openapi_agrees
done_testing
