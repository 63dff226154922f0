# SPDX-License-Identifier: AGPL-3.0-or-later
# One request id in two sessions at once has one effect.
. "$(dirname "$0")/../lib/session.sh"

sql "SELECT t.issue('a', t.rid(n), t.vid('a', n), 10) FROM generate_series(1, 9) n" >/dev/null
session_open one
session_open two

# A request that was sent again because its connection broke, while the first is still at work.
session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.issue('a', t.rid(101), t.vid('a', 11), 50)")" ok "issue, not committed"
is "$(session_run two "SELECT t.issue('a', t.rid(101), t.vid('a', 12), 50)")" again "again"
session_run one "COMMIT" >/dev/null
is "$(session_run two "SELECT t.issue('a', t.rid(101), t.vid('a', 12), 50)")" "ok*" "then the first answer"
is "$(sql "SELECT count(*) FROM value WHERE amount = 50")" 1 "one value"

session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.transfer('a', t.rid(102), t.vid('a', 1), '3344')")" ok "transfer, not committed"
is "$(session_run two "SELECT t.transfer('a', t.rid(102), t.vid('a', 1), '3344')")" again "again"
session_run one "COMMIT" >/dev/null
is "$(session_run two "SELECT t.transfer('a', t.rid(102), t.vid('a', 1), '3344')")" "ok*" "then the first answer"

# The same id for another value: no row in common but the request's.
session_run one "BEGIN" >/dev/null
is "$(session_run one "SELECT t.transfer('a', t.rid(103), t.vid('a', 2), '3344')")" ok "one value, not committed"
session_send two "SELECT t.transfer('a', t.rid(103), t.vid('a', 3), '3344')"
session_blocked
session_run one "COMMIT" >/dev/null
is "$(session_wait two)" "ERROR:  23505" "another value under the id: raised when the first has committed"
is "$(session_run two "SELECT t.transfer('a', t.rid(103), t.vid('a', 3), '3344')")" request_conflict "and a conflict when replayed"
is "$(sql "SELECT string_agg(version::text, ' ' ORDER BY value_id) FROM value WHERE value_id IN (t.vid('a', 2), t.vid('a', 3))")" "2 1" \
	"one effect"

# One value id drawn by two.
session_run one "BEGIN" >/dev/null
session_run one "SELECT t.issue('a', t.rid(104), t.vid('a', 30), 5)" >/dev/null
session_run one "COMMIT" >/dev/null
is "$(session_run two "SELECT t.issue('a', t.rid(105), t.vid('a', 30), 5)")" value_id_taken "a value id drawn twice"
is "$(session_run two "SELECT t.issue('a', t.rid(105), t.vid('a', 31), 5)")" ok "is drawn again"

# One payment told twice.
session_run one "BEGIN" >/dev/null
topup="SELECT t.name(outcome), repeated FROM operator_top_up('{819000000003}', '{JPY}', '{100}', '{pay-1}', 'test')"
is "$(session_run one "$topup")" "ok|f" "a top-up, not committed"
session_send two "$topup"
session_blocked
session_run one "COMMIT" >/dev/null
is "$(session_wait two)" "ERROR:  23505" "the same payment: raised when the first has committed"
is "$(session_run two "$topup")" "ok|t" "and known when replayed"
is "$(sql "SELECT balance FROM account WHERE terminal_id = t.id('c') AND currency = 'JPY'")" 100 "booked once"
books
done_testing
