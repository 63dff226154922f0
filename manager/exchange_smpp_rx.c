/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts and receipts from the SMSC. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/smpp_piece.h"
#include "lib/sms_whole.h"
#include "manager/exchange_smpp_priv.h"
#include "manager/exchange_util.h"

#define TON_INTERNATIONAL 1
#define TON_ALPHANUMERIC 5

/* A deliver_sm that waits for its verdict.  It outlives the bind that it came by. */
struct delivery {
	struct llist_head entry; /* in the bind's, while that is up */
	struct smsc_bind *bind; /* NULL: gone */
	uint32_t sequence;
	bool is_receipt;
	bool may_be_repeated; /* the SMSC does not say whether it is: then, and only then */
	struct sms_delivery delivery;
	struct sms_join *join; /* where it is kept until then, if it came in parts */
	struct sms_join_ticket ticket;
	int64_t arrived_ms;
};

static const uint32_t status_of[] = {
	[SMS_ACCEPTED] = SMPP_OK,
	[SMS_TRY_AGAIN] = SMPP_RX_T_APPN,
	[SMS_REFUSED] = SMPP_RX_R_APPN,
	[SMS_ELSEWHERE] = SMPP_OK, /* we have no other way for it, and it shall not come again */
};

/* --- verdicts ---------------------------------------------------------------- */

static void respond(struct smsc_bind *b, uint32_t sequence, enum sms_verdict verdict)
{
	struct smpp_pdu response = { .command = SMPP_DELIVER_SM | SMPP_RESPONSE,
				     .status = status_of[verdict],
				     .sequence = sequence,
				     .has_body = true };

	smpp_peer_respond(b->peer, &response);
}

static void count_verdict(struct exchange_smpp *s, enum sms_verdict verdict)
{
	static const enum smsc_ctr counters[] = {
		[SMS_ACCEPTED] = SMSC_CTR_DELIVER_ACCEPTED,
		[SMS_TRY_AGAIN] = SMSC_CTR_DELIVER_LATER,
		[SMS_REFUSED] = SMSC_CTR_DELIVER_REFUSED,
		[SMS_ELSEWHERE] = SMSC_CTR_DELIVER_ELSEWHERE,
	};

	smsc_count(s, counters[verdict]);
}

/* With an answer, or without one. */
static void delivery_over(struct delivery *d, bool was_taken)
{
	if (!d->may_be_repeated)
		return;
	if (was_taken && exchange_now_ms() - d->arrived_ms <= SMSC_PROMPT_MS)
		smsc_settle_answered(d->bind, &d->delivery);
	else
		sms_settled_end(sms_route_settled(d->bind->smsc->route), &d->delivery, false);
}

static void on_verdict(void *data, enum sms_verdict verdict)
{
	struct delivery *d = data;
	struct smsc_bind *b = d->bind;

	if (verdict != SMS_TRY_AGAIN)
		sms_join_drop(d->join, &d->ticket);
	if (b) {
		llist_del(&d->entry);
		b->n_deliveries--;
		if (!d->is_receipt)
			count_verdict(b->smsc, verdict);
		respond(b, d->sequence, verdict);
		delivery_over(d, status_of[verdict] == SMPP_OK);
		if (b->smsc->draining)
			smsc_bind_drain(b);
	}
	talloc_free(d);
}

static struct sms_join *join_of(const struct exchange_smpp *s)
{
	return sms_route_join(s->route, s->config.trusted_origin);
}

static struct delivery *delivery_new(struct smsc_bind *b, uint32_t sequence, bool is_receipt)
{
	/* Of the route, which lives as long as those who judge. */
	struct delivery *d = talloc_zero(b->smsc->route, struct delivery);

	OSMO_ASSERT(d);
	d->bind = b;
	d->join = join_of(b->smsc);
	d->sequence = sequence;
	d->is_receipt = is_receipt;
	d->arrived_ms = exchange_now_ms();
	llist_add_tail(&d->entry, &b->deliveries);
	b->n_deliveries++;
	return d;
}

