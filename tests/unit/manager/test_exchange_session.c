/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_session.h"

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
#include "manager/msisdn_lookup.h"
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

static int transmit(void *data, const struct gsup_msg *msg)
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

static void emptied(void *data)
{
	struct fixture *f = data;

	f->n_emptied++;
}

static void table_make(struct fixture *f)
{
	f->t = exchange_sessions_new(f, &f->config);
}

static int setup(void **state)
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

static int teardown(void **state)
{
	struct fixture *f = *state;

	exchange_sessions_abort(f->t, "end of test");
	exchange_sessions_free(f->t);
	talloc_free(f);
	return 0;
}

/* --- what a peer sends ------------------------------------------------------- */

static struct gsup_msg message(uint32_t id, enum gsup_session session)
{
	struct gsup_msg msg = { .type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
				.imsi = IMSI,
				.session_id = id,
				.session = session,
				.message_class = 3 };

	return msg;
}

static void input_ss(struct fixture *f, struct gsup_msg msg, const struct ussd_ss *ss)
{
	uint8_t component[256];
	int len = ussd_ss_encode(component, sizeof(component), ss, 160);

	assert_true(len > 0);
	msg.ss_info = component;
	msg.ss_info_len = (size_t)len;
	exchange_sessions_input(f->t, &msg);
}

static struct ussd_ss component(enum ussd_ss_kind kind, uint8_t op, uint8_t invoke_id,
				const char *text)
{
	struct ussd_ss ss = {
		.kind = kind, .op = op, .invoke_id = invoke_id, .has_text = text != NULL
	};

	OSMO_STRLCPY_ARRAY(ss.text, text ? text : "");
	return ss;
}

static void begin(struct fixture *f, uint32_t id, uint8_t invoke_id, const char *text)
{
	const struct ussd_ss ss =
		component(USSD_SS_INVOKE, USSD_OP_PROCESS_UNSTRUCTURED_SS, invoke_id, text);

	input_ss(f, message(id, GSUP_SESSION_BEGIN), &ss);
}

static void answer(struct fixture *f, uint32_t id, uint8_t invoke_id, const char *text)
{
	const struct ussd_ss ss =
		component(USSD_SS_RETURN_RESULT, USSD_OP_UNSTRUCTURED_SS_REQUEST, invoke_id, text);

	input_ss(f, message(id, GSUP_SESSION_CONTINUE), &ss);
}

static void raw(struct fixture *f, enum gsup_session session, const void *octets, size_t len)
{
	struct gsup_msg msg = message(7, session);

	msg.ss_info = len > 0 ? octets : NULL;
	msg.ss_info_len = len;
	exchange_sessions_input(f->t, &msg);
}

static const struct sent *last(const struct fixture *f)
{
	assert_true(f->n_sent > 0);
	return &f->sent[f->n_sent - 1];
}

static uint64_t counted(const struct fixture *f, enum gsup_ctr ctr)
{
	return fake_ctr(f->metrics->ctrs, ctr);
}

static void assert_ended_with_error(const struct fixture *f, uint8_t invoke_id, uint8_t error)
{
	const struct sent *s = last(f);

	assert_int_equal(s->msg.type, OSMO_GSUP_MSGT_PROC_SS_RESULT);
	assert_int_equal(s->msg.session, GSUP_SESSION_END);
	assert_int_equal(s->ss.kind, USSD_SS_RETURN_ERROR);
	assert_int_equal(s->ss.invoke_id, invoke_id);
	assert_int_equal(s->ss.error, error);
	assert_int_equal(exchange_sessions_count(f->t), 0);
}

/* --- as it should be ----------------------------------------------------------- */

