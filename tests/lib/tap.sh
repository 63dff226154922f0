# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# TAP for tests in bash; to be sourced.
#
#   ok NAME COMMAND...          succeeds
#   not_ok NAME COMMAND...      fails
#   is NAME GOT WANTED
#   like NAME GOT REGEX         extended regular expression, somewhere in it
#   unlike NAME GOT REGEX
#   done_testing                the plan, at the end

tap_n=0

tap_result() {
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_n - $2"
	else
		echo "not ok $tap_n - $2"
		shift 2
		printf '%s\n' "$@" | head -n 30 | sed 's/^/#   /'
	fi
}

ok() {
	local name=$1 out rc
	shift
	out=$("$@" 2>&1)
	rc=$?
	tap_result $((rc != 0)) "$name" "exit code $rc of: $*" "$out"
}

not_ok() {
	local name=$1 out
	shift
	out=$("$@" 2>&1)
	tap_result $(($? == 0)) "$name" "exit code 0 of: $*" "$out"
}

is() {
	[ "$2" = "$3" ]
	tap_result $? "$1" "got:    $2" "wanted: $3"
}

like() {
	grep -qE -- "$3" <<<"$2"
	tap_result $? "$1" "got:    $2" "wanted: $3"
}

unlike() {
	! grep -qE -- "$3" <<<"$2"
	tap_result $? "$1" "got:      $2" "unwanted: $3"
}

done_testing() {
	echo "1..$tap_n"
}
