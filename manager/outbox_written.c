/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts that are sent by who wrote them. */
#include <osmocom/core/utils.h>

#include "manager/db_time.h"
#include "manager/outbox_priv.h"

/* Where others wait half of the room is theirs.  The other half is not: who would write behind them
 * all made them more, by a slower way, and a moment's delay would last. */
void outbox_reserve(void *data, struct outbox_place *place)
{
	struct outbox *ob = data;
	size_t room = outbox_room_left(ob);

	*place = (struct outbox_place){ .since_us = db_now_us() };
	if (!ob->started || ob->draining || ob->n_returned || room == 0 ||
	    (ob->backlog && room <= ob->n_reserved))
		return;
	place->lease_ms = OUTBOX_BRIEF_MS(ob);
	ob->n_reserved++;
}

static bool is_outgoing(const struct outbox *ob, int64_t message_id)
{
	const struct outgoing *o;

	llist_for_each_entry (o, &ob->outgoing, entry)
		if (o->result.message_id == message_id)
			return true;
	return false;
}

/* A lease that may be over soon is let go: somebody else could be sending it before we have. */
static bool is_ours(const struct outbox *ob, const struct outbox_place *place,
		    const struct sms_put_result *result)
{
	if (db_now_us() - place->since_us > place->lease_ms * INT64_C(500))
		return false;
	return !result->leased_before || !is_outgoing(ob, result->message_id);
}

void outbox_written(void *data, const struct outbox_place *place,
		    const struct sms_put_result *result)
{
	struct outbox *ob = data;

	if (place->lease_ms)
		ob->n_reserved--;
	if (!result->leased) {
		if (result->message_id)
			outbox_poke(ob);
	} else if (is_ours(ob, place, result)) {
		outbox_count(ob, OUTBOX_CTR_WRITTEN);
		outbox_send(ob, result->leased, place);
	}
}
