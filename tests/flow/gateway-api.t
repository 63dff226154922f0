#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The API over real TLS: routes, keys, bodies, header fields; every answer as openapi.yaml has it.
set -u
# shellcheck source=tests/lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"
gw_begin
MINE=$(value_id 1) OLD=$(value_id 2) FOREIGN=$(value_id 3) YEN=$(value_id 4)
gw_config gw
gw_start gw
gw_manager fake --own "$MINE=500,EUR,active,1,1800000000,1750000000" \
	--own "$OLD=12345,KWD,expired,0,1700000000,1650000000" \
	--own "$YEN=500,JPY,reserved,0,0,1750000000"
gw_wait gw_is_ready

# --- the answer of claim 25 -------------------------------------------------------------------
check "{\"value_id\":\"$MINE\"}"
is "owner" "$status $(body)" "200 {\"owner\": true, \"spendable\": true, \"state\": \"active\", \
\"value\": {\"value_id\": \"$MINE\", \"amount\": \"5.00\", \"currency\": \"EUR\", \
\"expires_at\": \"2027-01-15T08:00:00Z\", \"owner_since\": \"2025-06-15T15:06:40Z\"}}"
check "{\"value_id\":\"$OLD\"}"
is "the owner of an expired value is its owner" \
	"$(body '[b["owner"], b["spendable"], b["state"], b["value"]["amount"]]')" \
	'[true, false, "expired", "12.345"]'
check "{\"value_id\":\"$YEN\"}"
is "yen have no decimals, never is null" \
	"$(body '[b["value"]["amount"], b["value"]["expires_at"], b["state"]]')" \
	'["500", null, "reserved"]'
check "{\"value_id\":\"$FOREIGN\"}"
is "not the owner: one answer, and nothing else" "$status $(cat "$answer.body")" '200 {"owner":false}'
check "{\"value_id\":\"$(echo "$MINE" | sed 's/..../& /g; s/ $//')\"}"
is "an id may hold spaces" "$(body 'b["owner"]')" true
check "{\"checks\":[{\"value_id\":\"$FOREIGN\"},{\"value_id\":\"$MINE\"},{\"value_id\":\"$FOREIGN\"},{\"value_id\":\"$YEN\"}]}"
is "a batch is answered in its order" "$(body '[r["owner"] for r in b["results"]]')" \
	'[false, true, false, true]'
check "{\"checks\":[{\"value_id\":\"$MINE\"}]}"
is "a batch of one is a batch" "$(body 'len(b["results"])')" 1
key=tgk_test_goodgoodgoodgood check "{\"value_id\":\"$MINE\"}"
is "a test key is the manager's matter" "$status $(body)" '200 {"owner": false}'
python3 -c 'import json,sys
print(json.dumps({"checks": [{"value_id": sys.argv[1]}] * 1000}))' "$MINE" >"$GW_DIR/1000.json"
check "@$GW_DIR/1000.json"
is "a thousand items" "$status $(body 'sum(r["owner"] for r in b["results"])')" '200 1000'
check "@$GW_DIR/1000.json" -H 'Transfer-Encoding: chunked'
is "in chunks too" "$status $(body 'len(b["results"])')" '200 1000'
check "@$GW_DIR/1000.json" -H 'Expect: 100-continue'
is "100 Continue when asked for" "$status $(grep -c '^HTTP/1.1 100' "$answer.head")" '200 1'

# --- keys -------------------------------------------------------------------------------------
Q="{\"value_id\":\"$MINE\"}"
key=tgk_live_wrongwrongwrongwrong check "$Q"
refused "a key that nobody has" 401 unauthenticated
is "its challenge" "$(head_of WWW-Authenticate)" 'Bearer realm="tegata", error="invalid_token"'
key=tgk_live_noscopenoscopenoscope check "$Q"
refused "a key without the scope" 403 forbidden
key=nonsense check "$Q"
refused "no key by its form" 401 unauthenticated
key='' check "$Q"
refused "no key at all" 401 unauthenticated
is "its challenge has no error" "$(head_of WWW-Authenticate)" 'Bearer realm="tegata"'
key='' check "$Q" -H 'Authorization: Basic Zm9vOmJhcg=='
refused "another scheme" 401 unauthenticated
check "$Q" -H 'authorization: Bearer tgk_live_alsogoodalsogood'
refused "two keys" 400 request_malformed

