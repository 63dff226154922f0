# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# Terminals that text, through an SMSC of the test's own; to be sourced behind env.sh.
#
#   sms_begin [LINE...]          env_begin; a database (LINEs: see env_postgres) whose managers send
#                                texts; the SMSC on $ENV_IP:2775
#   sms_pin_key                  for managers that are started from now on: PINs
#   sms_manager NODES [LINE...]  a manager that has bound as each of NODES, whose names are their
#                                system ids too; "NAME+": its origin is trusted.  LINEs are of the
#                                node sms.  The first is the $ESME of the functions below
#   bound N                      has it as many binds?
#   sms COMMAND...               see smpp_phone.py
#   text A|B|C|D TEXT [REF]      the reply, in one line; with $SMS_APART the SMSC tells the text apart
#                                from all others where there is no REF
#   hear A|B|C|D                 the next text to that phone
#   code_in TEXT                 the code of the question in a reply;  value_in TEXT: the value id
#   issued                       how many values there are;  questions: how many were asked

sms_begin() {
	env_begin
	export PG_FAST=1
	env_postgres "$@" || return 1
	env_ctl setting outbox on --reason test >>"$ENV_DIR/ctl.log" || return 1
	env_spawn smsc python3 "$ENV_ROOT/tests/lib/smpp_phone.py" serve "$ENV_DIR/smsc.sock" "$ENV_IP:2775"
	env_wait 5 test -S "$ENV_DIR/smsc.sock"
}

# shellcheck disable=SC2034 # env_manager takes it
sms_pin_key() {
	ENV_DIALOGUE_EXTRA="pin-key $ENV_DIR/pin.key"
	openssl rand -hex 32 >"$ENV_DIR/pin.key" && chmod 600 "$ENV_DIR/pin.key"
}

sms_manager() {
	local node nodes=() n=0
	for node in $1; do
		n=$((n + 1))
		[ "$n" != 1 ] || ESME=${node%+}
		nodes+=("smsc ${node%+}" " address $ENV_IP:2775" " system-id ${node%+}" ' source 188 3 0')
		[ "$node" = "${node%+}" ] || nodes+=(' trusted-origin')
	done
	shift
	nodes+=(sms ' outbox-interval 50' ' no sender-rate' "${@/#/ }")
	ENV_DIRECT_EXTRA=$(printf '\n%s' "${nodes[@]}") env_manager && env_wait 15 bound "$n"
}

bound() { [ "$(env_vty "$ENV_IP" 4270 'show smscs' | grep -c BOUND)" = "$1" ]; }

sms() { python3 "$ENV_ROOT/tests/lib/smpp_phone.py" "$ENV_DIR/smsc.sock" "$@"; }

text() {
	local number=ENV_MSISDN_$1 ref=${3-${SMS_APART:+$((RANDOM + 1000))}}
	sms text "$ESME" "${!number}" "$2" ${ref:+"$ref"} | tr '\n' '|'
}

hear() {
	local number=ENV_MSISDN_$1
	sms hear "${!number}"
}

code_in() { grep -oE 'YES [0-9A-Z]{4}' <<<"$1" | tail -n 1 | cut -d ' ' -f 2; }

value_in() { grep -oE '[0-9]{4}( [0-9]{4}){4}' <<<"$1" | head -n 1; }

issued() { env_sql -c 'SELECT count(*) FROM tegata.value'; }

questions() { env_sql -c 'SELECT count(*) FROM tegata.question'; }
