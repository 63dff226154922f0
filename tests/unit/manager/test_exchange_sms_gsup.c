/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SMS by GSUP against an MSC of this file, over real links. */
#include "manager/exchange_sms_gsup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/gsm/gsup_sms.h>
#include <osmocom/gsm/protocol/gsm_04_08_gprs.h>

#include "lib/sms_tpdu.h"
#include "manager/exchange_direct.h"
#include "tests/unit/manager/exchange_fakes.h"
#include "tests/unit/manager/exchange_peer.h"

#define IMSI "001010000000001"
#define NUMBER "819012345678"
#define KEPT_MAX 64

struct kept {
	struct gsup_msg msg;
	struct sms_tpdu tpdu;
	bool has_tpdu;
};

struct fixture {
	struct dialogues ds;
	struct exchange_direct_config config;
	struct exchange_direct *d;
	struct sms_route *route;
	struct sms_gsup *gsup;
	struct peer peer;
	char address[64];
	int n_kept;
	struct kept kept[KEPT_MAX]; /* of SMS, as they came */
	/* what the route's sink is told */
	int n_received, n_receipts, n_room;
	char text[SMS_TEXT_SIZE], imsi[32], msisdn[32], to[32], link[32];
	uint8_t identity[SMS_IDENTITY_SIZE];
	sms_received_cb done;
	void *done_data;
	char receipt_id[SMS_MESSAGE_ID_SIZE];
	enum sms_verdict receipt_verdict;
	/* what became of what was sent */
	int n_sent;
	enum sms_sent sent;
	size_t n_ids;
	char id[SMS_MESSAGE_ID_SIZE];
};

/* --- the route's sink --------------------------------------------------------- */

static void on_receive(void *data, const struct sms_in *in, sms_received_cb done, void *done_data)
{
	struct fixture *f = data;

	f->n_received++;
	assert_true(in->trusted_origin);
	OSMO_STRLCPY_ARRAY(f->text, in->text);
	OSMO_STRLCPY_ARRAY(f->imsi, in->imsi);
	OSMO_STRLCPY_ARRAY(f->msisdn, in->msisdn);
	OSMO_STRLCPY_ARRAY(f->to, in->to);
	OSMO_STRLCPY_ARRAY(f->link, in->link);
	memcpy(f->identity, in->identity, sizeof(f->identity));
	f->done = done;
	f->done_data = done_data;
}

static void on_receipt(void *data, const struct sms_receipt *receipt, sms_receipt_cb done,
		       void *done_data)
{
	struct fixture *f = data;

	f->n_receipts++;
	assert_int_equal(receipt->state, SMPP_STATE_DELIVERED);
	OSMO_STRLCPY_ARRAY(f->receipt_id, receipt->id);
	done(done_data, f->receipt_verdict);
}

static void on_room(void *data)
{
	((struct fixture *)data)->n_room++;
}

static const struct sms_sink sink = { on_receive, on_receipt, on_room };

static void on_sent(void *data, const struct sms_sent_result *result)
{
	struct fixture *f = data;

	f->n_sent++;
	f->sent = result->sent;
	f->n_ids = result->n_ids;
	assert_string_equal(result->link, "direct:msc-2");
	if (result->n_ids)
		OSMO_STRLCPY_ARRAY(f->id, result->ids[0]);
}

/* --- the MSC -------------------------------------------------------------------- */

static bool keep(struct peer *p, const struct gsup_msg *msg, const uint8_t *raw, size_t len)
{
	struct fixture *f = p->data;
	struct kept *k = &f->kept[f->n_kept];

	if (msg->message_class != OSMO_GSUP_MESSAGE_CLASS_SMS)
		return false;
	assert_true(f->n_kept < KEPT_MAX);
	k->msg = *msg;
	k->has_tpdu = msg->sm_rp_ui_len > 0;
	if (k->has_tpdu)
		assert_int_equal(sms_tpdu_decode(&k->tpdu, false, false, msg->sm_rp_ui,
						 msg->sm_rp_ui_len),
				 0);
	f->n_kept++;
	return true;
}

/* The next message of SMS. */
static struct kept *next(struct fixture *f)
{
	static struct kept k;

	loop_until(f->n_kept > 0);
	k = f->kept[0];
	f->n_kept--;
	memmove(&f->kept[0], &f->kept[1], f->n_kept * sizeof(k));
	return &k;
}

