#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 180
#
# What terminals do by SMS, through an SMSC, with a real ledger: every command, texts that come twice
# and late, wrong codes, PINs on both channels, machines that answer; and where PINs are not.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh
. tests/lib/sms.sh

SMS_APART=yes
# Turns pages until it is asked what was dialled: results are read, questions can wait.
dial() { # A|B CODE
	local page
	page=$(phone "$1" dial "$2")
	while grep -qE 'Continue|Later' <<<"$page"; do
		page=$(phone "$1" say "$(grep -q Later <<<"$page" && echo 2 || echo 1)")
	done
	echo "$page"
}

sms_begin 'log_statement = all' 'log_parameter_max_length = -1' && sms_pin_key || exit 1
for number in "$ENV_MSISDN_A" "$ENV_MSISDN_B"; do
	env_ctl terminal top-up "$number" 10000 JPY --reference "more for $number" >>"$ENV_DIR/ctl.log" 2>&1 || exit 1
done
env_ctl product set coupon pin-threshold=3000 >>"$ENV_DIR/ctl.log" 2>&1 || exit 1
ENV_DIALOGUE_EXTRA+='
log stderr
 logging level set-all debug'
sms_manager 'trusted+ other' purchase-by-reference || exit 1
msc_start msc "$ENV_IP" 4223

# --- reading ------------------------------------------------------------------------------------
like 'HELP' "$(text A help)" 'BUY amount, SEND value number'
like 'BALANCE' "$(text A Balance)" 'Balance 20000 JPY'
like 'LIST' "$(text A ' LIST ')" 'You have no values'
like 'HISTORY' "$(text A HISTORY)" 'Nothing was done yet'
like 'in full-width forms, in his language' "$(text D 'ＢＡＬＡＮＣＥ')" '残高 2000円'

# --- buying ---------------------------------------------------------------------------------------
asked=$(text A 'BUY 500')
like 'BUY asks' "$asked" 'Buy 500 JPY\? Fee 10 JPY, 510 JPY in all.*To agree answer YES [0-9A-Z]{4}, else NO'
is 'and buys nothing' "$(issued)" 0
code=$(code_in "$asked")
like "another one's code" "$(text B "YES $code")" "not asked anything with the code $code"
like 'a wrong one' "$(text A 'YES 3333')" 'not asked anything'
is 'buys nothing' "$(issued)" 0
bought=$(text A "yes $code")
like 'YES buys' "$bought" '500 JPY, value [0-9 ]{24}'
is 'one' "$(issued)" 1
is 'a late redelivery says nothing new' "$(text A "YES $code" 1)$(text A "YES $code" 1)" '[silence]|[silence]|'
is 'and buys nothing' "$(issued)" 1
like 'NO comes too late' "$(text A "NO $code")" 'You said yes to this'
again=$(text A 'BUY 500' 7)
like 'BUY again is another question' "$again" 'To agree answer YES'
isnt_code=$(code_in "$again")
not_ok 'with another code' test "$isnt_code" = "$code"
is 'BUY delivered again while it is open is the same one, and its reply is there' \
	"$(text A 'BUY 500' 7)" '[silence]|'
like 'NO' "$(text A "NO $isnt_code")" 'Nothing was bought'
like 'then YES' "$(text A "YES $isnt_code")" 'You said no'
is 'buys nothing' "$(issued)" 1
like 'another product' "$(text A 'BUY ticket 5,00')" 'Buy 5.00 EUR\?'
like 'not on sale' "$(text A 'BUY 77')" 'not on sale'

# Where the SMSC tells nothing apart: the same words after the answer are another wish.
first=$(sms text trusted "$ENV_MSISDN_B" 'BUY 500')
is 'the same words while it is open' "$(sms text trusted "$ENV_MSISDN_B" 'BUY 500')" '[silence]'
like 'YES' "$(sms text trusted "$ENV_MSISDN_B" "YES $(code_in "$first")")" 'value'
is 'the same YES' "$(sms text trusted "$ENV_MSISDN_B" "YES $(code_in "$first")")" '[silence]'
second=$(sms text trusted "$ENV_MSISDN_B" 'BUY 500')
like 'a wanted repeat' "$second" 'To agree answer YES'
like 'is bought' "$(sms text trusted "$ENV_MSISDN_B" "YES $(code_in "$second")")" 'value'
is 'two' "$(issued)" 3

