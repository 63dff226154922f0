/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Nodes of the manager's configuration; each belongs to the *_vty.c named beside it. */
#include <osmocom/vty/command.h>

enum manager_vty_node {
	MANAGER_NODE = _LAST_OSMOVTY_NODE + 1, /* main_vty.c: "manager" */
	DATABASE_NODE, /* ledger_vty.c: "database" */
	DIALOGUE_NODE, /* dialogue_vty.c: "dialogue" */
	HLR_NODE, /* exchange_hlr_vty.c: "hlr NAME" */
	DIRECT_NODE, /* exchange_direct_vty.c: "direct" */
	SEALER_NODE, /* sealer_vty.c: "sealer" */
	GATEWAY_NODE, /* shop_links_vty.c: "gateway NAME" */
	SMSC_NODE, /* smscs_vty.c: "smsc NAME" */
	SMS_NODE, /* sms_vty.c: "sms" */
};
