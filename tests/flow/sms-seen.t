#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 90
#
# What operators and auditors see of texts and PINs: why each was written and what became of it,
# never its words; who lacks the right is told what he lacks.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/sms.sh

as() { # ROLE ARGUMENT...
	local ENV_OPERATOR=$1
	shift
	env_ctl "$@" 2>&1
}
all_told() { [ "$(env_sql -c 'SELECT count(*) FROM tegata.outbox WHERE state <> 2')" = 0 ]; }

sms_begin && sms_pin_key || exit 1
env_sql -c "CREATE ROLE op_ann LOGIN IN ROLE tegata_operator; CREATE ROLE aud_joe LOGIN IN ROLE tegata_auditor; CREATE ROLE nobody_in LOGIN"
env_ctl product set coupon pin-threshold=1000 >>"$ENV_DIR/ctl.log" 2>&1 || exit 1
sms_manager one+ || exit 1

# --- what was told to whom, and when ------------------------------------------------------------
asked=$(text A 'BUY 500')
bought=$(text A "YES $(code_in "$asked")")
value=$(value_in "$bought" | tr -d ' ')
like 'a value is bought by text' "$value" '^[0-9]{20}$'
like 'a balance is asked for' "$(text A BALANCE)" 'Balance [0-9]+ JPY'
env_wait 10 all_told
code=$(code_in "$asked")
said=$(as aud_joe explain "$value")
is 'an auditor asks for its life' $? 0
like 'and reads who owned it' "$(grep -w issue <<<"$said")" "$ENV_MSISDN_A"
like 'the question that led to it' "$said" 'reply .*told|told .*reply'
like 'and its receipt' "$said" 'receipt\.bought'
unlike 'not the code, nor the words' "$said" "$code|To agree|Bought"
like 'for programs too' "$(as aud_joe --json explain "$value" | python3 -c 'import json, sys
d = json.load(sys.stdin)
print(sorted(t["kind"] + " " + t["state"] for t in d["texts"]), len({t["request_id"] for t in d["texts"]}))')" \
	"^\['receipt.bought told', 'reply told'\] 1$"
like 'of a value that is not there' "$(as aud_joe explain 00000000000000000018)" 'there is no value'
said=$(as aud_joe terminal report "$ENV_MSISDN_A" '1 hour')
is 'the report of a number has its texts' "$(grep -c 'text: ' <<<"$said")" 3
like 'with value, request and time' "$said" "text: receipt.bought +told +$value .*, sent [0-9-]+ [0-9:.]+[^,]*, arrived"
unlike 'and not what they say' "$said" "$code|Balance"
said=$(as op_ann explain "$value")
is 'an operator: the question, the purchase' "$(grep -c ' told .*it arrived' <<<"$said")" 2
like 'and which question it was' "$said" 'text reply, question [0-9]+'
said=$(as op_ann outbox "$ENV_MSISDN_A")
like 'the queue says which reply asks what' "$said" 'reply question [0-9]+'
unlike 'without the code' "$said" "$code"
like 'charges have numbers' "$(as op_ann value show "$value" | grep -w circulation)" "$ENV_MSISDN_A"

# --- who may not ----------------------------------------------------------------------------------
said=$(as aud_joe outbox "$ENV_MSISDN_A")
is 'an auditor is no operator' $? 3
like 'which is said' "$said" 'this needs an operator: a member of tegata_operator, and aud_joe is none'
like 'an operator is no auditor' "$(as op_ann terminal report "$ENV_MSISDN_A" '1 hour')" 'this needs an auditor: a member of tegata_auditor'
like 'nobody is neither' "$(as nobody_in explain "$value")" 'this needs an operator'
as op_ann outbox foo >"$ENV_DIR/foo" 2>&1
is 'what is no number' $? 2
like 'is told so' "$(cat "$ENV_DIR/foo")" "'foo' is not a number"
is 'a number without texts has none' "$(as op_ann outbox 819000000099 | tail -n 1)" '(none)'