# --- bodies -----------------------------------------------------------------------------------
malformed() { # TEXT BODY POINTER
	check "$2"
	is "$1" "$status $(body '[b["code"], b["pointer"]]')" "400 [\"body_malformed\", \"$3\"]"
}
malformed "no JSON" 'hello' ''
malformed "nothing" '' ''
malformed "cut short" '{"value_id":' '/value_id'
malformed "not an object" '[]' ''
malformed "a number for a string" '{"value_id":12}' '/value_id'
malformed "null for a string" '{"value_id":null}' '/value_id'
malformed "an unknown member" "{\"value_id\":\"$MINE\",\"x\":1}" '/x'
malformed "a member twice" "{\"value_id\":\"$MINE\",\"value_id\":\"$MINE\"}" '/value_id'
malformed "the empty object" '{}' ''
malformed "both forms" "{\"value_id\":\"$MINE\",\"checks\":[{\"value_id\":\"$MINE\"}]}" ''
malformed "an empty batch" '{"checks":[]}' '/checks'
malformed "a batch that is none" '{"checks":{}}' '/checks'
malformed "an item that is none" "{\"checks\":[{\"value_id\":\"$MINE\"},7]}" '/checks/1'
malformed "an item without id" "{\"checks\":[{\"value_id\":\"$MINE\"},{}]}" '/checks/1/value_id'
malformed "an unknown member in an item" "{\"checks\":[{\"value_id\":\"$MINE\",\"a/b\":1}]}" '/checks/0/a~1b'
malformed "something behind it" "{\"value_id\":\"$MINE\"}x" ''
malformed "octets that are not UTF-8" "$(printf '{"value_id":"\xff"}')" '/value_id'
malformed "a deep nest" "$(printf '{"checks":%s' "$(printf '[%.0s' {1..5000})")" '/checks/0'
value_malformed() { # TEXT BODY POINTER
	check "$2"
	is "$1" "$status $(body '[b["code"], b["pointer"]]')" "422 [\"value_id_malformed\", \"$3\"]"
}
value_malformed "a mistyped digit" "{\"value_id\":\"${MINE%?}$(((${MINE: -1} + 1) % 10))\"}" '/value_id'
value_malformed "too few digits" '{"value_id":"123"}' '/value_id'
value_malformed "no digits" '{"value_id":""}' '/value_id'
value_malformed "far too many" "{\"value_id\":\"$(printf '1%.0s' {1..500})\"}" '/value_id'
value_malformed "one of a batch is the whole request's fault" \
	"{\"checks\":[{\"value_id\":\"$MINE\"},{\"value_id\":\"1\"}]}" '/checks/1/value_id'
python3 -c 'import json,sys
print(json.dumps({"checks": [{"value_id": sys.argv[1]}] * 1001}))' "$MINE" >"$GW_DIR/1001.json"
check "@$GW_DIR/1001.json"
refused "1,001 items" 422 batch_too_large
head -c 65537 /dev/zero | tr '\0' ' ' >"$GW_DIR/large.json"
check "@$GW_DIR/large.json"
refused "64 KiB and one octet" 413 body_too_large
is "and the connection ends" "$(head_of Connection)" close
# The answer is there long before the body is: it must not be lost to who sends all of it first.
is "who sends all of it first sees the answer too" "$(python3 - "$GW_IP" "$GW_PORT" "$GW_DIR/server.pem" <<'PY'
import socket, ssl, sys, time
tls = ssl.create_default_context(cafile=sys.argv[3])
with tls.wrap_socket(socket.create_connection((sys.argv[1], int(sys.argv[2])), 10),
                     server_hostname=sys.argv[1]) as s:
    s.sendall(b"POST /v1/ownership-checks HTTP/1.1\r\nHost: gateway\r\nContent-Length: 65600\r\n\r\n")
    for _ in range(16):
        time.sleep(0.03)
        s.sendall(b" " * 4100)
    answer = s.recv(4096)
print(answer.split(b"\r\n")[0].decode())
PY
)" 'HTTP/1.1 401 Unauthorized'
head -c 65536 /dev/zero | tr '\0' ' ' >"$GW_DIR/full.json"
check "@$GW_DIR/full.json"
refused "64 KiB are read" 400 body_malformed
check "@$GW_DIR/large.json" -H 'Transfer-Encoding: chunked'
refused "one octet too much in chunks" 413 body_too_large
head -c 20000000 /dev/zero | tr '\0' ' ' >"$GW_DIR/huge.json"
check "@$GW_DIR/huge.json" -H 'Transfer-Encoding: chunked' -H 'Expect:'
refused "chunks without end are answered at once" 413 body_too_large
check "@$GW_DIR/huge.json" -H 'Expect: 100-continue'
is "who asks first need not send it" "$status $(grep -c '^HTTP/1.1 100' "$answer.head")" '413 0'

