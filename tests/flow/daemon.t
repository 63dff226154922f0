#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# What operators expect of both daemons: options, configuration, reload, logs that tell no secrets,
# CTRL, metrics, exit codes.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

reload() { kill -HUP "$(cat "$ENV_DIR/$1.pid")"; }
vty_port() { [ "$1" = manager ] && echo 4270 || echo 4272; }
running() {
	env_vty "$ENV_IP" "$(vty_port "$1")" enable "$2" | sed '/^Current configuration/d'
}
start() { env_spawn "$1" "$ENV_BIN/tegata-$1" -c "$ENV_DIR/$1.cfg"; }
answers_vty() { env_vty "$ENV_IP" "$(vty_port "$1")" 'show version' | grep -q Tegata; }

# ends NAME: by SIGTERM; prints its exit code
ends() {
	local pid
	pid=$(cat "$ENV_DIR/$1.pid")
	rm "$ENV_DIR/$1.pid"
	kill -TERM "$pid"
	wait "$pid"
	ended=$?
}

# refuses NAME FILE: prints what it says; the exit code
refuses() { timeout 10 "$ENV_BIN/tegata-$1" -c "$2" 2>&1; }

env_begin
export PG_FAST=1
env_postgres || exit 1
env_hlr || exit 1
ENV_GATEWAY_EXTRA="log json $ENV_DIR/gateway.json"
env_gateway || exit 1
env_manager || exit 1
msc_start msc "$ENV_IP" 4223

# --- options ----------------------------------------------------------------------------------
for name in manager gateway; do
	program=$ENV_BIN/tegata-$name
	like "$name --version" "$("$program" --version)" "^tegata-$name [^ ]+$"
	like "$name --help names the options" "$("$program" --help)" '--config FILE'
	"$program" --fly >/dev/null 2>&1
	is "$name: an option that is not there" $? 2
	"$program" extra >/dev/null 2>&1
	is "$name: an argument too many" $? 2
	not_ok "$name: no configuration" "$program" --check -c "$ENV_DIR/nothing.cfg"
	ok "$name: the configuration is good" "$program" --check -c "$ENV_DIR/$name.cfg"
	sed "s|/etc/tegata/gateway|$ENV_DIR/tls|; s|^dialogue\$|&\n texts-dir $ENV_ROOT/etc/texts|" \
		"etc/tegata-$name.cfg" >"$ENV_DIR/example.cfg"
	ok "$name: so is the example" "$program" --check -c "$ENV_DIR/example.cfg"
	like "$name: why a file cannot be read" \
		"$("$program" --check -c "$ENV_DIR/nothing.cfg" 2>&1)" 'nothing.cfg as user [a-z0-9_-]+: No such file'
	like "$name: nor a directory" "$("$program" --check -c "$ENV_DIR" 2>&1)" ': Is a directory'
	sed '$a \ no-such-setting 17' "$ENV_DIR/$name.cfg" >"$ENV_DIR/broken.cfg"
	not_ok "$name: one with a fault is not" "$program" --check -c "$ENV_DIR/broken.cfg"
	like "$name: and which line it is, is told" \
		"$("$program" --check -c "$ENV_DIR/broken.cfg" 2>&1)" 'no-such-setting 17'
	printf ' %s\nline vty\n' "$name" >"$ENV_DIR/broken.cfg"
	like "$name: a first command that is indented is told" \
		"$(timeout 5 "$program" --check -c "$ENV_DIR/broken.cfg" 2>&1)" 'line 1: '
done

