/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts to terminals over GSUP. */
#include "sms_gsup_fixture.h"

/* --- the MSC -------------------------------------------------------------------- */

/* The MSC's answer to MT-forwardSM, under a reference of its own. */
static void mt_answer(struct fixture *f, uint8_t type, int rp_cause, uint8_t cause)
{
	struct gsup_msg msg = {
		.type = type,
		.imsi = IMSI,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_SMS,
		.has_sm_rp_mr = true,
		.sm_rp_mr = 99,
		.has_sm_rp_cause = rp_cause >= 0,
		.sm_rp_cause = rp_cause >= 0 ? rp_cause : 0,
		.cause = cause,
	};

	peer_send(&f->peer, &msg);
}

static void be_heard(struct fixture *f)
{
	peer_begin(&f->peer, IMSI, 7, "*188#");
	loop_until(f->ds.n_open == 1);
}

/* --- to terminals ------------------------------------------------------------------ */

static void test_who_was_not_heard_of(void **state)
{
	assert_int_equal(to_terminal(*state, "hello"), -EHOSTUNREACH);
}

static void test_text_to_a_terminal(void **state)
{
	struct fixture *f = *state;
	struct kept *k;

	be_heard(f);
	assert_int_equal(to_terminal(f, "Bought 500 JPY"), 0);
	assert_int_equal(to_terminal(f, "the next one"), -EBUSY);
	k = next(f);
	assert_int_equal(k->msg.type, OSMO_GSUP_MSGT_MT_FORWARD_SM_REQUEST);
	assert_int_equal(k->msg.sm_rp_da.type, OSMO_GSUP_SMS_SM_RP_ODA_IMSI);
	assert_string_equal(k->msg.sm_rp_da.digits, IMSI);
	assert_int_equal(k->msg.sm_rp_oa.type, OSMO_GSUP_SMS_SM_RP_ODA_SMSC_ADDR);
	assert_string_equal(k->msg.sm_rp_oa.digits, "188");
	assert_false(k->msg.sm_rp_mms);
	assert_int_equal(k->tpdu.type, SMS_DELIVER);
	assert_string_equal(k->tpdu.number.digits, "188");
	assert_memory_equal(k->tpdu.text, "Bought 500 JPY", 14);
	assert_int_equal(f->n_sent, 0);
	mt_answer(f, OSMO_GSUP_MSGT_MT_FORWARD_SM_RESULT, -1, 0);
	loop_until(f->n_receipts == 1);
	assert_int_equal(f->n_sent, 1);
	assert_int_equal(f->sent, SMS_SENT_OK);
	assert_int_equal(f->n_ids, 1);
	assert_string_equal(f->id, f->receipt_id);
	assert_true(f->n_room > 0);
}

static void test_long_text_to_a_terminal(void **state)
{
	struct fixture *f = *state;
	char text[401] = "";

	memset(text, 'x', 400);
	be_heard(f);
	assert_int_equal(to_terminal(f, text), 0);
	for (size_t i = 0; i < 3; i++) {
		struct sms_concat concat;
		struct kept *k = next(f);

		assert_int_equal(f->n_kept, 0); /* one after the other */
		assert_int_equal(k->msg.sm_rp_mms, i < 2);
		assert_int_equal(k->tpdu.more, i < 2);
		assert_int_equal(sms_concat_take(&concat, k->tpdu.header, k->tpdu.n_header),
				 SMS_CONCAT_SIZE);
		assert_int_equal(concat.number, i + 1);
		assert_int_equal(concat.total, 3);
		mt_answer(f, OSMO_GSUP_MSGT_MT_FORWARD_SM_RESULT, -1, 0);
	}
	loop_until(f->n_receipts == 3);
	assert_int_equal(f->n_ids, 3);
}

