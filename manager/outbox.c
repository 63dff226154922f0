/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/outbox.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/fault_point.h"
#include "lib/log_category.h"
#include "manager/db_time.h"
#include "manager/dialogue.h"
#include "manager/outbox_priv.h"
#include "manager/outbox_text.h"
#include "manager/sms_route.h"

#define IDLE_FACTOR 5 /* the longest pause of an outbox that is empty, in intervals */
#define STATE_EVERY_US INT64_C(10000000)
#define RETRY_FIRST_MS 5000
#define RETRY_MAX_MS 600000
#define AWAY_FIRST_MS 60000
#define FULL_MS 5000 /* until a text is taken again whose link had no room */
#define ASK_MIN 10
#define RECORD_AGAIN_MS 1000

static void schedule(struct outbox *ob, int64_t ms)
{
	osmo_timer_schedule(&ob->poll, ms / 1000, ms % 1000 * 1000);
}

/* --- the end of a text --------------------------------------------------------- */

static void record(struct outgoing *o);

static void outgoing_free(struct outgoing *o)
{
	struct outbox *ob = o->outbox;

	osmo_timer_del(&o->again);
	outbox_lease_end(o);
	outbox_answer_recorded(o);
	llist_del(&o->entry);
	ob->n_outgoing--;
	ob->n_recording--;
	talloc_free(o);
}

static void record_again(void *data)
{
	record(data);
}

static void recorded(void *data, const struct outbox_recorded *result)
{
	struct outgoing *o = data;
	struct outbox *ob = o->outbox;

	switch (result->outcome) {
	case OUTCOME_OK:
	case OUTCOME_NOT_FOUND: /* another manager has it by now; what was sent is written down */
		FAULT_POINT("text-recorded");
		outgoing_free(o);
		if (result->more)
			outbox_poke(ob);
		return;
	case OUTCOME_BODY_MALFORMED:
		LOGP(DSMPP, LOGL_ERROR, "message %" PRId64 ": its result cannot be recorded\n",
		     o->result.message_id);
		outgoing_free(o);
		return;
	default:
		osmo_timer_schedule(&o->again, RECORD_AGAIN_MS / 1000,
				    RECORD_AGAIN_MS % 1000 * 1000);
	}
}

static void record(struct outgoing *o)
{
	ledger_outbox_result(o->outbox->ledger, &o->result, recorded, o);
}

static void outgoing_end(struct outgoing *o, enum outbox_end end, enum outbox_ctr ctr,
			 const char *error)
{
	o->recording = true;
	o->outbox->n_recording++;
	o->result.end = end;
	OSMO_STRLCPY_ARRAY(o->result.error, error);
	outbox_count(o->outbox, ctr);
	if (o->result.n_ids)
		outbox_answer_known(o);
	record(o);
}

static uint32_t retry_ms(uint32_t first_ms, uint32_t attempts)
{
	uint32_t shift = OSMO_MIN(attempts > 0 ? attempts - 1 : 0, 16u);

	return OSMO_MIN((uint64_t)first_ms << shift, RETRY_MAX_MS);
}

static void sent(void *data, const struct sms_sent_result *result)
{
	struct outgoing *o = data;
	const char *why = result->status ? smpp_status_name(result->status) : "no answer";
	size_t i;

	FAULT_POINT("text-answered");
	OSMO_STRLCPY_ARRAY(o->result.link, result->link);
	o->result.n_ids = OSMO_MIN(result->n_ids, (size_t)SMS_PARTS_MAX);
	for (i = 0; i < o->result.n_ids; i++)
		OSMO_STRLCPY_ARRAY(o->result.ids[i], result->ids[i]);
	switch (result->sent) {
	case SMS_SENT_OK:
		outgoing_end(o, OUTBOX_SENT, OUTBOX_CTR_SENT, "");
		break;
	case SMS_SENT_RETRY:
		o->result.retry_ms = retry_ms(RETRY_FIRST_MS, o->attempts);
		outbox_await(o);
		outgoing_end(o, OUTBOX_LATER, OUTBOX_CTR_LATER, why);
		break;
	case SMS_SENT_NEVER:
		LOGP(DSMPP, LOGL_NOTICE, "message %" PRId64 " will never be taken: %s\n",
		     o->result.message_id, why);
		outgoing_end(o, OUTBOX_DEAD, OUTBOX_CTR_DEAD, why);
		break;
	case SMS_SENT_UNKNOWN:
		outgoing_end(o, OUTBOX_UNKNOWN, OUTBOX_CTR_UNKNOWN, "the link went down");
		break;
	case SMS_SENT_NOT:
		outgoing_end(o, OUTBOX_RETURNED, OUTBOX_CTR_RETURNED, "");
		break;
	}
}

