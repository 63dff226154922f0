/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Receipts, each behind the answers that came before it: an id that an SMSC gives again is by then
 * its new text's. */
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/outbox_priv.h"

struct receipt {
	struct llist_head entry; /* of waiting_receipts */
	struct outbox *outbox;
	uint64_t behind; /* the answer of this turn */
	struct outbox_receipt_args args;
	sms_receipt_cb done;
	void *done_data;
};

static void receipt_done(void *data, enum outcome outcome)
{
	struct receipt *r = data;
	struct outbox *ob = r->outbox;
	const bool told = r->args.state == SMPP_STATE_DELIVERED;

	ob->n_receipts--;
	if (outcome != OUTCOME_OK)
		outbox_count(ob, OUTBOX_CTR_RECEIPT_LATER);
	else
		outbox_count(ob, told ? OUTBOX_CTR_RECEIPT_TOLD : OUTBOX_CTR_RECEIPT_OTHER);
	r->done(r->done_data, outcome == OUTCOME_OK ? SMS_ACCEPTED : SMS_TRY_AGAIN);
	talloc_free(r);
}

static bool must_wait(const struct outbox *ob, const struct receipt *r)
{
	const struct outgoing *first =
		llist_first_entry_or_null(&ob->answers, struct outgoing, answer);

	return first && first->turn <= r->behind;
}

void outbox_receipt(void *data, const struct sms_receipt *receipt, sms_receipt_cb done,
		    void *done_data)
{
	struct outbox *ob = data;
	struct receipt *r = talloc_zero(ob, struct receipt);

	OSMO_ASSERT(r);
	r->outbox = ob;
	r->behind = ob->last_turn;
	r->done = done;
	r->done_data = done_data;
	r->args.state = receipt->state;
	OSMO_STRLCPY_ARRAY(r->args.link, receipt->link);
	OSMO_STRLCPY_ARRAY(r->args.id, receipt->id);
	OSMO_STRLCPY_ARRAY(r->args.error, receipt->error);
	ob->n_receipts++;
	if (must_wait(ob, r))
		llist_add_tail(&r->entry, &ob->waiting_receipts);
	else
		ledger_outbox_receipt(ob->ledger, &r->args, receipt_done, r);
}

void outbox_answer_known(struct outgoing *o)
{
	o->turn = ++o->outbox->last_turn;
	llist_add_tail(&o->answer, &o->outbox->answers);
}

void outbox_answer_recorded(struct outgoing *o)
{
	struct outbox *ob = o->outbox;
	struct receipt *r, *next;

	if (!o->turn)
		return;
	llist_del(&o->answer);
	llist_for_each_entry_safe (r, next, &ob->waiting_receipts, entry) {
		if (must_wait(ob, r))
			return;
		llist_del(&r->entry);
		ledger_outbox_receipt(ob->ledger, &r->args, receipt_done, r);
	}
}