static void test_question_answer_result(void **state)
{
	struct fixture *f = *state;
	const struct sent *s;

	begin(f, 7, 42, "*188#");
	assert_int_equal(f->ds.n_open, 1);
	assert_string_equal(fake_dialogue(&f->ds, 0)->text, "*188#");
	assert_string_equal(fake_dialogue(&f->ds, 0)->imsi, IMSI);
	assert_string_equal(fake_dialogue(&f->ds, 0)->link, "direct:test");
	assert_false(fake_dialogue(&f->ds, 0)->has_msisdn);
	s = last(f);
	assert_int_equal(s->msg.type, OSMO_GSUP_MSGT_PROC_SS_REQUEST);
	assert_int_equal(s->msg.session, GSUP_SESSION_CONTINUE);
	assert_int_equal(s->msg.session_id, 7);
	assert_string_equal(s->msg.imsi, IMSI);
	assert_int_equal(s->msg.message_class, 3);
	assert_int_equal(s->ss.kind, USSD_SS_INVOKE);
	assert_int_equal(s->ss.op, USSD_OP_UNSTRUCTURED_SS_REQUEST);
	assert_string_equal(s->ss.text, "Menu");

	answer(f, 7, s->ss.invoke_id, "1");
	assert_string_equal(f->ds.answer, "1");
	s = last(f);
	assert_int_equal(s->msg.type, OSMO_GSUP_MSGT_PROC_SS_RESULT);
	assert_int_equal(s->msg.session, GSUP_SESSION_END);
	assert_int_equal(s->ss.kind, USSD_SS_RETURN_RESULT);
	assert_int_equal(s->ss.op, USSD_OP_PROCESS_UNSTRUCTURED_SS);
	assert_int_equal(s->ss.invoke_id, 42);
	assert_string_equal(s->ss.text, "Bye");
	assert_int_equal(exchange_sessions_count(f->t), 0);
	assert_int_equal(f->n_emptied, 1);
	assert_int_equal(f->ds.n_abort, 0);
}

static void test_ends_at_once(void **state)
{
	struct fixture *f = *state;

	f->ds.open = OPEN_END;
	begin(f, 7, 1, "*188#");
	assert_string_equal(last(f)->ss.text, "Menu");
	assert_int_equal(exchange_sessions_count(f->t), 0);
	f->ds.open = OPEN_REFUSE;
	begin(f, 8, 1, "*188#");
	assert_int_equal(f->n_sent, 2);
	assert_int_equal(exchange_sessions_count(f->t), 0);
	assert_int_equal(f->ds.n_abort, 0);
}

static void test_refused_without_a_word(void **state)
{
	struct fixture *f = *state;

	f->ds.open = OPEN_REFUSE_SILENTLY;
	begin(f, 7, 9, "*188#");
	assert_ended_with_error(f, 9, 34);
}

static void test_dropped(void **state)
{
	struct fixture *f = *state;
	struct dialogue *d;

	begin(f, 7, 9, "*188#");
	d = fake_dialogue(&f->ds, 0);
	d->ops->drop(d->session);
	assert_ended_with_error(f, 9, 34);
	assert_int_equal(f->ds.n_abort, 0);
	assert_int_equal(counted(f, GSUP_CTR_DROP), 1);
}

static void test_message_class_is_echoed(void **state)
{
	struct fixture *f = *state;
	const struct ussd_ss ss =
		component(USSD_SS_INVOKE, USSD_OP_PROCESS_UNSTRUCTURED_SS, 1, "*188#");
	struct gsup_msg msg = message(7, GSUP_SESSION_BEGIN);

	msg.message_class = 5;
	input_ss(f, msg, &ss);
	assert_int_equal(last(f)->msg.message_class, 5);
	msg.session_id = 8;
	msg.message_class = 0;
	input_ss(f, msg, &ss);
	assert_int_equal(last(f)->msg.message_class, 0);
}

static void test_names_go_back_the_other_way(void **state)
{
	struct fixture *f = *state;
	const struct ussd_ss ss =
		component(USSD_SS_INVOKE, USSD_OP_PROCESS_UNSTRUCTURED_SS, 1, "*188#");
	struct gsup_msg msg = message(7, GSUP_SESSION_BEGIN);

	OSMO_STRLCPY_ARRAY(msg.source_name, "MSC-1");
	input_ss(f, msg, &ss);
	assert_string_equal(last(f)->msg.destination_name, "");
	msg.session_id = 8;
	OSMO_STRLCPY_ARRAY(msg.destination_name, "EUSE-carrier");
	input_ss(f, msg, &ss);
	assert_string_equal(last(f)->msg.destination_name, "MSC-1");
	assert_string_equal(last(f)->msg.source_name, "EUSE-carrier");
}

