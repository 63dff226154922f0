/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What is counted of each HLR link and each direct peer: rate_ctr group "gsup"
 * and stat items "gsup", both named by the link's label ("hlr:carrier").
 */
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/stat_item.h>

enum gsup_ctr {
	GSUP_CTR_LINK_UP,
	GSUP_CTR_LINK_DOWN,
	GSUP_CTR_LINK_REFUSED,
	GSUP_CTR_RX,
	GSUP_CTR_TX,
	GSUP_CTR_RX_MALFORMED,
	GSUP_CTR_RX_UNEXPECTED,
	GSUP_CTR_BEGIN,
	GSUP_CTR_BEGIN_REPEATED,
	GSUP_CTR_BEGIN_SUPERSEDES,
	GSUP_CTR_BEGIN_MALFORMED,
	GSUP_CTR_BEGIN_UNREADABLE,
	GSUP_CTR_BEGIN_OPERATION,
	GSUP_CTR_BEGIN_BUSY,
	GSUP_CTR_ANSWER,
	GSUP_CTR_ANSWER_LATE,
	GSUP_CTR_ANSWER_UNASKED,
	GSUP_CTR_ANSWER_MALFORMED,
	GSUP_CTR_ANSWER_UNREADABLE,
	GSUP_CTR_ANSWER_OPERATION,
	GSUP_CTR_ANSWER_ERROR,
	GSUP_CTR_ANSWER_STRANGER,
	GSUP_CTR_QUESTION,
	GSUP_CTR_RESULT,
	GSUP_CTR_TEXT_TOO_LONG,
	GSUP_CTR_END,
	GSUP_CTR_END_STRANGER,
	GSUP_CTR_DROP,
	GSUP_CTR_MSISDN_REFUSED,
	GSUP_CTR_IMSI_REFUSED,
	GSUP_CTR_PROBE_SENT,
	GSUP_CTR_PROBE_BACK,
	GSUP_CTR_PROBE_LOST,
	GSUP_CTR_PROBE_FOREIGN,
	GSUP_CTR_SM,
	GSUP_CTR_SM_ACCEPTED,
	GSUP_CTR_SM_NOT_TAKEN,
	GSUP_CTR_SM_MALFORMED,
	GSUP_CTR_SM_UNREADABLE,
	GSUP_CTR_SM_SENT,
	GSUP_CTR_SM_SENT_OK,
	GSUP_CTR_SM_SENT_FAILED,
	GSUP_CTR_SM_SENT_UNKNOWN,
	GSUP_CTR_SM_STRANGER,
};

enum gsup_stat { GSUP_STAT_SESSIONS };

struct exchange_metrics {
	struct rate_ctr_group *ctrs;
	struct osmo_stat_item_group *stats;
};

/* Children of ctx; label is copied. */
struct exchange_metrics *exchange_metrics_new(void *ctx, const char *label);

static inline void exchange_count(const struct exchange_metrics *m, enum gsup_ctr ctr)
{
	rate_ctr_inc2(m->ctrs, ctr);
}

static inline void exchange_gauge(const struct exchange_metrics *m, enum gsup_stat stat, int value)
{
	osmo_stat_item_set(osmo_stat_item_group_get_item(m->stats, stat), value);
}
