#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# shellcheck disable=SC2119 # the parts are started as they are
#
# The phone as a program: exit codes, JSON, scripts and their reports, a terminal, both exchanges.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

# code WANTED NAME COMMAND...: what it says goes to $ENV_DIR/said.
code() {
	local wanted=$1 name=$2 rc
	shift 2
	"$@" >"$ENV_DIR/said" 2>&1
	rc=$?
	tap_result $((rc != wanted)) "$name: exit code $wanted" "got $rc" "$(cat "$ENV_DIR/said")"
}

said() { cat "$ENV_DIR/said"; }

# stranger ARGUMENT...: through the HLR, which does not know this IMSI
stranger() {
	"$ENV_BIN/tegata-handset" --via hlr --address "$ENV_IP:4222" --local-address "$ENV_IP" \
		--name MSC-2 --imsi 001010000000099 "$@"
}

env_begin
PG_FAST=1 env_postgres "" || exit 1
env_hlr || exit 1
env_gateway && env_manager && env_shop || exit 1

for via in direct hlr; do
	export ENV_VIA=$via
	code 0 "$via: a list" env_phone A dial '*188*6#'
	like "$via: is told" "$(said)" 'Balance [0-9]+ JPY'
	code 5 "$via: a question without an answer" env_phone B dial '*188#'
	code 1 "$via: a refusal" env_phone B dial '*188*5*07086454720319035073#'
	code 1 "$via: declined" env_phone B dial '*188*1*1000#' --answer 0
done
code 3 'who the HLR does not know' stranger dial '*188#'
like 'is told why' "$(said)" 'unknown in HLR'
code 3 'nobody listens' "$ENV_BIN/tegata-handset" --address "$ENV_IP:1" --imsi 001010000000001 \
	--network-timeout 300ms dial '*188#'
peerless() { # NAME LOCAL-ADDRESS
	"$ENV_BIN/tegata-handset" --address "$ENV_IP:4223" --local-address "$2" --name "$1" \
		--imsi 001010000000001 --network-timeout 500ms dial '*188#'
}
for stranger in "MSC-9 $ENV_IP" "MSC-1 $ENV_IP2"; do
	# shellcheck disable=SC2086 # two words
	code 3 "a manager without this peer: $stranger" peerless $stranger
	like 'is told what to look at' "$(said)" \
		"no network: .* closed the connection during the handshake.*${stranger% *}"
done
code 2 'no such mode' "$ENV_BIN/tegata-handset" sing
code 2 'no such option' "$ENV_BIN/tegata-handset" --sing
code 2 'no IMSI' "$ENV_BIN/tegata-handset" dial '*188#'
code 0 'version' "$ENV_BIN/tegata-handset" --version
code 0 'help' "$ENV_BIN/tegata-handset" --help
for option in --imsi --via --junit --max-p99-ms 'Exit codes'; do
	like "help names $option" "$(said)" "$option"
done

