/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sessions as they should be, their ends, and what their texts may be. */
#include "exchange_session_fixture.h"

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
		T(test_ended_by_the_peer),
		T(test_without_session_state),
		T(test_link_goes),
		T(test_link_is_down_when_something_is_sent),
		T(test_text_limits),
		T(test_text_not_utf8),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
