/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as a GSUP message: what is one is sent and read as the same. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/gsup_msg.h"

#define FRAME_HEADER 4

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

static bool same_address(const struct gsup_sm_address *a, const struct gsup_sm_address *b)
{
	return a->type == b->type && a->ton_npi == b->ton_npi && strcmp(a->digits, b->digits) == 0;
}

static bool same_sm(const struct gsup_msg *a, const struct gsup_msg *b)
{
	return a->has_sm_rp_mr == b->has_sm_rp_mr && a->sm_rp_mr == b->sm_rp_mr &&
	       a->has_sm_rp_cause == b->has_sm_rp_cause && a->sm_rp_cause == b->sm_rp_cause &&
	       a->sm_alert_reason == b->sm_alert_reason && a->has_sm_rp_mms == b->has_sm_rp_mms &&
	       a->sm_rp_mms == b->sm_rp_mms && same_address(&a->sm_rp_da, &b->sm_rp_da) &&
	       same_address(&a->sm_rp_oa, &b->sm_rp_oa) && a->sm_rp_ui_len == b->sm_rp_ui_len &&
	       (a->sm_rp_ui_len == 0 || memcmp(a->sm_rp_ui, b->sm_rp_ui, a->sm_rp_ui_len) == 0);
}

static bool same(const struct gsup_msg *a, const struct gsup_msg *b)
{
	if (a->session != GSUP_SESSION_NONE && a->session_id != b->session_id)
		return false; /* an id without a state is not sent */
	return a->type == b->type && strcmp(a->imsi, b->imsi) == 0 &&
	       strcmp(a->msisdn, b->msisdn) == 0 && a->session == b->session &&
	       a->message_class == b->message_class && a->cause == b->cause &&
	       a->cn_domain == b->cn_domain && strcmp(a->source_name, b->source_name) == 0 &&
	       strcmp(a->destination_name, b->destination_name) == 0 && same_sm(a, b) &&
	       a->ss_info_len == b->ss_info_len &&
	       (a->ss_info_len == 0 || memcmp(a->ss_info, b->ss_info, a->ss_info_len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	uint8_t out[GSUP_MSG_MAX_SIZE];
	struct gsup_msg msg, back;
	int n;

	if (gsup_msg_decode(&msg, in, len) < 0)
		return 0;
	n = gsup_msg_encode(out, sizeof(out), &msg);
	OSMO_ASSERT(n > 0 || (n == -EINVAL && msg.type == 0));
	if (n < 0)
		return 0;
	OSMO_ASSERT(gsup_msg_decode(&back, out + FRAME_HEADER, (size_t)n - FRAME_HEADER) == 0);
	OSMO_ASSERT(same(&msg, &back));
	return 0;
}
