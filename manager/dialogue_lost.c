/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/dialogue_lost.h"

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/ledger_sms.h"

#define RETRY_S 5
#define TRIES_MAX 120
/* So often it is asked whether something was done whose end nobody knows. */
#define TRIES_UNKNOWN_MAX 6

struct lost {
	struct llist_head entry;
	struct dialogue_lost *all;
	int64_t terminal_id;
	struct request_id request_id;
	uint8_t debt;
	unsigned int tries;
	struct ledger_request *request; /* NULL: none, or one that cannot be cancelled */
	struct osmo_timer_list timer;
};

struct dialogue_lost {
	struct ledger *ledger;
	struct llist_head waiting;
	size_t n;
};

static void forget(struct lost *o)
{
	osmo_timer_del(&o->timer);
	ledger_pay(o->all->ledger, o->debt);
	llist_del(&o->entry);
	o->all->n--;
	talloc_free(o);
}

static bool is_worth_a_retry(const struct lost *o, enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_AGAIN:
	case OUTCOME_BUSY:
	case OUTCOME_UNCERTAIN:
	case OUTCOME_UNAVAILABLE:
		return o->tries < TRIES_MAX;
	case OUTCOME_NOT_FOUND:
		return o->tries < TRIES_UNKNOWN_MAX;
	default:
		return false;
	}
}

static void told(void *data, const struct sms_put_result *result)
{
	struct lost *o = data;
	char id[REQUEST_ID_STR_SIZE];

	o->request = NULL;
	if (is_worth_a_retry(o, result->outcome)) {
		osmo_timer_schedule(&o->timer, RETRY_S, 0);
		return;
	}
	LOGP(DOP, LOGL_INFO, "request %s: its dialogue died; to be told by SMS: %s\n",
	     request_id_format(id, &o->request_id),
	     result->outcome != OUTCOME_OK ? outcome_name(result->outcome)
	     : result->message_id	   ? "written"
					   : "the outbox is off");
	forget(o);
}

static void tell(void *data)
{
	struct lost *o = data;

	o->tries++;
	o->request = ledger_outbox_tell(o->all->ledger, o->terminal_id, &o->request_id, told, o);
}

void dialogue_lost_tell(struct dialogue_lost *lost, int64_t terminal_id,
			const struct request_id *request_id, uint8_t debt)
{
	struct lost *o;

	if (lost->n >= DIALOGUE_LOST_MAX) {
		ledger_pay(lost->ledger, debt);
		return;
	}
	o = talloc_zero(lost, struct lost);
	OSMO_ASSERT(o);
	o->all = lost;
	o->terminal_id = terminal_id;
	o->request_id = *request_id;
	o->debt = debt;
	osmo_timer_setup(&o->timer, tell, o);
	llist_add_tail(&o->entry, &lost->waiting);
	lost->n++;
	tell(o);
}

size_t dialogue_lost_count(const struct dialogue_lost *lost)
{
	return lost->n;
}

static int lost_destroy(struct dialogue_lost *lost)
{
	struct lost *o, *next;

	llist_for_each_entry_safe (o, next, &lost->waiting, entry) {
		if (o->request)
			ledger_cancel(o->request);
		forget(o);
	}
	return 0;
}

struct dialogue_lost *dialogue_lost_new(void *ctx, struct ledger *ledger)
{
	struct dialogue_lost *lost = talloc_zero(ctx, struct dialogue_lost);

	OSMO_ASSERT(lost);
	lost->ledger = ledger;
	INIT_LLIST_HEAD(&lost->waiting);
	talloc_set_destructor(lost, lost_destroy);
	return lost;
}
