/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From phones to the ESME. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/smsc_private.h"
#include "lib/log_category.h"
#include "lib/random.h"

#define TON_INTERNATIONAL 1
#define NPI_E164 1

struct text {
	struct llist_head entry;
	struct smsc *smsc;
	smsc_sent_cb sent;
	void *data;
	char from[SMPP_ADDRESS_SIZE], to[SMPP_ADDRESS_SIZE];
	uint8_t reference;
	uint16_t user_reference;
	uint32_t n_more; /* times that it is to be delivered again, for a tester */
	size_t next; /* part to be sent */
	struct smsc_bind *bind; /* that owes an answer; NULL: none does */
	bool again; /* waits until it is tried again */
	struct sms_parts parts;
};

static void text_end(struct text *t, int64_t status)
{
	llist_del(&t->entry);
	t->smsc->n_texts--;
	if (t->sent)
		t->sent(t->data, status);
	talloc_free(t);
}

/* The same part, with the same octets, later. */
static void text_retry(struct text *t)
{
	const uint32_t ms = t->smsc->config.retry_ms;

	t->again = true;
	osmo_timer_schedule(&t->smsc->retry, ms / 1000, ms % 1000 * 1000);
}

static bool is_temporary(uint32_t status)
{
	return status == SMPP_RX_T_APPN || status == SMPP_RTHROTTLED || status == SMPP_RMSGQFUL ||
	       status == SMPP_RSYSERR;
}

static void on_delivered(void *data, const struct smpp_pdu *response)
{
	struct text *t = data;
	struct smsc *s = t->smsc;

	t->bind = NULL;
	if (!response || is_temporary(response->status)) {
		text_retry(t);
		return;
	}
	if (response->status != SMPP_OK) {
		text_end(t, response->status);
	} else if (++t->next == t->parts.n) {
		if (t->n_more == 0) {
			text_end(t, SMPP_OK);
		} else {
			t->n_more--;
			t->next = 0;
		}
	}
	smsc_deliver_pump(s);
}

static void part_send(struct text *t, struct smsc_bind *b)
{
	const struct sms_part *part = &t->parts.part[t->next];
	struct smpp_pdu pdu = { .command = SMPP_DELIVER_SM };
	uint8_t octets[SMS_CONCAT_SIZE + SMS_PART_SIZE];
	size_t header = 0;

	pdu.sm.source = (struct smpp_address){ .ton = TON_INTERNATIONAL, .npi = NPI_E164 };
	OSMO_STRLCPY_ARRAY(pdu.sm.source.digits, t->from);
	pdu.sm.destination.npi = NPI_E164;
	OSMO_STRLCPY_ARRAY(pdu.sm.destination.digits, t->to);
	pdu.sm.data_coding = t->parts.coding;
	pdu.sm.has_reference = true;
	pdu.sm.user_reference = t->user_reference;
	if (t->parts.n > 1) {
		pdu.sm.esm_class = SMPP_ESM_UDHI;
		header = SMS_CONCAT_SIZE;
		sms_concat_put(octets, t->reference, t->parts.n, t->next + 1);
	}
	memcpy(octets + header, part->octets, part->n);
	pdu.sm.octets = octets;
	pdu.sm.n_octets = header + part->n;
	if (smpp_peer_request(b->peer, &pdu, on_delivered, t) == 0)
		t->bind = b;
	else
		text_retry(t);
}

void smsc_deliver_pump(struct smsc *s)
{
	struct smsc_bind *b;
	struct text *t;

	llist_for_each_entry (t, &s->texts, entry) {
		if (t->bind || t->again)
			continue;
		b = smsc_receiver(s);
		if (!b)
			return;
		part_send(t, b);
	}
}

static void on_retry(void *data)
{
	struct smsc *s = data;
	struct text *t;

	llist_for_each_entry (t, &s->texts, entry)
		t->again = false;
	smsc_deliver_pump(s);
}

void smsc_deliver_unbound(struct smsc_bind *b)
{
	struct text *t;

	llist_for_each_entry (t, &b->smsc->texts, entry) {
		if (t->bind != b)
			continue;
		t->bind = NULL;
		text_retry(t);
	}
}

void smsc_deliver_init(struct smsc *s)
{
	INIT_LLIST_HEAD(&s->texts);
	osmo_timer_setup(&s->retry, on_retry, s);
	if (random_fill(&s->last_user_reference, sizeof(s->last_user_reference)) < 0)
		s->last_user_reference = 0;
}

int smsc_send(struct smsc *s, const char *from, const char *to, const char *utf8, smsc_sent_cb sent,
	      void *data)
{
	struct text *t;
	int rc;

	if (s->n_texts == SMSC_QUEUE_MAX)
		return -ENOBUFS;
	t = talloc_zero(s, struct text);
	OSMO_ASSERT(t);
	rc = sms_text_split(&t->parts, utf8, strlen(utf8));
	if (rc < 0) {
		talloc_free(t);
		return rc;
	}
	t->smsc = s;
	t->sent = sent;
	t->data = data;
	OSMO_STRLCPY_ARRAY(t->from, from);
	OSMO_STRLCPY_ARRAY(t->to, to);
	t->reference = ++s->last_reference;
	t->user_reference = ++s->last_user_reference;
	t->n_more = s->config.faults.redeliver;
	llist_add_tail(&t->entry, &s->texts);
	s->n_texts++;
	smsc_deliver_pump(s);
	return 0;
}

void smsc_deliver_close(struct smsc *s)
{
	osmo_timer_del(&s->retry);
	while (!llist_empty(&s->texts))
		text_end(llist_first_entry(&s->texts, struct text, entry), -1);
}
