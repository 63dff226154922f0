#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 180
#
# The systemd units: how much a captured daemon could do (systemd-analyze security), and that what
# they take away is not needed: every system call of a whole life, told by strace, is in the filter,
# and with no capability, as a user of its own, in directories that cannot be written, all goes on.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

EXPOSURE_MAX=12 # tenths

env_begin
mkdir "$ENV_DIR/units"
for name in manager gateway; do
	unit=$ENV_DIR/units/tegata-$name.service
	sed -e "s|@BINDIR@|$ENV_BIN|g; s|@DATADIR@|/usr/share/tegata|g; s|@SYSCONFDIR@|/etc|g" \
		"etc/systemd/tegata-$name.service" >"$unit"
	ok "$name: exposure is at most $EXPOSURE_MAX tenths" systemd-analyze security --no-pager \
		--offline=true --threshold=$EXPOSURE_MAX "$unit"
	is "$name: the unit has no fault" "$(systemd-analyze verify "$unit" 2>&1 | grep "$unit")" ''
done
not_ok 'a threshold can be missed' systemd-analyze security --no-pager --offline=true --threshold=5 "$unit"

# --- the filter -------------------------------------------------------------------------------
# members SET...: of them, without groups
members() {
	local set
	for set; do
		case "$set" in
		@*) systemd-analyze syscall-filter "$set" | sed -n 's/^ \+\([@a-z0-9_-]\+\)$/\1/p' >"$ENV_DIR/set"
			# shellcheck disable=SC2046 # one word a name
			members $(cat "$ENV_DIR/set") ;;
		*) echo "$set" ;;
		esac
	done
}
# shellcheck disable=SC2046 # one word a set
filter() { # UNIT: what it lets through; what is always permitted stays
	members $(sed -n 's/^SystemCallFilter=\([^~]\)/\1/p' "$1") | sort -u >"$ENV_DIR/allowed"
	members $(sed -n 's/^SystemCallFilter=~//p' "$1") | sort -u >"$ENV_DIR/denied"
	{
		comm -23 "$ENV_DIR/allowed" "$ENV_DIR/denied"
		members @default
	} | sort -u
}

# LeakSanitizer does not run under strace.
case "$ENV_BIN" in *asan*) done_testing && exit ;; esac
export PG_FAST=1
env_postgres || exit 1
env_certificate || exit 1
chmod 755 "$ENV_DIR"
for name in manager gateway; do
	mkdir "$ENV_DIR/$name.run"
	[ "$(id -u)" != 0 ] || chown nobody:nogroup "$ENV_DIR/$name.run"
	chmod 750 "$ENV_DIR/$name.run"
done
if [ "$(id -u)" = 0 ]; then
	chown nobody "$ENV_DIR/tls.key"
	chmod 755 "$ENV_DIR/gateway.run"
fi
# As the units have it: a user without capabilities, nothing else to be written, no new privileges.
cat >"$ENV_DIR/bin.sh" <<E2
#!/bin/bash
umask 0077
confined=()
[ "\$(id -u)" != 0 ] || confined=(setpriv --reuid=nobody --regid=nogroup --clear-groups
	--bounding-set=-all --inh-caps=-all --no-new-privs)
exec strace -f -qq -o "$ENV_DIR/\${0##*/}.strace" "\${confined[@]}" "$ENV_BIN/\${0##*/}" "\$@"
E2
mkdir "$ENV_DIR/bin"
for name in manager gateway; do
	install -m 755 "$ENV_DIR/bin.sh" "$ENV_DIR/bin/tegata-$name"
done
# Their configurations, and then each again, confined.
env_gateway || exit 1
env_manager || exit 1
env_stop manager
env_stop gateway
sed -i "s|link bind .*|link bind unix:$ENV_DIR/gateway.run/gateway.sock\n link socket-mode 0666\n log json $ENV_DIR/gateway.run/log.json|" \
	"$ENV_DIR/gateway.cfg"
# Texts where that user can read them: the tree may be in somebody's home.
cp -r etc/texts "$ENV_DIR/texts" && chmod -R a+rX "$ENV_DIR/texts"
sed -i "s|unix:$ENV_DIR/gateway.sock|unix:$ENV_DIR/gateway.run/gateway.sock|; s|texts-dir .*|texts-dir $ENV_DIR/texts|" \
	"$ENV_DIR/manager.cfg"
for name in gateway manager; do
	: >"$ENV_DIR/$name.log"
	env_spawn "$name" "$ENV_DIR/bin/tegata-$name" -c "$ENV_DIR/$name.cfg"
done
env_wait 20 env_ready || exit 1
msc_start msc "$ENV_IP" 4223
check() { env_curl /v1/ownership-checks -o "$ENV_DIR/answer" -w '%{http_code}' \
	-H 'Content-Type: application/json' -d '{"value_id": "00000000000000000018"}'; }
answers() { [ "$(check)" = 200 ]; }
ok 'confined, both daemons serve shops' env_wait 10 answers
like 'and phones' "$(confirm A 500 >"$ENV_DIR/answer" && phone A say 1)" 'Bought 500'
# strace passes signals on to nobody: the daemon is its child.
has_ended() { ! env_running "$1"; }
daemon_pid() { pgrep -P "$(cat "$ENV_DIR/$1.pid")"; }
for name in manager gateway; do
	kill -HUP "$(daemon_pid $name)"
	ok "$name: reload" env_wait 10 grep -q 'is in force' "$ENV_DIR/$name.log"
	kill -USR1 "$(daemon_pid $name)"
done
ok 'and go on' env_wait 10 answers
for port in 9470 9471; do
	like "$port/metrics" "$(curl -s "http://$ENV_IP:$port/metrics")" '^process_open_fds [1-9]'
done
pg_restart "$ENV_DIR"
ok 'they come back with the database' env_wait 15 answers
for name in manager gateway; do
	kill -TERM "$(daemon_pid $name)"
	env_wait 15 has_ended "$name" || env_stop "$name"
	sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' "$ENV_DIR/tegata-$name.strace" | sort -u >"$ENV_DIR/calls"
	ok "$name: system calls were seen" test "$(wc -l <"$ENV_DIR/calls")" -gt 30
	filter "$ENV_DIR/units/tegata-$name.service" >"$ENV_DIR/filter"
	# What strace and setpriv do before they become the daemon.
	is "$name: each of them is in the filter of its unit" \
		"$(sed -n '/execve("[^"]*tegata-'$name'"/,$p' "$ENV_DIR/tegata-$name.strace" |
			sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' | sort -u | comm -23 - "$ENV_DIR/filter" | xargs)" ''
done
done_testing