static void test_sessions_are_told_apart(void **state)
{
	struct fixture *f = *state;
	struct gsup_msg msg = message(7, GSUP_SESSION_BEGIN);
	const struct ussd_ss ss =
		component(USSD_SS_INVOKE, USSD_OP_PROCESS_UNSTRUCTURED_SS, 1, "*188#");

	begin(f, 7, 1, "*188#");
	begin(f, 8, 1, "*188#");
	OSMO_STRLCPY_ARRAY(msg.imsi, "001010000000002");
	input_ss(f, msg, &ss);
	assert_int_equal(exchange_sessions_count(f->t), 3);
	answer(f, 8, last(f)->ss.invoke_id, "x");
	assert_int_equal(last(f)->msg.session_id, 8);
	assert_string_equal(last(f)->msg.imsi, IMSI);
	assert_int_equal(exchange_sessions_count(f->t), 2);
}

static void test_many_sessions(void **state)
{
	struct fixture *f = *state;

	exchange_sessions_change(f->t, false, NULL, 5000);
	f->ds.open = OPEN_WAIT;
	for (uint32_t id = 0; id < 5000; id++)
		begin(f, id * 4096, 1, "*188#");
	assert_int_equal(exchange_sessions_count(f->t), 5000);
	for (uint32_t id = 0; id < 5000; id++)
		exchange_sessions_input(f->t,
					&(struct gsup_msg){ .type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
							    .imsi = IMSI,
							    .session_id = id * 4096,
							    .session = GSUP_SESSION_END });
	assert_int_equal(exchange_sessions_count(f->t), 0);
	assert_int_equal(f->ds.n_abort, 5000);
}

/* --- BEGIN that is not as it should be ------------------------------------------- */

static void test_begin_malformed(void **state)
{
	static const uint8_t good[] = { 0xa1, 0x11, 0x02, 0x01, 0x01, 0x02, 0x01, 0x3b, 0x30, 0x09,
					0x04, 0x01, 0x0f, 0x04, 0x04, 0x2a, 0x1c, 0x6e, 0x84 };
	struct fixture *f = *state;

	for (size_t len = 0; len < sizeof(good); len++) {
		raw(f, GSUP_SESSION_BEGIN, good, len);
		assert_int_equal(f->ds.n_open, 0);
		assert_int_equal(counted(f, GSUP_CTR_BEGIN_MALFORMED), len + 1);
		assert_int_equal(last(f)->msg.type, OSMO_GSUP_MSGT_PROC_SS_ERROR);
		assert_int_equal(last(f)->msg.session, GSUP_SESSION_END);
		assert_int_equal(last(f)->msg.session_id, 7);
		assert_int_not_equal(last(f)->msg.cause, 0);
	}
	raw(f, GSUP_SESSION_BEGIN, good, sizeof(good));
	assert_int_equal(f->ds.n_open, 1);
}

static void test_begin_malformed_through_hlr(void **state)
{
	struct fixture *f = *state;

	exchange_sessions_free(f->t);
	f->config.hlr = true;
	table_make(f);
	/* An ERROR would go no further than the HLR. */
	raw(f, GSUP_SESSION_BEGIN, "\xa1", 1);
	assert_ended_with_error(f, 0, 34);
}

static void test_begin_in_unknown_coding(void **state)
{
	static const uint8_t dcs_compressed[] = { 0xa1, 0x10, 0x02, 0x01, 0x21, 0x02,
						  0x01, 0x3b, 0x30, 0x08, 0x04, 0x01,
						  0x60, 0x04, 0x03, 0x01, 0x02, 0x03 };
	struct fixture *f = *state;

	raw(f, GSUP_SESSION_BEGIN, dcs_compressed, sizeof(dcs_compressed));
	assert_int_equal(f->ds.n_open, 0);
	assert_int_equal(counted(f, GSUP_CTR_BEGIN_UNREADABLE), 1);
	assert_ended_with_error(f, 0x21, 71);
}

