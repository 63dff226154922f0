/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From the ESME to phones: answers, joined texts, receipts. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/smsc_private.h"
#include "lib/log_category.h"
#include "lib/monotonic.h"
#include "lib/smpp_piece.h"

#define LATE_MS 1000
#define WANTS_RECEIPT 0x01
#define DELAYED_OF_ONE 3 /* that one submit_sm makes at most: its answer, its receipt twice */

/* Something that is sent later, or by another bind. */
struct delayed {
	struct llist_head entry;
	struct smsc *smsc;
	struct smsc_bind *bind; /* answers: where to; NULL: a receipt, to whoever receives */
	struct osmo_timer_list timer;
	struct smpp_pdu pdu;
	uint8_t octets[SMPP_SHORT_MESSAGE_MAX];
};

static void delayed_free(struct delayed *d)
{
	osmo_timer_del(&d->timer);
	llist_del(&d->entry);
	d->smsc->n_delayed--;
	talloc_free(d);
}

static void on_receipt_answered(void *data, const struct smpp_pdu *response)
{
}

static void on_delayed(void *data)
{
	struct delayed *d = data;
	struct smsc *s = d->smsc;
	struct smsc_bind *b = d->bind;

	if (b) {
		smpp_peer_respond(b->peer, &d->pdu);
	} else {
		b = smsc_receiver(s);
		d->pdu.sm.octets = d->octets;
		if (!b || smpp_peer_request(b->peer, &d->pdu, on_receipt_answered, s) < 0) {
			osmo_timer_schedule(&d->timer, 1, 0); /* nobody there: once more */
			return;
		}
	}
	delayed_free(d);
}

static struct delayed *delayed_new(struct smsc *s, struct smsc_bind *b, const struct smpp_pdu *pdu)
{
	struct delayed *d = talloc_zero(s, struct delayed);

	OSMO_ASSERT(d);
	d->smsc = s;
	d->bind = b;
	d->pdu = *pdu;
	osmo_timer_setup(&d->timer, on_delayed, d);
	llist_add_tail(&d->entry, &s->delayed);
	s->n_delayed++;
	return d;
}

static void delayed_in(struct delayed *d, uint32_t ms)
{
	osmo_timer_schedule(&d->timer, ms / 1000, ms % 1000 * 1000);
}

/* --- answers and receipts --------------------------------------------------------- */

static void answer(struct smsc_bind *b, uint32_t sequence, uint32_t status, const char *id)
{
	struct smpp_pdu response = { .command = SMPP_SUBMIT_SM | SMPP_RESPONSE,
				     .sequence = sequence,
				     .status = status };
	const uint32_t ms = b->smsc->config.faults.delay_ms;

	OSMO_STRLCPY_ARRAY(response.message_id, id);
	if (ms)
		delayed_in(delayed_new(b->smsc, b, &response), ms);
	else
		smpp_peer_respond(b->peer, &response);
}

/* As appendix B shows it, and in TLVs. */
static void receipt(struct smsc *s, const struct smpp_sm *of, const char *id, bool delivered)
{
	struct smpp_pdu pdu = { .command = SMPP_DELIVER_SM };
	struct delayed *d;
	char when[16];
	const time_t now = time(NULL);
	struct tm tm;
	int n;

	pdu.sm.source = of->destination;
	pdu.sm.destination = of->source;
	pdu.sm.esm_class = SMPP_ESM_RECEIPT;
	pdu.sm.state = delivered ? SMPP_STATE_DELIVERED : SMPP_STATE_UNDELIVERABLE;
	OSMO_STRLCPY_ARRAY(pdu.sm.receipted_id, id);
	d = delayed_new(s, NULL, &pdu);
	strftime(when, sizeof(when), "%y%m%d%H%M", localtime_r(&now, &tm));
	n = snprintf((char *)d->octets, sizeof(d->octets),
		     "id:%s sub:001 dlvrd:00%d submit date:%s done date:%s stat:%s err:%s text:",
		     id, delivered, when, when, delivered ? "DELIVRD" : "UNDELIV",
		     delivered ? "000" : "001");
	d->pdu.sm.n_octets = n;
	if (s->config.faults.receipts == SMSC_RECEIPTS_EARLY)
		on_delayed(d);
	else
		delayed_in(d,
			   s->config.faults.delay_ms +
				   (s->config.faults.receipts == SMSC_RECEIPTS_LATE ? LATE_MS : 0));
}

/* --- texts ------------------------------------------------------------------------- */

/* Shows the text to its phone as soon as it is whole.  false: no such phone, or unreadable. */
static bool text_show(struct smsc *s, const struct smpp_sm *sm)
{
	char utf8[SMS_TEXT_SIZE];
	struct sms_piece piece;
	bool shown = true;
	int rc = smpp_piece_read(&piece, sm);

	if (rc == 0)
		rc = sms_whole_add(s->join, utf8, NULL, sm->source.digits, sm->destination.digits,
				   sms_charset_of_smpp(sm->data_coding), &piece, monotonic_ms());
	if (rc < 0)
		return false;
	if (rc > 0)
		shown = s->handler->text(s->data, sm->destination.digits, sm->source.digits, utf8);
	explicit_bzero(utf8, sizeof(utf8));
	return shown;
}

static bool is_throttled(struct smsc *s)
{
	const uint32_t rate = s->config.faults.throttle_per_s;

	if (!rate)
		return false;
	if (s->throttle.rate_per_s != rate)
		bucket_init(&s->throttle, rate, rate, monotonic_us());
	return bucket_take(&s->throttle, 1, monotonic_us()) > 0;
}

void smsc_submit(struct smsc_bind *b, const struct smpp_pdu *pdu)
{
	struct smsc *s = b->smsc;
	const struct smsc_faults *f = &s->config.faults;
	const bool wants = pdu->sm.registered_delivery & WANTS_RECEIPT &&
			   f->receipts != SMSC_RECEIPTS_LOST;
	char id[SMPP_MESSAGE_ID_SIZE];
	bool delivered;

	if (f->drop_every && ++s->n_submits % f->drop_every == 0) {
		smsc_bind_drop(b);
		return;
	}
	if (s->n_delayed + DELAYED_OF_ONE > SMSC_DELAYED_MAX) {
		smpp_peer_respond_status(b->peer, pdu->command, pdu->sequence, SMPP_RMSGQFUL);
		return;
	}
	if (f->refuse_status || is_throttled(s)) {
		answer(b, pdu->sequence, f->refuse_status ? f->refuse_status : SMPP_RTHROTTLED, "");
		return;
	}
	snprintf(id, sizeof(id), "%08X", ++s->last_id);
	delivered = text_show(s, &pdu->sm);
	if (wants && f->receipts == SMSC_RECEIPTS_EARLY)
		receipt(s, &pdu->sm, id, delivered);
	answer(b, pdu->sequence, SMPP_OK, id);
	if (wants && f->receipts != SMSC_RECEIPTS_EARLY)
		receipt(s, &pdu->sm, id, delivered);
	if (wants && f->receipts == SMSC_RECEIPTS_TWICE)
		receipt(s, &pdu->sm, id, delivered);
}

void smsc_submit_unbound(struct smsc_bind *b)
{
	struct delayed *d, *next;

	llist_for_each_entry_safe (d, next, &b->smsc->delayed, entry)
		if (d->bind == b)
			delayed_free(d);
}

void smsc_submit_close(struct smsc *s)
{
	while (!llist_empty(&s->delayed))
		delayed_free(llist_first_entry(&s->delayed, struct delayed, entry));
}
