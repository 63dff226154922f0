# SPDX-License-Identifier: AGPL-3.0-or-later
# A terminal does not retire on what was true a moment ago: not after it was
# unblocked and blocked again meanwhile, and not beside a top-up.
. "$(dirname "$0")/../lib/session.sh"

retire="SELECT t.name(outcome), note FROM operator_terminal_status('{819000000003}', 'retire', 'test')"
status() {
	sql "SELECT operator_terminal_status('{819000000003}', '$1', 'test')" >/dev/null
}
sql "SELECT t.issue('a', t.rid(1), t.vid('a', 1), 10)" >/dev/null
for name in old new retirer; do
	session_open $name
done
status block
session_run old "BEGIN" >/dev/null
session_run old "SELECT t.issue('a', t.rid(2), t.vid('a', 2), 10)" >/dev/null
session_send retirer "$retire"
sleep 0.2
# While it waits for the old transaction a new one reads the terminal as active.
status unblock
session_run new "BEGIN" >/dev/null
is "$(session_run new "SELECT t.transfer('a', t.rid(3), t.vid('a', 1), '819000000003')")" ok "10 to c, not committed"
status block
session_run old "COMMIT" >/dev/null
is "$(session_wait retirer | cut -d'|' -f1)" again "it is not the block that was waited for"
session_run new "COMMIT" >/dev/null
is "$(sql "$retire")" "value_state|it owns value" "what came meanwhile is seen"
status unblock
sql "SELECT t.transfer('c', t.rid(4), t.vid('a', 1), '3344')" >/dev/null
status block

session_run retirer "BEGIN" >/dev/null
is "$(session_run retirer "$retire")" "ok|" "retired, not committed"
session_send new "SELECT t.name(outcome) FROM operator_top_up('{819000000003}', '{JPY}', '{100}', '{late}', 'test')"
session_blocked
session_run retirer "COMMIT" >/dev/null
is "$(session_wait new)" terminal_unknown "money for it has nowhere to go"
is "$(sql "SELECT * FROM audit.watch")" "" "and is not lost on it"
books
done_testing