static void test_begin_with_another_operation(void **state)
{
	const struct ussd_ss wrong[] = {
		component(USSD_SS_INVOKE, USSD_OP_UNSTRUCTURED_SS_REQUEST, 5, "x"),
		component(USSD_SS_INVOKE, USSD_OP_UNSTRUCTURED_SS_NOTIFY, 5, "x"),
		component(USSD_SS_INVOKE, 10 /* registerSS */, 5, NULL),
		component(USSD_SS_INVOKE, USSD_OP_PROCESS_UNSTRUCTURED_SS, 5, NULL),
		component(USSD_SS_RETURN_RESULT, USSD_OP_PROCESS_UNSTRUCTURED_SS, 5, "x"),
		component(USSD_SS_RETURN_ERROR, 0, 5, NULL),
		component(USSD_SS_REJECT, 0, 5, NULL),
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		input_ss(f, message(7, GSUP_SESSION_BEGIN), &wrong[i]);
		assert_int_equal(f->ds.n_open, 0);
		assert_int_equal(counted(f, GSUP_CTR_BEGIN_OPERATION), i + 1);
		assert_ended_with_error(f, 5, 21);
	}
}

static void test_begin_past_the_maximum(void **state)
{
	struct fixture *f = *state;

	for (uint32_t id = 1; id <= 4; id++)
		begin(f, id, 1, "*188#");
	begin(f, 5, 77, "*188#");
	assert_int_equal(f->ds.n_open, 4);
	assert_int_equal(exchange_sessions_count(f->t), 4);
	assert_int_equal(counted(f, GSUP_CTR_BEGIN_BUSY), 1);
	assert_int_equal(last(f)->msg.session_id, 5);
	assert_int_equal(last(f)->ss.kind, USSD_SS_RETURN_ERROR);
	assert_int_equal(last(f)->ss.invoke_id, 77);
	answer(f, 1, f->sent[0].ss.invoke_id, "x");
	begin(f, 5, 77, "*188#");
	assert_int_equal(f->ds.n_open, 5);
}

static void test_begin_twice(void **state)
{
	struct fixture *f = *state;

	begin(f, 7, 1, "*188#");
	begin(f, 7, 1, "*188#");
	assert_int_equal(f->ds.n_open, 1);
	assert_int_equal(f->n_sent, 1);
	assert_int_equal(counted(f, GSUP_CTR_BEGIN_REPEATED), 1);
	answer(f, 7, last(f)->ss.invoke_id, "x");
	assert_int_equal(f->ds.n_answer, 1);
}

static void test_begin_in_place_of_an_open_session(void **state)
{
	struct fixture *f = *state;

	begin(f, 7, 1, "*188#");
	begin(f, 7, 2, "*188*2#");
	assert_int_equal(f->ds.n_abort, 1);
	assert_true(fake_dialogue(&f->ds, 0)->aborted);
	assert_int_equal(f->ds.n_open, 2);
	assert_int_equal(exchange_sessions_count(f->t), 1);
	assert_int_equal(counted(f, GSUP_CTR_BEGIN_SUPERSEDES), 1);
	answer(f, 7, last(f)->ss.invoke_id, "x");
	assert_int_equal(last(f)->ss.invoke_id, 2);
}

static void test_hlr_never_repeats(void **state)
{
	struct fixture *f = *state;

	exchange_sessions_free(f->t);
	f->config.hlr = true;
	table_make(f);
	begin(f, 7, 1, "*188#");
	begin(f, 7, 1, "*188#");
	assert_int_equal(f->ds.n_abort, 1);
	assert_int_equal(f->ds.n_open, 2);
}

/* --- answers that are not as they should be ---------------------------------------- */

