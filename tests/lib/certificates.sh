#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# certificates.sh DIR [AUTHORITY NAME]: makes ca.pem and, signed by it, NAME.pem and NAME.key for the names
# gateway-1, gateway-2 and manager-1; stranger.pem is signed by other-ca.pem; expired.pem ended
# yesterday.  With AUTHORITY: NAME.pem and NAME.key only, signed by AUTHORITY.pem.
set -eu
cd "$1"
export OPENSSL_CONF=/dev/null
umask 077

key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null
}

authority() { # NAME
	key "$1"
	printf '[x]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n' >ca.cnf
	openssl req -new -key "$1.key" -subj "/CN=$1" |
		openssl x509 -req -signkey "$1.key" -days 30 -extfile ca.cnf -extensions x \
			-out "$1.pem" 2>/dev/null
}

signed() { # NAME AUTHORITY DAYS
	key "$1"
	openssl req -new -key "$1.key" -subj "/O=test/CN=$1" |
		openssl x509 -req -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days "$3" \
			-out "$1.pem" 2>/dev/null
}

if [ $# = 3 ]; then
	signed "$3" "$2" 30
	exit
fi
authority ca
authority other-ca
signed gateway-1 ca 30
signed gateway-2 ca 30
signed manager-1 ca 30
signed expired ca -1
signed stranger other-ca 30
