#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 180
#
# Where secrets are not: the logs of both daemons at their most verbose, PostgreSQL's log with every
# statement and parameter, its tables, the memory of both daemons once they have answered, a core.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

env_begin
export PG_FAST=1
env_postgres "log_statement = all" "log_parameter_max_length = -1" \
	"log_parameter_max_length_on_error = -1" || exit 1
printf 'a password of the database\n' >"$ENV_DIR/password" && chmod 600 "$ENV_DIR/password"
ENV_GATEWAY_EXTRA="log json $ENV_DIR/gateway.json"
env_gateway || exit 1
env_manager || exit 1
msc_start msc "$ENV_IP" 4223
sed -i "s|^ user tegata_ledger|&\n password-file $ENV_DIR/password|; s|^manager\$|&\n log json $ENV_DIR/manager.json|" \
	"$ENV_DIR/manager.cfg"
for name in manager gateway; do
	sed -i '1i log stderr\n logging level set-all debug' "$ENV_DIR/$name.cfg"
	kill -HUP "$(cat "$ENV_DIR/$name.pid")"
done
env_wait 10 test -s "$ENV_DIR/manager.json"
env_wait 10 env_ready

key=$(cat "$ENV_DIR/shop.key")
second=$(env_ctl key add "$ENV_SHOP" second 2>/dev/null)
wrong=tgk_live_$(openssl rand -hex 24) misplaced=tgk_live_$(openssl rand -hex 24)
ask() { # KEY [CURL...]
	ENV_KEY=$1 env_curl /v1/ownership-checks -o /dev/null -w '%{http_code}\n' \
		-H 'Content-Type: application/json' -d '{"value_id": "00000000000000000018"}' "${@:2}"
}

# --- traffic ----------------------------------------------------------------------------------
is 'a check' "$(ask "$key")" 200
is 'with the second key' "$(ask "$second")" 200
is 'with a wrong one' "$(ask "$wrong")" 401
is 'with a key of no form' "$(ask "$key extra")" 401
is 'with the key in the wrong place' "$(ask "$wrong" -H "X-Request-Id: $misplaced")" 401
ask "$key" -X "$key" >"$ENV_DIR/null"
ENV_KEY=$key env_curl "/v1/$key" >"$ENV_DIR/null"
ENV_KEY=$key env_curl "/v1/ownership-checks?key=$key" >"$ENV_DIR/null"
ENV_KEY=$key env_curl /v1/ownership-checks -H 'Content-Type: application/json' \
	-d "{\"$misplaced\": \"$misplaced\"}" >"$ENV_DIR/null"
python3 - "$ENV_DIR/tls.crt" "$ENV_IP" "$key" <<-'PY'
	import http.client, ssl, sys
	c = ssl.create_default_context(cafile=sys.argv[1])
	for cut in (40, 120):
	    s = c.wrap_socket(__import__("socket").create_connection((sys.argv[2], 8443)),
	                      server_hostname=sys.argv[2])
	    s.sendall(("POST /v1/ownership-checks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
	               + sys.argv[3] + "\r\nX: ")[:cut].encode())
	    s.close()
PY
for n in 1 2 3 4 5; do ask "$key" >"$ENV_DIR/null"; done
confirm A 500 >"$ENV_DIR/null" && phone A say 1 >"$ENV_DIR/null"
env_ctl key revoke "$ENV_SHOP" second >>"$ENV_DIR/ctl.log" 2>&1
is 'a revoked key' "$(ask "$second")" 401
kill -USR1 "$(cat "$ENV_DIR/gateway.pid")"
for port in 4270 4272; do
	env_vty "$ENV_IP" "$port" enable 'show running-config' 'show shops' 'show gateways' 'show links' \
		'show talloc-context application full' >>"$ENV_DIR/vty.log"
done
for port in 9470 9471; do curl -s "http://$ENV_IP:$port/metrics" >>"$ENV_DIR/metrics.log"; done
sleep 0.3

# --- where they are not -----------------------------------------------------------------------
secrets="${key#tgk_live_}|${second#tgk_live_}|${wrong#tgk_live_}|${misplaced#tgk_live_}"
secrets="$secrets|$(cat "$ENV_DIR/password")"
ok 'the logs are there' test "$(cat "$ENV_DIR"/{manager,gateway}{.log,.json} | wc -l)" -gt 40
is 'no log of ours, VTY or metrics page has one' \
	"$(grep -alE "$secrets" "$ENV_DIR"/*.log "$ENV_DIR"/*.json)" ''
grep -q 'ownership_check' "$ENV_DIR/pg/server.log"
is 'PostgreSQL logs every call' $? 0
is '... and no key' "$(grep -aciE "$secrets" "$ENV_DIR/pg/server.log")" 0
"$PG_BIN/pg_dump" tegata >"$ENV_DIR/dump"
hex=$(printf %s "$key" | od -An -v -tx1 | tr -d ' \n')
is 'no table has one, in letters or in octets' "$(grep -acE "$secrets|$hex" "$ENV_DIR/dump")" 0

cat >"$ENV_DIR/memory.py" <<'PY'
import sys

