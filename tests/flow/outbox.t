#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# Texts to phones: written with their operation, sent in order by two managers of which one dies,
# through an SMSC that throttles, refuses, dies, and sends receipts early, late, twice or never;
# nothing is lost, and nothing comes twice but where an answer was lost.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

manager() { # NAME ADDRESS
	ENV_DIRECT_EXTRA="
smsc one
 address $ENV_IP:2775
 system-id $1
 source 188 3 0
 response-timeout 2
 enquire-interval 5
 throttle-pause 200
 window 2
sms
 outbox-interval 50
 outbox-lease 5" env_manager "$1" "$2" && env_wait 10 bound "$2"
}
bound() { env_vty "$1" 4270 'show smscs' | grep -q BOUND; }
smsc() { env_spawn smsc python3 tests/lib/smpp_smsc.py "$ENV_IP:2775" "$ENV_DIR/texts" "$ENV_DIR/modes" && env_wait 5 grep -q listening "$ENV_DIR/smsc.log"; }
modes() { printf '%s\n' "$@" >"$ENV_DIR/modes"; }
# Texts to terminal A or B, as replies to texts that nobody sent.
put() { # NUMBER TEXT [VALID_S]
	env_sql -c "SELECT count(*) FROM tegata.terminal t, tegata.outbox_put(ARRAY[decode(md5(random()::text), 'hex')], ARRAY[t.terminal_id], '{\"\"}',
		'{NULL}', '{NULL}', ARRAY['$2'], '{${3-0}}') WHERE t.address = '$1'" >/dev/null
}
texts() { cut -d ' ' -f 4- "$ENV_DIR/texts" 2>/dev/null; }
count() { grep -c -- "$1" "$ENV_DIR/texts" 2>/dev/null; }
states() { env_sql -c "SELECT string_agg(n, ' ') FROM (SELECT (ARRAY['waiting','sent','told','dead'])[state + 1] || ' ' || count(*) AS n
	FROM tegata.outbox GROUP BY state ORDER BY state) s"; }
state_of() { env_sql -c "SELECT (ARRAY['waiting','sent','told','dead'])[state + 1] FROM tegata.outbox WHERE text = '$1'"; }
state_is() { [ "$(state_of "$1")" = "$2" ]; }
states_are() { [ "$(states)" = "$1" ]; }
later() { env_sql -c "UPDATE tegata.outbox SET next_at = clock_timestamp() WHERE state = 0 AND holder IS NULL" >/dev/null; }
tried() { [ "$(env_sql -c "SELECT attempts FROM tegata.outbox WHERE text = '$1' AND holder IS NULL AND error <> ''")" = 1 ]; }
leased() { [ "$(env_sql -c "SELECT count(*) FROM tegata.outbox WHERE holder IS NOT NULL")" -gt 0 ]; }
bad() { env_sql -c "SELECT count(*) FROM audit.violations"; }

env_begin
export PG_FAST=1
env_postgres || exit 1
env_ctl setting outbox on --reason test >/dev/null || exit 1
modes
smsc || exit 1
manager one "$ENV_IP" || exit 1

# --- receipts of operations
env_phone A dial '*188*1*500#' --answer 1 >"$ENV_DIR/dial.log"
ok 'a purchase is told' env_wait 5 states_are 'told 1'
like 'in words' "$(texts)" '^Bought ..:..: 500 JPY, value [0-9 ]{24}\|Until '
like 'to the phone that bought it' "$(cat "$ENV_DIR/texts")" "^one $ENV_MSISDN_A "
value=$(texts | sed 's/.*value \([0-9 ]*\).*/\1/' | tr -d ' ')
# The dial says first what was bought, then asks.
env_phone A dial "*188*3*$value*$ENV_MSISDN_D#" --answer 1 --answer 1 >>"$ENV_DIR/dial.log"
ok 'a transfer is told to both' env_wait 5 states_are 'told 3'
like 'to the giver in his language' "$(grep "$ENV_MSISDN_A" "$ENV_DIR/texts" | tail -n 1)" 'Sent ..:..: 500 JPY'
like 'to the taker in his' "$(grep "$ENV_MSISDN_D" "$ENV_DIR/texts")" '受取'
like 'and what is told shows in its life' "$(env_ctl explain "$value" 2>&1)" 'it arrived'
ok 'off' env_ctl receipts "$ENV_MSISDN_B" off --reason test
env_phone B dial '*188*1*1000#' --answer 1 >>"$ENV_DIR/dial.log"
is 'then nothing is written' "$(states)" 'told 3'
env_sql -c 'DELETE FROM tegata.outbox' >/dev/null

