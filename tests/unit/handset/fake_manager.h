/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A manager (or HLR) for tests: a GSUP server in the test's own process, on a
 * free port of 127.0.0.1, whose answer follows from what is dialled:
 *
 *   *188*1*N#      asks "Buy N JPY? ... 1 Yes 0 No"; 1: "Bought N JPY, value ..."
 *   *188*3*V*N#    asks; 1: "500 JPY now belongs to N. Value V"
 *   *188*4*V*S*R#  the same for shops; to shop 9999: "No. You do not own such a value.",
 *                  to shop 8888: "Done."
 *   =TEXT          ends with TEXT            ?TEXT  asks TEXT; then what is answered acts
 *   silent         nothing comes             error  ReturnError 34     reject  Reject
 *   release        END without a component   garbage  no component     down  closes the link
 *   push           USS-Notify, then the end  other  a message of another session, then the end
 *   ask            the network asks in a dialogue of its own, after the end
 *
 * Location update: an IMSI that ends in 9 is unknown, others get MSISDN 8190 and
 * their last eight digits.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>

#include "lib/gsup_msg.h"
#include "lib/ipa_frame.h"
#include "lib/stream.h"
#include "lib/ussd_ss.h"
#include "lib/value_id.h"

struct fake_manager {
	struct stream_listener *listener;
	struct stream *peer;
	char peer_name[IPA_NAME_SIZE];
	char last_msisdn[GSUP_MSISDN_SIZE];
	uint8_t dial_invoke_id;
	char dialled[USSD_TEXT_SIZE];
	char last_answer[USSD_TEXT_SIZE];
	unsigned int n_begins, n_ends; /* END from the phone */
	int64_t next_value; /* random part of the next value id */
	int64_t bought;
};

static inline void fake_send(struct fake_manager *f, const struct gsup_msg *msg)
{
	uint8_t out[GSUP_MSG_MAX_SIZE];
	int len = gsup_msg_encode(out, sizeof(out), msg);

	assert_true(len > 0);
	assert_int_equal(stream_write(f->peer, out, len), 0);
}

static inline void fake_ss(struct fake_manager *f, const struct gsup_msg *to,
			   enum gsup_session session, const struct ussd_ss *ss)
{
	uint8_t component[USSD_SS_MAX_SIZE];
	struct gsup_msg msg = {
		.type = session == GSUP_SESSION_END ? OSMO_GSUP_MSGT_PROC_SS_RESULT
						    : OSMO_GSUP_MSGT_PROC_SS_REQUEST,
		.session_id = to->session_id,
		.session = session,
		.message_class = to->message_class,
		.ss_info = component,
	};
	int len = ss ? ussd_ss_encode(component, sizeof(component), ss, USSD_OCTETS_DIRECT) : 0;

	assert_true(len >= 0);
	msg.ss_info_len = len;
	OSMO_STRLCPY_ARRAY(msg.imsi, to->imsi);
	fake_send(f, &msg);
}

static inline void fake_text(struct fake_manager *f, const struct gsup_msg *to,
			     enum ussd_ss_kind kind, uint8_t op, uint8_t invoke_id,
			     enum gsup_session session, const char *text)
{
	struct ussd_ss ss = {
		.kind = kind,
		.op = op,
		.invoke_id = invoke_id,
		.error = 34,
		.has_text = text != NULL,
	};

	OSMO_STRLCPY_ARRAY(ss.text, text ? text : "");
	fake_ss(f, to, session, &ss);
}

static inline void fake_final(struct fake_manager *f, const struct gsup_msg *to, const char *text)
{
	fake_text(f, to, USSD_SS_RETURN_RESULT, USSD_OP_PROCESS_UNSTRUCTURED_SS, f->dial_invoke_id,
		  GSUP_SESSION_END, text);
}

static inline void fake_ask(struct fake_manager *f, const struct gsup_msg *to, const char *text)
{
	fake_text(f, to, USSD_SS_INVOKE, USSD_OP_UNSTRUCTURED_SS_REQUEST, 7, GSUP_SESSION_CONTINUE,
		  text);
}

