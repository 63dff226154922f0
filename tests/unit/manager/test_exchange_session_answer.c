/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers that are not as they should be. */
#include "exchange_session_fixture.h"

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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_answer_to_another_question), T(test_invoke_ids_wrap),
		T(test_answer_to_no_question),	    T(test_answer_without_text),
		T(test_answer_malformed),	    T(test_answer_in_unknown_coding),
		T(test_terminal_cannot_answer),	    T(test_another_operation_for_an_answer),
		T(test_answer_without_a_session),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
