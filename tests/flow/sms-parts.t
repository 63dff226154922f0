#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# A command that comes in parts, by SMS: by either bind, and while the database is away.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

sms() { python3 tests/lib/smpp_phone.py "$ENV_DIR/smsc.sock" "$@"; }
# What is said at once: "" means taken.
part() { # A|B|C|D TEXT N OF REF [ESME]
	local number=ENV_MSISDN_$1
	sms part "${6-one}" "${!number}" "$2" "$3" "$4" "$5"
}
text() { local number=ENV_MSISDN_$1; sms text one "${!number}" "$2" | tr '\n' '|'; }
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
	for name in one two; do
		printf '%s\n' "smsc $name" " address $ENV_IP:2775" " system-id $name" ' source 188 3 0'
	done
	printf '%s\n' sms ' outbox-interval 50' ' no sender-rate'
} >>"$ENV_DIR/manager.cfg"
env_stop manager
env_spawn manager "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
env_wait 15 env_ready && env_wait 15 bound || exit 1

# --- two binds ----------------------------------------------------------------------------------
is 'the second part comes by one bind' "$(part A ' 500' 2 2 1)" ''
is 'the first by the other' "$(part A BUY 1 2 1 two)" ''
asked=$(hear A)
like 'and it is one command' "$asked" 'To agree answer YES'
is 'a code in three parts' "$(part A 'YES ' 1 3 2)$(part A "$(code_in "$asked" | cut -c 1-2)" 2 3 2)" ''
is 'is one too' "$(part A "$(code_in "$asked" | cut -c 3-4)" 3 3 2)" ''
like 'which buys' "$(hear A)" '500 JPY, value'
is 'once' "$(issued)" 1

# --- nobody can be asked ----------------------------------------------------------------------------
is 'a part is taken' "$(part B BUY 1 2 7)" ''
pg_stop "$ENV_DIR"
is 'what makes it whole is to come again' "$(part B ' 500' 2 2 7)" '[status 100]'
is 'and again' "$(part B ' 500' 2 2 7 two)" '[status 100]'
is 'nor is it lost when the first part comes again' "$(part B BUY 1 2 7)" '[status 100]'
pg_start "$ENV_DIR" || exit 1
env_wait 15 env_ready
taken() { [ -z "$(part B ' 500' 2 2 7)" ]; }
ok 'the last part alone brings it all' env_wait 15 taken
asked=$(hear B)
like 'it is done' "$asked" 'To agree answer YES'
is 'once' "$(questions)" 2
is 'its reference is free' "$(part B ' 700' 2 2 7)$(part B BUY 1 2 7)" ''
like 'for another one' "$(hear B)" '700 JPY'
like 'and the first is agreed to' "$(text B "YES $(code_in "$asked")")" '500 JPY, value'
is 'two values' "$(issued)" 2
is 'the books are in order' "$(violations)" ''
done_testing