# --- by the author's reference ------------------------------------------------------------------------
like 'BUY with a reference' "$(text A 'BUY 500 #K7F3')" '500 JPY, value'
is 'buys' "$(issued)" 4
is 'once' "$(text A 'BUY 500 #K7F3') $(issued)" '[silence]| 4'
like 'not for something else' "$(text A 'BUY 1000 #K7F3')" 'K7F3 was used before'
asked=$(ESME=other text A 'BUY 500 #X7F3')
like 'from a link whose origin is not trusted the code is needed' "$asked" 'To agree answer YES'
is 'nothing bought' "$(issued)" 4
like 'which the registered number got' "$(ESME=other text A "YES $(code_in "$asked")")" 'value'

# --- handing on ---------------------------------------------------------------------------------------
value=$(value_in "$bought")
like 'OWNER' "$(text A "OWNER $value")" 'Yes, you own it: 500 JPY, valid'
like 'of another' "$(text B "OWNER $value")" 'No. You do not own'
asked=$(text A "SEND $value 090-1234-5672")
like 'SEND asks' "$asked" "Send 500 JPY to \\+$ENV_MSISDN_B"
text A "YES $(code_in "$asked")" >"$ENV_DIR/sent"
like 'YES sends' "$(cat "$ENV_DIR/sent")" "Sent ..:..: 500 JPY, .* to \\+$ENV_MSISDN_B"
like 'who gets it is told' "$(hear B)" "$value"
like 'again' "$(text A "SEND $value 09012345672")" 'was handed on to'
asked=$(text B "PAY ${value// /} $ENV_SHOP order 7")
like 'PAY asks' "$asked" 'Pay 500 JPY to Kissaten Aoi \(4711\)\?.Reference order 7'
like 'YES pays' "$(text B "YES $(code_in "$asked")")" 'Kissaten Aoi'
like "not one's own" "$(text A "PAY $value $ENV_SHOP")" 'do not own'

# --- receipts on and off ----------------------------------------------------------------------------------
like 'RECEIPTS OFF' "$(text A 'RECEIPTS OFF')" 'no more texts'
dial A '*188*1*1000#' >"$ENV_DIR/dial"
like 'a purchase on the display' "$(phone A say 1)" 'Bought 1000 JPY'
phone A say 00 >>"$ENV_DIR/dial"
is 'is not told' "$(hear A)" '[silence]'
like 'RECEIPTS ON' "$(text A 'receipts on')" 'a text after each'

# --- who is not answered --------------------------------------------------------------------------------------
is 'a number that is no subscriber' "$(sms text trusted 819099999999 LIST)" '[silence]'
is 'a name' "$(sms text trusted TEGATA LIST)" '[silence]'
like 'what is not understood' "$(text B 'What is this?')" 'BUY amount'
for words in 'I am on holiday' 'Message delivered' "$(text C HELP)" 'YES, thank you very much'; do
	is "is helped once: $words" "$(text B "$words")" '[silence]|'
done

# --- PINs -----------------------------------------------------------------------------------------------------
pin=49730186 wrong=82640591 # so long that no other number looks like them
asked=$(text A 'BUY 3000')
like 'from the threshold on' "$asked" 'YES [0-9A-Z]{4} and, behind it, your PIN'
code=$(code_in "$asked")
like 'without' "$(text A "YES $code")" 'This needs your PIN'
like 'none is set' "$(text A "YES $code $wrong")" '\*188\*9#'
like 'set on the display' "$(dial A '*188*9#')" 'Your new PIN\?'
like 'not a trivial one' "$(phone A say 1234)" 'too easy'
like 'twice' "$(phone A say $pin)" 'once more'
like 'done' "$(phone A say $pin)" 'The PIN is set'
phone A hangup >>"$ENV_DIR/dial"
like 'never in a code' "$(phone A dial "*188*9*$pin#")" 'not known'
like 'a wrong one' "$(text A "YES $code $wrong")" 'Wrong PIN. Tries left: 2'
before=$(issued)
like 'the right one' "$(text A "YES $code $pin")" '3000 JPY, value'
is 'buys' "$(issued)" $((before + 1))
like 'a reference is no PIN' "$(text A 'BUY 3000 #AAAA')" 'behind it, your PIN'

