/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts from terminals over GSUP. */
#include "sms_gsup_fixture.h"

static void test_text_is_answered_when_durable(void **state)
{
	struct fixture *f = *state;
	struct kept *k;

	send_text(f, 5, "BUY 500");
	loop_until(f->n_received == 1);
	loop_turns(3);
	assert_int_equal(f->n_kept, 0);
	assert_string_equal(f->text, "BUY 500");
	assert_string_equal(f->imsi, IMSI);
	assert_string_equal(f->msisdn, NUMBER);
	assert_string_equal(f->to, "188");
	assert_string_equal(f->link, "direct:msc-2");
	assert_int_equal(sms_gsup_in_flight(f->gsup), 1);
	verdict(f, SMS_ACCEPTED);
	k = next(f);
	assert_int_equal(k->msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT);
	assert_string_equal(k->msg.imsi, IMSI);
	assert_true(k->msg.has_sm_rp_mr);
	assert_int_equal(k->msg.sm_rp_mr, 5);
	assert_int_equal(sms_gsup_in_flight(f->gsup), 0);
}

static void test_text_that_is_not_taken(void **state)
{
	static const struct {
		enum sms_verdict verdict;
		uint8_t cause;
	} cases[] = { { SMS_TRY_AGAIN, 42 }, { SMS_REFUSED, 21 } };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kept *k;

		send_text(f, i, "BUY 500");
		loop_until(f->n_received == (int)i + 1);
		verdict(f, cases[i].verdict);
		k = next(f);
		assert_int_equal(k->msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_ERROR);
		assert_int_equal(k->msg.sm_rp_mr, i);
		assert_int_equal(k->msg.sm_rp_cause, cases[i].cause);
	}
}

static void assert_refused(struct fixture *f, uint8_t rp_cause)
{
	struct kept *k = next(f);

	assert_int_equal(k->msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_ERROR);
	assert_int_equal(k->msg.sm_rp_cause, rp_cause);
	assert_int_equal(f->n_received, 0);
}

static void test_what_is_malformed(void **state)
{
	static const uint8_t command[] = { 0x02, 1, 0, 0, 0, 0x81, 0 };
	struct fixture *f = *state;
	struct gsup_msg msg = { .type = OSMO_GSUP_MSGT_MO_FORWARD_SM_REQUEST,
				.imsi = IMSI,
				.message_class = OSMO_GSUP_MESSAGE_CLASS_SMS };

	send_tpdu(f, 1, "\x01\x01\x03", 3); /* cut short */
	assert_refused(f, 111);
	send_tpdu(f, 2, command, sizeof(command));
	assert_refused(f, 111);
	send_tpdu(f, 3, "\x00", 1); /* a report, where a text should be */
	assert_refused(f, 111);
	peer_send(&f->peer, &msg); /* neither reference nor TPDU */
	assert_refused(f, 96);
	msg.has_sm_rp_mr = true;
	peer_send(&f->peer, &msg);
	assert_refused(f, 96);
}

static void test_what_cannot_be_read(void **state)
{
	struct sms_tpdu submit = submit_of(1, "\x01\x02");
	struct fixture *f = *state;

	submit.dcs = 0x04; /* 8-bit data */
	send_submit(f, &submit);
	assert_int_equal(next(f)->msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT);
	assert_int_equal(f->n_received, 0);
}

static void test_parts_in_any_order(void **state)
{
	static const char *const parts[] = { "first ", "second ", "third" };
	static const uint8_t order[] = { 2, 0, 0, 1 };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		struct sms_tpdu submit = submit_of(i, parts[order[i]]);

		submit.n_header = SMS_CONCAT_SIZE;
		sms_concat_put(submit.header, 77, 3, order[i] + 1);
		send_submit(f, &submit);
		if (i < ARRAY_SIZE(order) - 1)
			assert_int_equal(next(f)->msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT);
	}
	loop_until(f->n_received == 1);
	assert_string_equal(f->text, "first second third");
	assert_int_equal(f->n_kept, 0);
	verdict(f, SMS_ACCEPTED);
	assert_int_equal(next(f)->msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT);
}

