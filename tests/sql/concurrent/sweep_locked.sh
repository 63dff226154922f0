# SPDX-License-Identifier: AGPL-3.0-or-later
# Two managers tidy up at once, and somebody holds a value.
. "$(dirname "$0")/../lib/session.sh"
session_open one
session_open two
sql "SELECT t.issue('a', t.rid(n), t.vid('a', n), 100, 'cash') FROM generate_series(1, 2) n" >/dev/null
sql "UPDATE value SET expires_at = clock_timestamp() - interval '27 hours'" >/dev/null
session_run one "BEGIN; SELECT 1 FROM value WHERE value_id = t.vid('a', 1) FOR UPDATE" >/dev/null
session_run two "BEGIN" >/dev/null
is "$(session_run two "SELECT value_expire(10)")" 200 "a value that is held is passed over"
is "$(sql "SELECT value_expire(10)")" 1000 "while one works, another one does not wait"
session_run two "COMMIT" >/dev/null
is "$(sql "SELECT count(*) FROM value WHERE state = 4")" 1 "the other one is done"
is "$(sql "SELECT count(*) FROM expiry_due")" 1 "it waits"
session_run one "COMMIT" >/dev/null
sql "UPDATE sweep SET next_at = clock_timestamp()" >/dev/null
is "$(sql "SELECT value_expire(10)")" 60000 "and is done when it is let go"
is "$(sql "SELECT count(*) FROM value WHERE state = 4")" 2 "both are"
session_run one "BEGIN; SELECT request_forget(10)" >/dev/null
is "$(sql "SELECT request_forget(10)")" 1000 "old answers: one at a time"
session_run one "COMMIT" >/dev/null
sql "UPDATE sweep SET next_at = clock_timestamp(), reached_at = clock_timestamp() - interval '1 hour' WHERE name = 'manager'" >/dev/null
sql "SELECT manager_beat('host-1-aaaaaaaa', 0); UPDATE manager_alive SET seen_at = seen_at - interval '1 minute'" >/dev/null
session_run one "BEGIN; SELECT manager_sweep(10)" >/dev/null
is "$(sql "SELECT manager_sweep(10)")" 1000 "a dead manager: one at a time"
session_run one "ROLLBACK" >/dev/null
session_run one "BEGIN; SELECT manager_beat('host-1-aaaaaaaa', 0)" >/dev/null
is "$(sql "SELECT manager_sweep(10)")" 5000 "who comes back at this moment is not dead"
session_run one "COMMIT" >/dev/null
is "$(sql "SELECT count(*) FROM manager_alive")" 1 "he lives"
books
done_testing
