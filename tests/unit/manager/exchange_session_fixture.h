/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* A table of sessions between fake dialogues and a link that keeps what it is given to transmit. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/gsm/gsup.h>

#include "lib/ussd_ss.h"
#include "manager/exchange_metrics.h"
#include "manager/exchange_session.h"
#include "tests/unit/manager/exchange_fakes.h"

#define IMSI "001010000000001"
#define SENT_MAX 64

struct sent {
	struct gsup_msg msg;
	uint8_t component[256];
	struct ussd_ss ss; /* kind of what cannot be decoded: -1 */
};

struct fixture {
	struct dialogues ds;
	struct exchange_metrics *metrics;
	struct exchange_sessions_config config;
	struct exchange_sessions *t;
	struct sent sent[SENT_MAX];
	int n_sent, n_emptied;
	bool link_is_down;
};

static inline int transmit(void *data, const struct gsup_msg *msg)
{
	struct fixture *f = data;
	struct sent *s = &f->sent[f->n_sent];

	if (f->link_is_down)
		return -ENOTCONN;
	assert_true(f->n_sent < SENT_MAX);
	assert_true(msg->ss_info_len <= sizeof(s->component));
	s->msg = *msg;
	if (msg->ss_info_len > 0) {
		memcpy(s->component, msg->ss_info, msg->ss_info_len);
		assert_int_equal(ussd_ss_decode(&s->ss, s->component, msg->ss_info_len), 0);
	}
	f->n_sent++;
	return 0;
}

static inline void emptied(void *data)
{
	struct fixture *f = data;

	f->n_emptied++;
}

static inline void table_make(struct fixture *f)
{
	f->t = exchange_sessions_new(f, &f->config);
}

static inline int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->metrics = exchange_metrics_new(f, "test");
	f->ds.open = OPEN_ASK;
	f->ds.open_text = "Menu";
	f->ds.answer_text = "Bye";
	f->ds.answer_ends = true;
	f->config = (struct exchange_sessions_config){
		.label = "direct:test",
		.dialogues = &f->ds,
		.metrics = f->metrics,
		.max_sessions = 4,
		.transmit = transmit,
		.emptied = emptied,
		.data = f,
	};
	table_make(f);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	exchange_sessions_abort(f->t, "end of test");
	exchange_sessions_free(f->t);
	talloc_free(f);
	return 0;
}

/* --- what a peer sends ------------------------------------------------------- */

static inline struct gsup_msg message(uint32_t id, enum gsup_session session)
{
	struct gsup_msg msg = { .type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
				.imsi = IMSI,
				.session_id = id,
				.session = session,
				.message_class = 3 };

	return msg;
}

static inline void input_ss(struct fixture *f, struct gsup_msg msg, const struct ussd_ss *ss)
{
	uint8_t component[256];
	int len = ussd_ss_encode(component, sizeof(component), ss, 160);

	assert_true(len > 0);
	msg.ss_info = component;
	msg.ss_info_len = (size_t)len;
	exchange_sessions_input(f->t, &msg);
}

static inline struct ussd_ss component(enum ussd_ss_kind kind, uint8_t op, uint8_t invoke_id,
				       const char *text)
{
	struct ussd_ss ss = {
		.kind = kind, .op = op, .invoke_id = invoke_id, .has_text = text != NULL
	};

	OSMO_STRLCPY_ARRAY(ss.text, text ? text : "");
	return ss;
}

static inline void begin(struct fixture *f, uint32_t id, uint8_t invoke_id, const char *text)
{
	const struct ussd_ss ss =
		component(USSD_SS_INVOKE, USSD_OP_PROCESS_UNSTRUCTURED_SS, invoke_id, text);

	input_ss(f, message(id, GSUP_SESSION_BEGIN), &ss);
}

static inline void answer(struct fixture *f, uint32_t id, uint8_t invoke_id, const char *text)
{
	const struct ussd_ss ss =
		component(USSD_SS_RETURN_RESULT, USSD_OP_UNSTRUCTURED_SS_REQUEST, invoke_id, text);

	input_ss(f, message(id, GSUP_SESSION_CONTINUE), &ss);
}

static inline void raw(struct fixture *f, enum gsup_session session, const void *octets, size_t len)
{
	struct gsup_msg msg = message(7, session);

	msg.ss_info = len > 0 ? octets : NULL;
	msg.ss_info_len = len;
	exchange_sessions_input(f->t, &msg);
}

static inline const struct sent *last(const struct fixture *f)
{
	assert_true(f->n_sent > 0);
	return &f->sent[f->n_sent - 1];
}

static inline uint64_t counted(const struct fixture *f, enum gsup_ctr ctr)
{
	return fake_ctr(f->metrics->ctrs, ctr);
}

static inline void assert_ended_with_error(const struct fixture *f, uint8_t invoke_id,
					   uint8_t error)
{
	const struct sent *s = last(f);

	assert_int_equal(s->msg.type, OSMO_GSUP_MSGT_PROC_SS_RESULT);
	assert_int_equal(s->msg.session, GSUP_SESSION_END);
	assert_int_equal(s->ss.kind, USSD_SS_RETURN_ERROR);
	assert_int_equal(s->ss.invoke_id, invoke_id);
	assert_int_equal(s->ss.error, error);
	assert_int_equal(exchange_sessions_count(f->t), 0);
}
