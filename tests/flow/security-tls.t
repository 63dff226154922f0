#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# What the HTTPS port and the link's port agree to: versions, ciphers, groups, signatures; no
# compression, renegotiation, early data, heartbeat; each offered by a client that would take it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/gateway.sh

gw_begin
tests/lib/certificates.sh "$GW_DIR" || exit 1
link=$GW_IP:4300
gw_config gw "link bind $link" "link tls certificate $GW_DIR/gateway-1.pem" \
	"link tls key $GW_DIR/gateway-1.key" "link tls ca $GW_DIR/ca.pem" 'link tls peer-cn manager-1'
gw_start gw
gw_manager manager
gw_wait gw_is_ready
https=$GW_IP:$GW_PORT

# client ADDRESS [OPTION...]: what s_client tells of the handshake
client() {
	local address=$1
	shift
	timeout 10 openssl s_client -connect "$address" -brief "$@" </dev/null 2>&1
}
# agrees OPTION...: does the handshake succeed?
agrees() {
	client "$https" "$@" </dev/null >"$GW_DIR/said"
	grep -q 'CONNECTION ESTABLISHED' "$GW_DIR/said"
}
refuses() { ! agrees "$@"; }

# --- versions ---------------------------------------------------------------------------------
weak='ALL:COMPLEMENTOFALL:@SECLEVEL=0'
ok 'TLS 1.3' agrees -tls1_3
ok 'TLS 1.2' agrees -tls1_2
ok 'not TLS 1.1' refuses -tls1_1 -cipher "$weak"
ok 'not TLS 1.0' refuses -tls1 -cipher "$weak"
ok 'not TLS 1.2 for a client that was talked down from TLS 1.3' refuses -tls1_2 -fallback_scsv

# hello VERSION COMPRESSION...: a bare hello; what comes back, "alert N" or "compression N" or "closed".
hello() {
	python3 - "$GW_IP" "$GW_PORT" "$@" <<-'EOF'
		import os, socket, struct, sys
		version, methods = int(sys.argv[3], 16), bytes(map(int, sys.argv[4:]))
		suites = struct.pack("!8H", 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0x002F, 0x000A, 0x0005)
		groups = bytes.fromhex("000a00040002" "0017") + bytes.fromhex("000b00020100")
		sigalgs = bytes.fromhex("000d0006000404030401")
		heartbeat = bytes.fromhex("000f000101")
		extensions = groups + sigalgs + heartbeat
		body = struct.pack("!H", version) + os.urandom(32) + b"\0"
		body += struct.pack("!H", len(suites)) + suites + bytes([len(methods)]) + methods
		body += struct.pack("!H", len(extensions)) + extensions
		hello = b"\1" + struct.pack("!I", len(body))[1:] + body
		s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
		s.sendall(struct.pack("!BHH", 22, min(version, 0x301), len(hello)) + hello)
		data = b""
		try:
		    while len(data) < 5 or len(data) < 5 + struct.unpack("!H", data[3:5])[0]:
		        more = s.recv(4096)
		        if not more:
		            break
		        data += more
		except OSError:
		    pass
		if data[:1] == b"\x15":
		    print("alert", data[6])
		elif data[:1] == b"\x16":
		    session = data[5 + 4 + 34]
		    print("compression", data[5 + 4 + 35 + session + 2],
		          "heartbeat" if b"\x00\x0f\x00\x01" in data[5:200] else "no heartbeat")
		else:
		    print("closed")
	EOF
}
ok 'not SSL 3.0' test "$(hello 0300 0 | cut -d' ' -f1)" != compression
is 'a bare hello of TLS 1.2: neither compression nor heartbeat' "$(hello 0303 1 0)" 'compression 0 no heartbeat'
ok 'one that has nothing but compression' test "$(hello 0303 1 | cut -d' ' -f1)" != compression
ok 'plain HTTP is not answered' test "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "http://$https/healthz")" = 000

# --- ciphers ----------------------------------------------------------------------------------
taken() { # OPTION CIPHER...
	local option=$1 cipher
	shift
	for cipher; do
		agrees "-$option" ${option:+"$([ "$option" = tls1_3 ] && echo -ciphersuites || echo -cipher)"} \
			"$cipher$([ "$option" = tls1_3 ] || echo :@SECLEVEL=0)" && echo "$cipher"
	done | sort | xargs
}
mapfile -t old < <(openssl ciphers -s -tls1_2 "$weak" | tr : '\n' | grep -v '^TLS_')
ok 'there are many to be tried' test "${#old[@]}" -gt 50
forward=(AES128-GCM-SHA256 AES256-GCM-SHA384 CHACHA20-POLY1305)
is 'TLS 1.2: forward secret, authenticated ones only' "$(taken tls1_2 "${old[@]}")" \
	"$(printf 'ECDHE-ECDSA-%s\n' "${forward[@]}" | xargs)"
is 'TLS 1.3' "$(taken tls1_3 TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 \
	TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_CCM_SHA256 TLS_AES_128_CCM_8_SHA256)" \
	'TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256'
for group in X25519 P-256 P-384; do
	ok "group $group" agrees -tls1_3 -groups "$group"
done
for group in P-521 ffdhe2048; do
	ok "not group $group" refuses -tls1_3 -groups "$group"
done
ok 'not P-192' refuses -tls1_2 -groups prime192v1 -cipher "$weak"
ok 'no signature by SHA-1' refuses -tls1_2 -sigalgs ECDSA+SHA1 -cipher "$weak"

