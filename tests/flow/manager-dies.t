#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 150
#
# A manager is killed between the commit and its answer.  What was bought is told by SMS, once: by
# the manager that is started in its place, and by one that lives beside it; who had his answer is
# told nothing.  The SMSC is tegata-handset.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

FAULT_BIN=${FAULT_BIN-$ENV_ROOT/build-fault} # where managers die at a moment that is chosen
bound() { env_vty "$1" 4270 'show smscs' | grep -q BOUND; }
# manager NAME ADDRESS [POINT:N]
manager() {
	ENV_BIN=$FAULT_BIN TEGATA_FAULT_POINT=${3-} spawn "$1"
	env_wait 15 env_ready "$2" && env_wait 15 bound "$2" && env_wait 5 alive "$1"
}
spawn() { env_spawn "$1" "$ENV_BIN/tegata-manager" -c "$ENV_DIR/$1.cfg"; }
config() { # NAME ADDRESS
	ENV_BIN=$FAULT_BIN env_manager "$1" "$2" || return 1
	env_stop "$1"
	printf '%s\n' 'smsc one' " address $ENV_IP:2775" " system-id $1" ' source 188 3 0' sms ' outbox-interval 50' \
		>>"$ENV_DIR/$1.cfg"
}
rows() { env_sql -c "SELECT count(*) FROM tegata.manager_alive"; }
row_of() { env_sql -c "SELECT $2 FROM tegata.manager_alive WHERE instance LIKE '%-$(cat "$ENV_DIR/$1.pid" 2>/dev/null || echo "$1")-%'"; }
alive() { [ -n "$(row_of "$1" instance)" ]; }
# Says that all which is done by now was told?
settled() { [ "$(row_of "$1" "told_to > '$2'")" = t ]; }
now() { env_sql -c 'SELECT clock_timestamp()'; }
gone() { ! kill -0 "$1" 2>/dev/null; }
bought() { env_sql -c "SELECT count(*) FROM tegata.value WHERE amount = $1"; }
done_at_least() { [ "$(bought "$1")" -ge 1 ]; }
texts() { env_sql -c "SELECT coalesce(string_agg(concat_ws(' ', t.address, o.arguments ->> 'amount'), ', ' ORDER BY message_id), '') FROM tegata.outbox o JOIN tegata.terminal t USING (terminal_id)"; }
waits_for() { [ "$(texts)" = "$1" ]; }
all_told() { [ "$(env_sql -c 'SELECT count(*) FROM tegata.outbox WHERE state <> 2')" = 0 ]; }
# Time has passed since this one died.
age() {
	env_sql >/dev/null <<-END
		UPDATE tegata.manager_alive SET seen_at = seen_at - interval '1 minute' WHERE instance LIKE '%-$1-%';
		UPDATE tegata.sweep SET reached_at = reached_at - interval '1 minute' WHERE name = 'manager';
	END
}
# A buys, and the manager dies of it.
dies() { # NAME AMOUNT
	local pid
	pid=$(cat "$ENV_DIR/$1.pid")
	ok "$2: it is asked" confirm A "$2"
	phone A post 1 >/dev/null
	ok "$2: it is killed" env_wait 10 gone "$pid"
	rm -f "$ENV_DIR/$1.pid"
	DEAD=$pid
	is "$2: it is bought" "$(bought "$2")" 1
}

env_begin
export PG_FAST=1
env_postgres || exit 1
env_ctl terminal top-up "$ENV_MSISDN_B" 5000 JPY --reference more >>"$ENV_DIR/ctl.log" 2>&1 || exit 1
env_ctl setting outbox on --reason test >/dev/null || exit 1
env_ctl setting receipts off --reason test >/dev/null || exit 1
ENV_DIALOGUE_EXTRA='repeat-guard 0'
config one "$ENV_IP" || exit 1
config two "$ENV_IP2" || exit 1
# The network: each phone gets its texts in this order, and no other.
cat >"$ENV_DIR/texts.hs" <<-HS
	phone a imsi $ENV_IMSI_A msisdn $ENV_MSISDN_A
	phone b imsi $ENV_IMSI_B msisdn $ENV_MSISDN_B
	phone c imsi $ENV_IMSI_C msisdn $ENV_MSISDN_C
	timeout 120s
	test Texts
	a sms 188< Bought {:time}: 700 JPY, value {:value_id}
	| Until {:date}
	a sms 188< Bought {:time}: 800 JPY, value {:value_id}
	| Until {:date}
	shell until [ -e $ENV_DIR/over ]; do sleep 0.1; done
	a quiet 500ms
	b quiet 100ms
	c quiet 100ms
