/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include <osmocom/core/utils.h>

#include "lib/smpp_pdu.h"

static const struct value_string commands[] = {
	{ SMPP_BIND_RECEIVER, "bind_receiver" },
	{ SMPP_BIND_TRANSMITTER, "bind_transmitter" },
	{ SMPP_BIND_TRANSCEIVER, "bind_transceiver" },
	{ SMPP_SUBMIT_SM, "submit_sm" },
	{ SMPP_DELIVER_SM, "deliver_sm" },
	{ SMPP_UNBIND, "unbind" },
	{ SMPP_ENQUIRE_LINK, "enquire_link" },
	{ SMPP_BIND_RECEIVER | SMPP_RESPONSE, "bind_receiver_resp" },
	{ SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, "bind_transmitter_resp" },
	{ SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, "bind_transceiver_resp" },
	{ SMPP_SUBMIT_SM | SMPP_RESPONSE, "submit_sm_resp" },
	{ SMPP_DELIVER_SM | SMPP_RESPONSE, "deliver_sm_resp" },
	{ SMPP_UNBIND | SMPP_RESPONSE, "unbind_resp" },
	{ SMPP_ENQUIRE_LINK | SMPP_RESPONSE, "enquire_link_resp" },
	{ SMPP_GENERIC_NACK, "generic_nack" },
	{ 0, NULL },
};

static const struct value_string statuses[] = {
	{ SMPP_OK, "ESME_ROK" },
	{ SMPP_RINVMSGLEN, "ESME_RINVMSGLEN" },
	{ SMPP_RINVCMDLEN, "ESME_RINVCMDLEN" },
	{ SMPP_RINVCMDID, "ESME_RINVCMDID" },
	{ SMPP_RINVBNDSTS, "ESME_RINVBNDSTS" },
	{ SMPP_RALYBND, "ESME_RALYBND" },
	{ SMPP_RSYSERR, "ESME_RSYSERR" },
	{ SMPP_RINVSRCADR, "ESME_RINVSRCADR" },
	{ SMPP_RINVDSTADR, "ESME_RINVDSTADR" },
	{ SMPP_RBINDFAIL, "ESME_RBINDFAIL" },
	{ SMPP_RINVPASWD, "ESME_RINVPASWD" },
	{ SMPP_RINVSYSID, "ESME_RINVSYSID" },
	{ SMPP_RMSGQFUL, "ESME_RMSGQFUL" },
	{ SMPP_RINVSERTYP, "ESME_RINVSERTYP" },
	{ SMPP_RINVESMCLASS, "ESME_RINVESMCLASS" },
	{ SMPP_RSUBMITFAIL, "ESME_RSUBMITFAIL" },
	{ SMPP_RINVSYSTYP, "ESME_RINVSYSTYP" },
	{ SMPP_RTHROTTLED, "ESME_RTHROTTLED" },
	{ SMPP_RINVSCHED, "ESME_RINVSCHED" },
	{ SMPP_RINVEXPIRY, "ESME_RINVEXPIRY" },
	{ SMPP_RX_T_APPN, "ESME_RX_T_APPN" },
	{ SMPP_RX_P_APPN, "ESME_RX_P_APPN" },
	{ SMPP_RX_R_APPN, "ESME_RX_R_APPN" },
	{ SMPP_RINVOPTPARSTREAM, "ESME_RINVOPTPARSTREAM" },
	{ SMPP_ROPTPARNOTALLWD, "ESME_ROPTPARNOTALLWD" },
	{ SMPP_RINVPARLEN, "ESME_RINVPARLEN" },
	{ SMPP_RMISSINGOPTPARAM, "ESME_RMISSINGOPTPARAM" },
	{ SMPP_RUNKNOWNERR, "ESME_RUNKNOWNERR" },
	{ 0, NULL },
};

static const char *name_of(const struct value_string *names, uint32_t value)
{
	static char unknown[16];
	const char *name = get_value_string_or_null(names, value);

	if (name)
		return name;
	snprintf(unknown, sizeof(unknown), "0x%08" PRIx32, value);
	return unknown;
}

const char *smpp_command_name(uint32_t command)
{
	return name_of(commands, command);
}

const char *smpp_status_name(uint32_t status)
{
	return name_of(statuses, status);
}