# --- JSON and wallet ---------------------------------------------------------------------------
export ENV_VIA=direct
env_phone A --json dial '*188*1*700#' --answer 1 >"$ENV_DIR/dial.json"
id=$(python3 -c 'import json,sys; d = json.load(open(sys.argv[1])); assert d["outcome"] == "ok"; print(d["received"][0]["value_id"])' "$ENV_DIR/dial.json")
like 'a value is in the JSON' "$id" '^[0-9]{20}$'
code 0 'the wallet has it' env_phone A wallet show "$id"
like 'and draws it' "$(said)" '\[\*\] received'
code 7 'a shop that is not there' env_phone A transfer "$id" "$ENV_SHOP" --shop-url "http://$ENV_IP:1/"
is 'the manager was not told' "$(env_sql -c "SELECT max(version) FROM tegata.journal WHERE value_id = $((10#${id%?}))")" 1
code 0 'to a shop' env_phone A transfer "$id" "$ENV_SHOP" --reference 7 \
	--shop-url "http://$ENV_IP:8080/handover"
code 0 'the wallet knows' env_phone A --json wallet show "$id"
like 'that it is confirmed' "$(said)" '"state":"confirmed"'
code 1 'a second time' env_phone A transfer "$id" "$ENV_MSISDN_B"
code 6 'a value that is not here' env_phone B transfer "$id" "$ENV_MSISDN_A"
code 2 'not a value' env_phone A transfer 1234 "$ENV_MSISDN_B"
sed -i 's/ 700 / 900 /' "$ENV_DIR/wallets/$ENV_MSISDN_A.wallet"
code 6 'a damaged wallet' env_phone A wallet list
like 'is called that' "$(said)" 'is damaged: .*check sum'
code 0 'the phone works all the same' env_phone A dial '*188*6#'

# --- scripts ------------------------------------------------------------------------------------
hs=$ENV_DIR/t.hs
printf '%s\n' "phone a imsi $ENV_IMSI_A msisdn $ENV_MSISDN_A" 'test The list' 'a> *188*7#' 'test Another' 'a> *188*0#' 'a hangup' >"$hs"
run() { env_phone A --wallet-dir "$ENV_DIR/w2" run "$@"; }
code 1 'a text that nothing expects' run "$hs"
code 0 'is written by --update' run --update "$hs"
like 'as what is expected' "$(cat "$hs")" 'a= .*700 JPY'
code 0 'and comes again' run --junit "$ENV_DIR/junit.xml" "$hs"
cp "$hs" "$hs.before"
run --update "$hs" >/dev/null
ok 'a second --update changes nothing' cmp "$hs" "$hs.before"
is 'JUnit is XML and counts' "$(python3 -c 'import sys, xml.etree.ElementTree as e; r = e.parse(sys.argv[1]).getroot(); print(r.get("tests"), r.get("failures"))' "$ENV_DIR/junit.xml")" '2 0'
sed -i 's/700 JPY/701 JPY/' "$hs"
code 1 'another text' run --tap --junit "$ENV_DIR/junit.xml" "$hs"
like 'is shown beside the expected one' "$(said)" '^# \+ .*700 JPY'
like 'with its line' "$(said)" "^# $hs:4:"
is 'and counted' "$(python3 -c 'import sys, xml.etree.ElementTree as e; r = e.parse(sys.argv[1]).getroot(); print(r.get("failures"))' "$ENV_DIR/junit.xml")" 1
echo 'phone z imsi 12' >>"$hs"
code 2 'an IMSI that is none is found before anything runs' run "$hs"
like 'and told' "$(said)" "^$hs:[0-9]+: '12' is not an IMSI"
sed -i '$d' "$hs"
echo 'a dances' >>"$hs"
code 2 'what is no script' run "$hs"
like 'has its line' "$(said)" "$hs:[0-9]+: .*dances"

# --- a terminal, a pipe -------------------------------------------------------------------------
printf '*188*1*1000#\n0\n/help\n' | env_phone B >"$ENV_DIR/piped"
is 'lines of a pipe wait for the phone' "$?" 1
like 'and are answered' "$(cat "$ENV_DIR/piped")" 'Nothing was bought'
cat >"$ENV_DIR/terminal.py" <<-'PY'
	import os, pty, re, select, sys
	def read_until(fd, pattern):
	    seen = b""
	    while not re.search(pattern, seen):
	        if not select.select([fd], [], [], 10)[0]:
	            sys.exit("not seen: %r in %r" % (pattern, seen))
	        seen += os.read(fd, 4096)
	pid, fd = pty.fork()
	if pid == 0:
	    os.environ["TERM"] = "xterm"
	    os.execv(sys.argv[1], sys.argv[1:])
	for wanted, typed in ((b"idle", b"*188#\n"), (b"asked", b"6\n"), (b"bill", b"\x03"),
	                      (b"idle", b"/sms x\n"), (b"/sms TO TEXT", b"\x1b[A\x1b[A\n"), (b"asked|idle", b"\x04")):
	    read_until(fd, wanted)
	    os.write(fd, typed)
	try:
	    while os.read(fd, 4096):
	        pass
	except OSError:
	    pass
	sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
ok 'a person at a terminal' python3 "$ENV_DIR/terminal.py" "$ENV_BIN/tegata-handset" \
	--address "$ENV_IP:4223" --local-address "$ENV_IP" --imsi "$ENV_IMSI_C" \
	--msisdn "$ENV_MSISDN_C" --wallet-dir "$ENV_DIR/w3"

# --- load ---------------------------------------------------------------------------------------
load() {
	"$ENV_BIN/tegata-handset" --address "$ENV_IP:4223" --local-address "$ENV_IP" load --terminals 2 \
		--imsi-base "$ENV_IMSI_A" --msisdn-base "$ENV_MSISDN_A" --seconds 1 "$@"
}
code 0 'open loop' load --rate 50 --mix list=50,balance=50 --max-errors 0
code 0 'closed loop' load --window 2 --mix help=100 --json
code 1 'refused purchases are errors' load --window 1 --amount 50 --max-errors 0
code 3 'load without network' "$ENV_BIN/tegata-handset" --address "$ENV_IP:1" \
	--network-timeout 300ms load
is 'no rule of the ledger is broken' "$(env_sql -c 'SELECT count(*) FROM audit.violations')" 0
done_testing