static void send_tpdu(struct fixture *f, uint8_t reference, const void *tpdu, size_t n)
{
	struct gsup_msg msg = {
		.type = OSMO_GSUP_MSGT_MO_FORWARD_SM_REQUEST,
		.imsi = IMSI,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_SMS,
		.has_sm_rp_mr = true,
		.sm_rp_mr = reference,
		.sm_rp_da = { OSMO_GSUP_SMS_SM_RP_ODA_SMSC_ADDR, 0x81, "188" },
		.sm_rp_oa = { OSMO_GSUP_SMS_SM_RP_ODA_MSISDN, GSUP_TON_INTERNATIONAL, NUMBER },
		.sm_rp_ui = tpdu,
		.sm_rp_ui_len = n,
	};

	peer_send(&f->peer, &msg);
}

static void send_submit(struct fixture *f, const struct sms_tpdu *submit)
{
	uint8_t tpdu[SMS_TPDU_MAX_SIZE];
	int n = sms_tpdu_encode(tpdu, sizeof(tpdu), submit);

	assert_true(n > 0);
	send_tpdu(f, submit->reference, tpdu, n);
}

static struct sms_tpdu submit_of(uint8_t reference, const char *ascii)
{
	struct sms_tpdu submit = { .type = SMS_SUBMIT,
				   .reference = reference,
				   .number = { SMS_TON_UNKNOWN, 1, "188" } };

	submit.n_text = strlen(ascii);
	memcpy(submit.text, ascii, submit.n_text);
	return submit;
}

static void send_text(struct fixture *f, uint8_t reference, const char *ascii)
{
	const struct sms_tpdu submit = submit_of(reference, ascii);

	send_submit(f, &submit);
}

static void verdict(struct fixture *f, enum sms_verdict v)
{
	assert_non_null(f->done);
	f->done(f->done_data, v);
	f->done = NULL;
}

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

static int to_terminal(struct fixture *f, const char *text)
{
	const struct sms_out out = {
		.message_id = 1, .msisdn = NUMBER, .imsi = IMSI, .text = text, .wants_receipt = true
	};

	return sms_route_send(f->route, &out, on_sent, f);
}

static void be_heard(struct fixture *f)
{
	peer_begin(&f->peer, IMSI, 7, "*188#");
	loop_until(f->ds.n_open == 1);
}

/* --- life ----------------------------------------------------------------------- */

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	struct direct_peer_config *p = &f->config.peers[0];

	f->ds.open = OPEN_END;
	f->ds.open_text = "Bye";
	f->route = sms_route_new(f);
	sms_route_set_sink(f->route, &sink, f);
	exchange_direct_config_default(&f->config);
	OSMO_STRLCPY_ARRAY(f->config.binds[0], "127.0.0.1:0");
	f->config.n_binds = f->config.n_peers = 1;
	*p = (struct direct_peer_config){ .name = "msc-2",
					  .ip = "127.0.0.2",
					  .trust_msisdn = true };
	OSMO_STRLCPY_ARRAY(f->config.sms_source, "188");
	f->d = exchange_direct_new(f, &f->ds);
	f->gsup = sms_gsup_new(f, f->route);
	exchange_direct_set_sms(f->d, f->gsup);
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	OSMO_STRLCPY_ARRAY(f->address, exchange_direct_address(f->d, 0));
	peer_dial(&f->peer, f, f->address, "127.0.0.2");
	f->peer.hook = keep;
	f->peer.data = f;
	peer_join(&f->peer, "msc-2");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	peer_close(&f->peer);
	exchange_direct_free(f->d);
	sms_gsup_free(f->gsup);
	loop_turns(3);
	talloc_free(f);
	return 0;
}

/* --- from terminals --------------------------------------------------------------- */

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

/* --- to terminals ------------------------------------------------------------------ */

static void test_who_was_not_heard_of(void **state)
{
	assert_int_equal(to_terminal(*state, "hello"), -ENOTCONN);
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
			assert_int_equal(to_terminal(f, "hello"), -ENOTCONN);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text_is_answered_when_durable),
		TEST(test_text_that_is_not_taken),
		TEST(test_what_is_malformed),
		TEST(test_what_cannot_be_read),
		TEST(test_parts_in_any_order),
		TEST(test_identity),
		TEST(test_without_sms),
		TEST(test_link_that_dies_before_the_verdict),
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
