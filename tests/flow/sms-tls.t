#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# timeout: 120
#
# SMPP over TLS to an SMSC that shows a certificate and asks for none: SMSCs that are not who they
# say hear nothing of the bind, let alone its password; the right one does, and texts go both ways.
#
# shellcheck disable=SC2119 # their parameters are optional
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/env.sh
. tests/lib/tap.sh

name=smsc.example.net
password=s3cret8

# certificate NAME AUTHORITY|self DAYS ALTERNATIVE-NAMES
certificate() {
	local signer=(-CA "$ENV_DIR/$2.pem" -CAkey "$ENV_DIR/$2.key" -CAcreateserial)
	[ "$2" != self ] || signer=(-signkey "$ENV_DIR/$1.key")
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$ENV_DIR/$1.key"
	printf '[x]\n%s\n' "${4:+subjectAltName=$4}" >"$ENV_DIR/san.cnf"
	openssl req -new -key "$ENV_DIR/$1.key" -subj "/CN=$1" |
		openssl x509 -req "${signer[@]}" -days "$3" -extfile "$ENV_DIR/san.cnf" -extensions x \
			-out "$ENV_DIR/$1.pem"
} 2>>"$ENV_DIR/openssl.log"

# front CERTIFICATE|plain|silent [OPTION...]: what the manager dials, in front of the SMSC
front() {
	local pem=$ENV_DIR/$1.pem key=$ENV_DIR/$1.key
	case $1 in plain | silent) pem=$1 key=- ;; esac
	shift
	env_stop front 2>>"$ENV_DIR/stop.log"
	rm -f "$ENV_DIR/front.said"
	env_spawn front python3 tests/lib/tls_front.py "$ENV_IP:2775" "$pem" "$key" "$ENV_IP:2776" \
		"$ENV_DIR/front.said" "$@"
	env_wait 5 grep -q listening "$ENV_DIR/front.said"
}
heard() { cat "$ENV_DIR/front.said"; }
has_heard() { heard | grep -qE "$1"; }
hears() { env_wait 10 has_heard "$1"; }
has_heard_password() { heard | grep -q "$(printf '%s' "$password" | od -An -tx1 | tr -d ' \n')"; }

