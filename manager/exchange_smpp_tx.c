/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts to terminals: parts, window, rate, pauses. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/number.h"
#include "lib/wall_clock.h"
#include "manager/exchange_smpp_priv.h"
#include "manager/exchange_util.h"

#define THROTTLE_MAX_MS 60000
#define TON_INTERNATIONAL 1
#define NPI_E164 1
#define WANTS_RECEIPT 0x01 /* registered_delivery, SMPP 3.4 section 5.2.17 */
#define VALIDITY_MAX_S (99 * 86400)

enum part_state { PART_UNSENT, PART_SENT, PART_OK, PART_FAILED };

struct part {
	struct smsc_text *text;
	enum part_state state;
	char id[SMPP_MESSAGE_ID_SIZE]; /* in the normal form */
};

struct smsc_text {
	struct llist_head entry; /* in unsent or sent */
	struct exchange_smpp *smsc;
	sms_sent_cb sent;
	bool (*may_go)(void *data);
	void *data;
	int64_t message_id, valid_until;
	char msisdn[NUMBER_SIZE];
	bool wants_receipt;
	uint8_t reference;
	enum sms_sent result; /* the worst so far; OK at first */
	uint32_t status;
	size_t n_outstanding;
	enum smsc_long as; /* if it is long */
	size_t n_parts; /* to be sent: 1 where a long text goes as one payload */
	struct sms_parts parts;
	struct part part[SMS_PARTS_MAX];
};

static void pump(struct exchange_smpp *s);

/* The one that transmits; NULL: it is not up. */
static struct smsc_bind *tx_bind(struct exchange_smpp *s)
{
	return smsc_bind_is_bound(&s->binds[0]) ? &s->binds[0] : NULL;
}

/* --- the end of a text ------------------------------------------------------ */

static void text_end(struct smsc_text *t)
{
	struct exchange_smpp *s = t->smsc;
	struct sms_sent_result result = { .sent = t->result,
					  .link = s->id_space,
					  .status = t->status };
	size_t i;

	llist_del(&t->entry);
	s->n_texts--;
	for (i = 0; t->result == SMS_SENT_OK && i < t->n_parts; i++)
		result.ids[result.n_ids++] = t->part[i].id;
	t->sent(t->data, &result);
	talloc_free(t);
}

/* What is not known stays so; what will never be taken is worse than what may be tried again. */
static void text_fail(struct smsc_text *t, enum sms_sent result, uint32_t status)
{
	static const int severity[] = {
		[SMS_SENT_OK] = 0,    [SMS_SENT_NOT] = 1,     [SMS_SENT_RETRY] = 2,
		[SMS_SENT_NEVER] = 3, [SMS_SENT_UNKNOWN] = 4,
	};

	if (severity[result] > severity[t->result]) {
		t->result = result;
		t->status = status;
	}
}

static struct part *part_next(struct smsc_text *t)
{
	size_t i;

	for (i = 0; t->result == SMS_SENT_OK && i < t->n_parts; i++)
		if (t->part[i].state == PART_UNSENT)
			return &t->part[i];
	return NULL;
}

/* To the list that it belongs in, or to its end. */
static void text_settle(struct smsc_text *t)
{
	struct exchange_smpp *s = t->smsc;

	if (part_next(t)) {
		llist_move(&t->entry, &s->unsent); /* it was begun: it goes first */
		return;
	}
	if (t->n_outstanding > 0)
		llist_move_tail(&t->entry, &s->sent);
	else
		text_end(t);
}

/* --- answers ---------------------------------------------------------------- */

static void resume(void *data)
{
	struct exchange_smpp *s = data;

	s->paused = false;
	pump(s);
	sms_route_has_room(s->route);
}

static void resume_in(struct exchange_smpp *s, unsigned int ms)
{
	s->paused = true;
	osmo_timer_schedule(&s->resume, ms / 1000, ms % 1000 * 1000);
}

/* Several answers of one window say the same: it is one pause. */
static void throttle(struct exchange_smpp *s)
{
	if (s->paused && s->throttle_ms)
		return;
	s->throttle_ms = s->throttle_ms ? OSMO_MIN(2 * s->throttle_ms, THROTTLE_MAX_MS)
					: s->config.throttle_ms;
	LOGP(DSMPP, LOGL_NOTICE, "%s: throttled, %u ms of pause\n", s->label, s->throttle_ms);
	resume_in(s, s->throttle_ms);
}

/* Of the number or the text: another time is no better. */
static bool is_permanent(uint32_t status)
{
	switch (status) {
	case SMPP_RINVMSGLEN:
	case SMPP_RINVDSTADR:
	case SMPP_RINVESMCLASS:
	case SMPP_RSUBMITFAIL:
	case SMPP_RINVEXPIRY:
	case SMPP_RX_P_APPN:
	case SMPP_RX_R_APPN:
		return true;
	default:
		return false;
	}
}

