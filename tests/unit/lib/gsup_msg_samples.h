/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Messages with everything in them, and when two are the same. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsm48_ie.h>
#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/gsup_sms.h>

#include "lib/gsup_msg.h"

#define HEADER 4 /* of the IPA frame */

/* From a copy with nothing behind it, so that ASan sees a read too far. */
static inline int decode(struct gsup_msg *msg, const void *in, size_t len)
{
	uint8_t *copy = malloc(len + !len);
	int rc;

	memcpy(copy, in, len);
	rc = gsup_msg_decode(msg, copy, len);
	free(copy);
	msg->ss_info = msg->sm_rp_ui = NULL; /* pointed into the copy */
	return rc;
}

static const uint8_t component[] = { 0xa2, 0x03, 0x02, 0x01, 0x07 };

static const uint8_t tpdu[] = { 0x01, 0x02, 0x03, 0x00 };

static inline struct gsup_msg sm_message(void)
{
	return (struct gsup_msg){
		.type = OSMO_GSUP_MSGT_MO_FORWARD_SM_REQUEST,
		.imsi = "001010000000001",
		.message_class = OSMO_GSUP_MESSAGE_CLASS_SMS,
		.has_sm_rp_mr = true,
		.sm_rp_mr = 0,
		.has_sm_rp_mms = true,
		.sm_rp_mms = true,
		.has_sm_rp_cause = true,
		.sm_rp_cause = 22,
		.sm_alert_reason = OSMO_GSUP_SMS_SM_ALERT_RSN_MEM_AVAIL,
		.sm_rp_da = { OSMO_GSUP_SMS_SM_RP_ODA_SMSC_ADDR, 0x81, "188" },
		.sm_rp_oa = { OSMO_GSUP_SMS_SM_RP_ODA_MSISDN, GSUP_TON_INTERNATIONAL,
			      "819012345678" },
		.sm_rp_ui = tpdu,
		.sm_rp_ui_len = sizeof(tpdu),
	};
}

static inline struct gsup_msg full_message(void)
{
	return (struct gsup_msg){
		.type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
		.imsi = "001010000000001",
		.msisdn = "819012345678",
		.session_id = 0x80abcdef,
		.session = GSUP_SESSION_CONTINUE,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_USSD,
		.cause = 2,
		.cn_domain = OSMO_GSUP_CN_DOMAIN_CS,
		.source_name = "EUSE-carrier",
		.destination_name = "MSC-1",
		.ss_info = component,
		.ss_info_len = sizeof(component),
	};
}

static inline void assert_same_address(const struct gsup_sm_address *a,
				       const struct gsup_sm_address *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->ton_npi, b->ton_npi);
	assert_string_equal(a->digits, b->digits);
}

static inline void assert_same_sm(const struct gsup_msg *a, const struct gsup_msg *b)
{
	assert_int_equal(a->has_sm_rp_mr, b->has_sm_rp_mr);
	assert_int_equal(a->sm_rp_mr, b->sm_rp_mr);
	assert_int_equal(a->has_sm_rp_cause, b->has_sm_rp_cause);
	assert_int_equal(a->sm_rp_cause, b->sm_rp_cause);
	assert_int_equal(a->has_sm_rp_mms, b->has_sm_rp_mms);
	assert_int_equal(a->sm_rp_mms, b->sm_rp_mms);
	assert_int_equal(a->sm_alert_reason, b->sm_alert_reason);
	assert_same_address(&a->sm_rp_da, &b->sm_rp_da);
	assert_same_address(&a->sm_rp_oa, &b->sm_rp_oa);
	assert_int_equal(a->sm_rp_ui_len, b->sm_rp_ui_len);
	if (a->sm_rp_ui && b->sm_rp_ui)
		assert_memory_equal(a->sm_rp_ui, b->sm_rp_ui, a->sm_rp_ui_len);
}

static inline void assert_same(const struct gsup_msg *a, const struct gsup_msg *b)
{
	assert_same_sm(a, b);
	assert_int_equal(a->type, b->type);
	assert_string_equal(a->imsi, b->imsi);
	assert_string_equal(a->msisdn, b->msisdn);
	assert_int_equal(a->session, b->session);
	assert_int_equal(a->session_id, b->session_id);
	assert_int_equal(a->message_class, b->message_class);
	assert_int_equal(a->cause, b->cause);
	assert_int_equal(a->cn_domain, b->cn_domain);
	assert_string_equal(a->source_name, b->source_name);
	assert_string_equal(a->destination_name, b->destination_name);
	assert_int_equal(a->ss_info_len, b->ss_info_len);
	if (a->ss_info && b->ss_info)
		assert_memory_equal(a->ss_info, b->ss_info, a->ss_info_len);
}