static inline void fake_special(struct fake_manager *f, const struct gsup_msg *to, const char *text)
{
	struct gsup_msg other = *to;

	other.session_id += 1000;
	if (strcmp(text, "error") == 0) {
		fake_text(f, to, USSD_SS_RETURN_ERROR, 0, f->dial_invoke_id, GSUP_SESSION_END,
			  NULL);
	} else if (strcmp(text, "reject") == 0) {
		fake_text(f, to, USSD_SS_REJECT, 0, f->dial_invoke_id, GSUP_SESSION_END, NULL);
	} else if (strcmp(text, "release") == 0) {
		fake_ss(f, to, GSUP_SESSION_END, NULL);
	} else if (strcmp(text, "garbage") == 0) {
		struct gsup_msg msg = *to;

		msg.msisdn[0] = '\0';
		msg.session = GSUP_SESSION_END;
		msg.ss_info = (const uint8_t *)"\xa1\x7f\x02";
		msg.ss_info_len = 3;
		fake_send(f, &msg);
	} else if (strcmp(text, "push") == 0) {
		fake_text(f, &other, USSD_SS_INVOKE, USSD_OP_UNSTRUCTURED_SS_NOTIFY, 3,
			  GSUP_SESSION_BEGIN, "pushed");
		fake_final(f, to, "after the push");
	} else if (strcmp(text, "other") == 0) {
		fake_final(f, &other, "not for this dialogue");
		fake_final(f, to, "for this dialogue");
	} else if (strcmp(text, "ask") == 0) {
		fake_final(f, to, "ended");
		fake_text(f, &other, USSD_SS_INVOKE, USSD_OP_UNSTRUCTURED_SS_REQUEST, 9,
			  GSUP_SESSION_BEGIN, "network asks");
	} else if (strcmp(text, "down") == 0) {
		stream_close(f->peer);
		f->peer = NULL;
	} else {
		assert_string_equal(text, "silent");
	}
}

static inline void fake_said(struct fake_manager *f, const struct gsup_msg *to, const char *text)
{
	char reply[USSD_TEXT_SIZE], id[VALUE_ID_GROUPED_SIZE];
	char value[32] = "", whom[32] = "", rest[80] = "";

	if (text[0] == '=') {
		fake_final(f, to, text + 1);
	} else if (text[0] == '?') {
		fake_ask(f, to, text + 1);
	} else if (sscanf(text, "*188*1*%31[^#]#", value) == 1) {
		snprintf(reply, sizeof(reply), "Buy %s JPY? Fee 0 JPY, %s JPY in all\n1 Yes 0 No",
			 value, value);
		fake_ask(f, to, reply);
	} else if (strncmp(text, "*188*3*", 7) == 0 || strncmp(text, "*188*4*", 7) == 0) {
		fake_ask(f, to, "Send 500 JPY?\n1 Yes 0 No");
	} else if (strcmp(text, "0") == 0) {
		fake_final(f, to, "Nothing was done.");
	} else if (strcmp(text, "1") == 0 && sscanf(f->dialled, "*188*1*%31[^#]#", value) == 1) {
		/* A day, a home and a counter make an id as good as any. */
		f->bought = (2500LL << 48) | (3LL << 42) | f->next_value++;
		snprintf(reply, sizeof(reply), "Bought %s JPY, value %s", value,
			 value_id_format_grouped(id, f->bought));
		fake_final(f, to, reply);
	} else if (strcmp(text, "1") == 0 &&
		   sscanf(f->dialled, "*188*%*[34]*%31[^*]*%31[^*#]%79s", value, whom, rest) >= 2) {
		snprintf(reply, sizeof(reply), "500 JPY now belongs to %s. Value %s", whom, value);
		if (strcmp(whom, "9999") == 0)
			OSMO_STRLCPY_ARRAY(reply, "No. You do not own such a value.");
		fake_final(f, to, strcmp(whom, "8888") == 0 ? "Done." : reply);
	} else {
		fake_special(f, to, text);
	}
}

static inline void fake_ussd(struct fake_manager *f, const struct gsup_msg *msg)
{
	struct ussd_ss ss;

	if (msg->session == GSUP_SESSION_END) {
		f->n_ends++;
		return;
	}
	assert_int_equal(ussd_ss_decode(&ss, msg->ss_info, msg->ss_info_len), 0);
	if (msg->session == GSUP_SESSION_BEGIN) {
		f->n_begins++;
		f->dial_invoke_id = ss.invoke_id;
		OSMO_STRLCPY_ARRAY(f->last_msisdn, msg->msisdn);
		OSMO_STRLCPY_ARRAY(f->dialled, ss.text);
	} else {
		assert_int_equal(ss.kind, USSD_SS_RETURN_RESULT);
		OSMO_STRLCPY_ARRAY(f->last_answer, ss.text);
	}
	fake_said(f, msg, ss.text);
}

