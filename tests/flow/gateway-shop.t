#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# What a shop's developer has: the guide's examples, and the sample shop.
set -u
# shellcheck source=tests/lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"
gw_begin
MINE=07123456789012345674 LATER=$(value_id 5) EXPIRED=$(value_id 6) FOREIGN=$(value_id 7)
AWAY=$(value_id 8)
OWN=(--own "$MINE=500,EUR,active,1,1800000000,1750000000"
	--own "$EXPIRED=500,EUR,expired,0,1700000000,1650000000")
gw_config gw
gw_start gw
gw_manager fake "${OWN[@]}"
gw_wait gw_is_ready

# --- the guide --------------------------------------------------------------------------------
python3 - "$GW_ROOT/docs/shop-guide.md" "$GW_DIR" <<'PY'
import json, pathlib, re, sys
text = pathlib.Path(sys.argv[1]).read_text()
blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M)
for i, code in enumerate(code for kind, code in blocks if kind == "sh"):
    pathlib.Path(sys.argv[2], f"guide-{i}.sh").write_text(code)
for kind, code in blocks:
    if kind == "json":
        json.loads(code)
PY
is "the JSON in the guide is JSON" $? 0
export GATEWAY=https://$GW_IP:$GW_PORT KEY=$GOOD_KEY CURL_CA_BUNDLE=$GW_DIR/server.pem
run() { bash -eu "$GW_DIR/guide-$1.sh" >"$GW_DIR/guide.out" 2>&1; }
run 0
is "guide: settings" $? 0
run 1
ok "guide: ready" grep -q '"ready"' "$GW_DIR/guide.out"
run 2
ok "guide: a check" grep -q '{"owner":true,"spendable":true,"state":"active","value":{"value_id":"07123456789012345674","amount":"5.00"' "$GW_DIR/guide.out"
run 3
ok "guide: a batch" grep -q '{"results":\[{"owner":true.*},{"owner":false}\]}' "$GW_DIR/guide.out"
run 4
ok "guide: a problem" grep -q '"detail":"the check digit is wrong: one digit was mistyped","code":"value_id_malformed","retryable":false.*"pointer":"/value_id"' "$GW_DIR/guide.out"
run 5
ok "guide: trying again" grep -q '"owner":true' "$GW_DIR/guide.out"
run 6
ok "guide: request ids" grep -q '^X-Request-Id: order-4711-check-1' "$GW_DIR/guide.out"
ok "guide: no example is left out" test ! -e "$GW_DIR/guide-7.sh"
codes() { # of the table
	# shellcheck disable=SC2016 # a grave accent is what is looked for
	grep '^| [45][0-9][0-9] |' "$GW_ROOT/docs/shop-guide.md" | grep -o '`[a-z_]*`' | tr -d '`' | sort -u
}
known() { sed -n '/^ *enum:$/,/^ *[a-z]*:/s/^ *- //p' "$GW_ROOT/docs/openapi.yaml" | sort -u; }
is "the guide explains every code of openapi.yaml" "$(comm -13 <(codes) <(known) | tr '\n' ' ')" ""
in_registry() {
	local code
	for code in $(known); do
		grep -q "\"$code\", [45]" "$GW_ROOT/lib/outcome.def" || return 1
	done
}
ok "each of which is in the registry" in_registry

# --- the sample shop --------------------------------------------------------------------------
ok "the sample shop is shorter than 200 lines" test "$(wc -l <"$GW_ROOT/docs/examples/shop.py")" -lt 200
echo "$GOOD_KEY" >"$GW_DIR/shop.key"
shop_start() {
	: >"$GW_DIR/shop.log"
	gw_spawn shop python3 "$GW_ROOT/docs/examples/shop.py" --gateway "$GATEWAY" \
		--key-file "$GW_DIR/shop.key" --ca "$GW_DIR/server.pem" --bind "$GW_IP" --port 8081 \
		--orders "$GW_DIR/orders" --wait 5
	gw_wait grep -q listens "$GW_DIR/shop.log"
}
shop_start
hand_over() { # BODY
	status=$(curl -s -m 10 -o "$GW_DIR/handed" -w '%{http_code}' -d "$1" "http://$GW_IP:8081/handover")
}
order() { # VALUE_ID PYTHON
	curl -s "http://$GW_IP:8081/orders/$1" | python3 -c 'import json,sys
print(eval(sys.argv[1], {"o": json.load(sys.stdin)}))' "$2"
}
note() { # VALUE_ID REFERENCE
	printf '{"value_id":"%s","amount":"9999.00","currency":"USD","reference":"%s","transferor":"+819012345671","transferee":"71001"}' "$1" "$2"
}
hand_over "$(note "$MINE" order-1)"
is "the owner is paid" "$status" 200
is "what the gateway says, not the phone" "$(order $MINE 'o["state"], o["amount"], o["currency"], o["reference"]')" \
	"('paid', '5.00', 'EUR', 'order-1')"
hand_over "$(note "$MINE" order-1)"
is "handed over twice is paid once" "$status $(wc -l <"$GW_DIR/orders")" "200 1"
hand_over "$(note "$MINE" order-2)"
is "one value does not pay two orders" "$status" 409
hand_over "$(note "$EXPIRED" order-3)"
is "what cannot be spent is no payment" "$status $(order "$EXPIRED" 'o["state"]')" "202 waiting"
hand_over "$(note "$LATER" order-4)"
is "not ours yet" "$status $(order "$LATER" 'o["state"]')" "202 waiting"
hand_over "$(note "$FOREIGN" order-5)"
gw_stop fake
gw_manager fake "${OWN[@]}" --own "$LATER=1200,EUR,active,1,0,1750000000"
state_is() { [ "$(order "$1" 'o["state"]')" = "$2" ]; }
gw_wait state_is "$LATER" paid
ok "it asks again until it is" state_is "$LATER" paid
gw_wait state_is "$FOREIGN" unpaid
ok "but not for ever" state_is "$FOREIGN" unpaid
for wrong in '' x '[]' '{}' '{"value_id":7}' '{"value_id":"123"}' '{"value_id":"07123456789012345675"}' 'null' '"x"'; do
	hand_over "$wrong"
	is "nonsense is refused: $wrong" "$status" 400
done
status=$(curl -s -o /dev/null -w '%{http_code}' "http://$GW_IP:8081/orders/x")
is "an order that there is not" "$status" 404

# Nobody answers: neither its manager nor, then, the gateway.
gw_stop fake
hand_over "$(note "$AWAY" order-6)"
is "without a manager it waits" "$status" 202
gw_wait state_is "$AWAY" unpaid
ok "but not for ever" state_is "$AWAY" unpaid
gw_stop gw
hand_over "$(note "$AWAY" order-7)"
is "without a gateway it waits, for another order" "$status $(order "$AWAY" 'o["reference"]')" "202 order-7"
gw_wait state_is "$AWAY" unpaid
ok "but not for ever either" state_is "$AWAY" unpaid
gw_stop shop
shop_start
is "it remembers what was paid" "$(order "$MINE" 'o["state"], o["reference"]')" "('paid', 'order-1')"
done_testing