static void part_taken(struct part *p, const struct smpp_pdu *response)
{
	struct exchange_smpp *s = p->text->smsc;

	p->state = PART_OK;
	s->throttle_ms = 0;
	smsc_count(s, SMSC_CTR_SUBMIT_OK);
	if (!response->message_id[0]) {
		LOGP(DSMPP, LOGL_NOTICE, "%s: message %" PRId64 " was taken, without an id\n",
		     s->label, p->text->message_id);
		return;
	}
	if (smpp_id_normal(p->id, response->message_id, s->config.id_form, false) == 0)
		return;
	/* It was taken all the same; a receipt will not be found. */
	LOGP(DSMPP, LOGL_NOTICE, "%s: message id %s is not of the form that was configured\n",
	     s->label, osmo_quote_str(response->message_id, -1));
	OSMO_STRLCPY_ARRAY(p->id, response->message_id);
}

static void part_refused(struct part *p, uint32_t status)
{
	struct exchange_smpp *s = p->text->smsc;

	if (status == SMPP_RTHROTTLED || status == SMPP_RMSGQFUL) {
		smsc_count(s, SMSC_CTR_SUBMIT_THROTTLED);
		p->state = PART_UNSENT;
		throttle(s);
		return;
	}
	p->state = PART_FAILED;
	smsc_count(s, SMSC_CTR_SUBMIT_FAILED);
	LOGP(DSMPP, LOGL_NOTICE, "%s: message %" PRId64 " refused: %s\n", s->label,
	     p->text->message_id, smpp_status_name(status));
	text_fail(p->text, is_permanent(status) ? SMS_SENT_NEVER : SMS_SENT_RETRY, status);
}

static void on_submitted(void *data, const struct smpp_pdu *response)
{
	struct part *p = data;
	struct smsc_text *t = p->text;
	struct exchange_smpp *s = t->smsc;

	t->n_outstanding--;
	s->n_outstanding--;
	if (!response) {
		p->state = PART_FAILED;
		smsc_count(s, SMSC_CTR_SUBMIT_UNKNOWN);
		text_fail(t, SMS_SENT_UNKNOWN, 0);
	} else if (response->status == SMPP_OK && response->command != SMPP_GENERIC_NACK) {
		part_taken(p, response);
	} else {
		part_refused(p, response->status);
	}
	text_settle(t);
	if (!response) /* the rest follows, and then the end */
		return;
	pump(s);
	if (s->draining)
		smsc_bind_drain(&s->binds[0]);
	else
		sms_route_has_room(s->route);
	if (s->n_outstanding == 0)
		smsc_bind_answered(&s->binds[0]);
}

/* --- submit_sm -------------------------------------------------------------- */

/* Relative form of section 7.1.1: "000000010000000R" is an hour. */
static void validity_put(char out[SMPP_TIME_SIZE], int64_t valid_until)
{
	int64_t left = valid_until - wall_clock_s();

	if (valid_until == 0)
		return;
	left = OSMO_MIN(OSMO_MAX(left, 60), VALIDITY_MAX_S);
	snprintf(out, SMPP_TIME_SIZE, "0000%02d%02d%02d%02d000R", (int)(left / 86400),
		 (int)(left / 3600 % 24), (int)(left / 60 % 60), (int)(left % 60));
}

static void sm_address(struct smpp_sm *sm, const struct smsc_text *t)
{
	const struct exchange_smpp_config *c = &t->smsc->config;

	sm->source.ton = c->source_ton;
	sm->source.npi = c->source_npi;
	OSMO_STRLCPY_ARRAY(sm->source.digits, c->source);
	sm->destination.ton = TON_INTERNATIONAL;
	sm->destination.npi = NPI_E164;
	OSMO_STRLCPY_ARRAY(sm->destination.digits, t->msisdn);
}

/* Part i behind its header or with its TLVs, or all of them behind one another; out has room for
 * all. */
static void sm_text(struct smpp_sm *sm, uint8_t *out, const struct smsc_text *t, size_t i)
{
	const size_t last = t->n_parts == 1 ? t->parts.n - 1 : i;
	size_t n = 0;

	if (t->n_parts > 1 && t->as == SMSC_LONG_SAR) {
		sm->has_sar = true;
		sm->sar_reference = t->reference;
		sm->sar_total = t->n_parts;
		sm->sar_number = i + 1;
	} else if (t->n_parts > 1) {
		sm->esm_class = SMPP_ESM_UDHI;
		n = SMS_CONCAT_SIZE;
		sms_concat_put(out, t->reference, t->n_parts, i + 1);
	}
	for (; i <= last; i++) {
		memcpy(out + n, t->parts.part[i].octets, t->parts.part[i].n);
		n += t->parts.part[i].n;
	}
	sm->octets = out;
	sm->n_octets = n;
	sm->as_payload = t->n_parts < t->parts.n;
}

