/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sessions that begin otherwise than they should, and whose number they are. */
#include "exchange_session_fixture.h"
#include "manager/msisdn_lookup.h"

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
		T(test_begin_malformed),
		T(test_begin_malformed_through_hlr),
		T(test_begin_in_unknown_coding),
		T(test_begin_with_another_operation),
		T(test_begin_past_the_maximum),
		T(test_begin_twice),
		T(test_begin_in_place_of_an_open_session),
		T(test_hlr_never_repeats),
		T(test_number_only_from_who_is_trusted),
		T(test_number_is_waited_for),
		T(test_ended_while_the_number_is_looked_up),
		T(test_lookup_goes_while_waited_for),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
