# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# For tests that run daemons built under the sanitizers; to be sourced behind env.sh and tap.sh.
#
#   env_metric ADDRESS NAME...       their values, one line
#   megabytes ADDRESS                resident memory
#   sanitizers_are_silent NAME...    ends these daemons; each with exit code 0 and nothing to say

[ -x "$ENV_BIN/tegata-manager" ] || { echo "Bail out! no $ENV_BIN/tegata-manager: make SAN=1" && exit 1; }
# Freed memory is kept back a little only, so that what grows is seen.
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=1:quarantine_size_mb=8}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}

env_metric() {
	local address=$1 page name
	shift
	page=$(curl -s --max-time 5 "http://$address/metrics")
	for name; do
		awk -v name="$name" '{ split($1, part, "{") } part[1] == name { sum += $2 }
			END { printf "%s=%s ", name, sum }' <<<"$page"
	done
}

megabytes() {
	env_metric "$1" process_resident_memory_bytes | awk -F= '{ printf "%d", $2 / 1048576 }'
}

sanitizers_are_silent() {
	local name pid
	for name; do
		pid=$(cat "$ENV_DIR/$name.pid")
		kill -TERM "$pid"
		wait "$pid"
		is "$name ends well" $? 0
		rm -f "$ENV_DIR/$name.pid"
		is "the sanitizers have nothing to say about $name" \
			"$(grep -aE -A 20 'ERROR: AddressSanitizer|runtime error|LeakSanitizer' "$ENV_DIR/$name.log")" ''
	done
}