# What a start would find, without one: each with its setting, all of them at once.
# faulty NAME SED PATTERN
faulty() {
	sed "$2" "$ENV_DIR/$1.cfg" >"$ENV_DIR/faulty.cfg"
	said=$("$ENV_BIN/tegata-$1" --check -c "$ENV_DIR/faulty.cfg" 2>&1)
	is "$1: --check refuses $2" $? 1
	like "$1: and names the setting" "$said" "$3"
	refuses "$1" "$ENV_DIR/faulty.cfg" >/dev/null
	is "$1: so does a start" $? 1
}
faulty manager 's|texts-dir .*|texts-dir /nowhere|' 'texts-dir /nowhere'
faulty manager 's|bind .*:4223|bind 8.8.8.8:4223|' 'direct: 8.8.8.8:4223 is a public address'
faulty manager 's|^ address unix:.*/pg.*| address 192.0.2.1|' 'database: 192.0.2.1 .*tls ca'
faulty manager 's|^ user tegata_ledger|&\n password-file /nowhere|' 'database: password-file /nowhere: No such file'
faulty manager 's|^ user tegata_ledger|&\n tls ca /nowhere|' 'database: tls ca /nowhere: No such file'
faulty manager 's|^ address unix:.*sock| address 192.0.2.1:4300|' 'gateway gateway: it needs tls'
faulty manager "s|^ address unix:.*sock| address 192.0.2.1:4300\n tls certificate /nowhere\n tls key $ENV_DIR/tls.key\n tls ca $ENV_DIR/tls.crt\n tls peer-cn g|" \
	'gateway gateway: tls certificate /nowhere: No such file'
for name in manager gateway; do
	faulty "$name" 's|metrics bind .*|metrics bind unix:/nowhere|' 'metrics bind unix:/nowhere'
	faulty "$name" 's|metrics bind .*|metrics bind 127.0.0.1|' 'metrics bind 127.0.0.1'
	faulty "$name" '/log json/d; s|^ metrics bind .*|&\n log json /nowhere/log|' 'log json /nowhere/log: No such file'
done
faulty gateway 's|tls certificate .*|tls certificate /nowhere|' 'tls certificate /nowhere: No such file'
openssl genpkey -algorithm ed25519 -out "$ENV_DIR/other.key" && chmod 600 "$ENV_DIR/other.key"
faulty gateway "s|tls key .*|tls key $ENV_DIR/other.key|" "tls certificate .*, key $ENV_DIR/other.key: "
faulty gateway 's|link bind .*|link bind 127.0.0.1:4300|' 'needs link tls'
faulty gateway "s|link bind .*|&\n link tls certificate $ENV_DIR/tls.crt\n link tls key $ENV_DIR/tls.key\n link tls ca /nowhere\n link tls peer-cn m|" \
	'link tls ca /nowhere: No such file'
sed 's|texts-dir .*|texts-dir /nowhere|; s|bind .*:4223|bind 8.8.8.8:4223|' "$ENV_DIR/manager.cfg" >"$ENV_DIR/faulty.cfg"
said=$(refuses manager "$ENV_DIR/faulty.cfg" | tr '\n' ' ')
like 'two faults are told together' "$said" '8.8.8.8.*texts-dir'
install -m 755 -d "$ENV_DIR/open"
install -m 600 "$ENV_DIR/manager.cfg" "$ENV_DIR/open/manager.cfg"
if [ "$(id -u)" = 0 ]; then
	like 'a file of somebody else: who we are is told' "$(setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$ENV_BIN/tegata-manager" --check -c "$ENV_DIR/open/manager.cfg" 2>&1)" 'as user nobody: Permission denied'
fi
# On loopback IPv6 as it is documented.
sed 's|metrics bind .*|metrics bind [::1]:9470|' "$ENV_DIR/manager.cfg" >"$ENV_DIR/six.cfg"
ok 'metrics on an IPv6 address' "$ENV_BIN/tegata-manager" --check -c "$ENV_DIR/six.cfg"

# --- the configuration as it writes it --------------------------------------------------------
for name in manager gateway; do
	running "$name" 'show running-config' >"$ENV_DIR/first"
	is "$name: write terminal is the same" "$(running "$name" 'write terminal')" "$(cat "$ENV_DIR/first")"
	cp "$ENV_DIR/$name.cfg" "$ENV_DIR/$name.cfg.typed"
	cp "$ENV_DIR/first" "$ENV_DIR/$name.cfg"
	ends "$name"
	is "$name: SIGTERM, exit code 0" "$ended" 0
	start "$name"
	ok "$name: what it wrote is taken" env_wait 10 answers_vty "$name"
	running "$name" 'show running-config' >"$ENV_DIR/second"
	ok "$name: and is written again as it was" diff "$ENV_DIR/first" "$ENV_DIR/second"
	cp "$ENV_DIR/$name.cfg.typed" "$ENV_DIR/$name.cfg"
	reload "$name"
	sleep 0.5
	running "$name" 'show running-config' >"$ENV_DIR/second"
	ok "$name: a reload of what was typed changes nothing" diff "$ENV_DIR/first" "$ENV_DIR/second"