static void test_answer_to_another_question(void **state)
{
	struct fixture *f = *state;
	uint8_t first;

	f->ds.answer_ends = false;
	begin(f, 7, 1, "*188#");
	first = last(f)->ss.invoke_id;
	answer(f, 7, first + 1, "early");
	assert_int_equal(f->ds.n_answer, 0);
	answer(f, 7, first, "x");
	assert_int_equal(f->ds.n_answer, 1);
	assert_int_not_equal(last(f)->ss.invoke_id, first);
	answer(f, 7, first, "x");
	assert_int_equal(f->ds.n_answer, 1);
	assert_int_equal(counted(f, GSUP_CTR_ANSWER_LATE), 2);
	assert_int_equal(exchange_sessions_count(f->t), 1);
}

static void test_invoke_ids_wrap(void **state)
{
	struct fixture *f = *state;

	f->ds.answer_ends = false;
	begin(f, 7, 1, "*188#");
	for (int i = 0; i < 600; i++) {
		uint8_t id = f->sent[0].ss.invoke_id;

		f->n_sent = 0;
		answer(f, 7, id, "x");
		assert_int_equal(f->n_sent, 1);
	}
	assert_int_equal(f->ds.n_answer, 600);
}

static void test_answer_to_no_question(void **state)
{
	struct fixture *f = *state;

	f->ds.open = OPEN_WAIT;
	begin(f, 7, 1, "*188#");
	for (int id = 0; id < 256; id++)
		answer(f, 7, (uint8_t)id, "x");
	assert_int_equal(f->ds.n_answer, 0);
	assert_int_equal(f->n_sent, 0);
	assert_int_equal(counted(f, GSUP_CTR_ANSWER_UNASKED), 256);
	assert_int_equal(exchange_sessions_count(f->t), 1);
}

static void test_answer_without_text(void **state)
{
	struct fixture *f = *state;

	begin(f, 7, 1, "*188#");
	answer(f, 7, last(f)->ss.invoke_id, NULL);
	assert_int_equal(f->ds.n_answer, 1);
	assert_string_equal(f->ds.answer, "");
}

static void test_answer_malformed(void **state)
{
	static const uint8_t good[] = { 0xa2, 0x0f, 0x02, 0x01, 0x01, 0x30, 0x0a, 0x02, 0x01,
					0x3c, 0x30, 0x05, 0x04, 0x01, 0x0f, 0x04, 0x00 };
	struct fixture *f = *state;

	for (size_t len = 0; len < sizeof(good); len++) {
		begin(f, 7, 9, "*188#");
		raw(f, GSUP_SESSION_CONTINUE, good, len);
		assert_ended_with_error(f, 9, 34);
		assert_int_equal(f->ds.n_abort, len + 1);
		f->n_sent = 0;
	}
	assert_int_equal(counted(f, GSUP_CTR_ANSWER_MALFORMED), sizeof(good));
	assert_int_equal(f->ds.n_answer, 0);
}

static void test_answer_in_unknown_coding(void **state)
{
	static const uint8_t dcs_compressed[] = { 0xa2, 0x10, 0x02, 0x01, 0x01, 0x30,
						  0x0b, 0x02, 0x01, 0x3c, 0x30, 0x06,
						  0x04, 0x01, 0x60, 0x04, 0x01, 0x01 };
	struct fixture *f = *state;

	begin(f, 7, 9, "*188#");
	raw(f, GSUP_SESSION_CONTINUE, dcs_compressed, sizeof(dcs_compressed));
	assert_ended_with_error(f, 9, 71);
	assert_int_equal(f->ds.n_abort, 1);
}

static void test_terminal_cannot_answer(void **state)
{
	const struct ussd_ss errors[] = { component(USSD_SS_RETURN_ERROR, 0, 1, NULL),
					  component(USSD_SS_REJECT, 0, 1, NULL) };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		begin(f, 7, 9, "*188#");
		input_ss(f, message(7, GSUP_SESSION_CONTINUE), &errors[i]);
		assert_ended_with_error(f, 9, 34);
		assert_int_equal(f->ds.n_abort, i + 1);
		assert_int_equal(counted(f, GSUP_CTR_ANSWER_ERROR), i + 1);
	}
}

