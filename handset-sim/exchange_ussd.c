/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* USSD dialogues of the exchange (3GPP TS 24.090 clauses 5.2 and 6.1). */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>

#include "handset-sim/exchange_private.h"
#include "lib/log_category.h"
#include "lib/ussd_ss.h"

/* Of the one Invoke that a phone sends in a dialogue. */
#define DIAL_INVOKE_ID 1
/* TS 24.080 clause 3.6.6: the phone is in another USSD dialogue. */
#define ERROR_USSD_BUSY 72

static int ussd_send(struct line *line, uint32_t session_id, enum gsup_session session,
		     const struct ussd_ss *ss)
{
	struct exchange *x = line->exchange;
	uint8_t component[USSD_SS_MAX_SIZE];
	struct gsup_msg msg = {
		.type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_USSD,
		.session_id = session_id,
		.session = session,
	};

	memcpy(msg.imsi, line->imsi, sizeof(msg.imsi));
	if (x->config.via == EXCHANGE_VIA_DIRECT && session == GSUP_SESSION_BEGIN)
		memcpy(msg.msisdn, line->msisdn, sizeof(msg.msisdn));
	if (ss) {
		size_t max = x->config.via == EXCHANGE_VIA_HLR ? USSD_OCTETS_HLR_RESULT
							       : USSD_OCTETS_DIRECT;
		int len = ussd_ss_encode(component, sizeof(component), ss, max);

		if (len < 0)
			return len;
		msg.ss_info = component;
		msg.ss_info_len = len;
	}
	return exchange_link_send(x->link, &msg);
}

static int ss_text_set(struct ussd_ss *ss, const char *utf8)
{
	if (strlen(utf8) >= sizeof(ss->text))
		return -EMSGSIZE;
	ss->has_text = true;
	OSMO_STRLCPY_ARRAY(ss->text, utf8);
	return 0;
}

int line_dial(struct line *line, const char *utf8)
{
	struct exchange *x = line->exchange;
	struct ussd_ss ss = {
		.kind = USSD_SS_INVOKE,
		.invoke_id = DIAL_INVOKE_ID,
		.op = USSD_OP_PROCESS_UNSTRUCTURED_SS,
	};
	int rc;

	if (line->state != LINE_IDLE)
		return -EBUSY;
	rc = ss_text_set(&ss, utf8);
	if (rc == 0)
		rc = ussd_send(line, x->next_session_id, GSUP_SESSION_BEGIN, &ss);
	if (rc < 0)
		return rc;
	line->session_id = x->next_session_id++;
	line->network_began = false;
	line_wait(line, LINE_WAITING);
	return 0;
}

int line_answer(struct line *line, const char *utf8)
{
	struct ussd_ss ss = {
		.kind = USSD_SS_RETURN_RESULT,
		.invoke_id = line->question_id,
		.op = USSD_OP_UNSTRUCTURED_SS_REQUEST,
	};
	int rc;

	if (line->state != LINE_ASKED)
		return -EBUSY;
	rc = ss_text_set(&ss, utf8);
	if (rc == 0)
		rc = ussd_send(line, line->session_id, GSUP_SESSION_CONTINUE, &ss);
	if (rc < 0)
		return rc;
	line_wait(line, LINE_WAITING);
	return 0;
}

int line_hangup(struct line *line)
{
	if (line->state != LINE_WAITING && line->state != LINE_ASKED)
		return -EBUSY;
	line_rest(line, LINE_IDLE);
	return ussd_send(line, line->session_id, GSUP_SESSION_END, NULL);
}

/* The dialogue is over without a text; the phone is told last. */
static void ussd_ended(struct line *line, enum line_end end, int code)
{
	line_rest(line, LINE_IDLE);
	line->handler->ended(line, end, code);
}

static void hangup_malformed(struct line *line)
{
	if (line_hangup(line) < 0)
		LOGP(DSIM, LOGL_NOTICE, "END cannot be sent\n");
	ussd_ended(line, LINE_END_MALFORMED, 0);
}

