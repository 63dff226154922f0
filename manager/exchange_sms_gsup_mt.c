/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts to terminals: one part after the other, and what its phone says. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/gsup_sms.h>
#include <osmocom/gsm/protocol/gsm_04_11.h>

#include "lib/log_category.h"
#include "lib/number.h"
#include "lib/random.h"
#include "lib/sms_tpdu.h"
#include "manager/exchange_sms_gsup_priv.h"
#include "manager/exchange_util.h"

#define TON_NPI_UNKNOWN 0x81
#define DCS_UCS2 0x08
#define RECEIPT_AGAIN_S 2
#define RECEIPT_TRIES 5

struct text {
	struct hlist_node by_imsi;
	struct llist_head entry; /* in the link's */
	struct sms_gsup_link *link;
	sms_sent_cb sent;
	void *data;
	int64_t message_id;
	struct osmo_timer_list timer; /* for the answer */
	char imsi[GSUP_IMSI_SIZE], peer_name[IPA_NAME_SIZE];
	bool wants_receipt;
	uint8_t concat;
	size_t next; /* part that is under way */
	struct sms_parts parts;
	char ids[SMS_PARTS_MAX][SMS_MESSAGE_ID_SIZE];
};

/* The answer to MT-forwardSM is the receipt: the phone has it. */
struct told {
	struct llist_head entry;
	struct sms_gsup *gsup;
	struct osmo_timer_list timer;
	unsigned int tries;
	bool asked; /* a verdict comes */
	bool orphaned; /* and nothing is to be done about it */
	char *label, id[SMS_MESSAGE_ID_SIZE];
};

static struct hlist_head *bucket_of(struct sms_gsup *g, const char *imsi)
{
	return &g->texts[exchange_hash(imsi, 0) & (SMS_GSUP_BUCKETS - 1)];
}

static struct text *text_find(struct sms_gsup *g, const char *imsi)
{
	struct text *t;

	hlist_for_each_entry(t, bucket_of(g, imsi), by_imsi)
	{
		if (strcmp(t->imsi, imsi) == 0)
			return t;
	}
	return NULL;
}

/* --- receipts --------------------------------------------------------------------- */

static void told_free(struct told *r)
{
	osmo_timer_del(&r->timer);
	llist_del(&r->entry);
	talloc_free(r);
}

static void on_told(void *data, enum sms_verdict verdict)
{
	struct told *r = data;

	r->asked = false;
	if (r->orphaned)
		talloc_free(r);
	else if (verdict == SMS_TRY_AGAIN && ++r->tries < RECEIPT_TRIES)
		osmo_timer_schedule(&r->timer, RECEIPT_AGAIN_S, 0);
	else
		told_free(r);
}

static void tell(void *data)
{
	struct told *r = data;
	const struct sms_receipt receipt = {
		.link = r->label,
		.id = r->id,
		.state = SMPP_STATE_DELIVERED,
		.error = "",
	};

	r->asked = true;
	sms_route_receipt(r->gsup->route, &receipt, on_told, r);
}

static void receipt_add(struct sms_gsup *g, const char *label, const char *id)
{
	struct told *r = talloc_zero(g, struct told);

	OSMO_ASSERT(r);
	r->gsup = g;
	r->label = talloc_strdup(r, label);
	OSMO_STRLCPY_ARRAY(r->id, id);
	osmo_timer_setup(&r->timer, tell, r);
	osmo_timer_schedule(&r->timer, 0, 0);
	llist_add_tail(&r->entry, &g->receipts);
}

/* --- the end of a text ------------------------------------------------------------ */

static void text_end(struct text *t, enum sms_sent sent, uint32_t status)
{
	struct sms_gsup_link *l = t->link;
	struct sms_gsup *g = l->gsup;
	struct sms_sent_result result = { .sent = sent, .link = l->config.label, .status = status };
	size_t i;

	osmo_timer_del(&t->timer);
	hlist_del(&t->by_imsi);
	llist_del(&t->entry);
	g->n_texts--;
	exchange_count(l->config.metrics, sent == SMS_SENT_OK	     ? GSUP_CTR_SM_SENT_OK
					  : sent == SMS_SENT_UNKNOWN ? GSUP_CTR_SM_SENT_UNKNOWN
								     : GSUP_CTR_SM_SENT_FAILED);
	if (sent == SMS_SENT_OK)
		for (i = 0; i < t->parts.n; i++)
			result.ids[result.n_ids++] = t->ids[i];
	t->sent(t->data, &result);
	for (i = 0; t->wants_receipt && i < result.n_ids; i++)
		receipt_add(g, result.link, t->ids[i]);
	talloc_free(t);
	sms_route_has_room(g->route);
}