void smsc_rx_unbound(struct smsc_bind *b)
{
	struct delivery *d, *next;

	llist_for_each_entry_safe (d, next, &b->deliveries, entry) {
		llist_del(&d->entry);
		delivery_over(d, false);
		d->bind = NULL;
	}
	b->n_deliveries = 0;
	smsc_settle_unbound(b);
}

/* --- receipts ----------------------------------------------------------------- */

/* Without the user data header that some SMSCs put in front of it. */
static struct smpp_sm without_header(const struct smpp_sm *sm)
{
	struct smpp_sm bare = *sm;
	struct sms_piece piece;

	if (smpp_piece_read(&piece, sm) == 0) {
		bare.octets = piece.octets;
		bare.n_octets = piece.n_octets;
	}
	return bare;
}

/* One that nobody can read would be delivered again and again if it were refused. */
static void receipt_take(struct smsc_bind *b, const struct smpp_pdu *pdu)
{
	const struct smpp_sm sm = without_header(&pdu->sm);
	struct exchange_smpp *s = b->smsc;
	char id[SMPP_MESSAGE_ID_SIZE];
	struct smpp_receipt read;
	struct sms_receipt receipt = { .link = s->id_space, .id = id };

	smsc_count(s, SMSC_CTR_RECEIPT);
	if (!smpp_receipt_read(&read, &sm) ||
	    smpp_id_normal(id, read.message_id, s->config.id_form, true) < 0) {
		smsc_count(s, SMSC_CTR_RECEIPT_UNREADABLE);
		LOGP(DSMPP, LOGL_NOTICE, "%s: a receipt without an id as configured\n", s->label);
		respond(b, pdu->sequence, SMS_ACCEPTED);
		return;
	}
	receipt.state = read.state;
	receipt.error = read.error;
	sms_route_receipt(s->route, &receipt, on_verdict, delivery_new(b, pdu->sequence, true));
}

/* --- texts -------------------------------------------------------------------- */

/* Of the words and their author, and of the reference under which they are repeated; negative:
 * none is given. */
static void identity_make(struct sms_in *in, int reference)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char all[SMS_TEXT_SIZE + 4 * SMPP_ADDRESS_SIZE];
	const int n = snprintf(all, sizeof(all), "smpp %s %s %d %s", in->from, in->to, reference,
			       in->text);

	SHA256((const uint8_t *)all, OSMO_MIN((size_t)n, sizeof(all) - 1), digest);
	explicit_bzero(all, sizeof(all));
	memcpy(in->identity, digest, SMS_IDENTITY_SIZE);
}

/* A text that came in parts is known by what they have in common, which comes round: the SMSC's
 * reference may be of each part, and any of them may be what makes it whole again. */
static int reference_of(const struct smpp_sm *sm, const struct sms_concat *concat)
{
	if (concat->total >= 2)
		return 0x10000 + concat->reference;
	return sm->has_reference ? sm->user_reference : -1;
}

/* Empty: a name, a short code, or no number of the plan. */
static void msisdn_of(char msisdn[NUMBER_SIZE], const struct exchange_smpp *s,
		      const struct smpp_address *from)
{
	char text[SMPP_ADDRESS_SIZE + 1];
	enum number_kind kind;

	msisdn[0] = '\0';
	if (from->ton == TON_ALPHANUMERIC)
		return;
	snprintf(text, sizeof(text), "%s%s",
		 from->ton == TON_INTERNATIONAL && from->digits[0] != '+' ? "+" : "", from->digits);
	if (number_parse(msisdn, &kind, text, strlen(text), s->plan) < 0 || kind != NUMBER_E164)
		msisdn[0] = '\0';
}