# --- receipts of the network
for mode in early late twice unknown-first; do
	modes "$mode"
	put "$ENV_MSISDN_A" "receipt $mode"
	ok "a receipt that comes $mode" env_wait 5 state_is "receipt $mode" told
done
modes lost
put "$ENV_MSISDN_A" 'receipt lost'
ok 'a receipt that never comes' env_wait 5 state_is 'receipt lost' sent
modes undeliverable
put "$ENV_MSISDN_A" 'never arrives'
ok 'undeliverable is dead' env_wait 5 state_is 'never arrives' dead
like 'which operators see' "$(env_ctl outbox --dead 2>&1)" 'undeliverable'
is 'each of these was sent once' "$(texts | grep -E 'receipt|arrives' | sort | uniq -d)" ''

# --- an SMSC that does not take them
modes throttle
put "$ENV_MSISDN_A" 'throttled'
sleep 0.7
is 'throttled: it waits' "$(state_of throttled)" waiting
modes
ok 'and goes' env_wait 10 state_is throttled told
modes refuse
put "$ENV_MSISDN_A" 'refused'
put "$ENV_MSISDN_A" 'behind it'
env_wait 5 tried refused
is 'refused: what is behind it waits too' "$(state_of 'refused') $(state_of 'behind it')" 'waiting waiting'
modes
later
ok 'both go' env_wait 10 state_is 'behind it' told
is 'in order' "$(texts | tail -n 2 | tr '\n' ' ')" 'refused behind it '
modes never
put "$ENV_MSISDN_A" 'bad number'
ok 'what will never be taken is dead at once' env_wait 5 state_is 'bad number' dead
modes refuse
put "$ENV_MSISDN_B" 'too late' 2
ok 'what nobody takes in its time is dead' env_wait 15 state_is 'too late' dead
modes cut
put "$ENV_MSISDN_A" 'cut'
env_wait 5 grep -q ' cut$' "$ENV_DIR/texts"
modes
ok 'whose answer was lost goes again' env_wait 20 state_is cut told
is 'so it came twice' "$(texts | grep -c '^cut$')" 2
modes cut
put "$ENV_MSISDN_A" 'lost'
for n in 1 2 3 4 5; do
	lost_are() { [ "$(env_sql -c "SELECT lost FROM tegata.outbox WHERE text = 'lost'")" = "$n" ]; }
	env_wait 10 lost_are
	sleep 0.2
	[ "$(texts | grep -c '^lost$')" = "$n" ] || echo "# $n: $(texts | grep -c '^lost$')"
	later
done
is 'not for ever: then it is dead' "$(state_of lost), $(texts | grep -c '^lost$')" 'dead, 5'
like 'and operators read why' "$(env_ctl outbox --dead 2>&1)" 'answer lost'

# --- an SMSC that does not count
modes same-id
for n in 1 2 3; do
	put "$ENV_MSISDN_A" "same id $n"
	ok "an id that was another text's ($n)" env_wait 5 state_is "same id $n" told
done
modes same-id lost
put "$ENV_MSISDN_A" 'same id lost'
env_wait 5 state_is 'same id lost' sent
is 'no receipt of another makes it told' "$(state_of 'same id lost')" sent
is 'and who was told stays so' "$(bad) $(env_sql -c "SELECT count(*) FROM audit.violations_since(now() - interval '2 hours')")" '0 0'
modes no-id
put "$ENV_MSISDN_A" 'no id'
ok 'taken without an id is taken' env_wait 5 state_is 'no id' sent
is 'once' "$(texts | grep -c '^no id$')" 1
modes