# --- what a connection may do -----------------------------------------------------------------
s_client() { timeout 10 openssl s_client -connect "$https" -CAfile "$GW_DIR/server.pem" "$@" 2>&1; }
said=$( (printf 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'; sleep 0.3) | s_client -tls1_2)
ok 'TLS 1.2: renegotiation would be secure (RFC 5746)' grep -q 'Secure Renegotiation IS supported' <<<"$said"
ok '... master secret bound to its handshake (RFC 7627)' grep -q 'Extended master secret: yes' <<<"$said"
ok '... and there is no compression' grep -q '^Compression: NONE' <<<"$said"
ok '... it serves' grep -q '^HTTP/1.1 200' <<<"$said"
said=$( (printf 'R\n'; sleep 0.5; printf 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'; sleep 0.3) | s_client -tls1_2)
ok 'TLS 1.2: who asks for another handshake' grep -q RENEGOTIATING <<<"$said"
ok '... gets none: the connection ends' test "$(grep -c '^HTTP/1.1 200' <<<"$said")" = 0
said=$( (printf 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'; sleep 0.3) | s_client -tls1_3 -sess_out "$GW_DIR/session")
ok 'TLS 1.3: it serves' grep -q '^HTTP/1.1 200' <<<"$said"
# Early data could be replayed.  Whether sessions are resumed at all is a setting.
no_early_data() {
	[ -s "$GW_DIR/session" ] || return 0
	printf 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n' >"$GW_DIR/early"
	said=$(sleep 0.3 | s_client -tls1_3 -sess_in "$GW_DIR/session" -early_data "$GW_DIR/early")
	! grep -q 'Early data was accepted' <<<"$said"
}
ok '... and takes no early data' no_early_data
gw_wait gw_is_ready

# --- another certificate, of RSA --------------------------------------------------------------
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$GW_DIR/rsa.key" -out "$GW_DIR/rsa.pem" \
	-subj /CN=server -addext "subjectAltName=IP:$GW_IP" 2>/dev/null
cp "$GW_DIR/rsa.pem" "$GW_DIR/server.pem" && cat "$GW_DIR/rsa.key" >"$GW_DIR/server.key"
kill -HUP "$(cat "$GW_DIR/gw.pid")"
presents_rsa() { client "$https" | grep -q 'Signature type: RSA-PSS'; }
ok 'a reload presents it' gw_wait presents_rsa
is 'no key exchange by RSA with it, no CBC' "$(taken tls1_2 "${old[@]}")" \
	"$(printf 'ECDHE-RSA-%s\n' "${forward[@]}" | xargs)"
ok 'no signature by SHA-1' refuses -tls1_2 -sigalgs RSA+SHA1 -cipher "$weak"
for group in X25519 P-256 P-384; do
	ok "TLS 1.2: group $group" agrees -tls1_2 -groups "$group"
done

# --- priorities that would undo it ------------------------------------------------------------
for priorities in NORMAL NORMAL:+VERS-TLS1.1 NORMAL:-VERS-ALL:+VERS-TLS1.2:+ANON-ECDH \
	NORMAL:-VERS-ALL:+VERS-TLS1.2:+NULL NORMAL:-VERS-ALL:+VERS-TLS1.2:+ARCFOUR-128 \
	NORMAL:-VERS-ALL:+VERS-TLS1.2:+3DES-CBC nothing; do
	sed "s/^ tls key/ tls priorities $priorities\n&/" "$GW_DIR/gw.cfg" >"$GW_DIR/weak.cfg"
	"$GW_BIN/tegata-gateway" --check -c "$GW_DIR/weak.cfg" >"$GW_DIR/said" 2>&1
	is "tls priorities $priorities" $? 1
done
sed 's/^ tls key/ tls priorities SECURE256:-VERS-ALL:+VERS-TLS1.3\n&/' "$GW_DIR/gw.cfg" >"$GW_DIR/strong.cfg"
ok 'stricter ones are taken' "$GW_BIN/tegata-gateway" --check -c "$GW_DIR/strong.cfg"

# --- the link's port --------------------------------------------------------------------------
manager=(-cert "$GW_DIR/manager-1.pem" -key "$GW_DIR/manager-1.key" -CAfile "$GW_DIR/ca.pem")
said=$(sleep 0.5 | timeout 10 openssl s_client -connect "$link" "${manager[@]}" 2>&1)
ok 'the link: TLS 1.3 for a manager' grep -q 'Protocol *: TLSv1.3\|New, TLSv1.3' <<<"$said"
is '... without tickets: each connection proves who it is' "$(grep -c 'Session Ticket arrived' <<<"$said")" 0
ok '... which is asked for a certificate of one CA' grep -q 'CN = ca$' <<<"$said"
ok '... not TLS 1.2' test "$(client "$link" "${manager[@]}" -tls1_2 | grep -c ESTABLISHED)" = 0
dialled() { tests/lib/tls_peer.py dial "$GW_IP" 4300 "$@"; }
is '... nobody without a certificate' "$(dialled)" refused
is '... not another gateway' "$(dialled "$GW_DIR/gateway-2.pem" "$GW_DIR/gateway-2.key")" refused
is '... not another CA' "$(dialled "$GW_DIR/stranger.pem" "$GW_DIR/stranger.key")" refused
is '... a manager' "$(dialled "$GW_DIR/manager-1.pem" "$GW_DIR/manager-1.key")" 'let in'
done_testing