static void text_take(struct smsc_bind *b, const struct smpp_pdu *pdu, const char *text,
		      const struct sms_concat *concat, const struct sms_join_ticket *ticket)
{
	struct exchange_smpp *s = b->smsc;
	char msisdn[NUMBER_SIZE];
	struct sms_in in = {
		.link = s->label,
		.trusted_origin = s->config.trusted_origin,
		.imsi = "",
		.msisdn = msisdn,
		.from = pdu->sm.source.digits,
		.to = pdu->sm.destination.digits,
		.source = s->config.source,
		.text = text,
	};
	struct delivery *d;

	msisdn_of(msisdn, s, &pdu->sm.source);
	identity_make(&in, reference_of(&pdu->sm, concat));
	d = delivery_new(b, pdu->sequence, false);
	d->ticket = *ticket;
	d->may_be_repeated = concat->total >= 2 || !pdu->sm.has_reference;
	if (d->may_be_repeated)
		sms_settled_arrive(sms_route_settled(s->route), &d->delivery, in.identity);
	sms_route_receive(s->route, &in, on_verdict, d);
}

/* What cannot be read now cannot be read later: it is accepted, so that it does not come again. */
static void unreadable(struct smsc_bind *b, const struct smpp_pdu *pdu)
{
	smsc_count(b->smsc, SMSC_CTR_DELIVER_UNREADABLE);
	LOGP(DSMPP, LOGL_NOTICE, "%s: a text that cannot be read (data_coding 0x%02x)\n",
	     b->smsc->label, pdu->sm.data_coding);
	respond(b, pdu->sequence, SMS_ACCEPTED);
}

static void later(struct smsc_bind *b, uint32_t sequence)
{
	count_verdict(b->smsc, SMS_TRY_AGAIN);
	respond(b, sequence, SMS_TRY_AGAIN);
}

/* It is all that is left of it, and we are about to go: the SMSC keeps it for who comes. */
static void part_take(struct smsc_bind *b, uint32_t sequence)
{
	if (b->smsc->draining) {
		later(b, sequence);
		return;
	}
	smsc_count(b->smsc, SMSC_CTR_DELIVER_PART);
	respond(b, sequence, SMS_ACCEPTED);
}

/* A name and a number of the same digits are not the same sender. */
static int text_join(struct exchange_smpp *s, char text[SMS_TEXT_SIZE],
		     struct sms_join_ticket *ticket, const struct smpp_sm *sm,
		     const struct sms_piece *piece)
{
	char from[SMS_WHOLE_ADDRESS_SIZE];

	snprintf(from, sizeof(from), "%u/%s", sm->source.ton, sm->source.digits);
	return sms_whole_add(join_of(s), text, ticket, from, sm->destination.digits,
			     sms_charset_of_smpp(sm->data_coding), piece, exchange_now_ms());
}

static void text_read(struct smsc_bind *b, const struct smpp_pdu *pdu)
{
	struct sms_join_ticket ticket = { 0 };
	struct sms_piece piece;
	char text[SMS_TEXT_SIZE];
	int rc;

	smsc_count(b->smsc, SMSC_CTR_DELIVER);
	rc = smpp_piece_read(&piece, &pdu->sm);
	if (rc == 0)
		rc = text_join(b->smsc, text, &ticket, &pdu->sm, &piece);
	if (rc == -EBUSY) {
		later(b, pdu->sequence);
	} else if (rc < 0) {
		unreadable(b, pdu);
	} else if (rc == 0) {
		part_take(b, pdu->sequence);
	} else {
		text_take(b, pdu, text, &piece.concat, &ticket);
		/* There may have been a PIN in it. */
		explicit_bzero(text, sizeof(text));
	}
}

void smsc_rx_deliver(struct smsc_bind *b, const struct smpp_pdu *pdu)
{
	if (pdu->sm.esm_class & SMPP_ESM_RECEIPT) {
		receipt_take(b, pdu);
	} else if (pdu->sm.esm_class & SMPP_ESM_TYPE_MASK) {
		/* Acknowledgements of a phone, and what became of a text for now. */
		smsc_count(b->smsc, SMSC_CTR_DELIVER_OTHER);
		respond(b, pdu->sequence, SMS_ACCEPTED);
	} else {
		text_read(b, pdu);
	}
}
