/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_metrics.h"

#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

static const struct rate_ctr_desc ctr_desc[] = {
	[GSUP_CTR_LINK_UP] = { "link:up", "Links that came up" },
	[GSUP_CTR_LINK_DOWN] = { "link:down", "Links that went down" },
	[GSUP_CTR_LINK_REFUSED] = { "link:refused", "Connections not let in" },
	[GSUP_CTR_RX] = { "rx", "GSUP messages received" },
	[GSUP_CTR_TX] = { "tx", "GSUP messages sent" },
	[GSUP_CTR_RX_MALFORMED] = { "rx:malformed", "GSUP messages that cannot be decoded" },
	[GSUP_CTR_RX_UNEXPECTED] = { "rx:unexpected", "GSUP messages that are not for us" },
	[GSUP_CTR_BEGIN] = { "begin", "Dialogues opened by terminals" },
	[GSUP_CTR_BEGIN_REPEATED] = { "begin:repeated", "BEGIN that came twice" },
	[GSUP_CTR_BEGIN_SUPERSEDES] = { "begin:supersedes", "BEGIN in place of an open session" },
	[GSUP_CTR_BEGIN_MALFORMED] = { "begin:malformed", "BEGIN refused as malformed" },
	[GSUP_CTR_BEGIN_UNREADABLE] = { "begin:unreadable", "BEGIN in an unknown text coding" },
	[GSUP_CTR_BEGIN_OPERATION] = { "begin:operation", "BEGIN with another operation" },
	[GSUP_CTR_BEGIN_BUSY] = { "begin:busy", "BEGIN refused: too many sessions are open" },
	[GSUP_CTR_ANSWER] = { "answer", "Answers of terminals" },
	[GSUP_CTR_ANSWER_LATE] = { "answer:late", "Answers to another question, ignored" },
	[GSUP_CTR_ANSWER_UNASKED] = { "answer:unasked",
				      "Answers while nothing was asked, ignored" },
	[GSUP_CTR_ANSWER_MALFORMED] = { "answer:malformed", "Malformed answers" },
	[GSUP_CTR_ANSWER_UNREADABLE] = { "answer:unreadable", "Answers in an unknown coding" },
	[GSUP_CTR_ANSWER_OPERATION] = { "answer:operation", "Another operation for an answer" },
	[GSUP_CTR_ANSWER_ERROR] = { "answer:error", "Terminals that could not answer" },
	[GSUP_CTR_ANSWER_STRANGER] = { "answer:stranger", "Answers without an open session" },
	[GSUP_CTR_QUESTION] = { "question", "Questions sent" },
	[GSUP_CTR_RESULT] = { "result", "Last texts sent" },
	[GSUP_CTR_TEXT_TOO_LONG] = { "text:too_long", "Texts that the link does not take" },
	[GSUP_CTR_END] = { "end", "Sessions ended by the peer" },
	[GSUP_CTR_END_STRANGER] = { "end:stranger", "Ends without an open session" },
	[GSUP_CTR_DROP] = { "drop", "Sessions ended without a text" },
	[GSUP_CTR_MSISDN_REFUSED] = { "msisdn:refused",
				      "Numbers from peers not trusted with them" },
	[GSUP_CTR_IMSI_REFUSED] = { "imsi:refused",
				    "Messages for IMSIs that the peer does not speak for" },
	[GSUP_CTR_PROBE_SENT] = { "probe:sent", "Messages to our own name" },
	[GSUP_CTR_PROBE_BACK] = { "probe:back", "Messages to our own name that came back" },
	[GSUP_CTR_PROBE_LOST] = { "probe:lost", "Messages to our own name that did not come back" },
	[GSUP_CTR_PROBE_FOREIGN] = { "probe:foreign", "Probes of another client of our name" },
	[GSUP_CTR_SM] = { "sm", "Texts received, or parts of them" },
	[GSUP_CTR_SM_ACCEPTED] = { "sm:accepted", "Texts whose effect is durable" },
	[GSUP_CTR_SM_NOT_TAKEN] = { "sm:not_taken", "Texts refused, for now or for good" },
	[GSUP_CTR_SM_MALFORMED] = { "sm:malformed", "Short messages that cannot be decoded" },
	[GSUP_CTR_SM_UNREADABLE] = { "sm:unreadable", "Texts in an unknown coding" },
	[GSUP_CTR_SM_SENT] = { "sm:sent", "Parts of texts sent" },
	[GSUP_CTR_SM_SENT_OK] = { "sm:sent:ok", "Texts that their phones have" },
	[GSUP_CTR_SM_SENT_FAILED] = { "sm:sent:failed", "Texts that were not taken" },
	[GSUP_CTR_SM_SENT_UNKNOWN] = { "sm:sent:unknown", "Texts without an answer" },
	[GSUP_CTR_SM_STRANGER] = { "sm:stranger", "Answers to no text of ours" },
};

static const struct rate_ctr_group_desc ctr_group_desc = {
	.group_name_prefix = "gsup",
	.group_description = "GSUP link to a mobile exchange",
	.class_id = OSMO_STATS_CLASS_PEER,
	.num_ctr = ARRAY_SIZE(ctr_desc),
	.ctr_desc = ctr_desc,
};

static const struct osmo_stat_item_desc stat_desc[] = {
	[GSUP_STAT_SESSIONS] = { "sessions", "Open USSD sessions", OSMO_STAT_ITEM_NO_UNIT, 60, 0 },
};

static const struct osmo_stat_item_group_desc stat_group_desc = {
	.group_name_prefix = "gsup",
	.group_description = "GSUP link to a mobile exchange",
	.class_id = OSMO_STATS_CLASS_PEER,
	.num_items = ARRAY_SIZE(stat_desc),
	.item_desc = stat_desc,
};

static int metrics_free(struct exchange_metrics *m)
{
	rate_ctr_group_free(m->ctrs);
	osmo_stat_item_group_free(m->stats);
	return 0;
}

struct exchange_metrics *exchange_metrics_new(void *ctx, const char *label)
{
	static unsigned int next_index;
	struct exchange_metrics *m = talloc_zero(ctx, struct exchange_metrics);

	m->ctrs = rate_ctr_group_alloc(m, &ctr_group_desc, next_index);
	m->stats = osmo_stat_item_group_alloc(m, &stat_group_desc, next_index);
	OSMO_ASSERT(m->ctrs && m->stats);
	next_index++;
	rate_ctr_group_set_name(m->ctrs, label);
	osmo_stat_item_group_set_name(m->stats, label);
	/* The groups are in lists of the library's: freed by hand before talloc frees them. */
	talloc_set_destructor(m, metrics_free);
	return m;
}
