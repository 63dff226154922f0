/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts by SMS over the GSUP link (3GPP TS 29.002 clauses 12.2 and 12.9), as an MSC does it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/gsup_sms.h>
#include <osmocom/gsm/protocol/gsm_04_11.h>

#include "handset-sim/exchange_private.h"
#include "lib/log_category.h"
#include "lib/monotonic.h"
#include "lib/number.h"
#include "lib/sms_tpdu.h"
#include "lib/sms_whole.h"

#define TON_NPI_UNKNOWN 0x81
#define NPI_E164 1
#define DCS_UCS2 0x08
#define JOIN_TIMEOUT_MS 60000

struct line_sms {
	struct line *line;
	struct osmo_timer_list timer; /* for the answer */
	char to[SMS_DIGITS_SIZE];
	uint8_t reference, concat;
	size_t next; /* part that is under way */
	struct sms_parts parts;
};

/* --- sending ---------------------------------------------------------------------- */

static const char *bare(const char *number)
{
	return number + (*number == '+');
}

static int submit_encode(uint8_t tpdu[SMS_TPDU_MAX_SIZE], const struct line_sms *s)
{
	const struct sms_part *part = &s->parts.part[s->next];
	struct sms_tpdu submit = {
		.type = SMS_SUBMIT,
		.reference = s->reference,
		.number.ton = s->to[0] == '+' ? SMS_TON_INTERNATIONAL : SMS_TON_UNKNOWN,
		.number.npi = NPI_E164,
		.dcs = s->parts.coding == SMS_CODING_UCS2 ? DCS_UCS2 : 0,
		.n_text = part->n,
	};

	OSMO_STRLCPY_ARRAY(submit.number.digits, bare(s->to));
	if (s->parts.n > 1) {
		submit.n_header = SMS_CONCAT_SIZE;
		sms_concat_put(submit.header, s->concat, s->parts.n, s->next + 1);
	}
	memcpy(submit.text, part->octets, part->n);
	return sms_tpdu_encode(tpdu, SMS_TPDU_MAX_SIZE, &submit);
}

/* Through an HLR by name: 1.5.0 forwards nothing else. */
static void names_put(const struct exchange *x, struct gsup_msg *msg, const char *destination)
{
	if (x->config.via != EXCHANGE_VIA_HLR && !*destination)
		return;
	OSMO_STRLCPY_ARRAY(msg->source_name, x->config.name);
	OSMO_STRLCPY_ARRAY(msg->destination_name, *destination ? destination : x->config.sms_name);
}

static int part_send(struct line_sms *s)
{
	struct line *line = s->line;
	struct exchange *x = line->exchange;
	struct gsup_msg msg = {
		.type = OSMO_GSUP_MSGT_MO_FORWARD_SM_REQUEST,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_SMS,
		.has_sm_rp_mr = true,
		.sm_rp_mr = s->reference,
		.sm_rp_da = { OSMO_GSUP_SMS_SM_RP_ODA_SMSC_ADDR, TON_NPI_UNKNOWN },
		.sm_rp_oa = { OSMO_GSUP_SMS_SM_RP_ODA_NULL },
	};
	uint8_t tpdu[SMS_TPDU_MAX_SIZE];
	int n = submit_encode(tpdu, s);

	if (n < 0)
		return n;
	OSMO_STRLCPY_ARRAY(msg.imsi, line->imsi);
	OSMO_STRLCPY_ARRAY(msg.sm_rp_da.digits, bare(s->to));
	if (line->msisdn[0]) {
		msg.sm_rp_oa = (struct gsup_sm_address){ OSMO_GSUP_SMS_SM_RP_ODA_MSISDN,
							 GSUP_TON_INTERNATIONAL };
		OSMO_STRLCPY_ARRAY(msg.sm_rp_oa.digits, line->msisdn);
	}
	msg.sm_rp_ui = tpdu;
	msg.sm_rp_ui_len = n;
	names_put(x, &msg, "");
	n = exchange_link_send(x->link, &msg);
	if (n < 0)
		return n;
	osmo_timer_schedule(&s->timer, x->config.answer_timeout_ms / 1000,
			    x->config.answer_timeout_ms % 1000 * 1000);
	return 0;
}

static void sms_end(struct line *line, int status)
{
	line_sms_cancel(line);
	line->handler->sms_sent(line, status);
}

static void on_timeout(void *data)
{
	struct line_sms *s = data;

	sms_end(s->line, -ETIMEDOUT);
}

int line_sms(struct line *line, const char *to, const char *utf8)
{
	struct exchange *x = line->exchange;
	struct line_sms *s;
	int rc;

	if (line->sms)
		return -EBUSY;
	s = talloc_zero(x, struct line_sms);
	OSMO_ASSERT(s);
	rc = sms_text_split(&s->parts, utf8, strlen(utf8));
	s->line = line;
	OSMO_STRLCPY_ARRAY(s->to, to);
	s->reference = ++x->last_sm_reference;
	s->concat = s->reference;
	osmo_timer_setup(&s->timer, on_timeout, s);
	if (rc == 0)
		rc = part_send(s);
	if (rc < 0) {
		osmo_timer_del(&s->timer);
		talloc_free(s);
		return rc;
	}
	line->sms = s;
	return 0;
}

