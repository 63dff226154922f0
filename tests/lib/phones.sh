# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# Phones whose dialogues stay open between commands; to be sourced behind env.sh and tap.sh.
#
#   msc_start NAME ADDRESS PORT     an MSC of its own, "MSC-1" to whom it dials
#   phone A|B|C COMMAND [TEXT]      see gsup_phone.py; by the MSC of $MSC (default: msc)
#   confirm A|B|C AMOUNT            dials and goes on until it is asked whether to buy
#   values A|B|C                    how many it owns;  violations: of the ledger's rules

msc_start() {
	env_spawn "$1" python3 "$ENV_ROOT/tests/lib/gsup_phone.py" serve "$ENV_DIR/$1.msc" "$2" "$3" \
		"$ENV_IP" MSC-1
	env_wait 10 test -S "$ENV_DIR/$1.msc"
}

phone() {
	local imsi=ENV_IMSI_$1 msisdn=ENV_MSISDN_$1
	shift
	python3 "$ENV_ROOT/tests/lib/gsup_phone.py" "$ENV_DIR/${MSC-msc}.msc" "${!imsi}" "${!msisdn}" "$@"
}

# What is told first, of earlier operations, goes to $ENV_DIR/told.PHONE.
confirm() {
	local text
	text=$(phone "$1" dial "*188*1*$2#")
	: >"$ENV_DIR/told.$1"
	while grep -q '^1 Continue' <<<"$text"; do
		echo "$text" >>"$ENV_DIR/told.$1"
		text=$(phone "$1" say 1)
	done
	echo "$text"
	grep -q "Buy $2 JPY" <<<"$text"
}

values() {
	local imsi=ENV_IMSI_$1
	env_sql -c "SELECT count(*) FROM tegata.value JOIN tegata.terminal ON terminal_id = owner_id WHERE imsi = '${!imsi}'"
}

violations() {
	env_sql -c 'SELECT * FROM audit.violations'
}
