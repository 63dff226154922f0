# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash disable=SC2119
#
# What the benchmarks share; to be sourced.  All figures of one run stand beside a yardstick of
# the same run: pgbench -M prepared -c 8 -j 2 on the same function with one request a call, at the
# same durability.

export PYTHONDONTWRITEBYTECODE=1
BENCH_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/env.sh
. "$BENCH_ROOT/tests/lib/env.sh"
# shellcheck source=tests/bench/kernel.sh
. "$BENCH_ROOT/tests/bench/kernel.sh"

# Of the first of them.
BENCH_IMSI=001010000000001
BENCH_MSISDN=819000000001

# bench_begin TERMINALS: a durable cluster, a manager that asks nothing back, and terminals with
# money whose ids pgbench can compute: n * 64 + n % 64.
bench_begin() {
	local mb=${BENCH_SHARED_MB-$(bench_shared_mb)}
	BENCH_TERMINALS=$1
	env_begin
	bench_kernel "$mb"
	pg_start "$ENV_DIR" "shared_buffers = ${mb}MB" "huge_pages = $BENCH_HUGE_PAGES" \
		"max_wal_size = 4GB" "min_wal_size = 4GB" "checkpoint_timeout = 30min" \
		"wal_compression = off" || return 1
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
 repeat-guard 0
 ${BENCH_DIALOGUE_EXTRA-}"
	# A second MSC, for dialogues that stay open beside the load.
	export ENV_DIRECT_EXTRA="peer MSC-2 address $ENV_IP trust-msisdn"
	mkdir -p "$ENV_DIR"
	env_gateway && env_manager
}

# bench_wal_files: 2 GB of them, which checkpoints hand on from then on, as in a ledger that has been
# in service for a while.  A new cluster makes and syncs each one when it is needed, and nobody
# commits meanwhile: 17 ms at every 16 MB.
bench_wal_files() {
	local i
	for ((i = 0; i < 128; i++)); do
		echo "SELECT pg_logical_emit_message(false, 'bench', ''); SELECT pg_switch_wal();"
	done | env_sql -v ON_ERROR_STOP=1 >>"$ENV_DIR/ctl.log" && env_sql -c CHECKPOINT
}

# bench_settings PART...: which there are; what cannot be measured with is told before anything starts.
bench_settings() {
	local part wrong=
	[[ $BENCH_SECONDS =~ ^([2-9]|[1-9][0-9]+)$ ]] || wrong="BENCH_SECONDS=$BENCH_SECONDS: 2 at least"
	[[ $BENCH_ROUNDS =~ ^[1-9][0-9]*$ ]] || wrong="BENCH_ROUNDS=$BENCH_ROUNDS: 1 at least"
	[[ $BENCH_PARTS =~ [^[:space:]] ]] || wrong="BENCH_PARTS: nothing is to be measured"
	for part in $BENCH_PARTS; do
		[[ " $* " == *" $part "* ]] || wrong="BENCH_PARTS: \"$part\" is none of: $*"
	done
	[ -z "$wrong" ] || { echo "$wrong" >&2; return 2; }
}

# bench_violations: no rule of the ledger is broken.
bench_violations() {
	local n
	n=$(env_sql -c "SET jit = off; SELECT count(*) FROM audit.violations")
	[ "$n" = 0 ] || { echo "audit.violations: $n" >&2; return 1; }
}

# A quarter of the memory, as docs/operations.md says.
bench_shared_mb() {
	awk '/^MemTotal:/ { print int($2 / 4096) }' /proc/meminfo
}

# bench_load SECONDS [OPTION...]: dialogues a second through handset-sim, direct; JSON in
# $ENV_DIR/load.json.  BENCH_UNDER: the words of a command that runs it.
bench_load() {
	local seconds=$1
	shift
	# shellcheck disable=SC2086 # words
	${BENCH_UNDER-} "$ENV_BIN/tegata-handset" load --via direct --address "$ENV_IP:4223" --local-address "$ENV_IP" \
		--name MSC-1 --terminals "$BENCH_TERMINALS" --imsi-base "$BENCH_IMSI" \
		--msisdn-base "$BENCH_MSISDN" --seconds "$seconds" --amount 500 --json "$@" \
		>"$ENV_DIR/load.json" 2>>"$ENV_DIR/load.log"
}

# Request ids of the yardsticks are old ones, as far as their order goes: newer ones would count as
# seen, and the phones of the other side would have nothing to be told.
#
# bench_issue_script: one issue, for pgbench, in $ENV_DIR/issue.pgbench.  Each client has terminals
# of its own, so that none finds an account locked.
bench_issue_script() {
	cat >"$ENV_DIR/issue.pgbench" <<-'EOF'
		\set n random(0, :terminals / 8 - 1) * 8 + :client_id + 1
		\set terminal :n * 64 + :n % 64
		\set value (:day << 48) | ((:n % 64) << 42) | random(0, 4398046511103)
		SELECT 1 / (outcome = 0)::int FROM tegata.value_issue(ARRAY[overlay(gen_random_uuid()::text placing '00000000' from 1 for 8)::uuid], ARRAY[:terminal::bigint], ARRAY['coupon'], ARRAY[500::bigint], ARRAY[0::bigint], ARRAY[:value::bigint], ARRAY[0], ARRAY['pgbench']);
	EOF
}

# bench_yardstick SECONDS: calls a second; latencies in $ENV_DIR/pgbench.out.
bench_yardstick() {
	bench_issue_script
	"$PG_BIN/pgbench" -n -M prepared -c 8 -j 2 -T "$1" -D terminals="$BENCH_TERMINALS" \
		-D day="$(bench_day)" -f "$ENV_DIR/issue.pgbench" tegata >"$ENV_DIR/pgbench.out" 2>&1 || return 1
	sed -n 's/^tps = \([0-9]*\).*/\1/p' "$ENV_DIR/pgbench.out"
}