static void test_what_a_terminal_does_not_take(void **state)
{
	static const struct {
		int rp_cause;
		uint8_t cause;
		enum sms_sent sent;
		bool heard; /* afterwards */
	} cases[] = {
		{ 22, 0, SMS_SENT_RETRY, true }, /* memory full */
		{ 42, 0, SMS_SENT_RETRY, true },
		{ 21, 0, SMS_SENT_NEVER, true },
		{ 111, 0, SMS_SENT_NEVER, true },
		{ -1, GMM_CAUSE_IMSI_UNKNOWN, SMS_SENT_RETRY, false },
		{ -1, GMM_CAUSE_MSGT_NOTEXIST_NOTIMPL, SMS_SENT_RETRY, false },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		send_text(f, i, "hello");
		loop_until(f->n_received == (int)i + 1);
		verdict(f, SMS_ACCEPTED);
		next(f);
		assert_int_equal(to_terminal(f, "hello"), 0);
		next(f);
		mt_answer(f, OSMO_GSUP_MSGT_MT_FORWARD_SM_ERROR, cases[i].rp_cause, cases[i].cause);
		loop_until(f->n_sent == (int)i + 1);
		assert_int_equal(f->sent, cases[i].sent);
		assert_int_equal(f->n_ids, 0);
		assert_int_equal(sms_gsup_in_flight(f->gsup), 0);
		if (!cases[i].heard)
			assert_int_equal(to_terminal(f, "hello"), -EHOSTUNREACH);
	}
	assert_int_equal(f->n_receipts, 0);
}

static void test_link_that_dies_before_the_answer(void **state)
{
	struct fixture *f = *state;

	be_heard(f);
	assert_int_equal(to_terminal(f, "hello"), 0);
	next(f);
	peer_close(&f->peer);
	loop_until(f->n_sent == 1);
	assert_int_equal(f->sent, SMS_SENT_UNKNOWN);
	assert_int_equal(to_terminal(f, "hello"), -ENOTCONN);
}

static void test_answers_to_nothing(void **state)
{
	struct fixture *f = *state;

	mt_answer(f, OSMO_GSUP_MSGT_MT_FORWARD_SM_RESULT, -1, 0);
	mt_answer(f, OSMO_GSUP_MSGT_MT_FORWARD_SM_ERROR, 22, 0);
	be_heard(f);
	assert_int_equal(f->n_sent, 0);
	assert_int_equal(f->n_kept, 0);
}

static void test_ready_for_texts(void **state)
{
	struct gsup_msg ready = { .type = OSMO_GSUP_MSGT_READY_FOR_SM_REQUEST,
				  .imsi = IMSI,
				  .message_class = OSMO_GSUP_MESSAGE_CLASS_SMS,
				  .has_sm_rp_mr = true,
				  .sm_rp_mr = 9,
				  .sm_alert_reason = OSMO_GSUP_SMS_SM_ALERT_RSN_MEM_AVAIL };
	struct fixture *f = *state;
	struct kept *k;

	peer_send(&f->peer, &ready);
	k = next(f);
	assert_int_equal(k->msg.type, OSMO_GSUP_MSGT_READY_FOR_SM_RESULT);
	assert_int_equal(k->msg.sm_rp_mr, 9);
	assert_int_equal(f->n_room, 1);
	assert_int_equal(to_terminal(f, "hello"), 0); /* heard */
	next(f);
}

static void test_receipt_that_finds_its_text_later(void **state)
{
	struct fixture *f = *state;

	be_heard(f);
	f->receipt_verdict = SMS_TRY_AGAIN;
	assert_int_equal(to_terminal(f, "hello"), 0);
	next(f);
	mt_answer(f, OSMO_GSUP_MSGT_MT_FORWARD_SM_RESULT, -1, 0);
	loop_until(f->n_receipts == 1);
	f->receipt_verdict = SMS_ACCEPTED;
	loop_until(f->n_receipts == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_was_not_heard_of),
		TEST(test_text_to_a_terminal),
		TEST(test_long_text_to_a_terminal),
		TEST(test_what_a_terminal_does_not_take),
		TEST(test_link_that_dies_before_the_answer),
		TEST(test_answers_to_nothing),
		TEST(test_ready_for_texts),
		TEST(test_receipt_that_finds_its_text_later),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
