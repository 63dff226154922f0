/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Has the SMSC read that we took a text?  What goes out on a connection is read in
 * order, so it has read everything in front of an enquire_link that it answers.
 */
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/exchange_smpp_priv.h"
#include "manager/exchange_util.h"

#define PROBE_EVERY_MS 1000 /* at most */

struct answer {
	struct llist_head entry;
	struct sms_delivery delivery;
	int64_t written_ms;
};

static void answer_end(struct smsc_bind *b, struct answer *a, bool known)
{
	sms_settled_end(sms_route_settled(b->smsc->route), &a->delivery, known);
	llist_del(&a->entry);
	b->n_answers--;
	talloc_free(a);
}

static struct answer *answer_oldest(struct smsc_bind *b)
{
	return llist_first_entry_or_null(&b->answers, struct answer, entry);
}

static void timer_set(struct smsc_bind *b)
{
	const struct answer *oldest = answer_oldest(b);
	int64_t ms;

	if (!oldest)
		return;
	ms = OSMO_MAX(oldest->written_ms + SMSC_SETTLE_MS - exchange_now_ms(), PROBE_EVERY_MS);
	osmo_timer_schedule(&b->settle, ms / 1000, ms % 1000 * 1000);
}

static void on_probed(void *data, const struct smpp_pdu *response)
{
	struct smsc_bind *b = data;
	struct answer *a;

	if (!response) /* down follows */
		return;
	while ((a = answer_oldest(b)) && a->written_ms + SMSC_SETTLE_MS <= b->probed_ms)
		answer_end(b, a, true);
	timer_set(b);
}

static void probe(void *data)
{
	struct smsc_bind *b = data;
	struct smpp_pdu enquiry = { .command = SMPP_ENQUIRE_LINK };

	b->probed_ms = exchange_now_ms();
	if (smpp_peer_request(b->peer, &enquiry, on_probed, b) < 0)
		timer_set(b); /* the window is full, or the link is going down */
}

void smsc_settle_init(struct smsc_bind *b)
{
	INIT_LLIST_HEAD(&b->answers);
	osmo_timer_setup(&b->settle, probe, b);
}

void smsc_settle_answered(struct smsc_bind *b, const struct sms_delivery *delivery)
{
	struct answer *a;

	if (b->n_answers == SMSC_ANSWERS_MAX) {
		sms_settled_end(sms_route_settled(b->smsc->route), delivery, false);
		return;
	}
	a = talloc_zero(b->smsc, struct answer);
	OSMO_ASSERT(a);
	a->delivery = *delivery;
	a->written_ms = exchange_now_ms();
	llist_add_tail(&a->entry, &b->answers);
	if (b->n_answers++ == 0)
		timer_set(b);
}

void smsc_settle_unbound(struct smsc_bind *b)
{
	osmo_timer_del(&b->settle);
	while (!llist_empty(&b->answers))
		answer_end(b, answer_oldest(b), false);
}
