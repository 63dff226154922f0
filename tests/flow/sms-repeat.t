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
. tests/lib/sms.sh

sms_begin && sms_manager 'one frail' || exit 1

# --- what comes first ---------------------------------------------------------------------------
like 'a text is answered' "$(text A BALANCE)" 'Balance'
asked=$(text A 'BUY 500')
like 'another asks' "$asked" 'To agree answer YES'
first=$(code_in "$asked")
like 'and is agreed to' "$(text A "YES $first")" '500 JPY, value'
is 'once' "$(issued)" 1

like 'answered, then the bind dies' "$(ESME=frail text B LIST; sms cut frail)" 'You have no values'
env_wait 10 bound 2
sms lose frail "$ENV_MSISDN_C" 'BUY 500' >/dev/null
like 'the bind dies before the answer: the reply comes all the same' "$(hear C)" 'To agree answer YES'
env_wait 10 bound 2
sms twice one "$ENV_MSISDN_D" HISTORY >/dev/null
like 'twice before the first is answered: a reply' "$(hear D)" '.'
text D HISTORY >"$ENV_DIR/twice" &
twice=$!

# --- redeliveries, when all the others are settled -------------------------------------------------
sleep 7
wait "$twice"
is 'and no other' "$(cat "$ENV_DIR/twice")" '[silence]|'
ESME=frail text B LIST >"$ENV_DIR/cut" &
cut=$!
is 'delivered again, as nobody answered' "$(ESME=frail text C 'BUY 500')" '[silence]|'
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
env_wait 15 env_ready && env_wait 15 bound 2
is 'after a restart it may be a redelivery' "$(text B LIST)" '[silence]|'
is 'the books are in order' "$(violations)" ''
done_testing
