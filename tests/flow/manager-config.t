#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# etc/tegata-manager.cfg says of itself that every setting stands in it: each command of each node
# does, and what it calls the default of SMS is.  And what of SMSCs cannot be used is refused.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

vty() { env_vty "$ENV_IP" 4270 enable "$@"; }
answers() { vty 'show version' | grep -q Tegata; }
# Commands of a node: their words in front of the first argument or choice, "no ..." left out.
commands() { # COMMAND-THAT-ENTERS-IT
	vty 'configure terminal' "$1" list | tr -d '\r' | grep -E '^  [a-z]' |
		sed -E 's/^ +//; s/ *[[(<{A-Z].*//; s/ +$//' | grep -vxE '|no .*|help|list|write.*|show.*|exit|end|who.*|quit|find' | sort -u
}

env_begin
mkdir "$ENV_DIR/nothing"
PGHOST=$ENV_DIR/nothing env_manager >/dev/null 2>&1 &
wait_for_it=$!
env_wait 10 answers || exit 1

while IFS='|' read -r enter least; do
	commands "$enter" >"$ENV_DIR/commands"
	missing=
	while read -r command; do
		grep -qE "^[! ]* $command( |\$)|^[! ]* no $command( |\$)" etc/tegata-manager.cfg || missing+="$command; "
	done <"$ENV_DIR/commands"
	ok "$enter: commands are found" test "$(wc -l <"$ENV_DIR/commands")" -ge "$least"
	is "$enter: each stands in the example" "$missing" ''
done <<'END'
manager|3
database|10
sealer|4
dialogue|12
hlr x|8
direct|4
smsc x|20
sms|5
gateway x|3
END

# What is commented out below "smsc" and "sms", and is no path or example, is the default.
sed -n '/^! smsc smsc-1/,/^! --- gateways/p' etc/tegata-manager.cfg |
	sed -nE 's/^!  ! ((bind|message-ids|long-texts|priority|window|rate|throttle-pause|enquire-interval|response-timeout|outbox-[a-z]+|sender-rate|answer-time) [^A-Z]*[^.])$/ \1/p' >"$ENV_DIR/defaults"
ok 'defaults are told' test "$(wc -l <"$ENV_DIR/defaults")" -ge 13
vty 'configure terminal' 'smsc y' end 'write terminal' | tr -d '\r' >"$ENV_DIR/written"
is 'truly' "$(grep -vxFf "$ENV_DIR/written" "$ENV_DIR/defaults")" ''
kill "$wait_for_it" 2>/dev/null
wait "$wait_for_it" 2>/dev/null

# --- an SMSC that cannot be used ----------------------------------------------------------------
# check NAME PATTERN LINE...: of an SMSC with these lines
check() {
	local name=$1 pattern=$2 said rc
	shift 2
	printf '%s\n' "smsc one" ' system-id x' "${@/#/ }" | cat "$ENV_DIR/manager.cfg" - >"$ENV_DIR/smsc.cfg"
	said=$("$ENV_BIN/tegata-manager" --check -c "$ENV_DIR/smsc.cfg" 2>&1)
	rc=$?
	if [ "$pattern" ]; then
		is "$name: is refused" "$rc" 1
		like "$name: and told" "$said" "$pattern"
	else
		is "$name: can be used" "$rc" 0
	fi
}
source='source 188 3 0'
check 'complete' '' 'address 10.0.0.1:2775' "$source"
check 'without a source' '"source" is needed' 'address 10.0.0.1:2775'
check 'in clear over the Internet' '192.0.2.1:2775 is neither loopback nor private' 'address 192.0.2.1:2775' "$source"
check 'and by IPv6' 'neither loopback nor private' 'address [2001:db8::1]:2775' "$source"
check 'where that is wanted' '' 'address 192.0.2.1:2775' "$source" allow-plaintext
check 'and not any more' 'neither loopback nor private' 'address 192.0.2.1:2775' "$source" allow-plaintext 'no allow-plaintext'
check 'on loopback' '' 'address 127.0.0.1:2775' "$source"
check 'a private one by IPv6' '' 'address [fd00::1]:2775' "$source"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout "$ENV_DIR/x.key" -out "$ENV_DIR/x.crt" 2>/dev/null
check 'with TLS' '' 'address 192.0.2.1:2775' "$source" "tls ca $ENV_DIR/x.crt" 'tls peer-name smsc.example.net'
done_testing
