# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# A gateway over real TLS and fake managers, for tests/flow/gateway-*.t; to be sourced.
#
#   gw_begin                     directory $GW_DIR, address $GW_IP, certificates
#   gw_config NAME [LINE...]     $GW_DIR/NAME.cfg: HTTPS on $GW_IP:$GW_PORT, link $GW_DIR/NAME.sock
#   gw_start NAME                waits until it listens; gw_stop NAME [SIGNAL]
#   gw_manager NAME [OPTION...]  fake manager at the sockets of $GW_LINKS (default: gw)
#   ask METHOD PATH [CURL...]    by curl with the good key; sets $status; head and body in files
#   head NAME                    a header field's value;  body [PYTHON]: an expression over `b`
#   ok TEXT COMMAND...           one TAP line;  is TEXT GOT WANTED;  done_testing
#
# Each exchange of ask is kept in $GW_DIR/exchanges, to be compared with docs/openapi.yaml.
# Whatever happens, all that was started is stopped, by its process id.

GW_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
GW_BIN=${ENV_BIN:-$GW_ROOT}
GW_BUILD=build
GW_SAN=
case "$GW_BIN" in *build-asan*) GW_BUILD=build-asan GW_SAN=SAN=1 ;; esac
GW_FAKE=$GW_ROOT/$GW_BUILD/tests/unit/gateway/fake_manager
GW_PORT=8443
GOOD_KEY=tgk_live_goodgoodgoodgood
n_tests=0
n_failed=0

gw_begin() {
	GW_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tegata-gw-XXXXXX")
	trap gw_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir "$GW_DIR/exchanges"
	# An address of its own for each run: the directory is the lock.
	until GW_IP=127.$((RANDOM % 200 + 20)).$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1)) &&
		mkdir "/tmp/tegata-ip-$GW_IP" 2>/dev/null; do :; done
	# Several tests begin at once: one of them builds.
	mkdir -p "$GW_ROOT/$GW_BUILD"
	flock "$GW_ROOT/$GW_BUILD" make -s -C "$GW_ROOT" $GW_SAN "$GW_BUILD/tests/unit/gateway/fake_manager" >&2 || exit 1
	gw_certificate server "$GW_IP"
}

