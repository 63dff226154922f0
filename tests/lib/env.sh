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
ENV_IMSI_D=001010000000004 ENV_MSISDN_D=819012345674
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
	local code=$? name
	trap '' INT TERM HUP
	# The last that was started is the first to stop.
	for name in $(tac "$ENV_DIR/started" 2>/dev/null); do
		env_stop "$name" TERM 3
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
	echo "$name" >>"$ENV_DIR/started"
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

# --- the daemons ------------------------------------------------------------------------------

# OsmoHLR: GSUP 4222, VTY 4258, CTRL 4259 on $ENV_IP; its subscribers are the phones A to D.
env_hlr() {
	local n imsi msisdn
	cat >"$ENV_DIR/hlr.cfg" <<-EOF
		line vty
		 no login
		 bind $ENV_IP
		ctrl
		 bind $ENV_IP
		hlr
		 gsup
		  bind ip $ENV_IP
		  ipa-name HLR-test
		 euse carrier
		 ussd route prefix *188 external carrier
		 ussd default-route external carrier
		 ncss-guard-timeout 30
	EOF
	env_spawn hlr osmo-hlr -s -c "$ENV_DIR/hlr.cfg" -l "$ENV_DIR/hlr.db"
	env_wait 10 env_vty "$ENV_IP" 4258 "show version"
	[ -n "${1-}" ] && return 0
	n=0
	for imsi in "$ENV_IMSI_A" "$ENV_IMSI_B" "$ENV_IMSI_C" "$ENV_IMSI_D"; do
		n=$((n + 1))
		msisdn=$(eval "echo \$ENV_MSISDN_$(echo ABCD | cut -c $n)")
		env_ctrl_get "$ENV_IP" 4259 subscriber.create "$imsi" >/dev/null &&
			env_ctrl_get "$ENV_IP" 4259 "subscriber.by-imsi-$imsi.msisdn" "$msisdn" \
				>/dev/null || return 1
	done
}

# env_gateway [NAME]: certificate made once; HTTPS on $ENV_IP:8443 (SO_REUSEPORT: any number).
env_gateway() {
	local name=${1-gateway} ip=${2-$ENV_IP}
	[ -e "$ENV_DIR/tls.crt" ] || env_certificate || return 1
	cat >"$ENV_DIR/$name.cfg" <<-EOF
		line vty
		 no login
		 bind $ip
		ctrl
		 bind $ip
		gateway
		 name $name
		 https bind $ENV_IP:8443
		 tls certificate $ENV_DIR/tls.crt
		 tls key $ENV_DIR/tls.key
		 link bind unix:$ENV_DIR/$name.sock
		 metrics bind $ip:9471
		 ${ENV_GATEWAY_EXTRA-}
	EOF
	env_spawn "$name" "$ENV_BIN/tegata-gateway" -c "$ENV_DIR/$name.cfg"
	env_wait 10 test -S "$ENV_DIR/$name.sock"
}

env_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj "/CN=localhost" -addext "subjectAltName=IP:$ENV_IP,DNS:localhost" \
		-keyout "$ENV_DIR/tls.key" -out "$ENV_DIR/tls.crt" 2>"$ENV_DIR/openssl.log" &&
		chmod 600 "$ENV_DIR/tls.key"
}