/* --- the way of a text ------------------------------------------------------------ */

static void not_sent(struct outgoing *o, int rc)
{
	if (rc == -EBUSY || rc == -ENOTCONN) {
		o->outbox->n_returned++;
		o->result.retry_ms = o->outbox->draining ? 0 : FULL_MS;
		outgoing_end(o, OUTBOX_RETURNED, OUTBOX_CTR_RETURNED, "");
		return;
	}
	if (rc == -EHOSTUNREACH) {
		o->result.retry_ms = retry_ms(AWAY_FIRST_MS, o->attempts);
		outbox_await(o);
		outgoing_end(o, OUTBOX_LATER, OUTBOX_CTR_LATER, "not reached");
		return;
	}
	LOGP(DSMPP, LOGL_ERROR, "message %" PRId64 " cannot be sent: %s\n", o->result.message_id,
	     strerror(-rc));
	outgoing_end(o, OUTBOX_DEAD, OUTBOX_CTR_DEAD, strerror(-rc));
}

void outbox_send(struct outbox *ob, const struct outbox_message *m,
		 const struct outbox_place *place)
{
	struct text_style style = dialogues_style(ob->dialogues, m->language);
	struct outgoing *o = talloc_zero(ob, struct outgoing);
	char text[SMS_TEXT_SIZE];
	struct sms_out out = {
		.message_id = m->message_id,
		.msisdn = m->address,
		.imsi = m->imsi,
		.text = text,
		.valid_until = m->valid_until,
		.wants_receipt = true,
		.may_go = outbox_may_go,
	};
	int rc;

	OSMO_ASSERT(o);
	o->outbox = ob;
	o->result.message_id = m->message_id;
	o->attempts = m->attempts;
	OSMO_STRLCPY_ARRAY(o->imsi, m->imsi);
	osmo_timer_setup(&o->again, record_again, o);
	if (place) {
		o->brief = true;
		outbox_lease_begin(o, place->since_us, place->lease_ms);
		llist_add(&o->entry, &ob->outgoing);
	} else {
		outbox_lease_begin(o, ob->asked_us, ob->settings.lease_s * 1000);
		llist_add_tail(&o->entry, &ob->outgoing);
	}
	ob->n_outgoing++;
	outbox_count(ob, OUTBOX_CTR_TAKEN);
	FAULT_POINT("text-leased");
	if (ob->draining || !outbox_may_go(o))
		rc = -EBUSY;
	else if (outbox_text(text, sizeof(text), &style, m) == 0)
		rc = -ENOMSG;
	else
		rc = sms_route_send(ob->route, &out, sent, o);
	FAULT_POINT("text-given");
	if (rc < 0)
		not_sent(o, rc);
}

/* --- looking ---------------------------------------------------------------------------- */

size_t outbox_room_left(const struct outbox *ob)
{
	size_t of_links = sms_route_room(ob->route);
	size_t of_window =
		ob->n_outgoing < ob->settings.window ? ob->settings.window - ob->n_outgoing : 0;
	size_t room = OSMO_MIN(of_links, of_window);

	return room > ob->n_reserved ? room - ob->n_reserved : 0;
}

/* When to look again: at once where there may be more; where there is nothing, less and less
 * often, but never so seldom that a reader would notice. */
static int64_t pause_after(struct outbox *ob, const struct outbox_take_result *result)
{
	int64_t interval_ms = ob->settings.interval_ms;
	bool poked = ob->poked;

	ob->poked = false;
	if (result->outcome != OUTCOME_OK)
		return interval_ms * IDLE_FACTOR;
	if (ob->n_returned)
		return interval_ms;
	if (poked || result->n == ob->asked_for)
		return 0;
	if (result->n > 0 || result->wait_ms >= 0)
		ob->idle = 1;
	else
		ob->idle = OSMO_MIN(ob->idle + 1, (unsigned int)IDLE_FACTOR);
	if (result->wait_ms > 0)
		return OSMO_MIN(result->wait_ms, interval_ms * ob->idle);
	return interval_ms * ob->idle;
}

static void taken(void *data, const struct outbox_take_result *result)
{
	struct outbox *ob = data;
	size_t i;

	ob->taking = false;
	ob->n_returned = 0;
	ob->backlog = result->outcome != OUTCOME_OK || result->n == ob->asked_for;
	for (i = 0; i < result->n; i++)
		outbox_send(ob, &result->messages[i], NULL);
	if (ob->n_returned)
		ob->ask_max = OSMO_MAX(result->n - ob->n_returned, (size_t)ASK_MIN);
	else if (result->n == ob->asked_for)
		ob->ask_max = OSMO_MIN(2 * ob->ask_max, (size_t)OUTBOX_TAKE_MAX);
	if (!ob->draining)
		schedule(ob, pause_after(ob, result));
}