# --- an SMSC that is gone, a database that is gone
env_stop smsc KILL
for i in 1 2 3; do put "$ENV_MSISDN_B" "gone $i"; done
sleep 0.5
is 'without an SMSC they wait' "$(state_of 'gone 1') $(state_of 'gone 3')" 'waiting waiting'
: >"$ENV_DIR/smsc.log"
smsc
ok 'and go when it is back' env_wait 25 state_is 'gone 3' told
is 'in order, once' "$(texts | grep gone | tr '\n' ' ')" 'gone 1 gone 2 gone 3 '
modes slow
put "$ENV_MSISDN_B" 'database away'
env_wait 5 leased
pg_kill "$ENV_DIR"
ok 'the database goes while a text is under way, and the network takes it' env_wait 5 grep -q 'database away' "$ENV_DIR/texts"
sleep 1
pg_start "$ENV_DIR"
modes
ok 'its result is recorded when it is back' env_wait 20 state_is 'database away' told
is 'and it came once' "$(texts | grep -c 'database away')" 1

# --- a manager that died when it had just written a text, which only it would send
env_sql >/dev/null <<-END
	SELECT count(*) FROM tegata.terminal t, tegata.outbox_put(ARRAY[decode(md5('orphan'), 'hex')], ARRAY[t.terminal_id], '{""}', '{NULL}', '{NULL}',
		'{orphan}', '{0}', 'dead', '{3000}') WHERE t.address = '$ENV_MSISDN_C';
END
put "$ENV_MSISDN_C" 'behind the orphan'
sleep 1
is 'what it wrote is its own' "$(texts | grep -c orphan)" 0
ok 'until its lease ends' env_wait 10 state_is 'behind the orphan' told
is 'then somebody else sends it, in order, once' "$(texts | grep orphan | tr '\n' ' ')" 'orphan behind the orphan '

# --- two managers, of which one dies
modes late slow
manager two "$ENV_IP2" || exit 1
env_sql -c "DELETE FROM tegata.outbox" >/dev/null
: >"$ENV_DIR/texts"
env_sql >/dev/null <<-END
	SELECT outbox_put.outcome FROM generate_series(1, 15) n, tegata.terminal t, tegata.outbox_put(ARRAY[decode(md5(t.address || n), 'hex')],
		ARRAY[t.terminal_id], '{""}', '{NULL}', '{NULL}', ARRAY['many ' || n], '{0}') WHERE t.address LIKE '8190123456%' ORDER BY n;
END
sleep 1.2
env_stop two KILL
modes
arrived() { [ "$(env_sql -c "SELECT count(*) FROM tegata.outbox WHERE state IN (1, 2)")" = 60 ]; }
# Receipts for the dead one stay at the SMSC, which delivers them to nobody.
ok 'all 60 arrive' env_wait 40 arrived
like 'by both' "$(cut -d ' ' -f 1 "$ENV_DIR/texts" | sort -u | tr '\n' ' ')" '^one two $'
lost=0 disordered=0
for number in $ENV_MSISDN_A $ENV_MSISDN_B $ENV_MSISDN_C $ENV_MSISDN_D; do
	got=$(grep " $number " "$ENV_DIR/texts" | sed 's/.*many //' | uniq | tr '\n' ' ')
	[ "$got" = "$(seq 1 15 | tr '\n' ' ')" ] || disordered=$((disordered + 1)) lost="$got"
done
is 'each phone reads all of them, in order' "$disordered $lost" '0 0'
twice=$(($(wc -l <"$ENV_DIR/texts") - 60))
ok "what the dead one had sent came twice at most ($twice)" test "$twice" -le 4

# --- draining gives back
modes slow
for i in $(seq 4); do put "$ENV_MSISDN_A" "drain $i"; put "$ENV_MSISDN_B" "drain $i"; done
env_wait 5 grep -q 'drain 1' "$ENV_DIR/texts"
env_stop one TERM
is 'after the end nothing is leased' "$(env_sql -c 'SELECT count(*) FROM tegata.outbox WHERE holder IS NOT NULL')" 0
is 'nothing was sent twice by ending' "$(grep -o '[0-9]* [0-9a-f]* drain.*' "$ENV_DIR/texts" | sed 's/ [0-9a-f]* / /' | sort | uniq -d)" ''
is 'the books are in order' "$(bad)" 0
done_testing
