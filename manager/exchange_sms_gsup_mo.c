/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts from terminals. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/gsup_sms.h>
#include <osmocom/gsm/protocol/gsm_04_11.h>

#include "lib/log_category.h"
#include "lib/number.h"
#include "lib/sms_tpdu.h"
#include "lib/sms_whole.h"
#include "manager/exchange_sms_gsup_priv.h"
#include "manager/exchange_util.h"
#include "manager/msisdn_lookup.h"

/* A text that waits for the number of its sender, then for its verdict.  It outlives its link. */
struct pending {
	struct llist_head entry; /* in the link's, while that is up; then among the orphans */
	struct sms_gsup *gsup; /* NULL: gone */
	struct sms_gsup_link *link; /* NULL: gone */
	struct msisdn_query *query;
	struct gsup_msg request; /* whose answer is owed; without its octets */
	char from[SMS_DIGITS_SIZE], to[SMS_DIGITS_SIZE];
	char *text;
	struct sms_join_ticket ticket; /* of a text that came in parts */
	uint8_t identity[SMS_IDENTITY_SIZE];
};

/* A text, the reference under which a phone would repeat it, and where it is kept. */
struct whole {
	char text[SMS_TEXT_SIZE];
	unsigned int reference;
	struct sms_join_ticket ticket;
};

/* There may have been a PIN in it. */
static int pending_destroy(struct pending *p)
{
	explicit_bzero(p->text, strlen(p->text));
	return 0;
}

/* --- answers ---------------------------------------------------------------------- */

/* Without an SMS-SUBMIT-REPORT, which may be left out: MSCs and dissectors take a TPDU of
 * MO-forwardSM for an SMS-SUBMIT. */
static void answer(struct sms_gsup_link *l, const struct gsup_msg *request, struct gsup_msg *msg)
{
	sms_gsup_answer_to(l, msg, request);
	if (l->config.transmit(l->config.data, msg) < 0)
		LOGP(DGSUP, LOGL_INFO, "%s: a text is not answered, the link is down\n",
		     l->config.label);
}

static void take(struct sms_gsup_link *l, const struct gsup_msg *request)
{
	struct gsup_msg result = { .type = OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT };

	answer(l, request, &result);
}

static void refuse(struct sms_gsup_link *l, const struct gsup_msg *request, uint8_t cause)
{
	struct gsup_msg error = { .type = OSMO_GSUP_MSGT_MO_FORWARD_SM_ERROR,
				  .has_sm_rp_cause = true,
				  .sm_rp_cause = cause };

	answer(l, request, &error);
}

static const uint8_t cause_of[] = {
	[SMS_TRY_AGAIN] = GSM411_RP_CAUSE_MO_CONGESTION,
	[SMS_REFUSED] = GSM411_RP_CAUSE_MO_SMS_REJECTED,
	[SMS_ELSEWHERE] = GSM411_RP_CAUSE_MO_NUM_UNASSIGNED,
};

/* --- a whole text ----------------------------------------------------------------- */

static void on_verdict(void *data, enum sms_verdict verdict)
{
	struct pending *p = data;
	struct sms_gsup_link *l = p->link;

	if (p->gsup) {
		if (verdict != SMS_TRY_AGAIN)
			sms_join_drop(p->gsup->join, &p->ticket);
		p->gsup->n_pending--;
		llist_del(&p->entry);
	}
	if (l) {
		if (verdict == SMS_ACCEPTED)
			take(l, &p->request);
		else
			refuse(l, &p->request, cause_of[verdict]);
		exchange_count(l->config.metrics, verdict == SMS_ACCEPTED ? GSUP_CTR_SM_ACCEPTED
									  : GSUP_CTR_SM_NOT_TAKEN);
	}
	talloc_free(p);
}

static void receive(struct pending *p, const char *msisdn)
{
	struct sms_in in = {
		.link = p->link->config.label,
		.trusted_origin = true, /* the exchange knows whose SIM it is */
		.imsi = p->request.imsi,
		.msisdn = msisdn,
		.from = p->from,
		.to = p->to,
		.source = p->link->settings.source,
		.text = p->text,
	};

	memcpy(in.identity, p->identity, sizeof(in.identity));
	sms_route_receive(p->gsup->route, &in, on_verdict, p);
}

static void on_number(void *data, const char *msisdn)
{
	struct pending *p = data;

	p->query = NULL;
	receive(p, msisdn ? msisdn : "");
}

static void number_find(struct pending *p, const struct gsup_msg *msg)
{
	const struct sms_gsup_settings *s = &p->link->settings;
	char msisdn[GSUP_MSISDN_SIZE] = "";

	if (msg->sm_rp_oa.type == OSMO_GSUP_SMS_SM_RP_ODA_MSISDN) {
		if (s->trust_msisdn && number_is_e164(msg->sm_rp_oa.digits)) {
			receive(p, msg->sm_rp_oa.digits);
			return;
		}
		if (!s->lookup)
			exchange_count(p->link->config.metrics, GSUP_CTR_MSISDN_REFUSED);
	}
	if (s->lookup &&
	    msisdn_lookup_cached(s->lookup, p->request.imsi, msisdn) == MSISDN_CACHE_MISS) {
		p->query = msisdn_lookup_ask(s->lookup, p->request.imsi, on_number, p);
		if (p->query)
			return;
		msisdn[0] = '\0';
	}
	receive(p, msisdn);
}

