# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# The npm package smpp as SMSC; to be sourced after env.sh.
#
#   npm_smpp              into $NODE_PATH; false, with NPM_WHY, where it cannot be had
#   smsc_start            an SMSC on $ENV_IP:2775 (tests/lib/smpp_smsc.js)
#   smsc COMMAND...       a line to it
#   smsc_said REGEX       the last line of its that matches
#   smsc_says N REGEX     waits until so many lines match

NPM_SMPP=smpp@0.5.1

# shellcheck disable=SC2034 # NPM_WHY is for those who source this
npm_smpp() {
	local dir=$ENV_DIR/npm
	NPM_WHY='node or npm is not installed'
	command -v node >/dev/null || return 1
	command -v npm >/dev/null || return 1
	NPM_WHY="the package $NPM_SMPP cannot be fetched"
	mkdir -p "$dir"
	timeout 60 npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts "$NPM_SMPP" \
		>"$ENV_DIR/npm.log" 2>&1 || return 1
	export NODE_PATH=$dir/node_modules
}

smsc_start() {
	[ -p "$ENV_DIR/smsc.in" ] || mkfifo "$ENV_DIR/smsc.in"
	# Open for both, so that neither side waits for the other.
	exec 7<>"$ENV_DIR/smsc.in"
	echo smsc >>"$ENV_DIR/started"
	node "$ENV_ROOT/tests/lib/smpp_smsc.js" "$ENV_IP" 2775 <&7 >>"$ENV_DIR/smsc.log" 2>&1 &
	echo $! >"$ENV_DIR/smsc.pid"
	env_wait 10 grep -q listening "$ENV_DIR/smsc.log"
}

smsc() { echo "$*" >&7; }

smsc_said() { grep -E "$1" "$ENV_DIR/smsc.log" | tail -n 1; }

smsc_count() { grep -cE "$1" "$ENV_DIR/smsc.log"; }

smsc_says() {
	env_wait 15 eval "[ \"\$(smsc_count '$2')\" -ge $1 ]"
}
