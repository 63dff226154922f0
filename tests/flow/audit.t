#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# Two operators and an auditor at work, each under a role of their own, beside a running manager:
# what needs two of them, what the auditor is told, and what the manager tidies up and tells.
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

as() {
	local ENV_OPERATOR=$1
	shift
	env_ctl "$@" 2>&1
}

balance() {
	env_sql -c "SELECT balance FROM tegata.account JOIN tegata.terminal USING (terminal_id) WHERE address = '$1' AND currency = '${2-JPY}'"
}

# The number of the only approval that waits for ACT.
waits() {
	as bob_ops --csv approvals | awk -F, -v act="$1" '$5 == act { print $1 }'
}

gauge() {
	curl -s "http://$ENV_IP:9470/metrics" | sed -n "s/^tegata_reconcile_$1 //p"
}

gauge_is() {
	[ "$(gauge "$1")" = "$2" ]
}

value_state() {
	[ "$(env_sql -c "SELECT state FROM tegata.value WHERE value_id = $1")" = "$2" ]
}

env_begin
export PG_FAST=1
env_postgres "max_connections = 60" || exit 1
env_sql -c "CREATE ROLE bob_ops LOGIN IN ROLE tegata_operator"
env_gateway && env_manager || exit 1
auditor=an_auditor

