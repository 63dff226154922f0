# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash disable=SC2119
# The transcripts of the main job on a whole environment; to be sourced.
. tests/lib/env.sh

# main_flow direct|hlr
main_flow() {
	local address port=4223
	env_begin
	PG_FAST=1 env_postgres || exit 1
	if [ "$1" = hlr ]; then
		env_hlr || exit 1
		port=4222
	fi
	env_gateway && env_manager && env_shop || exit 1
	address=$ENV_IP:$port
	"$ENV_BIN/tegata-handset" run --tap --via "$1" --address "$address" \
		--local-address "$ENV_IP" --name MSC-1 --country-code 81 \
		--wallet-dir "$ENV_DIR/wallets" --set shop_url="http://$ENV_IP:8080/handover" \
		--set gateway="https://$ENV_IP:8443" --set key="$(cat "$ENV_DIR/shop.key")" \
		--set ca="$ENV_DIR/tls.crt" ${FLOW_UPDATE:+--update} tests/flow/circle.hs \
		tests/flow/japanese.hs
}