/* A phone that repeats a text does it under the same reference. */
static void identity_make(struct pending *p, unsigned int reference)
{
	char all[SMS_TEXT_SIZE + 2 * SMS_DIGITS_SIZE + GSUP_IMSI_SIZE];
	uint8_t digest[SHA256_DIGEST_LENGTH];
	const int n = snprintf(all, sizeof(all), "gsup %s %s %u %s", p->request.imsi, p->to,
			       reference, p->text);

	SHA256((const uint8_t *)all, OSMO_MIN((size_t)n, sizeof(all) - 1), digest);
	explicit_bzero(all, sizeof(all));
	memcpy(p->identity, digest, sizeof(p->identity));
}

static void congested(struct sms_gsup_link *l, const struct gsup_msg *msg)
{
	exchange_count(l->config.metrics, GSUP_CTR_SM_NOT_TAKEN);
	refuse(l, msg, GSM411_RP_CAUSE_MO_CONGESTION);
}

static void text_take(struct sms_gsup_link *l, const struct gsup_msg *msg,
		      const struct sms_tpdu *tpdu, const struct whole *whole)
{
	struct sms_gsup *g = l->gsup;
	struct pending *p;

	if (g->n_pending >= SMS_GSUP_PENDING_MAX) {
		congested(l, msg);
		return;
	}
	p = talloc_zero(g, struct pending);
	OSMO_ASSERT(p);
	p->gsup = g;
	p->link = l;
	p->request = *msg;
	p->request.ss_info = p->request.sm_rp_ui = NULL;
	OSMO_STRLCPY_ARRAY(p->from, msg->sm_rp_oa.digits);
	OSMO_STRLCPY_ARRAY(p->to, tpdu->number.digits);
	p->text = talloc_strdup(p, whole->text);
	p->ticket = whole->ticket;
	talloc_set_destructor(p, pending_destroy);
	identity_make(p, whole->reference);
	llist_add_tail(&p->entry, &l->pending);
	g->n_pending++;
	number_find(p, msg);
}

/* --- parts ------------------------------------------------------------------------ */

/* As of sms_whole_add(). */
static int text_join(struct sms_gsup *g, struct whole *whole, const struct gsup_msg *msg,
		     const struct sms_tpdu *tpdu)
{
	struct sms_piece piece = { .octets = tpdu->text, .n_octets = tpdu->n_text };

	if (tpdu->n_header > 0 && sms_concat_take(&piece.concat, tpdu->header, tpdu->n_header) < 0)
		return -EBADMSG;
	whole->reference = piece.concat.total < 2 ? tpdu->reference : piece.concat.reference << 8;
	return sms_whole_add(g->join, whole->text, &whole->ticket, msg->imsi, tpdu->number.digits,
			     sms_charset_of_tpdu(tpdu->dcs), &piece, exchange_now_ms());
}

/* What cannot be read now cannot be read later either. */
static void unreadable(struct sms_gsup_link *l, const struct gsup_msg *msg,
		       const struct sms_tpdu *tpdu)
{
	exchange_count(l->config.metrics, GSUP_CTR_SM_UNREADABLE);
	LOGP(DGSUP, LOGL_NOTICE, "%s: a text that cannot be read (DCS 0x%02x)\n", l->config.label,
	     tpdu->dcs);
	take(l, msg);
}

static void submit_take(struct sms_gsup_link *l, const struct gsup_msg *msg,
			const struct sms_tpdu *tpdu)
{
	struct whole whole;
	const int rc = text_join(l->gsup, &whole, msg, tpdu);

	if (rc == -EBUSY) {
		congested(l, msg);
	} else if (rc < 0) {
		unreadable(l, msg, tpdu);
	} else if (rc == 0) {
		take(l, msg); /* a part, until the text is whole */
	} else {
		text_take(l, msg, tpdu, &whole);
		/* There may have been a PIN in it. */
		explicit_bzero(whole.text, sizeof(whole.text));
	}
}

void sms_gsup_mo_take(struct sms_gsup_link *l, const struct gsup_msg *msg)
{
	struct sms_tpdu tpdu;

	exchange_count(l->config.metrics, GSUP_CTR_SM);
	if (!msg->has_sm_rp_mr || !msg->sm_rp_ui) {
		exchange_count(l->config.metrics, GSUP_CTR_SM_MALFORMED);
		refuse(l, msg, GSM411_RP_CAUSE_INV_MAND_INF);
	} else if (sms_tpdu_decode(&tpdu, true, false, msg->sm_rp_ui, msg->sm_rp_ui_len) < 0 ||
		   tpdu.type != SMS_SUBMIT) {
		exchange_count(l->config.metrics, GSUP_CTR_SM_MALFORMED);
		refuse(l, msg, GSM411_RP_CAUSE_PROTOCOL_ERR);
	} else {
		submit_take(l, msg, &tpdu);
	}
}

void sms_gsup_mo_abort(struct sms_gsup_link *l)
{
	struct pending *p, *next;

	llist_for_each_entry_safe (p, next, &l->pending, entry) {
		llist_move_tail(&p->entry, &l->gsup->orphans);
		p->link = NULL;
		if (!p->query)
			continue; /* its verdict comes */
		llist_del(&p->entry);
		msisdn_query_cancel(p->query);
		l->gsup->n_pending--;
		talloc_free(p);
	}
}

void sms_gsup_mo_free(struct sms_gsup *g)
{
	struct pending *p, *next;

	llist_for_each_entry_safe (p, next, &g->orphans, entry) {
		llist_del(&p->entry);
		p->gsup = NULL;
		talloc_steal(NULL, p);
	}
}