# --- what has happened so far: A buys, gives B what it bought; B pays the shop
id=$(env_phone A dial '*188*1*500#' --answer 1 --answer 00 | sed -n 's/.*value \([0-9]\{4\} [0-9 ]*[0-9]\).*/\1/p' | tr -d ' ')
like 'a phone buys' "$id" '^[0-9]{20}$'
raw=${id%?}
raw=$((10#$raw))
before=$(date -u +'%F %T.%N%z')
ok 'and gives it away' env_phone A transfer "$id" "$ENV_MSISDN_B"

# --- limits need two
ok 'the first limit' as alice_ops setting approval_JPY 20000 --reason 'four eyes'
like 'a limit is an amount of its currency' "$(as alice_ops setting approval_EUR 2.001)" 'not an amount of EUR'
like 'raising it waits' "$(as alice_ops setting approval_JPY 90000)" 'waits for approval [0-9]+ by another operator than alice_ops \(pending\)'
as alice_ops setting approval_JPY 90000 >/dev/null
is 'exit code of what waits' $? 1
ok 'who asked withdraws it' as alice_ops reject "$(waits setting)" --reason 'a trial'
is 'then nothing waits' "$(waits setting)" ''

# --- a large top-up
like 'a large top-up waits' "$(as alice_ops terminal top-up "$ENV_MSISDN_B" 30000 JPY --reference big-1 --reason 'paid in cash')" 'waits for approval'
is 'nothing is booked' "$(balance "$ENV_MSISDN_B")" 2000
like 'the second one sees what is asked' "$(as bob_ops approvals)" "alice_ops +top_up +$ENV_MSISDN_B +30000 +JPY +reference=big-1 +paid in cash"
like 'who asked cannot approve' "$(as alice_ops approve "$(waits top_up)")" 'another operator must approve.*forbidden'
not_ok 'an auditor neither' as "$auditor" approve "$(waits top_up)"
number=$(waits top_up)
ok 'the second one can' as bob_ops approve "$number" --reason 'saw the receipt'
is 'now it is booked' "$(balance "$ENV_MSISDN_B")" 32000
like 'once' "$(as bob_ops approve "$number")" 'it was approved by bob_ops'
as bob_ops approve "${number}x" >/dev/null 2>&1
is 'what is no number is a mistake on the command line' $? 2
is 'only once' "$(balance "$ENV_MSISDN_B")" 32000
like 'both names are recorded' "$(psql -X -At -d tegata -U "$auditor" -c "SELECT operator, approver, reason FROM audit.operator_act WHERE reference = 'big-1'")" \
	'^alice_ops\|bob_ops\|paid in cash$'

# --- unblocking
ok 'blocking is for one' as alice_ops terminal block "$ENV_MSISDN_B" --reason stolen
like 'unblocking what has much waits' "$(as alice_ops terminal unblock "$ENV_MSISDN_B" --reason found)" 'waits for approval'
like 'a phone stays blocked' "$(env_phone B dial '*188*6#' 2>&1)" 'blocked'
like 'the second one rejects' "$(as bob_ops reject "$(waits terminal_status)" --reason 'who says so?')" 'rejected'
as alice_ops terminal unblock "$ENV_MSISDN_B" --reason 'its owner came by' >/dev/null
ok 'asked again, approved' as bob_ops approve "$(waits terminal_status)"
unlike 'the phone works' "$(env_phone B dial '*188*6#' 2>&1)" 'blocked'

# --- a slip of the finger
as alice_ops terminal top-up "$ENV_MSISDN_C" 700 JPY --reference slip-1 >/dev/null
like 'a wrong top-up is taken back' "$(as alice_ops terminal top-up-reverse slip-1 --reason 'another number')" '700 JPY .*taken back'
is 'the money is gone' "$(balance "$ENV_MSISDN_C")" 0
like 'once' "$(as alice_ops terminal top-up-reverse slip-1)" 'it was reversed on'
like 'not what is spent' "$(as alice_ops terminal top-up-reverse seed-a)" 'the account has .*funds_insufficient'

# --- what the auditor asks
like 'who owned it' "$(as $auditor value owners "$id")" "^ *2 +transfer +active +$ENV_MSISDN_B"
like 'who owned it before' "$(as $auditor value owner-at "$id" "$before")" "^$ENV_MSISDN_A "
like 'and now' "$(as $auditor value owner-at "$id" '0 s')" "^$ENV_MSISDN_B "
like 'a mistyped id is an error' "$(as $auditor value owners "00000000000000000001")" 'not a value id'
like 'everything about a number' "$(as $auditor terminal report "$ENV_MSISDN_A" '1 hour')" "gave away +done +$id +500 +JPY +$ENV_MSISDN_B"
like 'in an hour before there was nothing' "$(as $auditor terminal report "$ENV_MSISDN_A" '3 hours' '2 hours')" '\(none\)'
like 'what the day came to' "$(as $auditor totals)" 'value +issue +active +JPY +1 +500'
ok 'nothing is broken' as $auditor audit
ok 'nor since an hour' as $auditor audit '1 hour'
not_ok 'an operator is no auditor' as alice_ops audit
not_ok 'nor does an auditor see tables' psql -X -d tegata -U "$auditor" -c 'SELECT * FROM tegata.value'

# --- reconciliation
like 'everything agrees' "$(as $auditor reconcile)" '^balance +JPY'
as $auditor reconcile >/dev/null
is 'exit code of that' $? 0
not_ok 'an auditor writes nothing' as $auditor reconcile --record
is 'no run is on the page yet' "$(gauge last_run_seconds)" 0
ok 'an operator has it kept' as alice_ops reconcile --record
env_sql -c "UPDATE tegata.account SET balance = balance + 7 WHERE balance > 0 AND currency = 'EUR'"
like 'a difference has its sign' "$(as $auditor reconcile)" '^balance +EUR .* 0.07 +1$'
as $auditor reconcile --record >/dev/null
is 'could not' $? 2
as alice_ops reconcile --record >/dev/null
is 'exit code of a difference' $? 1
is 'as JSON' "$(as $auditor --json reconcile | python3 -c '
import json, sys
print([(l["kind"], l["difference"]) for l in json.load(sys.stdin) if l["objects"] != "0"])')" "[('balance', '0.07')]"
PGHOST=/nonexistent "$ENV_BIN/tegatactl" --db 'host=/nonexistent' reconcile 2>/dev/null
is 'no database' $? 2
ok 'the manager tells it' env_wait 20 gauge_is 'difference{kind="balance",currency="EUR"}' 7
is 'how many' "$(gauge 'objects{kind="balance",currency="EUR"}')" 1
is 'and what agrees' "$(gauge 'difference{kind="circulation",currency="JPY"}')" 0
like 'and when' "$(gauge last_run_seconds)" '^[0-9.e+]+$'
env_sql -c "UPDATE tegata.account SET balance = balance - 7 WHERE balance > 0 AND currency = 'EUR'"

# --- what the manager tidies up
env_sql -c "UPDATE tegata.value SET expires_at = clock_timestamp() - interval '26 hours' WHERE value_id = $raw" \
	-c "UPDATE tegata.request SET at = at - interval '31 days', request_id = overlay(request_id::text placing '0000' from 1 for 4)::uuid WHERE outcome = 0 AND operation = 2" \
	-c "UPDATE tegata.journal SET at = at - interval '31 days' WHERE operation = 2" \
	-c "UPDATE tegata.sweep SET next_at = clock_timestamp(), reached_id = 0"
ok 'what expired is written down' env_wait 20 value_state "$raw" 4
ok 'old answers go' env_wait 20 env_sql -c "SELECT 1 / (count(*) = 0)::int FROM tegata.request WHERE at < now() - interval '30 days'"
ok 'and the books are in order' as $auditor audit
done_testing