# node LINE...: settings of the SMSC
node() {
	sed '/^smsc /,$d' "$ENV_DIR/manager.cfg"
	printf '%s\n' 'smsc operator' " address $ENV_IP:2775" ' system-id tegata' ' source 188 3 0' \
		" password-file $ENV_DIR/password" ' response-timeout 5'
	[ $# = 0 ] || printf ' tls %s\n' "$@"
}
# dials LINE...: the manager does, with these settings and none of before
dials() {
	node "$@" >"$ENV_DIR/new.cfg"
	sed -i '/^smsc /,$d' "$ENV_DIR/manager.cfg"
	reload && env_wait 5 is_gone
	cp "$ENV_DIR/new.cfg" "$ENV_DIR/manager.cfg"
	reload
}
reload() { kill -HUP "$(cat "$ENV_DIR/manager.pid")"; }
smscs() { env_vty "$ENV_IP" 4270 'show smscs'; }
is_gone() { ! smscs | grep -q '^operator '; }
is_bound() { smscs | grep -q '^operator  *BOUND'; }
is_down() { smscs | grep -E '^operator  *(WAITING|CONNECTING|BINDING)' | grep -qE "last: .*$1"; }

# refused NAME WHY: who is there is not taken, and heard nothing
refused() {
	ok "$1 is not taken: $2" env_wait 10 is_down "$2"
	not_ok '... and hears nothing' has_heard '^said'
}
# taken NAME: it is bound, by TLS; the password is heard, so that it would have been before
taken() {
	ok "$1 is taken" env_wait 12 is_bound
	ok '... and hears the password' has_heard_password
}
check() { "$ENV_BIN/tegata-manager" --check -c "$ENV_DIR/check.cfg" 2>&1; }
# faulty NAME REGEX LINE...
faulty() {
	local what=$1 regex=$2 said
	shift 2
	node "$@" >"$ENV_DIR/check.cfg"
	said=$(check)
	is "--check: $what" $? 1
	like '... is named' "$said" "$regex"
}

env_begin
export PG_FAST=1
env_postgres || exit 1
tests/lib/certificates.sh "$ENV_DIR" || exit 1
certificate smsc ca 30 "DNS:$name,IP:$ENV_IP"
certificate smsc-2 ca 30 "DNS:$name"
certificate wildcard ca 30 'DNS:*.example.net'
certificate nobody ca 30 'DNS:smsc.example.com,IP:192.0.2.1'
certificate past ca -1 "DNS:$name"
certificate foreign other-ca 30 "DNS:$name"
certificate alone self 30 "DNS:$name"
certificate "$name" ca 30 ''
(umask 077 && echo "$password" >"$ENV_DIR/password")
ca="ca $ENV_DIR/ca.pem"
named="peer-name $name"

# --- settings ---------------------------------------------------------------------------------
env_manager || exit 1
faulty 'no CA' 'tls ca' "$named"
faulty 'no name' 'tls peer-name' "$ca"
faulty 'nothing but a version' 'tls ca' 'minimum 1.2'
faulty 'a certificate without its key' 'tls key' "$ca" "$named" "certificate $ENV_DIR/manager-1.pem"
faulty 'a key without its certificate' 'tls certificate' "$ca" "$named" "key $ENV_DIR/manager-1.key"
faulty 'another key' "manager-1.key" "$ca" "$named" "certificate $ENV_DIR/smsc.pem" "key $ENV_DIR/manager-1.key"
faulty 'no such CA' "none.pem" "ca $ENV_DIR/none.pem" "$named"
faulty 'a CA that is none' "password" "ca $ENV_DIR/password" "$named"
faulty 'a pattern for a name' 'peer-name' "$ca" 'peer-name *.example.net'
faulty 'an old version' 'minimum' "$ca" "$named" 'minimum 1.1'
chmod 644 "$ENV_DIR/password"
faulty 'a password that others can read' 'password' "$ca" "$named"
chmod 600 "$ENV_DIR/password"
node "$ca" "$named" 'minimum 1.2' >"$ENV_DIR/check.cfg"
ok '--check: all that is needed' check

# --- who is not the SMSC ----------------------------------------------------------------------
env_spawn smsc python3 tests/lib/smpp_smsc.py "$ENV_IP:2776" "$ENV_DIR/taken" "$ENV_DIR/modes"
front foreign && dials "$ca" "$named"
refused 'a certificate of another CA' 'issuer certificate'
like '... and is told by an alert' "$(heard)" '^failed .*UNKNOWN_CA'
front nobody && dials "$ca" "$named"
refused 'one for another name' "not for $name"
front nobody && dials "$ca" "peer-name $ENV_IP"
refused 'one for another address' "not for $ENV_IP"
front "$name" && dials "$ca" "$named"
refused 'one that has the name in its subject alone' "not for $name"
front smsc && dials "$ca" 'peer-cn nobody' "$named"
refused 'one of another subject' 'says smsc, not nobody'
front past && dials "$ca" "$named"
refused 'one that has expired' 'expired'
front alone && dials "$ca" "$named"
refused 'one that signed itself' 'self.signed'
front smsc-2 && dials "ca $ENV_DIR/smsc.pem" "$named"
refused 'another one than the very one that is trusted' 'issuer certificate'
front smsc --tls12 && dials "$ca" "$named"
refused 'TLS 1.2 where 1.3 is wanted' 'version|closed'
front plain && dials "$ca" "$named"
ok 'one without TLS' env_wait 10 is_down 'wrong version'
unlike '... hears records of a handshake, or alerts, and nothing else' "$(heard)" '^said (1[^56]|[^1])'
not_ok '... not the password' has_heard_password
front silent && dials "$ca" "$named"
ok 'one that is silent is left' env_wait 12 is_down 'timed out'
not_ok '... and has not heard the password' has_heard_password

# --- who is -----------------------------------------------------------------------------------
front smsc && dials "$ca" "$named"
taken 'who shows the right certificate and asks for none'
like '... by TLS 1.3, asked for by its name' "$(heard)" "^up TLSv1.3 $name -$"
like '... and shown so' "$(smscs)" "^operator .* TLS"
env_vty "$ENV_IP" 4270 enable 'show running-config' >"$ENV_DIR/running"
like 'the configuration is shown' "$(cat "$ENV_DIR/running")" "tls peer-name $name"
unlike '... without the password' "$(cat "$ENV_DIR/running" "$ENV_DIR/manager.log")" "$password"
dials "$ca" "peer-name $ENV_IP"
taken 'an address for a name'
dials "ca $ENV_DIR/smsc.pem" "$named"
taken 'the very certificate that is trusted'
front alone && dials "ca $ENV_DIR/alone.pem" "$named"
taken 'the same of one that signed itself'
front wildcard && dials "$ca" "$named"
taken 'a wildcard'
front "$name" && dials "$ca" "peer-cn $name"
taken 'a common name where that is what is wanted'
front smsc --tls12 && dials "$ca" "$named" 'minimum 1.2'
taken 'TLS 1.2 where that is allowed'
like '... it is' "$(heard)" '^up TLSv1.2'
front smsc --client-ca "$ENV_DIR/ca.pem" && dials "$ca" "$named"
ok 'an SMSC that asks for a certificate, and gets none' hears '^failed .*PEER_DID_NOT_RETURN'
not_ok '... is not bound' is_bound
dials "$ca" "$named" "certificate $ENV_DIR/manager-1.pem" "key $ENV_DIR/manager-1.key"
taken '... and gets one'
like '... which says who we are' "$(heard)" '^up TLSv1.3 .* manager-1$'

# --- renewed ----------------------------------------------------------------------------------
front smsc && dials "ca $ENV_DIR/current.pem" "$named"
not_ok 'a CA file that is not there yet' env_wait 1 is_bound
cp "$ENV_DIR/ca.pem" "$ENV_DIR/current.pem"
reload
taken '... then it is'
cp "$ENV_DIR/other-ca.pem" "$ENV_DIR/current.pem"
reload
sleep 0.5
ok 'another CA: what is bound stays' is_bound
front foreign
ok '... and the next bind goes by the new one' hears '^said'
ok '... up to the end' env_wait 12 is_bound

# --- texts ------------------------------------------------------------------------------------
env_stop smsc
said=$(timeout 30 "$ENV_BIN/tegata-handset" --address "$ENV_IP:9" --wallet-dir "$ENV_DIR/w" \
	--smsc "$ENV_IP:2776" --imsi "$ENV_IMSI_A" --msisdn "$ENV_MSISDN_A" --network-timeout 15s sms HELP)
is 'a text and its reply, over TLS' $? 0
like '... it is the help' "$said" 'BALANCE'
env_stop manager
env_stop front
done_testing
