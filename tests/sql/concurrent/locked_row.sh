# SPDX-License-Identifier: AGPL-3.0-or-later
# A row that a stranger's psql holds delays its own request, and no other.
. "$(dirname "$0")/../lib/session.sh"

sql "SELECT t.issue('a', t.rid(n), t.vid('a', n), 10) FROM generate_series(1, 9) n" >/dev/null
sql "SELECT operator_top_up('{819000000003}', '{JPY}', '{1000}', '{z}', 'test')" >/dev/null
session_open stranger
session_open lane
session_run stranger "BEGIN" >/dev/null
session_run stranger "SELECT FROM value WHERE value_id = t.vid('a', 2) FOR UPDATE" >/dev/null
session_run stranger "SELECT FROM account WHERE terminal_id = t.id('a') AND currency = 'JPY' FOR UPDATE" >/dev/null

transfer="SELECT string_agg(t.name(outcome), ' ' ORDER BY ord) FROM value_transfer(
	ARRAY[t.rid(101), t.rid(102), t.rid(103)], array_fill(t.id('a'), ARRAY[3]),
	ARRAY[t.vid('a', 1), t.vid('a', 2), t.vid('a', 3)], '{0,0,0}', '{3344,3344,3344}', '{a,b,c}', '{0,0,0}', '{x,x,x}')"
issue="SELECT string_agg(t.name(outcome), ' ' ORDER BY ord) FROM value_issue(
	ARRAY[t.rid(111), t.rid(112), t.rid(113)], ARRAY[t.id('c'), t.id('a'), t.id('b')], '{plain,plain,plain}', '{10,20,30}',
	'{0,NULL,0}', ARRAY[t.vid('c', 11), t.vid('a', 12), t.vid('b', 13)], '{0,0,0}', '{x,x,x}')"
is "$(session_run lane "$transfer")" "ok again ok" "a locked value: its neighbours move"
is "$(session_run lane "$issue")" "ok again ok" "a locked account: its neighbours are issued"
is "$(session_run lane "SELECT count(*) FROM ownership_check('{0}', ARRAY[sha256('key')], '{check}', '{1,1}',
	ARRAY[t.vid('a', 1), t.vid('a', 2)])")" 2 "checks read past it"
is "$(session_run lane "SELECT t.enter('440100000000001', '819000000001')")" ok "so does entering"
session_run stranger "ROLLBACK" >/dev/null
is "$(session_run lane "$transfer")" "ok ok ok" "then the same batch is done to its end"
is "$(session_run lane "$issue")" "ok ok ok" "both"
is "$(sql "SELECT string_agg(version::text, ' ' ORDER BY value_id) FROM value WHERE value_id BETWEEN t.vid('a', 1) AND t.vid('a', 3)")" \
	"2 2 2" "each moved once"

session_run stranger "BEGIN" >/dev/null
session_run stranger "SELECT FROM terminal WHERE terminal_id = t.id('a') FOR UPDATE" >/dev/null
is "$(session_run lane "SELECT string_agg(t.name(outcome), ' ' ORDER BY ord) FROM (SELECT DISTINCT ord, outcome FROM terminal_enter(
	'{440100000000071,440100000000072,440100000000001}', '{819000000071,819000000001,819000000001}', '{t,t,t}')) e")" \
	"ok again ok" "a locked terminal: who wants its number comes again, the others enter"
is "$(session_run lane "SELECT t.issue('a', t.rid(120), t.vid('a', 20), 5)")" ok "it can still buy"
session_run stranger "ROLLBACK" >/dev/null
books
done_testing
