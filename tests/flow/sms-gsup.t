#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# shellcheck disable=SC2119 # the parts are started as they are
#
# Commands by SMS over GSUP: on a direct link, and by name through a real OsmoHLR; what went over
# the wire is read by tshark.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/capture.sh

env_begin
PG_FAST=1 env_postgres "" || exit 1
env_hlr || exit 1
capture_begin "host $ENV_IP and (port 4222 or port 4223)"
env_gateway && ENV_DIRECT_EXTRA='sms source 188' ENV_HLR_EXTRA='sms source 188' env_manager || exit 1

# The manager, with its configuration of now.
again() {
	env_stop manager
	env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
	env_wait 15 env_ready "$ENV_IP"
}

# code WANTED NAME COMMAND...
code() {
	local wanted=$1 name=$2 said rc
	shift 2
	said=$("$@")
	rc=$?
	tap_result $((rc != wanted)) "$name: exit code $wanted" "got $rc" "$said"
}

sms() { # VIA PHONE TEXT OPTION...
	local via=$1 phone=$2 text=$3
	shift 3
	ENV_VIA=$via env_phone "$phone" "$@" sms "$text" 2>&1
}

for via in direct hlr; do
	said=$(sms "$via" A 'BALANCE')
	is "$via: BALANCE: exit code" "$?" 0
	like "$via: is answered" "$said" 'Balance [0-9]+ JPY'
	asked=$(sms "$via" A 'buy 500')
	like "$via: BUY is asked back with a code" "$asked" 'YES [0-9A-Z]{4,6}'
	code=$(grep -oE 'YES [0-9A-Z]{4,6}' <<<"$asked" | head -n 1)
	before=$(env_sql -c 'SELECT count(*) FROM tegata.value')
	said=$(sms "$via" A "$code")
	is "$via: YES: exit code" "$?" 0
	like "$via: and it is bought" "$said" '500 JPY'
	is "$via: once" "$(env_sql -c 'SELECT count(*) FROM tegata.value')" $((before + 1))
	like "$via: the wallet has learnt it" "$(env_phone A wallet list)" '500 JPY .* received'
	said=$(sms "$via" "$([ "$via" = direct ] && echo B || echo C)" "HELP$(printf '%300s' '')")
	like "$via: a text of two parts gets one reply" "$(wc -l <<<"$said") $said" '^1 188: '
done
told() { [ "$(env_sql -c 'SELECT count(*) FROM tegata.outbox WHERE kind = 1 AND state <> 2')" = 0 ]; }
ok 'that each has arrived is recorded' env_wait 10 told
said=$(sms direct D 'なにこれ')
like 'UCS-2: what is no command gets help' "$said" '^188: '
code 4 'once an hour' sms direct D 'なにこれ?' --wait 1s

for via in direct hlr; do
	sms "$via" A BALANCE --to 999 >"$ENV_DIR/said"
	is "$via: a text to another number: exit code" "$?" 5
	like "$via: is to nobody" "$(cat "$ENV_DIR/said")" 'not taken, cause 1$|not taken, cause 1[^0-9]'
done

# --- scripts, and a number that is not there -----------------------------------------------------
cat >"$ENV_DIR/t.hs" <<-HS
	phone alice imsi $ENV_IMSI_A msisdn $ENV_MSISDN_A
	test Balance by text
	alice sms> BAL
	alice sms 188< {:any}JPY{:any}
HS
ok 'a script' env_phone A run "$ENV_DIR/t.hs"
# --- phones that nobody has heard of, and no SMSC ------------------------------------------------
again || exit 1
env_sql >/dev/null <<-END
	SELECT count(*) FROM generate_series(1, 3) g, LATERAL (SELECT array_agg(decode(md5(g || '-' || i), 'hex')) AS ids, array_agg(0::bigint) AS t,
		array_agg((818000000000 + g * 1000 + i)::text) AS numbers, array_agg(NULL::uuid) AS r, array_agg(NULL::bigint) AS q,
		array_agg('hello'::text) AS texts, array_agg(3600) AS v FROM generate_series(1, 1000) i) l, tegata.outbox_put(ids, t, numbers, r, q, texts, v);
	SELECT count(*) FROM tegata.terminal t, tegata.outbox_put(ARRAY[decode(md5('away'), 'hex')], ARRAY[t.terminal_id], '{""}', '{NULL}', '{NULL}',
		ARRAY['while you were away'], '{3600}') WHERE t.address = '$ENV_MSISDN_B';
END
away() { [ "$(env_sql -c "SELECT count(*) FROM tegata.outbox WHERE error = 'not reached' AND next_at > now() + interval '10 seconds'")" = 3001 ]; }
like 'who is heard is answered before 3000 who are not' "$(sms direct A BALANCE --wait 15s)" 'Balance .* JPY'
ok 'they are put off' env_wait 30 away
is 'each was tried once' "$(env_sql -c 'SELECT max(attempts) FROM tegata.outbox WHERE state = 0')" 1
like 'what waited for a phone comes when it is heard' "$(sms direct B HELP --wait 15s)" 'while you were away'
others_wait() { [ "$(env_sql -c "SELECT count(*), max(attempts) FROM tegata.outbox WHERE error = 'not reached' AND text = 'hello'")" = '3000|1' ]; }
ok 'the others wait on' others_wait

sed -i 's/^ sms source 188$/ no sms/' "$ENV_DIR/manager.cfg"
again || exit 1
sms direct A BALANCE >"$ENV_DIR/said"
is 'where there is no SMS: exit code' "$?" 5
like 'the cause is told' "$(cat "$ENV_DIR/said")" 'not taken, cause 97'

capture_end
capture_clean 'tshark finds nothing malformed'
capture_has 'in SMS-SUBMIT' 'gsm_sms.tp-mti == 1'
capture_has 'in SMS-DELIVER' 'gsup.msg_type == 0x28 && gsm_sms'
capture_has 'in what went by name' 'gsup.source_name'
done_testing
