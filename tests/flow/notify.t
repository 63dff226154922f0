#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# What systemd is told (sd_notify(3)): started, though the database is away; reload; stopping.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

env_begin
cat >"$ENV_DIR/listen.py" <<'E2'
import socket
import sys

s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
E2
printf '%s\n' 'line vty' " bind $ENV_IP" ctrl " bind $ENV_IP" database \
	" address unix:$ENV_DIR/nowhere" dialogue " texts-dir $ENV_ROOT/etc/texts" \
	direct " bind $ENV_IP:4223" >"$ENV_DIR/manager.cfg"
env_spawn systemd python3 "$ENV_DIR/listen.py" "$ENV_DIR/notify"
env_wait 5 test -S "$ENV_DIR/notify"
env_spawn manager env NOTIFY_SOCKET="$ENV_DIR/notify" "$ENV_BIN/tegata-manager" -c "$ENV_DIR/manager.cfg"
ok 'started, though it is not ready yet' env_wait 10 grep -q '^READY=1 STATUS=not ready' "$ENV_DIR/systemd.log"
kill -HUP "$(cat "$ENV_DIR/manager.pid")"
ok 'a reload is told' env_wait 10 grep -q '^RELOADING=1' "$ENV_DIR/systemd.log"
ok 'and its end' env_wait 10 grep -qx 'READY=1' "$ENV_DIR/systemd.log"
env_stop manager
ok 'stopping' env_wait 5 grep -q '^STOPPING=1' "$ENV_DIR/systemd.log"
done_testing