static inline void fake_location(struct fake_manager *f, const struct gsup_msg *msg)
{
	size_t len = strlen(msg->imsi);
	struct gsup_msg reply = { .message_class = msg->message_class };

	OSMO_STRLCPY_ARRAY(reply.imsi, msg->imsi);
	if (msg->imsi[len - 1] == '9') {
		reply.type = OSMO_GSUP_MSGT_UPDATE_LOCATION_ERROR;
		reply.cause = 2;
	} else {
		reply.type = OSMO_GSUP_MSGT_INSERT_DATA_REQUEST;
		reply.cn_domain = OSMO_GSUP_CN_DOMAIN_CS;
		snprintf(reply.msisdn, sizeof(reply.msisdn), "8190%s", msg->imsi + len - 8);
	}
	fake_send(f, &reply);
}

static inline void fake_gsup(struct fake_manager *f, const struct gsup_msg *msg)
{
	struct gsup_msg done = { .type = OSMO_GSUP_MSGT_UPDATE_LOCATION_RESULT };

	switch (msg->type) {
	case OSMO_GSUP_MSGT_UPDATE_LOCATION_REQUEST:
		fake_location(f, msg);
		break;
	case OSMO_GSUP_MSGT_INSERT_DATA_RESULT:
		OSMO_STRLCPY_ARRAY(done.imsi, msg->imsi);
		fake_send(f, &done);
		break;
	default:
		fake_ussd(f, msg);
	}
}

static inline void fake_frame(struct fake_manager *f, const struct ipa_frame *frame)
{
	uint8_t out[64], copy[GSUP_MSG_MAX_SIZE + 1];
	struct gsup_msg msg;

	if (frame->proto == IPA_PROTO_CCM && frame->payload[0] == IPA_CCM_ID_RESP) {
		assert_int_equal(ipa_ccm_parse_name(f->peer_name, frame->payload + 1,
						    frame->payload_len - 1),
				 0);
	} else if (frame->proto == IPA_PROTO_CCM && frame->payload[0] == IPA_CCM_ID_ACK) {
		int len = ipa_ccm_build_simple(out, sizeof(out), IPA_CCM_ID_ACK);

		assert_int_equal(stream_write(f->peer, out, len), 0);
	} else if (frame->proto == IPA_PROTO_OSMO) {
		memcpy(copy, frame->payload, frame->payload_len);
		assert_int_equal(gsup_msg_decode(&msg, copy, frame->payload_len), 0);
		fake_gsup(f, &msg);
	}
}

static inline int fake_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct fake_manager *f = data;
	struct ipa_frame frame;
	size_t taken = 0;

	while (f->peer && ipa_frame_take(&frame, in + taken, len - taken, 4096) == 1) {
		fake_frame(f, &frame);
		taken += frame.frame_len;
	}
	return taken;
}

static inline void fake_up(void *data, struct stream *s)
{
}

static inline void fake_down(void *data, struct stream *s, int error, const char *why)
{
	struct fake_manager *f = data;

	stream_close(s);
	if (f->peer == s)
		f->peer = NULL;
}

static inline void fake_accept(void *data, struct stream *s)
{
	static const struct stream_handler handler = {
		.up = fake_up,
		.received = fake_received,
		.down = fake_down,
	};
	struct fake_manager *f = data;
	uint8_t out[64];
	int len = ipa_ccm_build_id_get(out, sizeof(out));

	stream_set_data(s, &handler, f);
	f->peer = s;
	assert_true(len > 0);
	assert_int_equal(stream_write(s, out, len), 0);
}

static inline struct fake_manager *fake_manager_new(void *ctx)
{
	static const struct stream_limits limits = { .in_max = 65536,
						     .out_max = 1 << 20,
						     .connect_timeout_ms = 2000 };
	struct fake_manager *f = talloc_zero(ctx, struct fake_manager);
	int error;

	f->next_value = 1000;
	f->listener = stream_listen(f, "127.0.0.1:0", 0, NULL, &limits, fake_accept, f, &error);
	assert_non_null(f->listener);
	return f;
}

static inline const char *fake_manager_address(const struct fake_manager *f)
{
	return stream_listener_address(f->listener);
}

static inline void fake_manager_free(struct fake_manager *f)
{
	if (f->peer)
		stream_close(f->peer);
	stream_listener_close(f->listener);
	talloc_free(f);
}

/* Runs the loop until *flag, at most some seconds. */
static inline bool run_until(const bool *flag)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		if (*flag)
			return true;
		osmo_select_main_ctx(1);
		if (!*flag) {
			struct timespec nap = { .tv_nsec = 200000 };

			nanosleep(&nap, NULL);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - begin.tv_sec < 8);
	return false;
}
