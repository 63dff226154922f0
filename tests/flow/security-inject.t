#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 180
#
# Texts that want to be SQL, an array, a line of the log or a command to the operator's screen, through
# every field that takes text: USSD, HTTP, tegatactl's arguments and files, names of GSUP peers.  What is
# stored is what was typed, or nothing; nothing else happens.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

env_begin
export PG_FAST=1
env_postgres || exit 1
ENV_DIALOGUE_EXTRA='confirm-oneshot never
 repeat-guard 0'
ENV_GATEWAY_EXTRA="log json $ENV_DIR/gateway.json"
env_gateway || exit 1
env_manager || exit 1
sed -i "s|^manager\$|&\n log json $ENV_DIR/manager.json|; 1i log stderr\n logging level set-all debug" "$ENV_DIR/manager.cfg"
sed -i '1i log stderr\n logging level set-all debug' "$ENV_DIR/gateway.cfg"
for name in manager gateway; do kill -HUP "$(cat "$ENV_DIR/$name.pid")"; done
env_wait 10 test -s "$ENV_DIR/manager.json"
env_wait 10 env_ready
msc_start msc "$ENV_IP" 4223

esc=$'\e'
evil=("'; DROP TABLE tegata.value CASCADE; --" "' OR '1'='1" '{1,2}' '{"a","b"}' '"},{"' "\\" "\\'" 'NULL'
	"\$1" '%s%n%s%n' "'||pg_sleep(9)||'" '),(1' 'a,b;c' '{}' "$(printf 'x%.0s' {1..64})")
# Every table but those that grow by being asked, and what is in them.
counts() {
	env_sql -c "SELECT string_agg(format('%s=%s', t, (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM tegata.%I', t), false, true, '')))[1]), ' ' ORDER BY t)
		FROM (SELECT tablename AS t FROM pg_tables WHERE schemaname = 'tegata' AND tablename ~ '^(terminal|account|product|shop_key|setting|patch|outbox)$') x"
}

# --- USSD -------------------------------------------------------------------------------------
# UCS-2 carries any character.
cat >"$ENV_DIR/dial.py" <<'PY'
import sys
import threading
sys.path.insert(0, "tests/lib")
import gsup

address, imsi, msisdn = sys.argv[1:4]
got, came = [], threading.Event()
link = gsup.Link(address, 4223, address, "MSC-1", lambda l, m: (got.append(m), came.set()))
for n, text in enumerate(sys.argv[4:], 1):
    came.clear()
    octets = text.encode("utf-16-be")[:158]
    ss = gsup.component(gsup.INVOKE, 1, gsup.OP_PROCESS, octets, 0x48)
    link.send(gsup.message(gsup.PROC_SS_REQ, imsi, n, gsup.BEGIN, ss, msisdn))
    assert came.wait(8), "no answer to %r" % text
    print(repr(got[-1].text))
    if got[-1].state != gsup.END:
        link.send(gsup.message(gsup.PROC_SS_REQ, imsi, n, gsup.END))
PY
dial() { python3 "$ENV_DIR/dial.py" "$ENV_IP" "$ENV_IMSI_A" "$ENV_MSISDN_A" "$@"; }
value=$(phone A dial '*188*1*500#' | grep -oE '([0-9]{4} ){4}[0-9]{4}' | tr -d ' ' | tail -n 1)
is 'a value' "${#value}" 20
before=$(counts)
codes=()
for text in "${evil[@]}"; do
	codes+=("*188*1*$text#" "*188*3*$text*09012345672#" "*188*3*$value*$text#" "*188*4*$value*$text*1#"
		"*188*5*$text#" "*188*$text#" "*$text#" "$text")