static int part_send(struct part *p, struct smpp_peer *peer)
{
	struct smsc_text *t = p->text;
	struct smpp_pdu pdu = { .command = SMPP_SUBMIT_SM };
	uint8_t out[SMS_PARTS_MAX * SMS_PART_SIZE];
	struct smpp_sm *sm = &pdu.sm;
	int rc;

	sm_address(sm, t);
	sm->data_coding = t->parts.coding;
	sm->registered_delivery = t->wants_receipt ? WANTS_RECEIPT : 0;
	validity_put(sm->validity_period, t->valid_until);
	sm_text(sm, out, t, p - t->part);
	rc = smpp_peer_request(peer, &pdu, on_submitted, p);
	if (rc < 0)
		return rc;
	p->state = PART_SENT;
	t->n_outstanding++;
	t->smsc->n_outstanding++;
	smsc_count(t->smsc, SMSC_CTR_SUBMIT);
	return 0;
}

static uint64_t now_us(void)
{
	return exchange_now_ms() * 1000;
}

/* May one more part go out now? */
static bool may_send(struct exchange_smpp *s)
{
	uint32_t wait_ms;

	if (s->paused || s->n_outstanding >= s->config.window)
		return false;
	if (!s->config.rate_per_s)
		return true;
	wait_ms = bucket_take(&s->rate, 1, now_us());
	if (wait_ms)
		resume_in(s, wait_ms);
	return wait_ms == 0;
}

/* The first that is not sent; what may not go any more comes to its end. */
static struct smsc_text *text_next(struct exchange_smpp *s)
{
	while (!llist_empty(&s->unsent)) {
		struct smsc_text *t = llist_first_entry(&s->unsent, struct smsc_text, entry);

		if (!t->may_go || t->may_go(t->data))
			return t;
		text_fail(t, SMS_SENT_NOT, 0);
		text_settle(t);
	}
	return NULL;
}

/* Sends what may be sent. */
static void pump(struct exchange_smpp *s)
{
	struct smsc_bind *b = tx_bind(s);
	struct smsc_text *t;

	while (b && (t = text_next(s)) && may_send(s)) {
		struct part *p = part_next(t);

		OSMO_ASSERT(p);
		if (part_send(p, b->peer) < 0)
			return; /* the peer comes down, which tells everybody */
		if (!part_next(t))
			llist_move_tail(&t->entry, &s->sent);
	}
}

/* --- for the route ----------------------------------------------------------- */

static bool link_is_up(const void *data)
{
	const struct exchange_smpp *s = data;

	return !s->draining && smsc_bind_is_bound(&s->binds[0]);
}

static size_t link_room(const void *data)
{
	const struct exchange_smpp *s = data;

	if (!link_is_up(s) || s->paused || s->n_texts >= s->config.window)
		return 0;
	return s->config.window - s->n_texts;
}

static int link_send(void *data, const struct sms_out *out, sms_sent_cb sent, void *sent_data)
{
	struct exchange_smpp *s = data;
	struct smsc_text *t;
	size_t i;
	int rc;

	if (!link_is_up(s))
		return -ENOTCONN;
	if (link_room(s) == 0)
		return -EBUSY;
	if (!number_is_e164(out->msisdn))
		return -EINVAL;
	t = talloc_zero(s, struct smsc_text);
	OSMO_ASSERT(t);
	rc = sms_text_split(&t->parts, out->text, strlen(out->text));
	if (rc < 0) {
		talloc_free(t);
		return rc;
	}
	t->smsc = s;
	t->sent = sent;
	t->may_go = out->may_go;
	t->data = sent_data;
	t->message_id = out->message_id;
	t->valid_until = out->valid_until;
	t->wants_receipt = out->wants_receipt;
	OSMO_STRLCPY_ARRAY(t->msisdn, out->msisdn);
	t->reference = ++s->last_reference;
	t->as = s->config.long_texts;
	t->n_parts = t->as == SMSC_LONG_PAYLOAD ? 1 : t->parts.n;
	for (i = 0; i < t->n_parts; i++)
		t->part[i].text = t;
	llist_add_tail(&t->entry, &s->unsent);
	s->n_texts++;
	pump(s);
	return 0;
}

const struct sms_link_ops smsc_link_ops = {
	.send = link_send,
	.is_up = link_is_up,
	.room = link_room,
};

/* --- life -------------------------------------------------------------------- */

void smsc_tx_init(struct exchange_smpp *s)
{
	INIT_LLIST_HEAD(&s->unsent);
	INIT_LLIST_HEAD(&s->sent);
	osmo_timer_setup(&s->resume, resume, s);
	bucket_init(&s->rate, s->config.rate_per_s, OSMO_MAX(s->config.rate_per_s, 1), now_us());
}

void smsc_tx_bound(struct exchange_smpp *s)
{
	s->paused = false;
	s->throttle_ms = 0;
	pump(s);
	sms_route_has_room(s->route);
}

/* What has no answer by now will have none. */
static void texts_end(struct llist_head *texts)
{
	while (!llist_empty(texts)) {
		struct smsc_text *t = llist_first_entry(texts, struct smsc_text, entry);

		text_fail(t, t->n_outstanding ? SMS_SENT_UNKNOWN : SMS_SENT_RETRY, 0);
		text_end(t);
	}
}

void smsc_tx_unbound(struct exchange_smpp *s)
{
	osmo_timer_del(&s->resume);
	s->paused = false;
	texts_end(&s->unsent);
	texts_end(&s->sent);
	s->n_outstanding = 0;
}
