/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sessions: what comes from the peer. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/protocol/gsm_04_08_gprs.h>

#include "lib/log_category.h"
#include "lib/number.h"
#include "manager/exchange_session_priv.h"
#include "manager/exchange_util.h"

/* A BEGIN that repeats the one before, sooner than anybody redials, is the same one. */
#define REPEAT_WITHIN_MS 3000

/* Ends, towards the peer, what msg opened or believes to be open; ss: what could be decoded. */
static void refuse(struct exchange_sessions *t, const struct gsup_msg *msg,
		   const struct ussd_ss *ss, uint8_t error)
{
	struct ussd_ss out = {
		.kind = USSD_SS_RETURN_ERROR,
		.invoke_id = ss ? ss->invoke_id : 0,
		.error = error,
	};
	struct gsup_msg answer = {
		.type = OSMO_GSUP_MSGT_PROC_SS_RESULT,
		.session_id = msg->session_id,
		.session = GSUP_SESSION_END,
		.message_class = msg->message_class,
	};
	uint8_t component[USSD_SS_MAX_SIZE];

	if (!OSMO_GSUP_IS_MSGT_REQUEST(msg->type))
		return;
	OSMO_STRLCPY_ARRAY(answer.imsi, msg->imsi);
	if (msg->destination_name[0] && msg->source_name[0]) {
		OSMO_STRLCPY_ARRAY(answer.source_name, msg->destination_name);
		OSMO_STRLCPY_ARRAY(answer.destination_name, msg->source_name);
	}
	if (ss || t->config.hlr) {
		int len = ussd_ss_encode(component, sizeof(component), &out, 0);

		OSMO_ASSERT(len > 0);
		answer.ss_info = component;
		answer.ss_info_len = (size_t)len;
	} else {
		answer.type = OSMO_GSUP_MSGT_PROC_SS_ERROR;
		answer.cause = GMM_CAUSE_SEM_INCORR_MSG;
	}
	if (t->config.transmit(t->config.data, &answer) < 0)
		LOGP(DGSUP, LOGL_INFO, "%s: refusal not sent, the link is down\n", t->config.label);
}

static int component_decode(struct ussd_ss *ss, const struct gsup_msg *msg)
{
	return msg->ss_info_len > 0 ? ussd_ss_decode(ss, msg->ss_info, msg->ss_info_len) : -EBADMSG;
}

/* Is this BEGIN the one that opened s, come twice? */
static bool is_repeat(const struct exchange_session *s, const struct ussd_ss *ss)
{
	return !s->table->config.hlr && s->begin_invoke_id == ss->invoke_id &&
	       exchange_now_ms() - s->begun_ms < REPEAT_WITHIN_MS &&
	       strcmp(s->dialled, ss->text) == 0;
}

/* The number that the peer tells, where it may. */
static const char *told_number(struct exchange_sessions *t, const struct gsup_msg *msg)
{
	if (msg->msisdn[0] == '\0')
		return NULL;
	if (t->config.trust_msisdn && number_is_e164(msg->msisdn))
		return msg->msisdn;
	exchange_count(t->config.metrics, GSUP_CTR_MSISDN_REFUSED);
	return NULL;
}

/* Is it what may open a dialogue?  Else it is refused and counted. */
static bool begin_check(struct exchange_sessions *t, const struct gsup_msg *msg, struct ussd_ss *ss)
{
	int rc = component_decode(ss, msg);

	if (rc == -ENOTSUP) {
		exchange_count(t->config.metrics, GSUP_CTR_BEGIN_UNREADABLE);
		refuse(t, msg, ss, SS_ERROR_UNKNOWN_ALPHABET);
	} else if (rc < 0) {
		exchange_count(t->config.metrics, GSUP_CTR_BEGIN_MALFORMED);
		refuse(t, msg, NULL, SS_ERROR_SYSTEM_FAILURE);
	} else if (ss->kind != USSD_SS_INVOKE || ss->op != USSD_OP_PROCESS_UNSTRUCTURED_SS ||
		   !ss->has_text) {
		exchange_count(t->config.metrics, GSUP_CTR_BEGIN_OPERATION);
		refuse(t, msg, ss, SS_ERROR_FACILITY_NOT_SUPPORTED);
	} else {
		return true;
	}
	return false;
}

