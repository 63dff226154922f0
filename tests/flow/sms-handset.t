#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# The phone as SMSC, against an ESME that does what texts ask for: exit codes, scripts, faults.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

env_begin
smsc=$ENV_IP:2775
esme() { env_spawn esme python3 tests/lib/smpp_esme.py "$smsc" "$@"; }
phone() {
	"$ENV_BIN/tegata-handset" --address "$ENV_IP:9" --wallet-dir "$ENV_DIR/wallets" \
		--smsc "$smsc" --network-timeout 4s "$@"
}
alice() { phone --imsi "$ENV_IMSI_A" --msisdn "$ENV_MSISDN_A" "$@"; }
# code WANTED NAME COMMAND...: what it says goes to $ENV_DIR/said.
code() {
	local wanted=$1 name=$2 rc
	shift 2
	"$@" >"$ENV_DIR/said" 2>&1
	rc=$?
	tap_result $((rc != wanted)) "$name: exit code $wanted" "got $rc" "$(cat "$ENV_DIR/said")"
}
said() { cat "$ENV_DIR/said"; }

code 3 'nobody has bound' alice --network-timeout 200ms sms hello
esme
value='0708 6446 3809 4485 5501'
code 0 'a reply' alice sms "echo Bought 500 JPY, value $value"
like 'is shown' "$(said)" "^188: Bought 500 JPY, value $value$"
like 'and the wallet has learnt from it' "$(alice wallet list)" "$value +500 JPY .* received"
code 1 'a reply that says no' alice sms 'echo Nothing was done.'
code 9 'a reply that says later' alice sms 'echo Please try again.'
code 4 'no reply' alice --wait 300ms sms quiet
code 0 'no reply, and none waited for' alice --wait 0s sms quiet
code 5 'not taken' alice sms refuse
code 0 'taken the second time' alice sms 'later hello'
code 2 'no text' alice sms
code 2 'a text of eleven parts' alice sms "$(printf '%1700s' x)"
code 2 'faults without an SMSC' "$ENV_BIN/tegata-handset" --sms-faults delay=1s sms x
for faults in lazy=1 throttle throttle=x delay=5 receipts=never throttle=1,throttle=2; do
	code 2 "no such fault: $faults" alice --sms-faults "$faults" sms x
done
alice --json sms 'echo käse Ω 日本' >"$ENV_DIR/json"
is 'UCS-2, and JSON' "$(python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["outcome"], d["texts"][0]["text"])' "$ENV_DIR/json")" 'ok käse Ω 日本'
long=$(python3 -c 'print("lange Zeile " * 40 + "Ende")')
code 0 'a long one both ways' alice sms "echo $long"
is 'is shown whole' "$(said)" "188: $long"
code 0 'a lost answer: delivered twice' alice --sms-faults redeliver=1 --wait 2s sms 'echo twice'
code 0 'slow' alice --sms-faults delay=300ms sms 'echo slow'
code 0 'receipts come early' alice --sms-faults receipts=early sms 'echo early'
printf '/sms 188 echo from a pipe\n' | alice >"$ENV_DIR/said"
is 'lines of a pipe' "$?" 0
like 'are sent, and the reply is shown' "$(said)" '\[SMS from 188\] from a pipe'

# --- scripts ------------------------------------------------------------------------------------
hs=$ENV_DIR/t.hs
cat >"$hs" <<-HS
	phone alice imsi $ENV_IMSI_A msisdn $ENV_MSISDN_A
	phone bob imsi $ENV_IMSI_B msisdn $ENV_MSISDN_B
	timeout 4s
	test Echo
	alice sms> echo two
	| lines
	alice sms 188< two
	| {rest:word}
	test To another phone
	alice sms> to $ENV_MSISDN_B hello {rest}
	bob sms< hello lines
	test From phone to phone
	alice sms $ENV_MSISDN_B> Handed over to you: 700 JPY, value 0708 6454 7203 1903 5073
	bob sms $ENV_MSISDN_A< Handed over to you: {:any}
	bob wallet 07086454720319035073 received
	test Not taken
	alice sms> refuse
	alice sms~ not-taken 101
	test Let pass
	alice sms> to $ENV_MSISDN_B not looked at
HS
code 0 'a script' phone run "$hs"
run_one() { # LINE...
	printf '%s\n' "phone alice imsi $ENV_IMSI_A msisdn $ENV_MSISDN_A" 'timeout 1s' 'test One' "$@" >"$hs"
	phone run --junit "$ENV_DIR/junit.xml" "$hs"
}
code 1 'another text' run_one 'alice sms> echo one' 'alice sms< two'
like 'is shown beside the expected one' "$(said)" '\+ one'
is 'and counted' "$(python3 -c 'import sys, xml.etree.ElementTree as e; print(e.parse(sys.argv[1]).getroot().get("failures"))' "$ENV_DIR/junit.xml")" 1
code 1 'from somebody else' run_one 'alice sms> echo one' 'alice sms 4711< one'
like 'is told' "$(said)" 'came from 188'
code 1 'nothing' run_one 'alice sms> quiet' 'alice sms< one'
code 1 'one too many' run_one "alice sms> to $ENV_MSISDN_A two" 'alice sms> echo one' 'alice sms< two' 'wait 300ms'
code 2 'no such line' run_one 'alice sms one'
code 2 'no such number' run_one 'alice sms x1> one'
run_one "alice sms> echo value $value" 'alice sms> quiet' >/dev/null
phone run --update "$hs" >"$ENV_DIR/said" 2>&1
is 'what comes is written down' "$(grep -A1 'echo value' "$hs" | tail -n 1)" 'alice sms< value {value1:value_id}'
code 0 'and comes again' phone run "$hs"

# --- binds that come and go ------------------------------------------------------------------------
env_stop esme
esme --bind receiver
code 0 'a bind that only receives' alice --wait 0s sms 'echo hello'
env_stop esme
esme --bind transmitter
code 3 'a bind that only transmits takes no texts' alice --network-timeout 500ms sms 'echo hello'
env_stop esme
done_testing
