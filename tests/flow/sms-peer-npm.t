#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 150
#
# shellcheck disable=SC2119 # the parts are started as they are
#
# The manager as ESME of an SMSC that is not ours: the npm package smpp.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/capture.sh
. tests/lib/smpp_npm.sh

env_begin
if ! npm_smpp; then
	echo "1..0 # SKIP $NPM_WHY"
	exit 0
fi
PG_FAST=1 env_postgres "" && env_gateway || exit 1
capture_begin "host $ENV_IP and port 2775"
smsc_start || exit 1
ENV_DIRECT_EXTRA="
smsc npm
 address $ENV_IP:2775
 system-id tegata
 source 188 0 1
 trusted-origin
 throttle-pause 100
 response-timeout 5
 enquire-interval 1
sms
 outbox-interval 50" env_manager || exit 1
ok 'the manager binds' smsc_says 1 '^bound bind_transceiver'

phone=$ENV_MSISDN_A
# reply N: the Nth text that was submitted
reply() { smsc_says "$1" '^submit ' && grep '^submit ' "$ENV_DIR/smsc.log" | sed -n "$1p"; }

smsc text "$phone" BALANCE
like 'a command by deliver_sm is answered by submit_sm' "$(reply 1)" "^submit $phone 0 .*Balance [0-9]+ JPY"
ok 'deliver_sm is acknowledged' smsc_says 1 '^delivered 0'
ok 'a receipt is taken' smsc_says 1 '^receipt 0'
smsc again
ok 'the same delivery again is acknowledged' smsc_says 2 '^delivered 0'
sleep 0.5
is 'and has one reply' "$(smsc_count '^submit ')" 1
smsc text "$phone" BUY 500
asked=$(reply 2)
like 'BUY is asked back' "$asked" 'YES [0-9A-Z]{4,6}'
smsc text "$phone" "$(grep -oE 'YES [0-9A-Z]{4,6}' <<<"$asked" | head -n 1)"
like 'YES buys' "$(reply 3)" '500 JPY'
smsc again
smsc_says 5 '^delivered 0'
is 'once, though it was delivered twice' "$(env_sql -c 'SELECT count(*) FROM tegata.value')" 1

# --- long ones, other alphabets --------------------------------------------------------------------
n=3
blanks=$(printf '%300s' '')
for way in parts sar payload; do
	phone=$(eval "echo \$ENV_MSISDN_$(case $way in parts) echo A ;; sar) echo B ;; *) echo C ;; esac)")
	smsc $way "$phone" "HELP$blanks"
	n=$((n + 1))
	like "a long text by $way is one command" "$(reply $n)" "^submit $phone 0 .*Text us"
done
smsc text "$ENV_MSISDN_D" 'ヘルプ'
n=$((n + 1))
like 'UCS-2 both ways, long too' "$(reply $n)" "^submit $ENV_MSISDN_D 8 "
env_vty "$ENV_IP" 4270 enable 'configure terminal' 'smsc npm' 'long-texts sar' end >/dev/null
ok 'set to TLVs it binds anew' smsc_says 2 '^bound'
parts=$(smsc_count '^submit ')
smsc text "$ENV_MSISDN_D" 'ヘルプ!'
like 'long by TLVs' "$(reply $((parts + 1)))" "^submit $ENV_MSISDN_D 8 "
smsc_says $((parts + 2)) '^submit '
n=$(smsc_count '^submit ')

# --- an SMSC that does not want ----------------------------------------------------------------------
phone=$ENV_MSISDN_B
smsc throttle 3
smsc text "$phone" BALANCE
n=$((n + 1))
like 'throttled: it comes later' "$(reply $n)" 'Balance'
is 'after so many refusals' "$(smsc_count '^refused 88')" 3
smsc answer 1025 # a vendor's own
smsc text "$phone" LIST
ok 'a vendor status is no end of the bind' smsc_says 1 '^refused 1025'
smsc answer 0
smsc text "$phone" "BALANCE "
like 'and what was refused, or the next text, comes' "$(reply $((n + 1)))" '^submit '
bound=$(smsc_count '^bound')
smsc cut
ok 'after an abrupt close it binds again' smsc_says $((bound + 1)) '^bound'
smsc text "$phone" HISTORY
ok 'and texts are answered' smsc_says $((n + 2)) '^submit '
env_stop smsc KILL
: >"$ENV_DIR/smsc.log"
smsc_start
ok 'after its SMSC was killed it binds again' smsc_says 1 '^bound'
smsc text "$ENV_MSISDN_C" BALANCE
ok 'and texts are answered again' smsc_says 1 '^submit '
env_stop manager
ok 'it unbinds at its end' smsc_says 1 '^unbound'

capture_end
capture_clean 'tshark finds nothing malformed'
capture_has 'in submit_sm' 'smpp.command_id == 4'
capture_has 'in submit_sm with parts in TLVs' \
	'smpp.command_id == 4 && smpp.sar_total_segments == 2 && smpp.sar_segment_seqnum == 2'
capture_has 'in submit_sm_resp' 'smpp.command_id == 0x80000004'
capture_has 'in deliver_sm_resp' 'smpp.command_id == 0x80000005'
capture_has 'in enquire_link' 'smpp.command_id == 0x15'
done_testing