static void state_told(void *data, const struct outbox_state_result *result)
{
	struct outbox *ob = data;

	ob->state_asked = false;
	if (result->outcome != OUTCOME_OK)
		return;
	ob->state = *result;
	ob->state_us = db_now_us();
}

static void state_ask(struct outbox *ob)
{
	int64_t now_us = db_now_us();

	if (ob->state_asked || now_us < ob->state_due_us)
		return;
	ob->state_asked = true;
	ob->state_due_us = now_us + STATE_EVERY_US;
	ledger_outbox_state(ob->ledger, state_told, ob);
}

static void poll_cb(void *data)
{
	struct outbox *ob = data;

	if (!ledger_ready(ob->ledger)) {
		schedule(ob, ob->settings.interval_ms);
		return;
	}
	state_ask(ob);
	if (ob->taking || ob->draining)
		return;
	ob->asked_for = OSMO_MIN(outbox_room_left(ob), ob->ask_max);
	if (ob->asked_for == 0) {
		/* outbox_room() tells when there is some; this is for the state. */
		schedule(ob, ob->settings.interval_ms * IDLE_FACTOR);
		return;
	}
	ob->taking = true;
	ob->poked = false;
	ob->asked_us = db_now_us();
	ledger_outbox_take(ob->ledger, ob->asked_for, ob->settings.lease_s * 1000, taken, ob);
}

void outbox_poke(struct outbox *ob)
{
	if (!ob->started || ob->draining)
		return;
	if (ob->taking)
		ob->poked = true;
	else
		schedule(ob, 0);
}

void outbox_room(void *data)
{
	outbox_poke(data);
}

/* --- life ------------------------------------------------------------------------------------ */

void outbox_reset(struct outbox *ob)
{
	ob->settings = (struct outbox_settings){ .interval_ms = 200, .lease_s = 60, .window = 500 };
}

static int outbox_destructor(struct outbox *ob)
{
	osmo_timer_del(&ob->poll);
	osmo_timer_del(&ob->renew);
	/* It is not talloc'd into the list of groups' care: it must be told that it goes. */
	rate_ctr_group_free(ob->counters);
	return 0;
}

struct outbox *outbox_new(void *ctx, struct ledger *ledger, struct sms_route *route,
			  struct dialogues *dialogues)
{
	struct outbox *ob = talloc_zero(ctx, struct outbox);

	OSMO_ASSERT(ob);
	ob->ledger = ledger;
	ob->route = route;
	ob->dialogues = dialogues;
	ob->idle = 1;
	ob->ask_max = OUTBOX_TAKE_MAX;
	ob->backlog = true; /* until it was looked */
	ob->away = outbox_away_new(ob);
	INIT_LLIST_HEAD(&ob->outgoing);
	INIT_LLIST_HEAD(&ob->answers);
	INIT_LLIST_HEAD(&ob->waiting_receipts);
	osmo_timer_setup(&ob->poll, poll_cb, ob);
	osmo_timer_setup(&ob->renew, outbox_renew, ob);
	outbox_counters_init(ob);
	outbox_reset(ob);
	talloc_set_destructor(ob, outbox_destructor);
	return ob;
}

struct outbox_settings *outbox_settings(struct outbox *ob)
{
	return &ob->settings;
}

void outbox_start(struct outbox *ob)
{
	ob->started = true;
	schedule(ob, 0);
	osmo_timer_schedule(&ob->renew, 1, 0);
}

void outbox_drain(struct outbox *ob)
{
	ob->draining = true;
	osmo_timer_del(&ob->poll);
}

size_t outbox_in_flight(const struct outbox *ob)
{
	return ob->n_outgoing + ob->n_receipts + ob->taking;
}

void outbox_status(const struct outbox *ob, struct outbox_status *status)
{
	bool known = ob->state_us != 0;

	*status = (struct outbox_status){
		.draining = ob->draining,
		.n_sending = ob->n_outgoing - ob->n_recording,
		.n_recording = ob->n_recording,
		.waiting = known ? ob->state.waiting : -1,
		.dead = known ? ob->state.dead : -1,
		.oldest_s = known ? ob->state.oldest_s : -1,
		.state_age_ms = known ? (db_now_us() - ob->state_us) / 1000 : -1,
	};
}
