#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Clients that stop in the middle of the TLS handshake cost no CPU time while they are waited for.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/gateway.sh

gw_begin
gw_config gw 'timeout header 60'
gw_start gw

# busy_share: of two seconds in which four clients say hello and nothing more.
busy_share() {
	python3 - "$GW_IP" "$GW_PORT" "$(cat "$GW_DIR/gw.pid")" <<-'EOF'
		import os, socket, ssl, sys, time
		address, port, pid = sys.argv[1], int(sys.argv[2]), sys.argv[3]
		context = ssl._create_unverified_context()
		clients = []
		for _ in range(4):
		    s = socket.create_connection((address, port))
		    out = ssl.MemoryBIO()
		    try:
		        context.wrap_bio(ssl.MemoryBIO(), out).do_handshake()
		    except ssl.SSLWantReadError:
		        s.sendall(out.read())
		    clients.append(s)
		    s.recv(1)
		def cpu():
		    with open(f"/proc/{pid}/stat") as f:
		        return sum(map(int, f.read().rpartition(")")[2].split()[11:13]))
		before = cpu()
		time.sleep(2)
		print((cpu() - before) * 100 // (2 * os.sysconf("SC_CLK_TCK")))
	EOF
}

share=$(busy_share)
echo "# $share % of a core"
ok 'hellos without more leave the gateway idle' test "$share" -lt 25
done_testing
