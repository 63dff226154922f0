#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# Answers by SMS to what could not be done when they came, with a real ledger: nothing is done later
# that was refused once, nor without its PIN.  And texts that are nearly answers.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh
. tests/lib/sms.sh

SMS_APART=yes
ctl() { env_ctl "$@" --reason test >>"$ENV_DIR/ctl.log" 2>&1; }
threshold() { env_ctl product set coupon "pin-threshold=$1" >>"$ENV_DIR/ctl.log" 2>&1; }
# Whose the value is: a letter.
owner() {
	env_sql -c "SELECT CASE t.address WHEN '$ENV_MSISDN_A' THEN 'A' WHEN '$ENV_MSISDN_B' THEN 'B' ELSE 'C' END
		FROM tegata.value v JOIN tegata.terminal t ON t.terminal_id = v.owner_id"
}
# The SMSC delivers again what it has delivered so long ago.
minutes_pass() { env_sql -c "UPDATE tegata.sms_command SET at = at - interval '11 minutes'" >/dev/null; }

sms_begin && sms_pin_key || exit 1
sms_manager trusted+ 'answer-time 3600' || exit 1

# --- nearly an answer -----------------------------------------------------------------------------
like 'a yes and two short words' "$(text C 'Yes sure do')" 'BUY amount'
is 'helps once' "$(text C 'Send me an e-mail instead, I am driving')" '[silence]|'
like 'and the manager is there' "$(text C LIST)" 'You have no values'
asked=$(text A 'BUY +500')
like 'a + before the amount' "$asked" 'To agree'
like 'and before the code, in a sentence' "$(text A "YES +$(code_in "$asked")!")" '500 JPY, value'
value=$(env_sql -c 'SELECT value_id_text FROM tegata.value, tegata.value_id_text(value_id)')
is 'bought' "$(owner)" A

# --- the value was gone when the answer came --------------------------------------------------------
first=$(code_in "$(text A "SEND $value $ENV_MSISDN_C")")
text A "YES $(code_in "$(text A "SEND $value $ENV_MSISDN_B")")" >>"$ENV_DIR/heard"
hear B >>"$ENV_DIR/heard"
is 'handed on by another question' "$(owner)" B
threshold 500
like 'a yes to what is not his any more' "$(text A "YES $first" 7)" 'do not own'
threshold 1000000
text B "YES $(code_in "$(text B "SEND $value $ENV_MSISDN_A")")" >>"$ENV_DIR/heard"
hear A >>"$ENV_DIR/heard"
is 'it comes back' "$(owner)" A
threshold 500
like 'the same yes later, without a PIN' "$(text A "YES $first")" 'do not own'
minutes_pass
like 'and delivered again' "$(text A "YES $first" 7)" 'do not own'
is 'moves nothing' "$(owner)" A
asked=$(text A "SEND $value $ENV_MSISDN_C")
like 'a new question' "$asked" 'your PIN'
like 'needs its PIN' "$(text A "YES $(code_in "$asked")")" 'needs your PIN'
threshold 1000000
text A "NO $(code_in "$asked")" >>"$ENV_DIR/heard"

# --- who should get it could not take it ---------------------------------------------------------------
blocked=$(code_in "$(text A "SEND $value $ENV_MSISDN_C")")
ctl terminal block "$ENV_MSISDN_C"
like 'blocked meanwhile' "$(text A "YES $blocked" 8)" 'cannot take value'
ctl terminal unblock "$ENV_MSISDN_C"
minutes_pass
like 'delivered again when he is not' "$(text A "YES $blocked" 8)" 'cannot take value'
is 'moves nothing' "$(owner)" A

# --- what is sold no more -------------------------------------------------------------------------------
asked=$(code_in "$(text A 'BUY 500')")
env_ctl product set coupon on-sale=false >>"$ENV_DIR/ctl.log" 2>&1
like 'taken from sale' "$(text A "YES $asked" 9)" 'not on sale'
env_ctl product set coupon on-sale=true >>"$ENV_DIR/ctl.log" 2>&1
minutes_pass
like 'and put on sale again' "$(text A "YES $asked" 9)" 'not on sale'
is 'buys nothing' "$(issued)" 1
is 'the books are in order' "$(violations)" ''
done_testing