static void test_another_operation_for_an_answer(void **state)
{
	const struct ussd_ss wrong[] = {
		component(USSD_SS_INVOKE, USSD_OP_PROCESS_UNSTRUCTURED_SS, 1, "x"),
		component(USSD_SS_INVOKE, USSD_OP_UNSTRUCTURED_SS_REQUEST, 1, "x"),
		component(USSD_SS_RETURN_RESULT, USSD_OP_PROCESS_UNSTRUCTURED_SS, 1, "x"),
		component(USSD_SS_RETURN_RESULT, USSD_OP_UNSTRUCTURED_SS_NOTIFY, 1, "x"),
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		begin(f, 7, 9, "*188#");
		input_ss(f, message(7, GSUP_SESSION_CONTINUE), &wrong[i]);
		assert_ended_with_error(f, 9, 21);
		assert_int_equal(f->ds.n_abort, i + 1);
	}
	assert_int_equal(f->ds.n_answer, 0);
}

static void test_answer_without_a_session(void **state)
{
	struct fixture *f = *state;
	struct gsup_msg result = message(7, GSUP_SESSION_CONTINUE);
	const struct ussd_ss ss =
		component(USSD_SS_RETURN_RESULT, USSD_OP_UNSTRUCTURED_SS_REQUEST, 3, "x");

	answer(f, 7, 3, "x");
	assert_ended_with_error(f, 3, 34);
	raw(f, GSUP_SESSION_CONTINUE, "\xa2\x05", 2);
	assert_int_equal(last(f)->msg.type, OSMO_GSUP_MSGT_PROC_SS_ERROR);
	assert_int_equal(f->n_sent, 2);
	/* Who answers an answer is answered for ever. */
	result.type = OSMO_GSUP_MSGT_PROC_SS_RESULT;
	input_ss(f, result, &ss);
	assert_int_equal(f->n_sent, 2);
	assert_int_equal(counted(f, GSUP_CTR_ANSWER_STRANGER), 3);
}

/* --- ends ------------------------------------------------------------------------- */

static void test_ended_by_the_peer(void **state)
{
	struct fixture *f = *state;
	struct gsup_msg end = message(7, GSUP_SESSION_END);

	begin(f, 7, 1, "*188#");
	exchange_sessions_input(f->t, &end);
	assert_int_equal(f->ds.n_abort, 1);
	assert_int_equal(exchange_sessions_count(f->t), 0);
	exchange_sessions_input(f->t, &end);
	assert_int_equal(f->ds.n_abort, 1);
	assert_int_equal(counted(f, GSUP_CTR_END_STRANGER), 1);

	begin(f, 7, 1, "*188#");
	end.type = OSMO_GSUP_MSGT_PROC_SS_ERROR;
	end.session = GSUP_SESSION_NONE;
	exchange_sessions_input(f->t, &end);
	assert_int_equal(f->ds.n_abort, 2);
	assert_int_equal(f->n_sent, 2);
}

static void test_without_session_state(void **state)
{
	struct fixture *f = *state;
	struct gsup_msg msg = message(7, GSUP_SESSION_NONE);

	exchange_sessions_input(f->t, &msg);
	assert_int_equal(f->n_sent, 1);
	assert_int_equal(last(f)->msg.type, OSMO_GSUP_MSGT_PROC_SS_ERROR);
	msg.type = OSMO_GSUP_MSGT_PROC_SS_RESULT;
	exchange_sessions_input(f->t, &msg);
	assert_int_equal(f->n_sent, 1);
	assert_int_equal(counted(f, GSUP_CTR_RX_UNEXPECTED), 2);
}

static void test_link_goes(void **state)
{
	struct fixture *f = *state;

	for (uint32_t id = 1; id <= 4; id++)
		begin(f, id, 1, "*188#");
	exchange_sessions_abort(f->t, "gone");
	assert_int_equal(f->ds.n_abort, 4);
	assert_string_equal(f->ds.why, "gone");
	assert_int_equal(f->n_sent, 4);
	assert_int_equal(exchange_sessions_count(f->t), 0);
	assert_int_equal(f->n_emptied, 1);
	begin(f, 1, 1, "*188#");
	assert_int_equal(f->ds.n_open, 5);
}