done
is 'each code is answered' "$(dial "${codes[@]}" 2>&1 | grep -c "^['\"]")" "${#codes[@]}"
is '... and moved nothing' "$(env_sql -c "SELECT version FROM tegata.value WHERE value_id = ${value%?}::bigint")" 1
for text in "${evil[@]}" $'a\nb' $'a\rb' "a${esc}[31mb" $'a\u202eb'; do
	dial "*188*4*$value*$ENV_SHOP*$text#"
done >"$ENV_DIR/answers" 2>&1
is 'a reference with other characters is refused, one of these is taken' \
	"$(env_sql -c "SELECT reference FROM tegata.journal WHERE operation = 2")" 'NULL'
like '... and says so' "$(cat "$ENV_DIR/answers")" 'letters|characters|eference'

# --- HTTP -------------------------------------------------------------------------------------
post() { env_curl /v1/ownership-checks -o "$ENV_DIR/answer" -w '%{http_code}\n' -H 'Content-Type: application/json' "$@"; }
json() { python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$1"; }
for text in "${evil[@]}" $'a\nb' "a${esc}[31mb" $'a\u202eb'; do
	post --data-binary "{\"value_id\": $(json "$text")}"
	post --data-binary "{$(json "$text"): \"00000000000000000018\"}"
	post --data-binary "{\"value_id\": \"00000000000000000018\"}" -H "X-Request-Id: $text" -H "traceparent: $text" -H "User-Agent: $text"
	ENV_KEY="tgk_live_$text" post --data-binary "{\"value_id\": \"00000000000000000018\"}"
done >"$ENV_DIR/codes" 2>"$ENV_DIR/null"
is 'HTTP: nothing but answers and refusals' "$(sort -u "$ENV_DIR/codes" | grep -v 000 | xargs)" '200 400 401 422'
cat >"$ENV_DIR/raw.py" <<'PY'
import socket
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[1])
forged = [b"x\nDMAIN NOTICE forged", b"x\rDMAIN NOTICE forged", b"x\x1b[31mforged", b"\xff\xfeforged",
          b"x\xc0\xafforged", b"x\xf8\x88\x80\x80\x80forged", b'x","level":"forged', b"x\x00forged",
          b"x\r\n DMAIN NOTICE forged"]
for text in forged:
    for head in (b"GET /%s HTTP/1.1\r\nHost: a\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: %s\r\n",
                 b"GET / HTTP/1.1\r\nHost: a\r\ntraceparent: %s\r\n", b"%s / HTTP/1.1\r\nHost: a\r\n",
                 b"GET / HTTP/1.1\r\nHost: a\r\n%s: x\r\n"):
        s = context.wrap_socket(socket.create_connection((sys.argv[2], 8443), 5), server_hostname=sys.argv[2])
        s.sendall(head % text + b"Connection: close\r\n\r\n")
        try:
            s.settimeout(2)
            answer = s.recv(4096)
            assert b" 200 " not in answer[:20] and b"forged" not in answer.split(b"\r\n\r\n")[0], answer
        except (OSError, ssl.SSLError):
            pass
        s.close()
PY
ok 'forged header fields' python3 "$ENV_DIR/raw.py" "$ENV_DIR/tls.crt" "$ENV_IP"

# --- names of peers ---------------------------------------------------------------------------
cat >"$ENV_DIR/names.py" <<'PY'
import sys
sys.path.insert(0, "tests/lib")
import gsup

for name in ("x\nDMAIN NOTICE forged", "x\r\nforged", "x\x1b[31mforged", '","level":"forged', "\u202eforged", "%s%n"):
    try:
        gsup.Link(sys.argv[1], 4223, sys.argv[1], name, print)
        print("let in", name)
    except OSError:
        pass
PY
is 'forged names of peers' "$(python3 "$ENV_DIR/names.py" "$ENV_IP" 2>&1)" ''

# --- the logs ---------------------------------------------------------------------------------
sleep 0.3
for name in manager gateway; do
	is "$name.log: each line begins as ours do" \
		"$(grep -avE '^(D[A-Z]+|<[0-9a-f]+>) [A-Z]+ ' "$ENV_DIR/$name.log" | grep -ac forged)" 0
	is "$name.log: nothing but printable characters" "$(grep -acP '[\x00-\x08\x0b-\x1f\x7f]' "$ENV_DIR/$name.log")" 0
	ok "$name.json: each line is an object with the members that are ours" python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8", errors="strict"):
    names = [n for n, _ in json.loads(line, object_pairs_hook=list)]
    assert len(set(names)) == len(names) and set(names) <= {"time", "level", "category", "request", "message", "file", "line"}, line
    assert json.loads(line)["level"] in ("DEBUG", "INFO", "NOTICE", "ERROR", "FATAL"), line
' "$ENV_DIR/$name.json"
done

# --- tegatactl --------------------------------------------------------------------------------
stored() { # SQL: of $text
	PGOPTIONS='' env_sql -v text="$text" <<<"$1"
}
n=0
for text in "${evil[@]}"; do
	n=$((n + 1))
	{
		env_ctl shop add $((5000 + n)) "$text" --reason "$text"
		env_ctl key add $((5000 + n)) "$text" --reason "$text"
		env_ctl terminal top-up "$ENV_MSISDN_B" 1 JPY --reference "$text" --reason "$text"
		env_ctl product set "p$n" name="$text" currency=JPY amounts=100 --reason "$text"
		printf 'number,imsi,mode,credit_limit,language,currency\n"%s","%s","%s","%s","%s","%s"\n' \
			"${text//\"/\"\"}" "${text//\"/\"\"}" "${text//\"/\"\"}" "${text//\"/\"\"}" "${text//\"/\"\"}" "${text//\"/\"\"}" \
			>"$ENV_DIR/evil.csv"
		env_ctl terminal import "$ENV_DIR/evil.csv" --reason "$text"
		env_ctl terminal block "$text"
		env_ctl terminal show "$text"
	} >>"$ENV_DIR/ctl.out" 2>&1
	is "stored as it was typed: $text" "$(stored "SELECT (SELECT count(*) FROM tegata.terminal WHERE name = :'text'),
		(SELECT count(*) FROM tegata.shop_key WHERE label = :'text'), (SELECT count(*) FROM tegata.product WHERE name = :'text'),
		(SELECT count(*) FROM tegata.operator_act WHERE reference = :'text' AND reason = :'text')")" '1|1|1|1'
done
for text in "'; SELECT 1" '{"a"}' "\\"; do
	for command in 'terminal swap 819012345672' 'value show' 'setting maintenance' "key revoke $ENV_SHOP" \
		'terminal settle' 'terminal retire' "key add $ENV_SHOP second --scopes"; do
		# shellcheck disable=SC2086 # words of a command
		env_ctl $command "$text" >>"$ENV_DIR/ctl.out" 2>&1
		is "refused: $command $text" $(($? == 1 || $? == 2)) 1
	done
done
unlike 'tegatactl: no fault of the database' "$(cat "$ENV_DIR/ctl.out")" 'syntax error|malformed array|database:|invalid input'
for text in $'two\nlines' "red ${esc}[31m" $'turned \u202e' $'\u009b31m'; do
	env_ctl shop add 4799 "$text" >>"$ENV_DIR/ctl.out" 2>&1
	is 'a shop name that would draw on phones is refused' $? 1
	env_ctl product set evil name="$text" currency=JPY amounts=100 >>"$ENV_DIR/ctl.out" 2>&1
	is '... and a product name' $? 1
done
text="${esc}[2J"$'\n'"fake  row"$'\u009b'
env_ctl terminal block "$ENV_MSISDN_D" --reason "$text" >>"$ENV_DIR/ctl.out" 2>&1
env_ctl terminal show "$ENV_MSISDN_D" >"$ENV_DIR/shown" 2>&1
is 'what others wrote does nothing to the screen' "$(grep -acP '\x1b|\xc2\x9b|^fake' "$ENV_DIR/shown")" 0
like '... and is shown' "$(cat "$ENV_DIR/shown")" 'x1b\[2J\\x0afake  row\\x9b'
like 'as JSON it is whole' "$(env_ctl --json terminal show "$ENV_MSISDN_D" | python3 -c 'import json, sys; print("fake  row" in json.dumps(json.load(sys.stdin)))')" True

# --- and after all that -----------------------------------------------------------------------
env_sql -c "DELETE FROM tegata.shop_key WHERE label <> 'first'; DELETE FROM tegata.terminal t WHERE kind = 2 AND address <> '$ENV_SHOP'; DELETE FROM tegata.product WHERE code ~ '^p[0-9]'" 2>>"$ENV_DIR/ctl.log"
is 'no table has more or less than it should' "$(counts)" "$before"
is 'PostgreSQL saw no broken statement' "$(grep -acE 'syntax error|malformed array|unterminated' "$ENV_DIR/pg/server.log")" 0
is 'no rule of the ledger is broken' "$(violations)" ''
like 'phones are served' "$(phone A dial '*188*6#')" Balance
is 'shops too' "$(post --data-binary '{"value_id": "00000000000000000018"}')" 200
done_testing