def occurrences(pid, needle):
    n = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            span, rights = line.split()[:2]
            low, high = (int(x, 16) for x in span.split("-"))
            if rights[0] != "r" or "[v" in line or high - low > 1 << 30:
                continue
            try:
                mem.seek(low)
                n += mem.read(high - low).count(needle)
            except OSError:
                pass
    return n

print(*(occurrences(sys.argv[1], needle.encode()) for needle in sys.argv[2:]))
PY
in_memory() { # DAEMON NEEDLE...
	python3 "$ENV_DIR/memory.py" "$(cat "$ENV_DIR/$1.pid")" "${@:2}"
}
if [ "$(id -u)" = 0 ]; then
	ok 'what is in memory is found' test "$(in_memory gateway 'tegata-gateway')" -gt 0
	is 'a manager has never had a key' \
		"$(in_memory manager "${key#tgk_live_}" "${second#tgk_live_}")" '0 0'
	case "$ENV_BIN" in
	# A freed block is kept back there, as it was.
	*asan*) ;;
	*) is 'the gateway has forgotten every key when it has answered' \
		"$(in_memory gateway "${key#tgk_live_}" "${second#tgk_live_}" "${wrong#tgk_live_}")" '0 0 0' ;;
	esac
fi

# --- cores and debuggers ----------------------------------------------------------------------
for name in manager gateway; do
	pid=$(cat "$ENV_DIR/$name.pid")
	like "$name: no core file" "$(grep 'Max core file size' "/proc/$pid/limits")" 'size +0 '
done
# Of a user of its own, in a directory that it may write.
if [ "$(id -u)" = 0 ]; then
	mkdir "$ENV_DIR/home" && cp "$ENV_BIN/tegata-gateway" "$ENV_DIR/tls.crt" "$ENV_DIR/tls.key" "$ENV_DIR/home"
	sed "/log json/d; s|$ENV_DIR/|$ENV_DIR/home/|; s/$ENV_IP/$ENV_IP2/" "$ENV_DIR/gateway.cfg" >"$ENV_DIR/home/gateway.cfg"
	chown -R nobody "$ENV_DIR/home"
	as_nobody() { # in a subshell of its own, which becomes it
		cd "$ENV_DIR/home" && ulimit -c unlimited &&
			exec setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
	}
	crash() { # [SETTING]: how many core files it leaves
		sed -i "/core-dumps/d; s/^gateway\$/&\n ${1-no core-dumps}/" "$ENV_DIR/home/gateway.cfg"
		rm -f "$ENV_DIR/home/gateway.sock" "$ENV_DIR/home/"core*
		env_spawn private as_nobody ./tegata-gateway -c gateway.cfg
		env_wait 10 test -S "$ENV_DIR/home/gateway.sock"
		[ -n "${1-}" ] || (as_nobody cat "/proc/$(cat "$ENV_DIR/private.pid")/environ") >"$ENV_DIR/seen" 2>&1
		env_stop private ABRT 5 2>"$ENV_DIR/null"
		sleep 0.2
		find "$ENV_DIR/home" -name 'core*' | wc -l
	}
	case "$ENV_BIN" in
	*asan*) ;;
	*)
		is 'a crash leaves no core, whatever the limit' "$(crash)" 0
		like 'and its own user may not look into it' "$(cat "$ENV_DIR/seen")" 'Permission denied'
		case "$(cat /proc/sys/kernel/core_pattern)" in
		core*) is 'with core-dumps it does' "$(crash core-dumps)" 1 ;;
		esac
		;;
	esac
fi

# --- files that others can read ---------------------------------------------------------------
refuses() { # DAEMON FILE MODE PATTERN
	local mode said
	mode=$(stat -c %a "$2")
	chmod "$3" "$2"
	said=$(timeout 10 "$ENV_BIN/tegata-$1" --check -c "$ENV_DIR/$1.cfg" 2>&1)
	is "$1: ${2##*/} of mode $3 is refused" $? 1
	like '... and named' "$said" "$4"
	chmod "$mode" "$2"
}
refuses gateway "$ENV_DIR/tls.key" 604 'tls key .*tls.key'
refuses gateway "$ENV_DIR/tls.key" 620 'tls key .*tls.key'
refuses gateway "$ENV_DIR/tls.key" 666 'tls key .*tls.key'
refuses manager "$ENV_DIR/password" 640 'password'
refuses manager "$ENV_DIR/password" 604 'password'
chmod 600 "$ENV_DIR/password"
for name in manager gateway; do
	ok "$name: as they were they are good" "$ENV_BIN/tegata-$name" --check -c "$ENV_DIR/$name.cfg"
	for node in 'line vty' ctrl; do
		for ip in 0.0.0.0 8.8.8.8 ::; do
			sed "/^$node\$/,/bind/s/bind .*/bind $ip/" "$ENV_DIR/$name.cfg" >"$ENV_DIR/open.cfg"
			not_ok "$name: $node on $ip" "$ENV_BIN/tegata-$name" --check -c "$ENV_DIR/open.cfg"
		done
	done
done
done_testing
