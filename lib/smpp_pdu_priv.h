/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What decoder and encoder of SMPP share: numbers of TLVs (SMPP 3.4 section
 * 5.3.2) and which commands have which body.
 */
#include "lib/smpp_pdu.h"

enum smpp_tag {
	SMPP_TAG_RECEIPTED_ID = 0x001e,
	SMPP_TAG_USER_REFERENCE = 0x0204,
	SMPP_TAG_SAR_REFERENCE = 0x020c,
	SMPP_TAG_SAR_TOTAL = 0x020e,
	SMPP_TAG_SAR_NUMBER = 0x020f,
	SMPP_TAG_PAYLOAD = 0x0424,
	SMPP_TAG_STATE = 0x0427,
};

enum smpp_body {
	SMPP_BODY_UNKNOWN,
	SMPP_BODY_NONE,
	SMPP_BODY_BIND,
	SMPP_BODY_BIND_RESP,
	SMPP_BODY_SM,
	SMPP_BODY_SM_RESP,
};

enum smpp_body smpp_body_of(uint32_t command);
