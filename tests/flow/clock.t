#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 90
#
# The clock of a manager's host is set by an hour and by a day, both ways, while it runs and before
# it starts; then the database's.  Value is bought and sent as ever, what is stored goes by the
# database's clock, and what was done is told first at the next dial.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh
. tests/lib/phones.sh

# Preloaded code cannot come before the sanitizers'.
case $ENV_BIN in *asan*)
	echo '1..0 # SKIP programs with sanitizers load nothing before them'
	exit
	;;
esac
SHIM=$ENV_ROOT/build/tests/fault/clock_shim.so

# set_clock WHO SECONDS
set_clock() {
	python3 -c 'import struct, sys
with open(sys.argv[1], "r+b", buffering=0) as f:
	f.write(struct.pack("=q", int(sys.argv[2])))' "$ENV_DIR/clock-$1" "$2"
}

# with_clock WHO COMMAND...
with_clock() {
	local who=$1
	shift
	LD_PRELOAD=$SHIM TEGATA_CLOCK_FILE=$ENV_DIR/clock-$who "$@"
}

buys() {
	local text
	text=$(confirm "$1" "$2"; phone "$1" say 1)
	grep -q "Bought $2 JPY" <<<"$text" || { echo "$text" && return 1; }
}

# Hangs up before the answer, and is told at the next dial.
unseen() {
	confirm "$1" "$2" >/dev/null
	phone "$1" post 1 >/dev/null
	phone "$1" hangup >/dev/null
	sleep 0.3
	local text
	text=$(phone "$1" dial '*188#')
	phone "$1" hangup >/dev/null
	grep -q "Done .*bought $2 JPY" <<<"$text" || { echo "$text" && return 1; }
}

ids_in_order() {
	[ "$(env_sql -c 'SELECT count(*) FROM (SELECT request_id < lag(request_id) OVER (ORDER BY xact)
		AS back FROM tegata.journal) j WHERE back')" = 0 ]
}

told_of_clock() { grep -c "host's clock" "$ENV_DIR/manager.log"; }

env_begin
for who in manager database; do
	head -c 8 /dev/zero >"$ENV_DIR/clock-$who"
	chmod 644 "$ENV_DIR/clock-$who"
done
export PG_FAST=1
with_clock database env_postgres || exit 1
env_ctl terminal top-up "$ENV_MSISDN_A" 100000 JPY --reference more >/dev/null || exit 1
with_clock manager env_manager || exit 1
msc_start msc "$ENV_IP" 4223

amount=500
for step in 3600 -3600 86400 -86400; do
	set_clock manager $step
	sleep 0.6
	ok "the manager's clock is $step s ahead: bought" buys A $((amount += 100))
	ok '... told first where it was not heard' unseen A $((amount += 100))
	ok '... and ready' env_ready
	set_clock manager 0
	ok '... bought when it is right again' buys A $((amount += 100))
done
ok 'said in the log' test "$(told_of_clock)" -gt 0
ok 'no request id went back' ids_in_order
env_stop manager
set_clock manager -86400
with_clock manager env_manager || exit 1
sleep 0.6
ok 'started with a clock of yesterday: bought' buys A $((amount += 100))
ok '... told first where it was not heard' unseen A $((amount += 100))
is 'nothing that is stored has a time of yesterday' "$(env_sql -c "SELECT count(*) FROM tegata.journal
	WHERE at < now() - interval '1 hour' OR request_id < tegata.request_id_floor(now() - interval '1 hour')")" 0
is 'nor an id of another day' "$(env_sql -c "SELECT count(DISTINCT value_id >> 48) FROM tegata.value")" 1
set_clock manager 0
sleep 1
before=$(told_of_clock)
set_clock manager -86400
sleep 1
set_clock manager 0
is 'what is wrong again is said again' "$(told_of_clock)" $((before + 1))

for step in 3600 -3600 86400 -86400; do
	set_clock database $step
	ok "the database's clock is $step s ahead: bought" buys A $((amount += 100))
	sleep 0.6
	ok '... told first where it was not heard' unseen A $((amount += 100))
	set_clock database 0
	sleep 0.6
	ok '... bought when it is right again' buys A $((amount += 100))
done
ok 'no request id went back' ids_in_order
ok 'ready' env_ready
is 'no rule of the ledger is broken' "$(violations)" ''
done_testing