static void test_link_is_down_when_something_is_sent(void **state)
{
	struct fixture *f = *state;
	struct dialogue *d;

	f->ds.open = OPEN_WAIT;
	begin(f, 7, 1, "*188#");
	f->link_is_down = true;
	d = fake_dialogue(&f->ds, 0);
	assert_int_equal(d->ops->send(d->session, "Menu", false), -ENOTCONN);
	assert_int_equal(exchange_sessions_count(f->t), 0);
	assert_int_equal(f->ds.n_abort, 0);
	exchange_sessions_abort(f->t, "gone");
	assert_int_equal(f->ds.n_abort, 0);
}

/* --- limits of texts ----------------------------------------------------------------- */

static void text_of(char *out, size_t n)
{
	memset(out, 'a', n);
	out[n] = '\0';
}

static void test_text_limits(void **state)
{
	static const struct {
		bool hlr, end;
		size_t octets, septets;
	} limits[] = {
		{ false, false, 160, 182 },
		{ false, true, 160, 182 },
		{ true, false, 114, 130 },
		{ true, true, 112, 128 },
	};
	struct fixture *f = *state;
	char text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct dialogue *d;
		int n_sent;

		exchange_sessions_abort(f->t, "next");
		exchange_sessions_free(f->t);
		f->config.hlr = limits[i].hlr;
		table_make(f);
		f->ds.open = OPEN_WAIT;
		begin(f, 7, 1, "*188#");
		d = fake_dialogue(&f->ds, f->ds.n_open - 1);
		n_sent = f->n_sent;
		assert_int_equal(d->ops->max_octets(d->session, limits[i].end), limits[i].octets);
		text_of(text, limits[i].septets + 1);
		assert_int_equal(d->ops->send(d->session, text, limits[i].end), -EMSGSIZE);
		text_of(text, 1000);
		assert_int_equal(d->ops->send(d->session, text, limits[i].end), -EMSGSIZE);
		assert_int_equal(f->n_sent, n_sent);
		assert_int_equal(exchange_sessions_count(f->t), 1);
		text_of(text, limits[i].septets);
		assert_int_equal(d->ops->send(d->session, text, limits[i].end), 0);
		assert_string_equal(last(f)->ss.text, text);
		if (limits[i].hlr)
			assert_true(last(f)->msg.ss_info_len < 130);
	}
}

static void test_text_not_utf8(void **state)
{
	struct fixture *f = *state;
	struct dialogue *d;

	f->ds.open = OPEN_WAIT;
	begin(f, 7, 9, "*188#");
	d = fake_dialogue(&f->ds, 0);
	assert_int_equal(d->ops->send(d->session, "\xff\xfe", false), -EILSEQ);
	assert_ended_with_error(f, 9, 34);
}

/* --- numbers --------------------------------------------------------------------------- */

static void begin_with_number(struct fixture *f, uint32_t id, const char *msisdn)
{
	const struct ussd_ss ss =
		component(USSD_SS_INVOKE, USSD_OP_PROCESS_UNSTRUCTURED_SS, 1, "*188#");
	struct gsup_msg msg = message(id, GSUP_SESSION_BEGIN);

	OSMO_STRLCPY_ARRAY(msg.msisdn, msisdn);
	input_ss(f, msg, &ss);
}

static void test_number_only_from_who_is_trusted(void **state)
{
	struct fixture *f = *state;

	begin_with_number(f, 1, "819012345678");
	assert_false(fake_dialogue(&f->ds, 0)->has_msisdn);
	assert_int_equal(counted(f, GSUP_CTR_MSISDN_REFUSED), 1);
	exchange_sessions_change(f->t, true, NULL, 4);
	begin_with_number(f, 2, "819012345678");
	assert_true(fake_dialogue(&f->ds, 1)->has_msisdn);
	assert_string_equal(fake_dialogue(&f->ds, 1)->msisdn, "819012345678");
	begin_with_number(f, 3, "123");
	assert_false(fake_dialogue(&f->ds, 2)->has_msisdn);
	assert_int_equal(counted(f, GSUP_CTR_MSISDN_REFUSED), 2);
	begin_with_number(f, 4, "");
	assert_false(fake_dialogue(&f->ds, 3)->has_msisdn);
}