HS
env_spawn phones "$ENV_BIN/tegata-handset" --address "$ENV_IP:9" --smsc "$ENV_IP:2775" run --tap "$ENV_DIR/texts.hs"

# --- signs of life ------------------------------------------------------------------------------
ok 'a manager starts' manager one "$ENV_IP"
is 'it is known to live' "$(rows)" 1
begun=$(now)
ok 'it has told all that was done' env_wait 15 settled one "$begun"
msc_start msc "$ENV_IP" 4223
confirm C 500 >/dev/null
phone C say 1 >/dev/null # the last text of a one-shot code
phone B dial '*188#' >/dev/null
for n in 1 1 1 1; do page=$(phone B say "$n"); done
like 'a result is read' "$page" 'Bought 500'
read=$(now)
sleep 10 # three signs, and one more
not_ok 'as long as it may be owed a word' settled one "$read"
phone B say 0 >/dev/null
ok 'who goes on has read it' env_wait 15 settled one "$read"
phone B hangup >/dev/null
env_stop one TERM
is 'one that ends in good order leaves nothing' "$(rows)" 0

# --- it dies, and is started again ----------------------------------------------------------------
ok 'a manager that will die' manager one "$ENV_IP" committed:3
confirm C 600 >/dev/null
phone C say 1 >/dev/null
begun=$(now)
ok 'what a last text has told' env_wait 15 settled one "$begun"
phone B dial '*188#' >/dev/null
for n in 1 1 2 1; do page=$(phone B say "$n"); done
like 'what was read in its last seconds' "$page" 'Bought 1000'
phone B say 0 >/dev/null
dies one 700
is 'its sign of life stays' "$(rows)" 1
ok 'it is started again' manager one "$ENV_IP"
is 'nothing is told at once: it might come back' "$(texts)" ''
age "$DEAD"
ok 'some time later who was left without an answer is told' env_wait 20 waits_for "$ENV_MSISDN_A 700"
ok 'and nobody else, and the dead one is forgotten' test "$(rows)" = 1
ok 'the text arrives' env_wait 15 all_told

# --- it dies, and another one lives -----------------------------------------------------------------
ok 'another one' manager two "$ENV_IP2"
msc_start msc_two "$ENV_IP2" 4223
env_stop one
ok 'one that will die' manager one "$ENV_IP" committed:1
MSC=msc_two confirm C 1000 >/dev/null
MSC=msc_two phone C say 1 >/dev/null
is 'phones buy by both' "$(bought 1000)" 2
MSC=msc_two phone B dial '*188#' >/dev/null
for n in 1 1 1 1; do page=$(MSC=msc_two phone B say "$n"); done
like 'one still reads' "$page" 'Bought 500'
dies one 800
age "$DEAD"
ok 'the other one tells it' env_wait 20 waits_for "$ENV_MSISDN_A 700, $ENV_MSISDN_A 800"
is 'the dead one is forgotten' "$(rows)" 1
ok 'it is started again' manager one "$ENV_IP"
is 'both live' "$(rows)" 2
age 0
sleep 6
is 'nothing is told twice' "$(texts)" "$ENV_MSISDN_A 700, $ENV_MSISDN_A 800"
ok 'the text arrives' env_wait 15 all_told
like 'and the next dial tells it too' "$(phone A dial '*188#')" 'Done .*800 JPY'
phone A hangup >/dev/null

touch "$ENV_DIR/over"
wait "$(cat "$ENV_DIR/phones.pid")"
is 'each phone got its texts, once, and no other' "$?" 0
is 'no rule of the ledger is broken' "$(violations)" ''
done_testing