# --- header fields ----------------------------------------------------------------------------
type=text/plain check "$Q"
refused "another type" 415 media_type
type='application/json; charset=latin1' check "$Q"
refused "another character set" 415 media_type
type='application/json; charset=UTF-8' check "$Q"
is "the right one" "$status" 200
check "$Q" -H 'Content-Encoding: gzip'
refused "compressed" 415 media_type
check "$Q" -H 'Accept: text/html'
refused "an answer that there is not" 406 not_acceptable
check "$Q" -H 'Accept: text/html, application/*;q=0.5'
is "one that there is" "$status" 200
check "$Q" -H "X-Pad: $(printf 'x%.0s' {1..3000})"
refused "more than 3 KiB of header fields" 431 headers_too_large
check "@$GW_DIR/1000.json" -H "X-Pad: $(printf 'x%.0s' {1..2600})"
is "nearly as many before a thousand items" "$status $(body 'len(b["results"])')" '200 1000'
is "far more, which libmicrohttpd answers in its own words" "$(curl -s -o /dev/null -w '%{http_code}' \
	--cacert "$GW_DIR/server.pem" -H "X-Pad: $(printf 'x%.0s' {1..7000})" \
	"https://$GW_IP:$GW_PORT/healthz")" 431
check "$Q" -H 'X Y: z'
is "a name with a space" "$status" 400
check "$Q" -H 'Content-Length: 5' -H 'Transfer-Encoding: chunked'
refused "two lengths" 400 request_malformed
is "end the connection" "$(head_of Connection)" close
check "$Q" -H 'Transfer-Encoding: gzip, chunked'
refused "another transfer encoding" 400 request_malformed
check "$Q" -H 'X-Request-Id: order-17/2'
is "X-Request-Id is echoed" "$(head_of X-Request-Id)" 'order-17/2'
check 'x' -H 'X-Request-Id: order-17/3'
is "and stands in the problem" "$(body 'b["request_id"]')" 'order-17/3'
check "$Q" -H 'X-Request-Id: a b'
ok "unless it is not sane" grep -qE '^[0-9a-f-]{36}$' <<<"$(head_of X-Request-Id)"
UUID=01890a5d-ac96-774b-bcce-b302099a8057
check "$Q" -H "X-Request-Id: $UUID" -H 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
ok "a UUID reaches the manager" grep -q "request=$UUID items=1" "$GW_DIR/fake.log"
is "no-store" "$(head_of Cache-Control)" no-store
is "nosniff" "$(head_of X-Content-Type-Options)" nosniff
ok "HSTS" grep -q max-age <<<"$(head_of Strict-Transport-Security)"

# --- routes -----------------------------------------------------------------------------------
ask GET /healthz
is "alive" "$status $(body)" '200 {"status": "alive"}'
ask HEAD /healthz
is "HEAD" "$status $(head_of Content-Length)" "200 18"
ask GET /readyz
is "ready" "$status $(body)" '200 {"status": "ready"}'
ask POST /healthz -d '{}'
refused "wrong method" 405 method_not_allowed
is "tells the right ones" "$(head_of Allow)" 'GET, HEAD'
ask GET /v1/ownership-checks
refused "wrong method for checks" 405 method_not_allowed
is "tells the right one" "$(head_of Allow)" POST
ask DELETE /v1/ownership-checks
refused "DELETE" 405 method_not_allowed
for path in / /v1 /v1/ownership-checks/ /v2/ownership-checks /healthz%00 /%68ealthz //healthz; do
	ask GET "$path" --path-as-is
	refused "unknown: $path" 404 not_found
done
ask GET '/healthz?x=%00&y'
is "a query is no part of the path" "$status" 200

# --- connections ------------------------------------------------------------------------------
curl -s --cacert "$GW_DIR/server.pem" -w '%{num_connects}\n' -o /dev/null -o /dev/null \
	"https://$GW_IP:$GW_PORT/healthz" "https://$GW_IP:$GW_PORT/readyz" >"$GW_DIR/connects"
is "a connection serves several requests" "$(tr '\n' ' ' <"$GW_DIR/connects")" '1 0 '
is "one line in the log for each" "$(grep -c "request=$UUID .*status=200 .*shop=71001 items=1 .*traceparent=00-0af" "$GW_DIR/gw.log")" 1
ok "no key in the log" test "$(grep -c "$GOOD_KEY" "$GW_DIR/gw.log")" = 0
ok "TLS 1.3" curl -s -o /dev/null --tlsv1.3 --cacert "$GW_DIR/server.pem" "https://$GW_IP:$GW_PORT/healthz"
ok "TLS 1.2" curl -s -o /dev/null --tls-max 1.2 --cacert "$GW_DIR/server.pem" "https://$GW_IP:$GW_PORT/healthz"
no_old_tls() {
	! openssl s_client -connect "$GW_IP:$GW_PORT" -tls1_1 -cipher 'ALL@SECLEVEL=0' </dev/null >/dev/null 2>&1
}
ok "not TLS 1.1" no_old_tls
openapi_agrees
done_testing