static void begin_take(struct exchange_sessions *t, const struct gsup_msg *msg)
{
	const struct exchange_metrics *metrics = t->config.metrics;
	struct exchange_session *s;
	struct ussd_ss ss;

	if (!begin_check(t, msg, &ss))
		return;
	s = session_find(t, msg->imsi, msg->session_id);
	if (s && is_repeat(s, &ss)) {
		exchange_count(metrics, GSUP_CTR_BEGIN_REPEATED);
		return;
	}
	if (s) {
		exchange_count(metrics, GSUP_CTR_BEGIN_SUPERSEDES);
		session_abort(s, "the terminal dialled again");
	}
	if (t->count >= t->config.max_sessions) {
		exchange_count(metrics, GSUP_CTR_BEGIN_BUSY);
		refuse(t, msg, &ss, SS_ERROR_SYSTEM_FAILURE);
		return;
	}
	exchange_count(metrics, GSUP_CTR_BEGIN);
	session_start(session_new(t, msg, &ss), told_number(t, msg));
}

/* A component that answers a question: the one that is open, and in time? */
static void result_take(struct exchange_session *s, const struct ussd_ss *ss)
{
	const struct exchange_metrics *metrics = s->table->config.metrics;

	if (s->state != SESSION_ASKED) {
		exchange_count(metrics, GSUP_CTR_ANSWER_UNASKED);
		return;
	}
	if (ss->invoke_id != s->question_invoke_id) {
		exchange_count(metrics, GSUP_CTR_ANSWER_LATE);
		return;
	}
	exchange_count(metrics, GSUP_CTR_ANSWER);
	/* Sent without typing anything: a result without a ussd-String (TS 24.090 clause 6.1). */
	session_answer(s, ss->has_text ? ss->text : "");
}

static void answer_fail(struct exchange_session *s, enum gsup_ctr ctr, uint8_t error,
			const char *why)
{
	exchange_count(s->table->config.metrics, ctr);
	session_fail(s, error, why);
}

static void answer_take(struct exchange_session *s, const struct gsup_msg *msg)
{
	struct ussd_ss ss;
	int rc = component_decode(&ss, msg);

	s->message_class = msg->message_class;
	if (rc == -ENOTSUP)
		answer_fail(s, GSUP_CTR_ANSWER_UNREADABLE, SS_ERROR_UNKNOWN_ALPHABET,
			    "an answer in an unknown text coding");
	else if (rc < 0)
		answer_fail(s, GSUP_CTR_ANSWER_MALFORMED, SS_ERROR_SYSTEM_FAILURE,
			    "a malformed answer");
	else if (ss.kind == USSD_SS_RETURN_ERROR || ss.kind == USSD_SS_REJECT)
		answer_fail(s, GSUP_CTR_ANSWER_ERROR, SS_ERROR_SYSTEM_FAILURE,
			    "the terminal could not answer");
	else if (ss.kind == USSD_SS_RETURN_RESULT &&
		 (ss.op == USSD_OP_UNSTRUCTURED_SS_REQUEST || !ss.has_text))
		result_take(s, &ss);
	else
		answer_fail(s, GSUP_CTR_ANSWER_OPERATION, SS_ERROR_FACILITY_NOT_SUPPORTED,
			    "another operation for an answer");
	/* It may have been a PIN. */
	explicit_bzero(&ss, sizeof(ss));
}

static void continue_take(struct exchange_sessions *t, const struct gsup_msg *msg)
{
	struct exchange_session *s = session_find(t, msg->imsi, msg->session_id);
	struct ussd_ss ss;

	if (s) {
		answer_take(s, msg);
		return;
	}
	exchange_count(t->config.metrics, GSUP_CTR_ANSWER_STRANGER);
	refuse(t, msg, component_decode(&ss, msg) == 0 ? &ss : NULL, SS_ERROR_SYSTEM_FAILURE);
}

static void end_take(struct exchange_sessions *t, const struct gsup_msg *msg, const char *why)
{
	struct exchange_session *s = session_find(t, msg->imsi, msg->session_id);

	exchange_count(t->config.metrics, s ? GSUP_CTR_END : GSUP_CTR_END_STRANGER);
	if (s)
		session_abort(s, why);
}

void exchange_sessions_input(struct exchange_sessions *t, const struct gsup_msg *msg)
{
	if (msg->type == OSMO_GSUP_MSGT_PROC_SS_ERROR) {
		end_take(t, msg, "the exchange reported an error");
		return;
	}
	switch (msg->session) {
	case GSUP_SESSION_BEGIN:
		begin_take(t, msg);
		break;
	case GSUP_SESSION_CONTINUE:
		continue_take(t, msg);
		break;
	case GSUP_SESSION_END:
		end_take(t, msg, "the terminal ended it");
		break;
	case GSUP_SESSION_NONE:
		exchange_count(t->config.metrics, GSUP_CTR_RX_UNEXPECTED);
		refuse(t, msg, NULL, SS_ERROR_SYSTEM_FAILURE);
		break;
	}
}