# env_manager [NAME [ADDRESS [GATEWAY...]]]: GSUP server on ADDRESS:4223; with env_hlr also its client.
env_manager() {
	local name=${1-manager} ip=${2-$ENV_IP} gateway
	shift $(($# > 2 ? 2 : $#))
	{
		cat <<-EOF
			line vty
			 no login
			 bind $ip
			ctrl
			 bind $ip
			manager
			 metrics bind $ip:9470
			 drain-timeout 10
			database
			 address unix:$PGHOST
			 name tegata
			 user tegata_ledger
			dialogue
			 texts-dir $ENV_ROOT/etc/texts
			 service-code 188
			 country-code 81
			 national-prefix 0
			 international-prefix 010
			 default-product coupon
			 ${ENV_DIALOGUE_RATE-no terminal-rate}
			 timezone +00:00
			 ${ENV_DIALOGUE_EXTRA-}
			direct
			 bind $ip:4223
			 peer MSC-1 address $ENV_IP trust-msisdn
			 ${ENV_DIRECT_EXTRA-}
		EOF
		[ ! -e "$ENV_DIR/hlr.cfg" ] || cat <<-EOF
			hlr carrier
			 address $ENV_IP:4222
			 euse-name carrier
			 ctrl-address $ENV_IP:4259
			 ${ENV_HLR_EXTRA-}
		EOF
		for gateway in "${@:-gateway}"; do
			cat <<-EOF
				gateway $gateway
				 address unix:$ENV_DIR/$gateway.sock
			EOF
		done
	} >"$ENV_DIR/$name.cfg"
	env_spawn "$name" "$ENV_BIN/tegata-manager" -c "$ENV_DIR/$name.cfg"
	env_wait 15 env_ready "$ip"
}

# Is the manager on ADDRESS ready?
env_ready() {
	[ "$(curl -s -o /dev/null -w '%{http_code}' "http://${1-$ENV_IP}:9470/readyz")" = 200 ]
}

# env_phone A|B|C|D ARGUMENT...: tegata-handset for that phone; ENV_VIA=hlr goes through OsmoHLR.
env_phone() {
	local imsi msisdn address=$ENV_IP:4223
	imsi=$(eval "echo \$ENV_IMSI_$1") msisdn=$(eval "echo \$ENV_MSISDN_$1")
	[ "${ENV_VIA-direct}" = direct ] || address=$ENV_IP:4222
	shift
	"$ENV_BIN/tegata-handset" --via "${ENV_VIA-direct}" --address "$address" \
		--local-address "$ENV_IP" --name MSC-1 --imsi "$imsi" --msisdn "$msisdn" \
		--country-code 81 --wallet-dir "$ENV_DIR/wallets" "$@"
}

# env_shop: the sample shop on $ENV_IP:8080, asking $ENV_IP:8443 with the seeded key.
env_shop() {
	env_spawn shop python3 "$ENV_ROOT/docs/examples/shop.py" --bind "$ENV_IP" --port 8080 \
		--gateway "https://$ENV_IP:8443" --key-file "$ENV_DIR/shop.key" --ca "$ENV_DIR/tls.crt"
	env_wait 10 curl -s -o /dev/null "http://$ENV_IP:8080/"
}

# env_curl PATH [CURL OPTION...]: the gateway, with the seeded shop's key.
env_curl() {
	local path=$1
	shift
	curl -s --max-time 10 --cacert "$ENV_DIR/tls.crt" \
		-H "Authorization: Bearer ${ENV_KEY-$(cat "$ENV_DIR/shop.key")}" \
		"https://$ENV_IP:8443$path" "$@"
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

# A personal operator role, a product of yen and one of euro with a fee, four phones with money (C
# postpaid, D in Japanese), a shop with a key in $ENV_DIR/shop.key.
env_seed() {
	env_sql -c "CREATE ROLE alice_ops LOGIN IN ROLE tegata_operator" -c \
		"CREATE ROLE an_auditor LOGIN IN ROLE tegata_auditor" || return 1
	ENV_OPERATOR=alice_ops
	{
		env_ctl product set coupon name=Coupon currency=JPY amounts=500,1000,3000 min=100 \
			max=10000 step=100 fee=10 valid-days=180 position=1 &&
			env_ctl product set ticket name=Ticket currency=EUR amounts=5.00,10.00 \
				fee=0.10 fee-permille=5 position=2 &&
			printf '%s\n' number,imsi,mode,credit_limit,currency,language \
				"$ENV_MSISDN_A,$ENV_IMSI_A,prepaid,,," \
				"$ENV_MSISDN_B,$ENV_IMSI_B,prepaid,,," \
				"$ENV_MSISDN_C,$ENV_IMSI_C,postpaid,5000,JPY," \
				"$ENV_MSISDN_D,$ENV_IMSI_D,prepaid,,,ja" >"$ENV_DIR/phones.csv" &&
			env_ctl terminal import "$ENV_DIR/phones.csv" &&
			env_ctl terminal top-up "$ENV_MSISDN_A" 10000 JPY --reference seed-a &&
			env_ctl terminal top-up "$ENV_MSISDN_A" 100.00 EUR --reference seed-a-eur &&
			env_ctl terminal top-up "$ENV_MSISDN_B" 2000 JPY --reference seed-b &&
			env_ctl terminal top-up "$ENV_MSISDN_D" 2000 JPY --reference seed-d &&
			env_ctl shop add "$ENV_SHOP" "Kissaten Aoi" --rate 1000 --burst 5000
	} >>"$ENV_DIR/ctl.log" 2>&1 || return 1
	env_ctl key add "$ENV_SHOP" first 2>>"$ENV_DIR/ctl.log" >"$ENV_DIR/shop.key"
}
