# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash disable=SC2119
#
# What the benchmarks share; to be sourced.  All figures of one run stand beside a yardstick of
# the same run: pgbench -M prepared -c 8 -j 2 on the same function with one request a call, at the
# same durability.

BENCH_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/env.sh
. "$BENCH_ROOT/tests/lib/env.sh"

# Of the first of them.
BENCH_IMSI=001010000000001
BENCH_MSISDN=819000000001

# bench_begin TERMINALS: a durable cluster, a manager that asks nothing back, and terminals with
# money whose ids pgbench can compute: n * 64 + n % 64.
bench_begin() {
	BENCH_TERMINALS=$1
	env_begin
	pg_start "$ENV_DIR" "shared_buffers = 512MB" "max_wal_size = 4GB" "min_wal_size = 4GB" \
		"checkpoint_timeout = 30min" "wal_compression = off" || return 1
	"$PG_BIN/createdb" tegata && env_ctl db install >>"$ENV_DIR/ctl.log" || return 1
	env_sql -v n="$1" -v imsi="$BENCH_IMSI" -v msisdn="$BENCH_MSISDN" >>"$ENV_DIR/ctl.log" 2>&1 <<-'EOF' || return 1
		SELECT tegata.operator_product_set('coupon', 'Coupon', 'JPY', '{500}', NULL, NULL, NULL, 0,
			0, NULL, NULL, NULL, NULL, NULL, true, 1, 'benchmark');
		INSERT INTO tegata.terminal (terminal_id, home, kind, address, imsi, imsi_bound_at)
		SELECT i * 64 + i % 64, i % 64, 1, (:msisdn + i - 1)::text, lpad((:'imsi'::bigint + i - 1)::text, 15, '0'), now()
		FROM generate_series(1, :n) i;
		INSERT INTO tegata.account (home, terminal_id, currency, mode, credit_limit)
		SELECT home, terminal_id, 'JPY', 2, 1000000000000 FROM tegata.terminal;
		ANALYZE;
	EOF
	[ -n "${BENCH_NO_MANAGER-}" ] && return 0
	export ENV_DIALOGUE_EXTRA="confirm-oneshot never
 repeat-guard 0"
	mkdir -p "$ENV_DIR"
	env_gateway && env_manager
}

# bench_load SECONDS [OPTION...]: dialogues a second through handset-sim, direct; JSON in
# $ENV_DIR/load.json.
bench_load() {
	local seconds=$1
	shift
	"$ENV_BIN/tegata-handset" load --via direct --address "$ENV_IP:4223" --local-address "$ENV_IP" \
		--name MSC-1 --terminals "$BENCH_TERMINALS" --imsi-base "$BENCH_IMSI" \
		--msisdn-base "$BENCH_MSISDN" --seconds "$seconds" --amount 500 --json "$@" \
		>"$ENV_DIR/load.json" 2>>"$ENV_DIR/load.log"
}

# bench_yardstick SECONDS: calls a second; latencies in $ENV_DIR/pgbench.out.
bench_yardstick() {
	local day
	day=$((($(date +%s) - 1577836800) / 86400))
	cat >"$ENV_DIR/issue.pgbench" <<-'EOF'
		\set n random(1, :terminals)
		\set terminal :n * 64 + :n % 64
		\set value (:day << 48) | ((:n % 64) << 42) | random(0, 4398046511103)
		SELECT outcome FROM tegata.value_issue(ARRAY[gen_random_uuid()], ARRAY[:terminal::bigint], ARRAY['coupon'], ARRAY[500::bigint], ARRAY[0::bigint], ARRAY[:value::bigint], ARRAY[0], ARRAY['pgbench']);
	EOF
	"$PG_BIN/pgbench" -n -M prepared -c 8 -j 2 -T "$1" -D terminals="$BENCH_TERMINALS" \
		-D day="$day" -f "$ENV_DIR/issue.pgbench" tegata >"$ENV_DIR/pgbench.out" 2>&1 || return 1
	sed -n 's/^tps = \([0-9]*\).*/\1/p' "$ENV_DIR/pgbench.out"
}

# bench_json FILE EXPRESSION: of the object d.
bench_json() {
	python3 -c 'import json,sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}