static void invoke_received(struct line *line, const struct gsup_msg *msg, const struct ussd_ss *ss)
{
	if (ss->op == USSD_OP_UNSTRUCTURED_SS_NOTIFY) {
		line->handler->text(line, LINE_PUSH, ss->text);
		return;
	}
	if (ss->op != USSD_OP_UNSTRUCTURED_SS_REQUEST || msg->session == GSUP_SESSION_END) {
		hangup_malformed(line);
		return;
	}
	line->question_id = ss->invoke_id;
	line_rest(line, LINE_ASKED);
	line->handler->text(line, LINE_QUESTION, ss->text);
}

static void component_received(struct line *line, const struct gsup_msg *msg)
{
	struct ussd_ss ss;
	int rc = ussd_ss_decode(&ss, msg->ss_info, msg->ss_info_len);

	if (rc < 0) {
		LOGP(DSIM, LOGL_ERROR, "component cannot be read: %s\n", strerror(-rc));
		hangup_malformed(line);
		return;
	}
	switch (ss.kind) {
	case USSD_SS_INVOKE:
		invoke_received(line, msg, &ss);
		return;
	case USSD_SS_RETURN_RESULT:
		if (!ss.has_text) {
			ussd_ended(line, LINE_END_RELEASED, 0);
			return;
		}
		line_rest(line, LINE_IDLE);
		line->handler->text(line, LINE_FINAL, ss.text);
		return;
	case USSD_SS_RETURN_ERROR:
		ussd_ended(line, LINE_END_ERROR, ss.error);
		return;
	case USSD_SS_REJECT:
		ussd_ended(line, LINE_END_REJECT, ss.error);
		return;
	}
}

/* The network begins.  A push needs no dialogue and is not acknowledged: OsmoHLR 1.5.0 dies of an
 * answer to what it forwarded first.  A question opens a dialogue, on a direct link only, for the
 * same reason. */
static void network_begins(struct line *line, const struct gsup_msg *msg)
{
	struct ussd_ss ss, busy = { .kind = USSD_SS_RETURN_ERROR, .error = ERROR_USSD_BUSY };

	if (ussd_ss_decode(&ss, msg->ss_info, msg->ss_info_len) < 0 || ss.kind != USSD_SS_INVOKE ||
	    !ss.has_text) {
		LOGP(DSIM, LOGL_NOTICE, "dialogue begun by the network without a text ignored\n");
		return;
	}
	if (ss.op != USSD_OP_UNSTRUCTURED_SS_REQUEST ||
	    line->exchange->config.via == EXCHANGE_VIA_HLR) {
		line->handler->text(line, LINE_PUSH, ss.text);
		return;
	}
	if (line->state != LINE_IDLE) {
		busy.invoke_id = ss.invoke_id;
		if (ussd_send(line, msg->session_id, GSUP_SESSION_END, &busy) < 0)
			LOGP(DSIM, LOGL_NOTICE, "busy cannot be sent\n");
		return;
	}
	line->session_id = msg->session_id;
	line->network_began = true;
	line->question_id = ss.invoke_id;
	line_rest(line, LINE_ASKED);
	line->handler->text(line, LINE_QUESTION, ss.text);
}

void ussd_received(struct line *line, const struct gsup_msg *msg)
{
	bool open = line->state == LINE_WAITING || line->state == LINE_ASKED;

	if (!open || msg->session_id != line->session_id) {
		if (msg->session == GSUP_SESSION_BEGIN && msg->ss_info_len > 0)
			network_begins(line, msg);
		else
			LOGP(DSIM, LOGL_INFO, "late message of an older dialogue ignored\n");
		return;
	}
	if (msg->type == OSMO_GSUP_MSGT_PROC_SS_ERROR ||
	    msg->type == OSMO_GSUP_MSGT_ROUTING_ERROR) {
		ussd_ended(line, LINE_END_ERROR, msg->cause);
		return;
	}
	if (msg->ss_info_len > 0)
		component_received(line, msg);
	else if (msg->session == GSUP_SESSION_END)
		ussd_ended(line, LINE_END_RELEASED, 0);
	else
		hangup_malformed(line);
}