done
env_wait 10 env_ready

# --- reload -----------------------------------------------------------------------------------
buy() { confirm A 500 >/dev/null && phone A say 1; }
like 'a purchase' "$(buy)" 'Bought 500'
like 'the same again is asked back' "$(buy)" 'again'
phone A hangup >/dev/null
sed -i 's/^ service-code 188/ repeat-guard 0\n&/' "$ENV_DIR/manager.cfg"
reload manager
guard() { running manager 'show running-config' | grep -q "repeat-guard $1"; }
ok 'a setting is changed by SIGHUP' env_wait 5 guard 0
like 'and in force' "$(buy)" 'Bought 500'
cp "$ENV_DIR/manager.cfg" "$ENV_DIR/good.cfg"
sed -i 's/^ repeat-guard 0/ repeat-guard 77\n no-such-setting 17/' "$ENV_DIR/manager.cfg"
reload manager
ok 'a file with a fault is told in the log' env_wait 5 grep -q 'manager.cfg has an error' "$ENV_DIR/manager.log"
like 'with its line' "$(cat "$ENV_DIR/manager.log")" 'no-such-setting 17'
ok 'and leaves what was in force, also what stood before the fault' guard 0
for n in 1 2 3 4 5 6 7 8; do reload manager; done
like 'phones are served, however often it is tried' "$(buy)" 'Bought 500'
sed 's/repeat-guard 0/repeat-guard 600/' "$ENV_DIR/good.cfg" >"$ENV_DIR/manager.cfg"
reload manager
ok 'the corrected file is taken' env_wait 5 guard 600
ok 'a reload opens the JSON log again' mv "$ENV_DIR/gateway.json" "$ENV_DIR/gateway.json.1"
reload gateway
ok 'as log rotation wants it' env_wait 5 test -e "$ENV_DIR/gateway.json"

# --- what the logs say ------------------------------------------------------------------------
sed -i "s|^manager\$|&\n log json $ENV_DIR/manager.json|; 1i log stderr\n logging level set-all debug" \
	"$ENV_DIR/manager.cfg"
sed -i '1i log stderr\n logging level set-all debug' "$ENV_DIR/gateway.cfg"
reload manager
reload gateway
ok 'a JSON log begins with a reload' env_wait 5 test -s "$ENV_DIR/manager.json"
id=$(buy >/dev/null && phone A say 1 | grep -oE '([0-9]{4} ){4}[0-9]{4}' | tr -d ' ')
ok 'a value to look for' test "${#id}" = 20
phone A dial "*188*4*$id*$ENV_SHOP*17#" >/dev/null
phone A say 1 >/dev/null
like 'it is paid' "$(phone A say 1)" 'now belongs to|Done'
phone A dial "*188*5*$id#" >/dev/null
phone B dial "*188*3*$id*0${ENV_MSISDN_C#81}#" >/dev/null
msc_start via_hlr "$ENV_IP" 4222
MSC=via_hlr phone C dial '*188#' >/dev/null
MSC=via_hlr phone C hangup >/dev/null
python3 - "$ENV_IP" <<-'PY'
	import sys
	sys.path.insert(0, "tests/lib")
	import gsup
	for name in ("\u00fc\u00ff\"\\", "x" * 200, "MSC-9"):
	    try:
	        gsup.Link(sys.argv[1], 4223, sys.argv[1], name, print)
	    except OSError:
	        pass
PY
asked=01890a5d-ac96-774b-bcce-b302099a8057
env_curl /v1/ownership-checks -o /dev/null -H 'Content-Type: application/json' \
	-H "X-Request-Id: $asked" -d "{\"value_id\": \"$id\"}"
ENV_KEY=tgk_live_0123456789abcdef0123456789abcdef0123456789abcdef env_curl /v1/ownership-checks \
	-o /dev/null -H 'Content-Type: application/json' -d "{\"value_id\": \"$id\"}"
env_curl "/v1/$(printf '\xff\xfe')" -o /dev/null --path-as-is -H "X-Request-Id: $(printf 'a\xff')" \
	-H "User-Agent: $(printf '\xff"\\x')"