static void on_timeout(void *data)
{
	text_end(data, SMS_SENT_UNKNOWN, 0);
}

/* --- parts ------------------------------------------------------------------------ */

/* A number of the plan in its international form; a short code, or a name. */
static void originator(struct sms_number *number, const char *source)
{
	const bool digits = source[strspn(source, "0123456789")] == '\0';

	number->ton = !digits		       ? SMS_TON_ALPHANUMERIC
		      : number_is_e164(source) ? SMS_TON_INTERNATIONAL
					       : SMS_TON_UNKNOWN;
	number->npi = digits; /* E.164, or none */
	OSMO_STRLCPY_ARRAY(number->digits, source);
}

static int deliver_encode(uint8_t tpdu[SMS_TPDU_MAX_SIZE], const struct text *t)
{
	const struct sms_part *part = &t->parts.part[t->next];
	struct sms_tpdu deliver = {
		.type = SMS_DELIVER,
		.more = t->next + 1 < t->parts.n,
		.dcs = t->parts.coding == SMS_CODING_UCS2 ? DCS_UCS2 : 0,
		.n_text = part->n,
	};

	originator(&deliver.number, t->link->settings.source);
	sms_time_put(deliver.time, time(NULL));
	if (t->parts.n > 1) {
		deliver.n_header = SMS_CONCAT_SIZE;
		sms_concat_put(deliver.header, t->concat, t->parts.n, t->next + 1);
	}
	memcpy(deliver.text, part->octets, part->n);
	return sms_tpdu_encode(tpdu, SMS_TPDU_MAX_SIZE, &deliver);
}

/* The service centre's address: digits, where the source is a name none are known. */
static void service_centre(struct gsup_sm_address *address, const char *source)
{
	const bool digits = source[strspn(source, "0123456789")] == '\0';

	address->type = OSMO_GSUP_SMS_SM_RP_ODA_SMSC_ADDR;
	address->ton_npi = number_is_e164(source) ? GSUP_TON_INTERNATIONAL : TON_NPI_UNKNOWN;
	OSMO_STRLCPY_ARRAY(address->digits, digits ? source : "0");
}

/* 0, or negative errno where it cannot be sent. */
static int part_send(struct text *t)
{
	struct sms_gsup_link *l = t->link;
	struct gsup_msg msg = {
		.type = OSMO_GSUP_MSGT_MT_FORWARD_SM_REQUEST,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_SMS,
		.has_sm_rp_mr = true,
		.sm_rp_mr = ++l->gsup->last_reference,
		.has_sm_rp_mms = true,
		.sm_rp_mms = t->next + 1 < t->parts.n,
		.sm_rp_da = { .type = OSMO_GSUP_SMS_SM_RP_ODA_IMSI },
	};
	uint8_t tpdu[SMS_TPDU_MAX_SIZE];
	int n = deliver_encode(tpdu, t);

	if (n < 0)
		return n;
	OSMO_STRLCPY_ARRAY(msg.imsi, t->imsi);
	OSMO_STRLCPY_ARRAY(msg.sm_rp_da.digits, t->imsi);
	service_centre(&msg.sm_rp_oa, l->settings.source);
	msg.sm_rp_ui = tpdu;
	msg.sm_rp_ui_len = n;
	OSMO_STRLCPY_ARRAY(msg.destination_name, t->peer_name);
	if (l->config.own_name)
		OSMO_STRLCPY_ARRAY(msg.source_name, l->config.own_name);
	n = l->config.transmit(l->config.data, &msg);
	if (n < 0)
		return n;
	exchange_count(l->config.metrics, GSUP_CTR_SM_SENT);
	osmo_timer_schedule(&t->timer, SMS_GSUP_ANSWER_MS / 1000, 0);
	return 0;
}

/* --- answers ---------------------------------------------------------------------- */

static void part_delivered(struct text *t)
{
	struct sms_gsup *g = t->link->gsup;

	snprintf(t->ids[t->next], sizeof(t->ids[t->next]), "%016" PRIx64 "-%" PRIx64, g->run_id,
		 ++g->last_id);
	if (++t->next == t->parts.n)
		text_end(t, SMS_SENT_OK, 0);
	else if (part_send(t) < 0)
		text_end(t, SMS_SENT_RETRY, 0);
}

static bool is_temporary(uint8_t rp_cause)
{
	switch (rp_cause) {
	case GSM411_RP_CAUSE_MT_MEM_EXCEEDED:
	case GSM411_RP_CAUSE_MO_DEST_OUT_OF_ORDER:
	case GSM411_RP_CAUSE_MO_NET_OUT_OF_ORDER:
	case GSM411_RP_CAUSE_MO_TEMP_FAIL:
	case GSM411_RP_CAUSE_MO_CONGESTION:
	case GSM411_RP_CAUSE_MO_RES_UNAVAIL:
		return true;
	default:
		return false;
	}
}