# --- PINs -------------------------------------------------------------------------------------------
like 'no PIN' "$(as op_ann terminal show "$ENV_MSISDN_B")" 'pin .*not set'
not_ok 'what is not there is not unblocked' as op_ann pin unblock "$ENV_MSISDN_B" --reason test
env_phone B dial '*188*9#' --answer 49730186 --answer 49730186 >"$ENV_DIR/pin"
like 'a PIN, since when' "$(as op_ann terminal show "$ENV_MSISDN_B")" 'pin .*"set".*set_at|pin .*set_at.*"set"'
not_ok 'one that is not blocked is not unblocked' as op_ann pin unblock "$ENV_MSISDN_B" --reason test
is 'and nothing is recorded as done' "$(env_sql -c "SELECT count(*) FROM audit.operator_act WHERE act = 'pin_unblock' AND done")" 0
asked=$(text B 'BUY 1000')
for _ in 1 2 3; do text B "YES $(code_in "$asked") 1111111$_" $((RANDOM + 1000)) >>"$ENV_DIR/pin"; done
like 'three wrong ones' "$(as op_ann terminal show "$ENV_MSISDN_B")" 'pin .*blocked_at'
ok 'are forgiven' as op_ann pin unblock "$ENV_MSISDN_B" --reason 'was at the counter'
like 'which shows' "$(as op_ann terminal show "$ENV_MSISDN_B")" 'pin .*"wrong_tries": 0'

# --- a text to a friend -------------------------------------------------------------------------------
asked=$(text A 'BUY 500' 4711)
before=$(issued)
is 'a code in a text to somebody else' "$(sms to "$ENV_MSISDN_B" one "$ENV_MSISDN_A" "YES $(code_in "$asked")")" '[silence]'
is 'or to another code' "$(sms to 999 one "$ENV_MSISDN_A" "YES $(code_in "$asked")")" '[silence]'
is 'buys nothing' "$(issued)" "$before"
count_of() { curl -s "http://$ENV_IP:9470/metrics" | sed -n "s/^tegata_$1_total{.*} //p"; }
is 'and is counted' "$(count_of sms_in_elsewhere) $(count_of smpp_deliver_elsewhere)" '2 2'
like 'to the service it counts' "$(text A "YES $(code_in "$asked")")" 'value'
classes=0
for class in repeated stranger refused_often refused_full elsewhere not_understood helped answered silent later; do
	classes=$((classes + $(count_of "sms_in_$class")))
done
is 'each text is counted once' "$classes" "$(count_of sms_in_text)"
is 'and no rule refused anything' "$(count_of ledger_sms_refused)" 0

# --- the binds ------------------------------------------------------------------------------------------
show() { env_vty "$ENV_IP" 4270 'show smscs' | tr -d '\r'; }
gauge() { curl -s "http://$ENV_IP:9470/metrics" | sed -n "s/^tegata_smsc_up{smsc=\"$1\",direction=\"$2\"} //p"; }
like 'a bind: what went, what came' "$(show)" '^one +BOUND +transceiver +[0-9]+ +10 +0 +0 +[1-9][0-9]* +0 +[1-9][0-9]*  .*in clear'
like 'and what the columns are' "$(show)" 'unacked: their parts without a response'
is 'its gauges' "$(gauge one send)$(gauge one receive)" 11
is 'ready, nothing to warn of' "$(curl -s "http://$ENV_IP:9470/readyz")" ready
env_vty "$ENV_IP" 4270 enable 'configure terminal' 'smsc two' "address $ENV_IP:2775" 'system-id two' 'source 188 3 0' \
	'priority 20' 'bind separate' >>"$ENV_DIR/vty.log"
two_bound() { [ "$(show | grep -cE '^two +BOUND +(transmitter|receiver)')" = 2 ]; }
ok 'two binds are told apart' env_wait 10 two_bound
like 'with their priority, and what they do not do' "$(show)" 'two +BOUND +receiver +[0-9]+ +20 +- +- +-'

# --- why one waits ------------------------------------------------------------------------------------
env_stop smsc KILL
rm -f "$ENV_DIR/smsc.sock"
env_wait 10 bound 0
like 'why a bind is down, and since when' "$(show)" 'last: .*, [0-9]+ s ago'
is 'its gauges then' "$(gauge one send)$(gauge one receive)$(gauge two send)$(gauge two receive)" 0000
like 'still ready, with a warning' "$(curl -s "http://$ENV_IP:9470/readyz" -w ' %{http_code}' | tr '\n' ' ')" '^ready warning: no SMSC is bound +200$'
env_sql -c "SELECT count(*) FROM tegata.terminal t, tegata.outbox_put('{\\\\xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}', ARRAY[t.terminal_id], '{\"\"}',
	'{NULL}', '{NULL}', '{hello}', '{0}') WHERE t.address = '$ENV_MSISDN_B'" >/dev/null
why() { as op_ann outbox "$ENV_MSISDN_B" | grep -q "$1"; }
ok 'a text that no link takes says so' env_wait 15 why 'no link of the manager is up'
env_stop manager
done_testing