/* Nobody listens at this address: the look-up ends by its time. */
static struct msisdn_lookup *lookup_make(struct fixture *f)
{
	const struct msisdn_lookup_config config = { .address = "127.0.0.1:1",
						     .cache_max = 10,
						     .cache_s = 10,
						     .absent_s = 10,
						     .timeout_ms = 100 };

	return msisdn_lookup_new(f, "test", &config);
}

static void test_number_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct msisdn_lookup *l = lookup_make(f);

	exchange_sessions_change(f->t, false, l, 4);
	begin(f, 7, 1, "*188#");
	assert_int_equal(f->ds.n_open, 0);
	begin(f, 7, 1, "*188#"); /* repeated meanwhile */
	answer(f, 7, 1, "x"); /* answers what was not asked */
	assert_int_equal(counted(f, GSUP_CTR_ANSWER_UNASKED), 1);
	loop_until(f->ds.n_open == 1);
	assert_false(fake_dialogue(&f->ds, 0)->has_msisdn);
	answer(f, 7, last(f)->ss.invoke_id, "x");
	assert_int_equal(exchange_sessions_count(f->t), 0);
	exchange_sessions_change(f->t, false, NULL, 4);
	msisdn_lookup_free(l);
}

static void test_ended_while_the_number_is_looked_up(void **state)
{
	struct fixture *f = *state;
	struct gsup_msg end = message(7, GSUP_SESSION_END);
	struct msisdn_lookup *l = lookup_make(f);

	exchange_sessions_change(f->t, false, l, 4);
	begin(f, 7, 1, "*188#");
	exchange_sessions_input(f->t, &end);
	assert_int_equal(exchange_sessions_count(f->t), 0);
	begin(f, 8, 1, "*188#");
	exchange_sessions_abort(f->t, "gone");
	loop_turns(20);
	msisdn_lookup_free(l);
	assert_int_equal(f->ds.n_open, 0);
	assert_int_equal(f->ds.n_abort, 0);
}

static void test_lookup_goes_while_waited_for(void **state)
{
	struct fixture *f = *state;
	struct msisdn_lookup *l = lookup_make(f);

	exchange_sessions_change(f->t, false, l, 4);
	begin(f, 7, 1, "*188#");
	exchange_sessions_change(f->t, false, NULL, 4);
	msisdn_lookup_free(l);
	assert_int_equal(f->ds.n_open, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_question_answer_result),
		T(test_ends_at_once),
		T(test_refused_without_a_word),
		T(test_dropped),
		T(test_message_class_is_echoed),
		T(test_names_go_back_the_other_way),
		T(test_sessions_are_told_apart),
		T(test_many_sessions),
		T(test_begin_malformed),
		T(test_begin_malformed_through_hlr),
		T(test_begin_in_unknown_coding),
		T(test_begin_with_another_operation),
		T(test_begin_past_the_maximum),
		T(test_begin_twice),
		T(test_begin_in_place_of_an_open_session),
		T(test_hlr_never_repeats),
		T(test_answer_to_another_question),
		T(test_invoke_ids_wrap),
		T(test_answer_to_no_question),
		T(test_answer_without_text),
		T(test_answer_malformed),
		T(test_answer_in_unknown_coding),
		T(test_terminal_cannot_answer),
		T(test_another_operation_for_an_answer),
		T(test_answer_without_a_session),
		T(test_ended_by_the_peer),
		T(test_without_session_state),
		T(test_link_goes),
		T(test_link_is_down_when_something_is_sent),
		T(test_text_limits),
		T(test_text_not_utf8),
		T(test_number_only_from_who_is_trusted),
		T(test_number_is_waited_for),
		T(test_ended_while_the_number_is_looked_up),
		T(test_lookup_goes_while_waited_for),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
