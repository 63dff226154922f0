# SPDX-License-Identifier: AGPL-3.0-or-later
# Months that a batch is not about are not opened, however many there are.  An index that was
# opened is locked until the transaction ends; the first call makes the plan, which opens them all.
. "$(dirname "$0")/../lib/session.sh"

sql "SELECT partition_ensure(100);
CREATE FUNCTION t.of_month(m int, n int) RETURNS bigint LANGUAGE sql
RETURN value_id_day(date_trunc('month', now(), 'UTC') + make_interval(months => m, days => 10)) << 48 | ((t.id('a') & 63) << 42) | n;
INSERT INTO value (value_id, amount, issuer_id, owner_id, owner_since, version, home, product_id, state, policy, currency)
SELECT t.of_month(m, n), 1, t.id('a'), t.id('a'), now(), 1, t.id('a') & 63, p.product_id, 1, 1, p.currency
FROM generate_series(0, 3) m, generate_series(1, 2) n, product p WHERE p.code = 'cash';
-- Who limits what may be held looks at all that is held.
UPDATE product SET held_max = NULL" >/dev/null

# opened CALL: how many months from now the partitions of value are of that CALL opens; {n} is 1
# when the plan is made, then 2.
opened() {
	psql -X -q -A -t -d "$DB" <<-SQL
		SET search_path = tegata, public;
		SELECT FROM ${1//\{n\}/1} \\g /dev/null
		BEGIN;
		SELECT FROM ${1//\{n\}/2} \\g /dev/null
		SELECT string_agg(DISTINCT coalesce(m.n::text, 'default'), ' ')
		FROM pg_locks l
		JOIN pg_index x ON x.indexrelid = l.relation
		JOIN pg_inherits h ON h.inhrelid = x.indrelid AND h.inhparent = 'value'::regclass
		LEFT JOIN generate_series(0, 5) m(n) ON h.inhrelid = to_regclass('value_'
			|| to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => m.n), 'YYYY_MM'))
		WHERE l.pid = pg_backend_pid();
	SQL
}

# check MONTH...
check() {
	local n=$# ids
	ids=$(printf 't.of_month(%s, {n}), ' "$@")
	echo "ownership_check(ARRAY[t.id('a')], '{NULL}', '{check}', array_fill(1, ARRAY[$n]), ARRAY[${ids%, }])"
}

is "$(opened "$(check 1)")" 1 'a check opens the month of its value'
is "$(opened "$(check 0 1)")" '0 1' 'and those of its values'
is "$(opened "$(check 2 1)")" '1 2' 'from the oldest to the newest'
transfer="value_transfer(ARRAY[t.rid({n})], ARRAY[t.id('a')], ARRAY[t.of_month(2, {n})], '{0}', '{3344}', '{\"\"}', '{0}', '{x}')"
months=$(opened "$transfer")
is "${months%% *}" 2 'a transfer opens none before it'
done_testing