gw_end() {
	local code=$? file
	trap '' INT TERM HUP
	for file in "$GW_DIR"/*.pid; do
		[ -e "$file" ] && gw_stop "$(basename "$file" .pid)" TERM 3
	done
	if [ "$code" != 0 ]; then
		tail -n 30 "$GW_DIR"/*.log >&2
	fi
	rmdir "/tmp/tegata-ip-$GW_IP"
	[ -n "${ENV_KEEP-}" ] || rm -rf "$GW_DIR"
	trap - EXIT
	exit "$code"
}

# gw_certificate NAME ADDRESS: NAME.pem and NAME.key, signed by itself
gw_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-keyout "$GW_DIR/$1.key" -out "$GW_DIR/$1.pem" -subj "/CN=$1" \
		-addext "subjectAltName=IP:$2" 2>/dev/null
	chmod 600 "$GW_DIR/$1.key"
}

gw_config() {
	local name=$1
	shift
	{
		printf 'log stderr\n logging level set-all info\n logging print category 1\n'
		printf 'line vty\n bind %s\n' "${GW_VTY_IP:-$GW_IP}"
		printf 'ctrl\n bind %s\n' "${GW_VTY_IP:-$GW_IP}"
		printf 'gateway\n name %s\n https bind %s:%s\n' "$name" "$GW_IP" "$GW_PORT"
		printf ' tls certificate %s/server.pem\n tls key %s/server.key\n' "$GW_DIR" "$GW_DIR"
		printf ' link bind unix:%s/%s.sock\n' "$GW_DIR" "$name"
		for line; do printf ' %s\n' "$line"; done
	} >"$GW_DIR/$name.cfg"
}

gw_spawn() {
	local name=$1
	shift
	"$@" >>"$GW_DIR/$name.log" 2>&1 </dev/null &
	echo $! >"$GW_DIR/$name.pid"
}

gw_running() {
	[ -e "$GW_DIR/$1.pid" ] && kill -0 "$(cat "$GW_DIR/$1.pid")" 2>/dev/null
}

gw_stop() {
	local pid i
	[ -e "$GW_DIR/$1.pid" ] || return 0
	pid=$(cat "$GW_DIR/$1.pid")
	kill -s "${2-TERM}" "$pid" 2>/dev/null
	for ((i = 0; i < ${3-10} * 20; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	kill -s KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	# shellcheck disable=SC2034 # for those who source this
	gw_exit=$?
	rm -f "$GW_DIR/$1.pid"
}

gw_wait() {
	local end=$((SECONDS + 10))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "# waited in vain for: $*"; return 1; }
		sleep 0.05
	done
}

gw_start() {
	gw_spawn "$1" "$GW_BIN/tegata-gateway" -c "$GW_DIR/$1.cfg"
	gw_wait grep -q "started" "$GW_DIR/$1.log"
}

gw_manager() {
	local name=$1 link links=()
	shift
	for link in ${GW_LINKS:-gw}; do links+=("unix:$GW_DIR/$link.sock"); done
	gw_spawn "$name" "$GW_FAKE" --name "$name" "$@" "${links[@]}"
	gw_wait grep -q '^up' "$GW_DIR/$name.log"
}

gw_is_ready() {
	[ "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$GW_DIR/server.pem" \
		"https://$GW_IP:$GW_PORT/readyz")" = 200 ]
}

ask() {
	local method=$1 path=$2
	shift 2
	n_asked=$((${n_asked:-0} + 1))
	answer=$GW_DIR/exchanges/$(printf %04d "$n_asked")
	local fields=(-H "Content-Type: ${type-application/json}")
	# key= sends none.
	[ -z "${key-$GOOD_KEY}" ] || fields+=(-H "Authorization: Bearer ${key-$GOOD_KEY}")
	[ "$method" = HEAD ] && fields+=(-I)
	status=$(curl -s -m 10 --cacert "$GW_DIR/server.pem" -X "$method" -D "$answer.head" \
		-o "$answer.body" -w '%{http_code}' "${fields[@]}" "$@" \
		"https://$GW_IP:$GW_PORT$path" 2>>"$GW_DIR/curl.log")
	tr -d '\r' <"$answer.head" >"$answer.tmp" 2>/dev/null && mv "$answer.tmp" "$answer.head"
	[ "$status" = 000 ] || echo "$method $path $status" >"$answer.meta"
}

check() { # BODY [CURL...]
	local data=$1
	shift
	ask POST /v1/ownership-checks --data-binary "$data" "$@"
}

head_of() {
	sed -n "s/^$1: //Ip" "$answer.head" | tail -n 1
}

body() {
	python3 -c 'import json,sys
b = json.load(open(sys.argv[1]))
v = eval(sys.argv[2])
print(v if isinstance(v, str) else json.dumps(v))' "$answer.body" "${1-b}"
}

# A valid value id out of a number.
value_id() {
	python3 -c 'import sys
d = "%019d" % (int(sys.argv[1]) + 10**17)
s = sum(sum(divmod(2 * int(c), 10)) if i % 2 == 0 else int(c) for i, c in enumerate(reversed(d)))
print(d + str(-s % 10))' "$1"
}

ok() {
	local text=$1
	shift
	n_tests=$((n_tests + 1))
	if "$@"; then
		echo "ok $n_tests - $text"
	else
		echo "not ok $n_tests - $text"
		echo "#   $*"
		n_failed=$((n_failed + 1))
	fi
}

is() {
	ok "$1" test "$2" = "$3"
}

# A problem of this status and code.
refused() { # TEXT STATUS CODE
	is "$1" "$status $(body 'b["code"]' 2>/dev/null)" "$2 $3"
}

openapi_agrees() {
	ok "every answer is as docs/openapi.yaml says" \
		python3 "$GW_ROOT/tests/lib/openapi.py" "$GW_ROOT/docs/openapi.yaml" "$GW_DIR/exchanges"
}

done_testing() {
	echo "1..$n_tests"
	[ "$n_failed" = 0 ]
}
