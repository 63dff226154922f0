# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# What went over the loopback interface, as tshark reads it; to be sourced after env.sh and tap.sh.
#
#   capture_begin FILTER     in the background; false where packets cannot be captured
#   capture_end              nothing more
#   capture_clean NAME       TAP: tshark finds no malformed packet and no error
#   capture_has NAME FILTER  TAP: there are packets that match this display filter
#
# GSUP is decoded on ports 4222 and 4223, SMPP on 2775.

CAPTURE_AS=(-d 'tcp.port==4222,gsm_ipa' -d 'tcp.port==4223,gsm_ipa' -d 'tcp.port==2775,smpp')

capture_begin() {
	CAPTURE=$ENV_DIR/capture.pcap
	env_spawn dumpcap dumpcap -q -i lo -s 0 -f "$1" -w "$CAPTURE"
	env_wait 5 test -s "$CAPTURE" && env_running dumpcap && return 0
	CAPTURE=
	return 1
}

capture_end() {
	sleep 0.3 # what was just sent
	env_stop dumpcap INT
}

capture_count() {
	tshark -r "$CAPTURE" "${CAPTURE_AS[@]}" -Y "$1" 2>/dev/null | wc -l
}

capture_skipped() {
	[ -z "$CAPTURE" ] || return 1
	tap_result 0 "$1 # SKIP packets cannot be captured here"
}

capture_clean() {
	local bad
	capture_skipped "$1" && return
	bad=$(tshark -r "$CAPTURE" "${CAPTURE_AS[@]}" \
		-Y '_ws.malformed || (_ws.expert.severity == error && !tcp.analysis.flags)' 2>&1 |
		grep -v '^Running as user')
	is "$1" "$bad" ''
}

capture_has() {
	capture_skipped "$1" && return
	like "$1" "$(capture_count "$2")" '^[1-9]'
}
