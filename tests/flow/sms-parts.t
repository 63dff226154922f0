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
. tests/lib/sms.sh

# What is said at once: "" means taken.
part() { # A|B|C|D TEXT N OF REF [ESME]
	local number=ENV_MSISDN_$1
	sms part "${6-one}" "${!number}" "$2" "$3" "$4" "$5"
}

sms_begin && sms_manager 'one two' || exit 1

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
