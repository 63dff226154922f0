# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# A whole Tegata of its own for one test or demo: directory, 127.x address, PostgreSQL, OsmoHLR,
# gateway, manager, sample shop; to be sourced.
#
#   . tests/lib/env.sh
#   env_begin                      directory $ENV_DIR, address $ENV_IP, clean-up at exit
#   env_postgres [LINE...]         database "tegata" with the schema, and what env_seed puts in
#   env_hlr                        OsmoHLR on $ENV_IP with the phones of env_seed
#   env_gateway [NAME]             link socket $ENV_DIR/NAME.sock, HTTPS on $ENV_IP:8443
#   env_manager [NAME [ADDRESS]]   GSUP server on ADDRESS:4223, VTY and CTRL on ADDRESS
#   env_shop                       docs/examples/shop.py on $ENV_IP:8080
#   env_wait SECONDS COMMAND...    until it succeeds
#   env_spawn NAME COMMAND...      $ENV_DIR/NAME.log, $ENV_DIR/NAME.pid
#   env_stop NAME [SIGNAL]         waits until it has ended; env_running NAME
#
# Whatever happens, env_end stops every process that was started here, by its id, and removes the
# directory (ENV_KEEP=1 keeps it).

ENV_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ENV_BIN=${ENV_BIN:-$ENV_ROOT}
# shellcheck source=tests/lib/pg.sh
. "$ENV_ROOT/tests/lib/pg.sh"

# The phones and the shop that env_seed makes.
# shellcheck disable=SC2034 # for those who source this
{
ENV_IMSI_A=001010000000001 ENV_MSISDN_A=819012345671
ENV_IMSI_B=001010000000002 ENV_MSISDN_B=819012345672
ENV_IMSI_C=001010000000003 ENV_MSISDN_C=819012345673
ENV_SHOP=4711
}

env_begin() {
	ENV_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tegata-XXXXXX")
	chmod 755 "$ENV_DIR"
	trap env_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	env_address
}

# Ports of OsmoHLR are fixed, so each run has an address of its own; the directory is the lock.
env_address() {
	local i
	for i in $(seq 200); do
		ENV_IP=127.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 1)).$((RANDOM % 125 * 2 + 1))
		if mkdir "/tmp/tegata-ip-$ENV_IP" 2>/dev/null; then
			# A second one beside it, for a second manager.
			# shellcheck disable=SC2034 # for those who source this
			ENV_IP2=${ENV_IP%.*}.$((${ENV_IP##*.} + 1))
			return 0
		fi
	done
	echo "no free address after $i tries" >&2
	return 1
}

env_end() {
	local code=$? pid_file
	trap '' INT TERM HUP
	for pid_file in "$ENV_DIR"/*.pid; do
		[ -e "$pid_file" ] && env_stop "$(basename "$pid_file" .pid)" TERM 3
	done
	[ -d "$ENV_DIR/pg" ] && pg_kill "$ENV_DIR"
	rmdir "/tmp/tegata-ip-$ENV_IP" 2>/dev/null
	if [ "$code" != 0 ] && [ -z "${ENV_QUIET-}" ]; then
		env_logs >&2
	fi
	[ -n "${ENV_KEEP-}" ] || rm -rf "$ENV_DIR"
	trap - EXIT
	exit "$code"
}

env_logs() {
	local log
	for log in "$ENV_DIR"/*.log; do
		[ -s "$log" ] || continue
		echo "--- ${log##*/}"
		tail -n 25 "$log"
	done
}

env_spawn() {
	local name=$1
	shift
	"$@" >>"$ENV_DIR/$name.log" 2>&1 </dev/null &
	echo $! >"$ENV_DIR/$name.pid"
}

env_running() {
	[ -e "$ENV_DIR/$1.pid" ] && kill -0 "$(cat "$ENV_DIR/$1.pid")" 2>/dev/null
}

# env_stop NAME [SIGNAL [SECONDS]]: after SECONDS it is killed.
env_stop() {
	local name=$1 signal=${2-TERM} seconds=${3-15} pid i
	[ -e "$ENV_DIR/$name.pid" ] || return 0
	pid=$(cat "$ENV_DIR/$name.pid")
	kill -s "$signal" "$pid" 2>/dev/null
	for ((i = 0; i < seconds * 20; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	kill -s KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	rm -f "$ENV_DIR/$name.pid"
	return 0
}

env_wait() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

env_ctl() {
	"$ENV_BIN/tegatactl" --db "host=$PGHOST port=$PGPORT dbname=tegata user=${ENV_OPERATOR:-postgres}" \
		--sql-dir "$ENV_ROOT/sql" "$@"
}

env_sql() {
	psql -X -q -At -d tegata "$@"
}

env_postgres() {
	pg_start "$ENV_DIR" "$@" || return 1
	"$PG_BIN/createdb" tegata && env_ctl db install >>"$ENV_DIR/ctl.log" && env_seed
}

# --- CTRL: one question over IPA -------------------------------------------------------------

# env_ctrl_get ADDRESS PORT VARIABLE
env_ctrl_get() {
	python3 "$ENV_ROOT/tests/lib/ctrl.py" "$@"
}

# env_vty ADDRESS PORT COMMAND...: what it answers, without prompts.
env_vty() {
	python3 "$ENV_ROOT/tests/lib/vty.py" "$@"
}

# --- what every test finds --------------------------------------------------------------------

# A personal operator role, a product of yen and one of euro with a fee, three phones with money
# (the third postpaid), a shop with a key in $ENV_DIR/shop.key.
env_seed() {
	env_sql -c "CREATE ROLE alice_ops LOGIN IN ROLE tegata_operator" -c \
		"CREATE ROLE an_auditor LOGIN IN ROLE tegata_auditor" || return 1
	ENV_OPERATOR=alice_ops
	{
		env_ctl product set coupon name=Coupon currency=JPY amounts=500,1000,3000 min=100 \
			max=10000 step=100 fee=10 valid-days=180 position=1 &&
			env_ctl product set ticket name=Ticket currency=EUR amounts=5.00,10.00 \
				fee=0.10 fee-permille=5 position=2 &&
			printf '%s\n' number,imsi,mode,credit_limit,currency \
				"$ENV_MSISDN_A,$ENV_IMSI_A,prepaid,," \
				"$ENV_MSISDN_B,$ENV_IMSI_B,prepaid,," \
				"$ENV_MSISDN_C,$ENV_IMSI_C,postpaid,5000,JPY" >"$ENV_DIR/phones.csv" &&
			env_ctl terminal import "$ENV_DIR/phones.csv" &&
			env_ctl terminal top-up "$ENV_MSISDN_A" 10000 JPY --reference seed-a &&
			env_ctl terminal top-up "$ENV_MSISDN_A" 100.00 EUR --reference seed-a-eur &&
			env_ctl terminal top-up "$ENV_MSISDN_B" 2000 JPY --reference seed-b &&
			env_ctl shop add "$ENV_SHOP" "Kissaten Aoi" --rate 1000 --burst 5000
	} >>"$ENV_DIR/ctl.log" 2>&1 || return 1
	env_ctl key add "$ENV_SHOP" first 2>>"$ENV_DIR/ctl.log" >"$ENV_DIR/shop.key"
}