sleep 0.5
for log in manager gateway; do
	ok "each line of $log.json is JSON" python3 -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8", errors="strict"):
    assert isinstance(json.loads(line), dict), line' "$ENV_DIR/$log.json"
	ok "a shop's request is found in it by its id" python3 -c 'import json, sys
assert any(json.loads(line).get("request") == sys.argv[2] for line in open(sys.argv[1]))' \
		"$ENV_DIR/$log.json" "$asked"
done
secrets="$ENV_IMSI_A|$ENV_IMSI_B|$ENV_IMSI_C|$ENV_MSISDN_A|$ENV_MSISDN_B|$ENV_MSISDN_C"
id=${id:-none}
secrets="$secrets|0${ENV_MSISDN_C#81}|$id|${id%?}|$(cat "$ENV_DIR/shop.key")|tgk_live_[0-9a-f]{6}"
is 'no log tells a number, an IMSI, a value id or a key' \
	"$(grep -aE "$secrets" "$ENV_DIR"/{manager,gateway}{.log,.json})" ''
sed -i '1,2d' "$ENV_DIR/gateway.cfg"

# --- CTRL and metrics -------------------------------------------------------------------------
is 'CTRL: the manager is ready' "$(env_ctrl_get "$ENV_IP" 4271 ready)" 1
is 'CTRL: so is the gateway' "$(env_ctrl_get "$ENV_IP" 4273 ready)" 1
like 'CTRL: version' "$(env_ctrl_get "$ENV_IP" 4271 version)" .
is 'CTRL: database' "$(env_ctrl_get "$ENV_IP" 4271 database-ready)" 1
is 'CTRL: exchange' "$(env_ctrl_get "$ENV_IP" 4271 exchange-ready)" 1
is 'CTRL: requests' "$(env_ctrl_get "$ENV_IP" 4271 requests-in-flight)" 0
is 'CTRL: maintenance' "$(env_ctrl_get "$ENV_IP" 4271 maintenance)" 0
open=$(env_ctrl_get "$ENV_IP" 4271 dialogues-open)
phone B hangup >/dev/null
phone B dial '*188#' >/dev/null
is 'CTRL: dialogues' "$(env_ctrl_get "$ENV_IP" 4271 dialogues-open)" $((open + 1))
phone B hangup >/dev/null
not_ok 'CTRL: a variable that is not there' env_ctrl_get "$ENV_IP" 4271 nothing
not_ok 'CTRL: none of these can be set' env_ctrl_get "$ENV_IP" 4271 maintenance 1
for port in 9470 9471; do
	curl -s "http://$ENV_IP:$port/metrics" >"$ENV_DIR/page"
	ok "$port/metrics is as Prometheus reads it" tests/lib/metrics_check.py <"$ENV_DIR/page"
done

# --- ports in use -----------------------------------------------------------------------------
in_use() { # NAME WHAT: with the settings of broken.cfg
	local said
	said=$(refuses "$1" "$ENV_DIR/broken.cfg")
	is "$1: $2 is in use, exit code 1" $? 1
	like "$1: and is named" "$said" "$3"
}
in_use_ip=$ENV_IP2
for name in manager gateway; do
	sed "s/^ bind $ENV_IP\$/ bind $in_use_ip/" "$ENV_DIR/$name.cfg.typed" >"$ENV_DIR/free.cfg"
	cp "$ENV_DIR/$name.cfg.typed" "$ENV_DIR/broken.cfg"
	in_use "$name" 'the metrics address' "$ENV_IP:947"
	sed '/metrics/d' "$ENV_DIR/$name.cfg.typed" >"$ENV_DIR/broken.cfg"
	in_use "$name" 'the VTY address' 'VTY'
	sed '/metrics/d' "$ENV_DIR/free.cfg" >"$ENV_DIR/broken.cfg"
	if [ "$name" = manager ]; then
		in_use "$name" 'the GSUP address' "$ENV_IP:4223"
	else
		in_use "$name" 'the link address' 'gateway.sock'
	fi
done

for name in gateway manager; do
	ends "$name"
	is "$name: SIGTERM, exit code 0" "$ended" 0
done
done_testing