# Of value ids.
bench_day() {
	echo $((($(date +%s) - 1577836800) / 86400))
}

# bench_values FIRST COUNT: values in a row, as tests/bench/values.sql says.
bench_values() {
	env_sql -v ON_ERROR_STOP=1 -v first="$1" -v count="$2" -v terminals="$BENCH_TERMINALS" \
		-v day="$(bench_day)" <"$BENCH_ROOT/tests/bench/values.sql"
}

# bench_shop: a shop without a limit, its key in $ENV_DIR/shop.key, and 20,000 values that it
# owns, their ids in $ENV_DIR/shop.ids.  To be called before there are other values.
bench_shop() {
	env_ctl shop add "$ENV_SHOP" Benchmark --rate 1000000000 --burst 1000000000 \
		>>"$ENV_DIR/ctl.log" 2>&1 &&
		env_ctl key add "$ENV_SHOP" first 2>>"$ENV_DIR/ctl.log" >"$ENV_DIR/shop.key" &&
		bench_values 1 20000 &&
		env_sql -v ON_ERROR_STOP=1 -v shop="$ENV_SHOP" >"$ENV_DIR/shop.numbers" <<-'EOF' &&
			SELECT sum(1 / (r.outcome = 0)::int) AS moved
			FROM (SELECT array_agg(value_id) AS ids, array_agg(owner_id) AS owners, count(*)::int AS n
				FROM tegata.value GROUP BY value_id % 20) b, LATERAL tegata.value_transfer(
				(SELECT array_agg(overlay(gen_random_uuid()::text placing '00000000' from 1 for 8)::uuid)
					FROM unnest(ids)), owners, ids,
				array_fill(0::bigint, ARRAY[n]), array_fill(:'shop'::text, ARRAY[n]),
				array_fill(''::text, ARRAY[n]), array_fill(0, ARRAY[n]),
				array_fill('bench'::text, ARRAY[n])) r \gset
			SELECT lpad(value_id::text, 19, '0') FROM tegata.value ORDER BY random();
		EOF
		python3 "$BENCH_ROOT/tests/bench/value_ids.py" <"$ENV_DIR/shop.numbers" >"$ENV_DIR/shop.ids"
}

# bench_servers: what the gateway is compared with, under its certificate and its cipher: nginx
# ($ENV_IP:8444) and a bare libmicrohttpd ($ENV_IP:8445), each one process that answers /0 and /1
# with what the gateway answered to 1 and to 100 checks.
bench_servers() {
	local n
	for n in 1 100; do
		bench_check_body "$n" >"$ENV_DIR/body-$n" &&
			env_wait 5 env_curl /v1/ownership-checks -f -H 'Content-Type: application/json' \
				--data-binary "@$ENV_DIR/body-$n" -o "$ENV_DIR/answer-$n" || return 1
	done
	mkdir -p "$ENV_DIR/nginx" "$ENV_DIR/www"
	cp "$ENV_DIR/answer-1" "$ENV_DIR/www/0" && cp "$ENV_DIR/answer-100" "$ENV_DIR/www/1"
	cat >"$ENV_DIR/nginx.conf" <<-EOF
		worker_processes 1;
		daemon off;
		pid $ENV_DIR/nginx/pid;
		error_log $ENV_DIR/nginx/error.log;
		events { worker_connections 16384; }
		http {
			access_log off;
			client_body_temp_path $ENV_DIR/nginx;
			proxy_temp_path $ENV_DIR/nginx;
			fastcgi_temp_path $ENV_DIR/nginx;
			uwsgi_temp_path $ENV_DIR/nginx;
			scgi_temp_path $ENV_DIR/nginx;
			keepalive_requests 1000000000;
			client_body_buffer_size 64k;
			default_type application/json;
			open_file_cache max=16;
			root $ENV_DIR/www;
			server {
				listen $ENV_IP:8444 ssl backlog=1024;
				ssl_certificate $ENV_DIR/tls.crt;
				ssl_certificate_key $ENV_DIR/tls.key;
				ssl_protocols TLSv1.2 TLSv1.3;
				ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
				location = /0 { return 200 '$(cat "$ENV_DIR/answer-1")'; }
				location = /1 { error_page 405 =200 \$uri; }
			}
		}
	EOF
	chmod -R a+rX "$ENV_DIR/www" "$ENV_DIR/nginx"
	chmod 777 "$ENV_DIR/nginx"
	env_spawn nginx nginx -e "$ENV_DIR/nginx/error.log" -c "$ENV_DIR/nginx.conf"
	env_spawn hello "$BENCH_ROOT/build/tests/bench/mhd_hello" "$ENV_IP:8445" "$ENV_DIR/tls.crt" \
		"$ENV_DIR/tls.key" "$ENV_DIR/answer-1" "$ENV_DIR/answer-100"
	env_wait 10 curl -s -f -o /dev/null --cacert "$ENV_DIR/tls.crt" "https://$ENV_IP:8444/0" &&
		env_wait 10 curl -s -f -o /dev/null --cacert "$ENV_DIR/tls.crt" "https://$ENV_IP:8445/1"
}

# bench_check_body ITEMS
bench_check_body() {
	head -n "$1" "$ENV_DIR/shop.ids" | python3 -c 'import json, sys
ids = [{"value_id": line.strip()} for line in sys.stdin]
print(json.dumps(ids[0] if len(ids) == 1 else {"checks": ids}, separators=(",", ":")), end="")'
}

# bench_json FILE EXPRESSION: of the object d.
bench_json() {
	python3 -c 'import json,sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}