# --- the next dial lands on the question ----------------------------------------------------------------------------
asked=$(text A 'BUY 3000')
page=$(phone A dial '*188*6#')
while grep -q Continue <<<"$page"; do page=$(phone A say 1); done
like 'the display asks' "$(tr '\n' '|' <<<"$page")" 'Asked at.*Buy 3000 JPY\?.*1 Yes 0 No 2 Later'
like 'and for the PIN' "$(phone A say 1)" 'Your PIN\?'
like 'a wrong one' "$(phone A say $wrong)" 'Tries left: 2'
like 'the right one buys' "$(phone A say $pin)" 'Bought 3000 JPY'
phone A say 00 >>"$ENV_DIR/dial"
sleep 0.5
sms forget
bought=$(issued)
text A "YES $(code_in "$asked") $pin" >"$ENV_DIR/late"
is 'the SMS comes too late: bought once' "$(issued)" "$bought"

# Both channels at once: one of them wins, one purchase.
asked=$(text B 'BUY 500')
like 'asked' "$asked" 'To agree'
page=$(phone B dial '*188#')
while grep -q Continue <<<"$page"; do page=$(phone B say 1); done
like 'on the display too' "$page" 'Buy 500 JPY'
bought=$(issued)
phone B say 1 >"$ENV_DIR/race.ussd" &
racer=$!
sms deliver trusted "$ENV_MSISDN_B" "YES $(code_in "$asked")" 999
wait "$racer"
is 'a race is one purchase' "$(issued)" $((bought + 1))
phone B hangup >>"$ENV_DIR/dial"

# --- blocked ------------------------------------------------------------------------------------------------------------
for n in 1 2 3; do
	asked=$(text A 'BUY 3000')
	said=$(text A "YES $(code_in "$asked") $wrong")
done
like 'three wrong ones block' "$said" 'is blocked'
like 'the right one too' "$(text A "YES $(code_in "$asked") $pin")" 'is blocked'
dial A '*188*1*3000#' >"$ENV_DIR/dial"
phone A say 1 >"$ENV_DIR/dial"
like 'on the display as well' "$(phone A say $pin)" 'is blocked'
phone A hangup >>"$ENV_DIR/dial"
env_ctl pin unblock "$ENV_MSISDN_A" --reason 'was at the counter' >>"$ENV_DIR/ctl.log" 2>&1
is 'an operator unblocks' $? 0
like 'then the right one is right' "$(text A "YES $(code_in "$asked") $pin")" '3000 JPY, value'

# --- who left before the result -------------------------------------------------------------------------------------------
sms forget
env_ctl receipts "$ENV_MSISDN_B" off --reason test >>"$ENV_DIR/ctl.log" 2>&1
dial B '*188#' >"$ENV_DIR/dial"
for key in 1 1 2; do phone B say $key >>"$ENV_DIR/dial"; done
like 'who hangs up while the result is on the display' "$(phone B say 1)" 'Bought 1000 JPY'
phone B hangup >>"$ENV_DIR/dial"
like 'is told by SMS, whatever was switched off' "$(hear B)" '1000 JPY, value'

# --- the database is gone --------------------------------------------------------------------------------------------------
asked=$(text B 'BUY 500')
bought=$(issued)
pg_kill "$ENV_DIR"
began=$SECONDS
is 'to be delivered again' "$(text B "YES $(code_in "$asked")" 9)" '[status 100]|'
ok 'within the deadline' test $((SECONDS - began)) -le 8
pg_start "$ENV_DIR"
env_wait 20 env_ready
env_wait 20 eval "sms deliver trusted $ENV_MSISDN_B 'YES $(code_in "$asked")' 9 | grep -qv status"
is 'then it buys, once' "$(issued)" $((bought + 1))

# --- where the PIN is not -----------------------------------------------------------------------------------------------------
env_vty "$ENV_IP" 4270 'show dialogues' 'show running-config' >"$ENV_DIR/vty.log"
"$PG_BIN/pg_dump" tegata >"$ENV_DIR/dump"
ok 'debug logs are there' test "$(wc -l <"$ENV_DIR/manager.log")" -gt 200
is 'no log of ours' "$(grep -alE "(^|[^0-9])($pin|$wrong)([^0-9]|$)" "$ENV_DIR/manager.log" "$ENV_DIR/vty.log")" ''
is 'no table' "$(grep -acE "YES.*($pin|$wrong)|(^|[[:space:]])($pin|$wrong)([[:space:]]|$)" "$ENV_DIR/dump")" 0
is 'no statement' "$(grep -acE "'($pin|$wrong)'" "$ENV_DIR/pg/server.log")" 0
is 'the books are in order' "$(violations)" ''
done_testing