/* With an RP-Cause the phone or its MSC has spoken about the text.  Without one the exchange has,
 * about the subscriber or the service: he is not reached over this link. */
static void part_refused(struct text *t, const struct gsup_msg *msg)
{
	char masked[MASKED_SIZE];

	LOGP(DGSUP, LOGL_INFO, "%s: text %" PRId64 " to IMSI %s not taken, cause %u/%u\n",
	     t->link->config.label, t->message_id, mask_digits(masked, t->imsi), msg->sm_rp_cause,
	     msg->cause);
	if (msg->has_sm_rp_cause) {
		text_end(t, is_temporary(msg->sm_rp_cause) ? SMS_SENT_RETRY : SMS_SENT_NEVER,
			 msg->sm_rp_cause);
		return;
	}
	sms_gsup_forget(t->link->gsup, t->imsi);
	text_end(t, SMS_SENT_RETRY, msg->cause);
}

void sms_gsup_mt_answered(struct sms_gsup_link *l, const struct gsup_msg *msg)
{
	struct text *t = text_find(l->gsup, msg->imsi);

	if (!t || t->link != l) {
		exchange_count(l->config.metrics, GSUP_CTR_SM_STRANGER);
		return;
	}
	if (msg->type == OSMO_GSUP_MSGT_MT_FORWARD_SM_RESULT)
		part_delivered(t);
	else
		part_refused(t, msg);
}

/* --- for the route ---------------------------------------------------------------- */

static bool link_is_up(const void *data)
{
	const struct sms_gsup *g = data;

	return g->n_in_use > 0;
}

static size_t link_room(const void *data)
{
	const struct sms_gsup *g = data;

	return SMS_GSUP_TEXTS_MAX - g->n_texts;
}

static int link_send(void *data, const struct sms_out *out, sms_sent_cb sent, void *sent_data)
{
	struct sms_gsup *g = data;
	char peer_name[IPA_NAME_SIZE];
	struct sms_gsup_link *l = out->imsi[0] ? sms_gsup_find(g, out->imsi, peer_name) : NULL;
	struct text *t;
	int rc;

	if (!l)
		return -EHOSTUNREACH;
	if (link_room(g) == 0 || text_find(g, out->imsi))
		return -EBUSY;
	t = talloc_zero(g, struct text);
	OSMO_ASSERT(t);
	t->link = l;
	t->sent = sent;
	t->data = sent_data;
	t->message_id = out->message_id;
	t->wants_receipt = out->wants_receipt;
	t->concat = ++g->last_concat;
	OSMO_STRLCPY_ARRAY(t->imsi, out->imsi);
	OSMO_STRLCPY_ARRAY(t->peer_name, peer_name);
	osmo_timer_setup(&t->timer, on_timeout, t);
	rc = sms_text_split(&t->parts, out->text, strlen(out->text));
	if (rc == 0 && part_send(t) < 0)
		rc = -ENOTCONN;
	if (rc < 0) {
		osmo_timer_del(&t->timer);
		talloc_free(t);
		return rc;
	}
	hlist_add_head(&t->by_imsi, bucket_of(g, t->imsi));
	llist_add_tail(&t->entry, &l->texts);
	g->n_texts++;
	return 0;
}

const struct sms_link_ops sms_gsup_link_ops = {
	.send = link_send,
	.is_up = link_is_up,
	.room = link_room,
};

/* --- life ------------------------------------------------------------------------- */

void sms_gsup_mt_init(struct sms_gsup *g)
{
	INIT_LLIST_HEAD(&g->receipts);
	/* So that no id of an earlier run comes again. */
	if (random_fill(&g->run_id, sizeof(g->run_id)) < 0)
		g->run_id = (uint64_t)time(NULL);
}

void sms_gsup_mt_abort(struct sms_gsup_link *l)
{
	while (!llist_empty(&l->texts))
		text_end(llist_first_entry(&l->texts, struct text, entry), SMS_SENT_UNKNOWN, 0);
}

void sms_gsup_mt_free(struct sms_gsup *g)
{
	struct told *r, *next;

	llist_for_each_entry_safe (r, next, &g->receipts, entry) {
		if (!r->asked) {
			told_free(r);
			continue;
		}
		osmo_timer_del(&r->timer);
		llist_del(&r->entry);
		r->orphaned = true;
		talloc_steal(NULL, r); /* until its verdict */
	}
}
