/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counters of group "outbox", and gauges of what is in the table. */
#include <osmocom/core/utils.h>

#include "lib/metrics.h"
#include "manager/outbox_priv.h"

static const struct rate_ctr_desc counter_desc[OUTBOX_CTR_COUNT] = {
	[OUTBOX_CTR_TAKEN] = { "taken", "Texts leased" },
	[OUTBOX_CTR_WRITTEN] = { "written", "Of these, leased as they were written" },
	[OUTBOX_CTR_SENT] = { "sent", "Texts that the network has taken" },
	[OUTBOX_CTR_LATER] = { "later", "Texts tried in vain" },
	[OUTBOX_CTR_DEAD] = { "dead", "Texts that will never be taken" },
	[OUTBOX_CTR_UNKNOWN] = { "unknown", "Texts whose answer was lost" },
	[OUTBOX_CTR_RETURNED] = { "returned", "Texts given back untried" },
	[OUTBOX_CTR_RENEW_FAILED] = { "renew_failed", "Leases that could not be renewed" },
	[OUTBOX_CTR_RECEIPT_TOLD] = { "receipt:told", "Receipts: delivered" },
	[OUTBOX_CTR_RECEIPT_OTHER] = { "receipt:other", "Receipts of another state" },
	[OUTBOX_CTR_RECEIPT_LATER] = { "receipt:later", "Receipts that could not be recorded" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "outbox",
	.group_description = "Texts to terminals",
	.num_ctr = ARRAY_SIZE(counter_desc),
	.ctr_desc = counter_desc,
};

static double waiting(void *data)
{
	return ((const struct outbox *)data)->state.waiting;
}

static double dead(void *data)
{
	return ((const struct outbox *)data)->state.dead;
}

static double oldest(void *data)
{
	return ((const struct outbox *)data)->state.oldest_s;
}

static double sending(void *data)
{
	const struct outbox *ob = data;

	return ob->n_outgoing - ob->n_recording;
}

void outbox_counters_init(struct outbox *ob)
{
	ob->counters = rate_ctr_group_alloc(ob, &counter_group, 0);
	OSMO_ASSERT(ob->counters);
	metrics_gauge_register(ob, "tegata_outbox_waiting", "Texts that wait, of all managers", "",
			       waiting, ob);
	metrics_gauge_register(ob, "tegata_outbox_dead", "Texts that will never be sent", "", dead,
			       ob);
	metrics_gauge_register(ob, "tegata_outbox_oldest_seconds",
			       "For how long the oldest text waits", "", oldest, ob);
	metrics_gauge_register(ob, "tegata_outbox_sending", "Texts that links have", "", sending,
			       ob);
}

void outbox_count(struct outbox *ob, enum outbox_ctr ctr)
{
	rate_ctr_inc(rate_ctr_group_get_ctr(ob->counters, ctr));
}