static void send_part(struct fixture *f, uint8_t number, const char *ascii)
{
	struct sms_tpdu submit = submit_of(number, ascii);

	submit.n_header = SMS_CONCAT_SIZE;
	sms_concat_put(submit.header, 77, 2, number);
	send_submit(f, &submit);
}

static void send_part_and_judge(struct fixture *f, uint8_t number, const char *ascii,
				const char *text, enum sms_verdict v)
{
	const int n = f->n_received;

	send_part(f, number, ascii);
	loop_until(f->n_received == n + 1);
	assert_string_equal(f->text, text);
	verdict(f, v);
	assert_int_equal(next(f)->msg.type, v == SMS_ACCEPTED ? OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT
							      : OSMO_GSUP_MSGT_MO_FORWARD_SM_ERROR);
}

/* The phone sends what was not taken, and that is one part. */
static void test_parts_that_were_not_taken(void **state)
{
	uint8_t first[SMS_IDENTITY_SIZE];
	struct fixture *f = *state;

	send_part(f, 1, "BUY");
	assert_int_equal(next(f)->msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT);
	send_part_and_judge(f, 2, " 500", "BUY 500", SMS_TRY_AGAIN);
	memcpy(first, f->identity, sizeof(first));
	send_part_and_judge(f, 2, " 500", "BUY 500", SMS_TRY_AGAIN);
	assert_memory_equal(first, f->identity, sizeof(first));
	send_part_and_judge(f, 1, "BUY", "BUY 500", SMS_ACCEPTED);
	assert_memory_equal(first, f->identity, sizeof(first));
	/* another one under the same reference */
	send_part(f, 1, "BUY");
	assert_int_equal(next(f)->msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT);
	send_part_and_judge(f, 2, " 700", "BUY 700", SMS_REFUSED);
	send_part(f, 2, " 800");
	assert_int_equal(next(f)->msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_RESULT);
	send_part_and_judge(f, 1, "BUY", "BUY 800", SMS_ACCEPTED);
}

static void test_identity(void **state)
{
	uint8_t first[SMS_IDENTITY_SIZE];
	struct fixture *f = *state;

	send_text(f, 1, "BUY 500");
	loop_until(f->n_received == 1);
	memcpy(first, f->identity, sizeof(first));
	verdict(f, SMS_TRY_AGAIN);
	send_text(f, 1, "BUY 500"); /* the phone repeats it */
	loop_until(f->n_received == 2);
	assert_memory_equal(first, f->identity, sizeof(first));
	verdict(f, SMS_ACCEPTED);
	send_text(f, 2, "BUY 500"); /* its owner wants it again */
	loop_until(f->n_received == 3);
	assert_memory_not_equal(first, f->identity, sizeof(first));
	verdict(f, SMS_ACCEPTED);
}

static void test_without_sms(void **state)
{
	struct fixture *f = *state;

	f->config.sms_source[0] = '\0';
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	send_text(f, 1, "BUY 500");
	loop_until(f->n_kept == 1);
	assert_int_equal(f->kept[0].msg.type, OSMO_GSUP_MSGT_MO_FORWARD_SM_ERROR);
	assert_int_equal(f->kept[0].msg.cause, GMM_CAUSE_MSGT_NOTEXIST_NOTIMPL);
	assert_int_equal(f->n_received, 0);
	assert_int_equal(to_terminal(f, "hello"), -ENOTCONN);
}

static void test_link_that_dies_before_the_verdict(void **state)
{
	struct fixture *f = *state;

	send_text(f, 1, "BUY 500");
	loop_until(f->n_received == 1);
	peer_close(&f->peer);
	loop_turns(50);
	assert_int_equal(sms_gsup_in_flight(f->gsup), 1);
	verdict(f, SMS_ACCEPTED);
	assert_int_equal(sms_gsup_in_flight(f->gsup), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text_is_answered_when_durable),
		TEST(test_text_that_is_not_taken),
		TEST(test_what_is_malformed),
		TEST(test_what_cannot_be_read),
		TEST(test_parts_in_any_order),
		TEST(test_parts_that_were_not_taken),
		TEST(test_identity),
		TEST(test_without_sms),
		TEST(test_link_that_dies_before_the_verdict),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