void line_sms_cancel(struct line *line)
{
	if (!line->sms)
		return;
	osmo_timer_del(&line->sms->timer);
	TALLOC_FREE(line->sms);
}

void sms_link_down(struct line *line)
{
	if (line->sms)
		sms_end(line, -ENOTCONN);
}

static void answer_take(struct line *line, const struct gsup_msg *msg)
{
	struct line_sms *s = line->sms;
	int rc;

	if (!s || (msg->has_sm_rp_mr && msg->sm_rp_mr != s->reference)) {
		LOGP(DSIM, LOGL_INFO, "answer to an earlier SMS ignored\n");
		return;
	}
	if (msg->type != OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT) {
		const int cause = msg->has_sm_rp_cause ? msg->sm_rp_cause : msg->cause;

		sms_end(line, cause ? cause : GSM411_RP_CAUSE_PROTOCOL_ERR);
		return;
	}
	if (++s->next == s->parts.n) {
		sms_end(line, 0);
		return;
	}
	s->reference = ++line->exchange->last_sm_reference;
	rc = part_send(s);
	if (rc < 0)
		sms_end(line, rc);
}

/* --- receiving -------------------------------------------------------------------- */

static void deliver_answer(struct line *line, const struct gsup_msg *to, uint8_t rp_cause)
{
	struct gsup_msg msg = {
		.type = rp_cause ? OSMO_GSUP_MSGT_MT_FORWARD_SM_ERROR
				 : OSMO_GSUP_MSGT_MT_FORWARD_SM_RESULT,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_SMS,
		.has_sm_rp_mr = to->has_sm_rp_mr,
		.sm_rp_mr = to->sm_rp_mr,
		.has_sm_rp_cause = rp_cause,
		.sm_rp_cause = rp_cause,
	};

	OSMO_STRLCPY_ARRAY(msg.imsi, to->imsi);
	names_put(line->exchange, &msg, to->source_name);
	if (exchange_link_send(line->exchange->link, &msg) < 0)
		LOGP(DSIM, LOGL_NOTICE, "SMS cannot be acknowledged\n");
}

/* false: it cannot be read. */
static bool deliver_show(struct line *line, const struct sms_tpdu *tpdu)
{
	struct sms_piece piece = { .octets = tpdu->text, .n_octets = tpdu->n_text };
	char text[SMS_TEXT_SIZE];
	int rc;

	if (tpdu->n_header > 0 && sms_concat_take(&piece.concat, tpdu->header, tpdu->n_header) < 0)
		return false;
	rc = sms_whole_add(line->exchange->join, text, NULL, line->imsi, tpdu->number.digits,
			   sms_charset_of_tpdu(tpdu->dcs), &piece, monotonic_ms());
	if (rc > 0 && line->handler->sms)
		line->handler->sms(line, tpdu->number.digits, text);
	explicit_bzero(text, sizeof(text));
	return rc >= 0;
}

/* Acknowledged first: the phone may be closed by what it is shown. */
static void deliver_take(struct line *line, const struct gsup_msg *msg)
{
	struct sms_tpdu tpdu;

	if (!msg->sm_rp_ui ||
	    sms_tpdu_decode(&tpdu, false, false, msg->sm_rp_ui, msg->sm_rp_ui_len) < 0 ||
	    tpdu.type != SMS_DELIVER) {
		LOGP(DSIM, LOGL_ERROR, "SMS cannot be decoded\n");
		deliver_answer(line, msg, GSM411_RP_CAUSE_PROTOCOL_ERR);
		return;
	}
	deliver_answer(line, msg, 0);
	if (!deliver_show(line, &tpdu))
		LOGP(DSIM, LOGL_ERROR, "SMS cannot be read (DCS 0x%02x)\n", tpdu.dcs);
}

bool sms_received(struct line *line, const struct gsup_msg *msg)
{
	switch (msg->type) {
	case OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT:
	case OSMO_GSUP_MSGT_MO_FORWARD_SM_ERROR:
		answer_take(line, msg);
		return true;
	case OSMO_GSUP_MSGT_MT_FORWARD_SM_REQUEST:
		deliver_take(line, msg);
		return true;
	case OSMO_GSUP_MSGT_ROUTING_ERROR: /* of the one or the other: it has no reference */
		if (!line->sms || msg->session != GSUP_SESSION_NONE)
			return false;
		answer_take(line, msg);
		return true;
	default:
		return false;
	}
}

/* A SIM goes on counting where it stopped; so that a text again is another one, and not the
 * network's repetition of the first, the clock counts in its place. */
static uint8_t reference_first(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 10 + now.tv_nsec / 100000000;
}

void sms_init(struct exchange *x)
{
	x->last_sm_reference = reference_first();
	x->join = sms_join_new(x, JOIN_TIMEOUT_MS);
	OSMO_ASSERT(x->join);
}
