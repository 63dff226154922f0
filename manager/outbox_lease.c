/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whose a text is.  A manager that was stopped for longer than a lease finds
 * texts behind a throttle or a rate that another manager has sent meanwhile: so
 * a text goes out only as long as its lease surely lasts, which is as far as the
 * record has said, counted from when it was asked.
 */
#include <osmocom/core/utils.h>

#include "manager/db_time.h"
#include "manager/outbox_priv.h"

#define RENEW_TICK_MS 1000

void outbox_lease_begin(struct outgoing *o, int64_t since_us, uint32_t lease_ms)
{
	o->leased_until_us = since_us + lease_ms * INT64_C(1000);
	o->ours_until_us = o->leased_until_us;
}

void outbox_lease_end(struct outgoing *o)
{
	if (o->renewing)
		ledger_cancel(o->renewing);
	o->renewing = NULL;
}

bool outbox_may_go(void *data)
{
	const struct outgoing *o = data;

	return o->ours_until_us > db_now_us();
}

static void renewed(void *data, enum outcome outcome)
{
	struct outgoing *o = data;
	struct outbox *ob = o->outbox;

	o->renewing = NULL;
	if (outcome == OUTCOME_OK) {
		o->ours_until_us = o->renewing_since_us + ob->settings.lease_s * INT64_C(1000000);
		return;
	}
	outbox_count(ob, OUTBOX_CTR_RENEW_FAILED);
	if (outcome == OUTCOME_NOT_FOUND)
		o->ours_until_us = 0;
}

static void renew(struct outgoing *o, int64_t now_us)
{
	struct outbox *ob = o->outbox;
	uint32_t lease_ms = ob->settings.lease_s * 1000;

	o->brief = false;
	o->leased_until_us = now_us + lease_ms * INT64_C(1000);
	llist_move_tail(&o->entry, &ob->outgoing);
	if (o->renewing || (o->recording && o->result.end == OUTBOX_UNKNOWN))
		return;
	o->renewing_since_us = now_us;
	o->renewing = ledger_outbox_renew(ob->ledger, o->result.message_id, lease_ms, renewed, o);
}

/* What was taken is sorted by when its leases end, because all are for the same time; a brief lease
 * is renewed where an SMSC does not answer for half of it, and then is as the others. */
void outbox_renew(void *data)
{
	struct outbox *ob = data;
	int64_t lease_us = ob->settings.lease_s * INT64_C(1000000), now_us = db_now_us();
	struct outgoing *o, *next;

	llist_for_each_entry_safe (o, next, &ob->outgoing, entry) {
		if (o->brief && o->leased_until_us - now_us > OUTBOX_BRIEF_MS(ob) * 500)
			continue;
		if (!o->brief && o->leased_until_us - now_us > lease_us / 2)
			break;
		renew(o, now_us);
	}
	osmo_timer_schedule(&ob->renew, RENEW_TICK_MS / 1000, 0);
}
