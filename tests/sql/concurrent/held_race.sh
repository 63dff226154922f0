# SPDX-License-Identifier: AGPL-3.0-or-later
# What a telephone may hold is not passed by two sessions at once; a terminal
# does not retire while a transfer may still reach it; one name, one holder.
. "$(dirname "$0")/../lib/session.sh"

sql "SELECT t.issue('a', t.rid(1), t.vid('a', 1), 600, 'capped')" >/dev/null
sql "SELECT t.transfer('a', t.rid(2), t.vid('a', 1), '3344')" >/dev/null
sql "SELECT t.issue('a', t.rid(3), t.vid('a', 3), 600, 'capped')" >/dev/null
sql "SELECT operator_top_up('{819000000003}', '{EUR}', '{600}', '{z}', 'test')" >/dev/null
sql "SELECT t.issue('c', t.rid(4), t.vid('c', 4), 600, 'capped')" >/dev/null
sql "SELECT t.issue('a', t.rid(5), t.vid('a', 5), 10)" >/dev/null
session_open one
session_open two
session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.transfer('a', t.rid(11), t.vid('a', 3), '819000000002')")" ok "600 to b, not committed"
is "$(session_run two "SELECT t.transfer('c', t.rid(12), t.vid('c', 4), '819000000002')")" again "600 more come again"
session_run one "COMMIT" >/dev/null
is "$(session_run two "SELECT t.transfer('c', t.rid(12), t.vid('c', 4), '819000000002')")" held_exceeded "and are too much"

# Issue and transfer to one terminal.
session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.issue('a', t.rid(13), t.vid('a', 13), 900, 'capped')")" ok "900 issued to a, not committed"
is "$(session_run two "SELECT t.transfer('c', t.rid(14), t.vid('c', 4), '819000000001')")" again "600 to a come again"
session_run one "COMMIT" >/dev/null
is "$(session_run two "SELECT t.transfer('c', t.rid(14), t.vid('c', 4), '819000000001')")" held_exceeded "and are too much"

# A terminal without an account of that currency.
session_run one "BEGIN" >/dev/null
is "$(session_run one "DELETE FROM account WHERE terminal_id = t.id('b') AND currency = 'EUR'")" "" "no account"
session_run one "COMMIT" >/dev/null
is "$(session_run one "SELECT t.transfer('c', t.rid(15), t.vid('c', 4), '819000000002')")" held_exceeded "it is made, to be locked"

# The transfer has read b as active; b is blocked and asked to retire meanwhile.
session_run two "SELECT t.transfer('b', t.rid(16), t.vid('a', 3), '3344')" >/dev/null
session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.transfer('a', t.rid(17), t.vid('a', 5), '819000000002')")" ok "10 to b, not committed"
is "$(session_run two "SELECT t.name(outcome) FROM operator_terminal_status('{819000000002}', 'block', 'test')")" ok "b is blocked"
session_send two "SELECT t.name(outcome), note FROM operator_terminal_status('{819000000002}', 'retire', 'test')"
sleep 0.2
session_run one "COMMIT" >/dev/null
is "$(session_wait two)" "value_state|it owns value" "retiring waited for the transfer"

# The transfer begins between the block and its commit, and is the newest transaction of all.
sql "SELECT t.enter('440100000000009', '819000000009')" >/dev/null
sql "SELECT t.issue('a', t.rid(18), t.vid('a', 18), 10)" >/dev/null
session_run one "BEGIN" >/dev/null
session_run one "SELECT operator_terminal_status('{819000000009}', 'block', 'test')" >/dev/null
session_run two "BEGIN" >/dev/null
is "$(session_run two "SELECT t.transfer('a', t.rid(19), t.vid('a', 18), '819000000009')")" ok "10 to a newcomer, not committed"
session_run one "COMMIT" >/dev/null
session_send one "SELECT t.name(outcome), note FROM operator_terminal_status('{819000000009}', 'retire', 'test')"
sleep 0.2
session_run two "COMMIT" >/dev/null
is "$(session_wait one)" "value_state|it owns value" "retiring waited for the newest, too"

session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT lease_take('euse:x', 'one', 60000)")" t "a name taken, not committed"
session_send two "SELECT lease_take('euse:x', 'two', 60000)"
session_blocked
session_run one "COMMIT" >/dev/null
is "$(session_wait two)" f "the other does not get it"
books
done_testing
