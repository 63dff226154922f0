#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# The same words again, by SMS, where the SMSC does not tell texts apart: a redelivery has one effect
# and one reply, what is wished for twice has two.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

sms() { python3 tests/lib/smpp_phone.py "$ENV_DIR/smsc.sock" "$@"; }
# A text, and its reply in one line.
text() { # A|B|C|D TEXT [ESME]
	local number=ENV_MSISDN_$1
	sms text "${3-one}" "${!number}" "$2" | tr '\n' '|'
}
hear() { local number=ENV_MSISDN_$1; sms hear "${!number}" | tr '\n' '|'; }
code_in() { grep -oE 'YES [0-9A-Z]{4}' <<<"$1" | tail -n 1 | cut -d ' ' -f 2; }
issued() { env_sql -c "SELECT count(*) FROM tegata.value"; }
questions() { env_sql -c "SELECT count(*) FROM tegata.question"; }
bound() { [ "$(env_vty "$ENV_IP" 4270 'show smscs' | grep -c BOUND)" = 2 ]; }

env_begin
export PG_FAST=1
env_postgres || exit 1
env_ctl setting outbox on --reason test >/dev/null || exit 1
env_spawn smsc python3 tests/lib/smpp_phone.py serve "$ENV_DIR/smsc.sock" "$ENV_IP:2775"
env_wait 5 test -S "$ENV_DIR/smsc.sock"
env_manager || exit 1
{
	for name in one frail; do
		printf '%s\n' "smsc $name" " address $ENV_IP:2775" " system-id $name" ' source 188 3 0'
	done
	printf '%s\n' sms ' outbox-interval 50' ' no sender-rate'
} >>"$ENV_DIR/manager.cfg"
env_stop manager
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
env_wait 15 env_ready && env_wait 15 bound || exit 1

# --- what comes first ---------------------------------------------------------------------------
like 'a text is answered' "$(text A BALANCE)" 'Balance'
asked=$(text A 'BUY 500')
like 'another asks' "$asked" 'To agree answer YES'
first=$(code_in "$asked")
like 'and is agreed to' "$(text A "YES $first")" '500 JPY, value'
is 'once' "$(issued)" 1

like 'answered, then the bind dies' "$(text B LIST frail; sms cut frail)" 'You have no values'
env_wait 10 bound
sms lose frail "$ENV_MSISDN_C" 'BUY 500' >/dev/null
like 'the bind dies before the answer: the reply comes all the same' "$(hear C)" 'To agree answer YES'
env_wait 10 bound
sms twice one "$ENV_MSISDN_D" HISTORY >/dev/null
like 'twice before the first is answered: a reply' "$(hear D)" '.'
text D HISTORY >"$ENV_DIR/twice" &
twice=$!

# --- redeliveries, when all the others are settled -------------------------------------------------
sleep 7
wait "$twice"
is 'and no other' "$(cat "$ENV_DIR/twice")" '[silence]|'
text B LIST frail >"$ENV_DIR/cut" &
cut=$!
is 'delivered again, as nobody answered' "$(text C 'BUY 500' frail)" '[silence]|'
is 'one question' "$(questions)" 2
wait "$cut"
is 'delivered again, as the answer may be lost' "$(cat "$ENV_DIR/cut")" '[silence]|'

# --- what its author wants again ----------------------------------------------------------------------
like 'the same words later are another text' "$(text A BALANCE)" 'Balance'
asked=$(text A 'BUY 500')
like 'another question' "$asked" 'To agree answer YES'
not_ok 'with another code' test "$(code_in "$asked")" = "$first"
like 'and another purchase' "$(text A "YES $(code_in "$asked")")" '500 JPY, value'
is 'two' "$(issued)" 2
text A "YES $first" >"$ENV_DIR/late"
is 'an old code buys nothing, however late it comes' "$(issued)" 2

# --- nobody remembers ----------------------------------------------------------------------------------
env_stop manager
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
env_wait 15 env_ready && env_wait 15 bound
is 'after a restart it may be a redelivery' "$(text B LIST)" '[silence]|'
is 'the books are in order' "$(violations)" ''
done_testing
