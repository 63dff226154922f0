/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ledger's side of SMS on a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/application.h>

#include "manager/ledger_sms.h"
#include "tests/unit/manager/ledger_fixture.h"

static union ledger_result got;
static struct outbox_message got_messages[8];
static char got_text[SMS_TEXT_SIZE];
static enum outcome got_outcome;
static unsigned int n_got;

#define KEEP(what, type)                                         \
	static void got_##what(void *data, const struct type *r) \
	{                                                        \
		got.what = *r;                                   \
		n_got++;                                         \
	}
KEEP(issue, issue_result)
KEEP(number, number_result)
KEEP(sms_seen, sms_seen_result)
KEEP(question, question_result)
KEEP(questions, questions_result)
KEEP(pin, pin_result)
KEEP(outbox_state, outbox_state_result)
KEEP(recorded, outbox_recorded)

static void got_sms_put(void *data, const struct sms_put_result *r)
{
	got.sms_put = *r;
	got_text[0] = '\0';
	if (r->leased) {
		got_messages[0] = *r->leased;
		OSMO_STRLCPY_ARRAY(got_text, r->leased->text);
	}
	n_got++;
}

static void got_take(void *data, const struct outbox_take_result *r)
{
	size_t i;

	got.take = *r;
	for (i = 0; i < OSMO_MIN(r->n, ARRAY_SIZE(got_messages)); i++)
		got_messages[i] = r->messages[i];
	got_text[0] = '\0';
	if (r->n > 0)
		OSMO_STRLCPY_ARRAY(got_text, r->messages[0].text);
	n_got++;
}

static void got_done(void *data, enum outcome outcome)
{
	got_outcome = outcome;
	n_got++;
}

static void answer(void)
{
	loop_until(n_got == 1);
	n_got = 0;
	assert_int_equal(ledger_in_flight(ledger), 0);
}

static int group_setup(void **state)
{
	if (fixture_database() < 0 ||
	    private_pg_end(
		    private_pg_begin("q >/dev/null <<'SQL'\n"
				     "SELECT tegata.operator_setting('outbox', 'on', 'test');\n"
				     "SQL\n")) != 0)
		return -1;
	fixture_ledger_start();
	return 0;
}

static void numbers_are_found(void **state)
{
	ledger_by_number(ledger, "81900000003", got_number, NULL);
	answer();
	assert_int_equal(got.number.outcome, OUTCOME_OK);
	assert_int_equal(got.number.terminal_id, fixture_terminal[3]);
	assert_string_equal(got.number.imsi, "440100000000003");
	assert_string_equal(got.number.language, "en");
	assert_true(got.number.receipts);
	assert_false(got.number.has_pin);
	ledger_receipts_set(ledger, fixture_terminal[3], false, got_done, NULL);
	answer();
	assert_int_equal(got_outcome, OUTCOME_OK);
	ledger_by_number(ledger, "81900000003", got_number, NULL);
	answer();
	assert_false(got.number.receipts);
	ledger_by_number(ledger, FIXTURE_SHOP, got_number, NULL);
	answer();
	assert_int_equal(got.number.outcome, OUTCOME_TERMINAL_UNKNOWN);
	ledger_by_number(ledger, "1'; DROP TABLE x", got_number, NULL);
	answer();
	assert_int_equal(got.number.outcome, OUTCOME_TERMINAL_UNKNOWN);
}

static void replies_are_written_once(void **state)
{
	struct sms_reply_args args = { .identity = "identity-1",
				       .terminal_id = fixture_terminal[0] };
	int64_t id;

	args.text = "hello";
	ledger_sms_seen(ledger, args.identity, got_sms_seen, NULL);
	answer();
	assert_int_equal(got.sms_seen.outcome, OUTCOME_NOT_FOUND);
	ledger_sms_reply(ledger, &args, got_sms_put, NULL);
	answer();
	assert_int_equal(got.sms_put.outcome, OUTCOME_OK);
	assert_false(got.sms_put.repeated);
	id = got.sms_put.message_id;
	args.text = "something else";
	ledger_sms_reply(ledger, &args, got_sms_put, NULL);
	answer();
	assert_true(got.sms_put.repeated);
	assert_int_equal(got.sms_put.message_id, id);
	ledger_sms_seen(ledger, args.identity, got_sms_seen, NULL);
	answer();
	assert_int_equal(got.sms_seen.outcome, OUTCOME_OK);
	assert_int_equal(got.sms_seen.message_id, id);
}

/* An operation has one receipt, whether it answers a text or its dialogue died. */
static void operations_are_told_once(void **state)
{
	struct sms_reply_args reply = { .identity = "identity-2",
					.terminal_id = fixture_terminal[1] };
	struct issue_args issue;
	int64_t id;

	fixture_issue_args(&issue, 1);
	ledger_outbox_tell(ledger, issue.terminal_id, &issue.request_id, got_sms_put, NULL);
	answer();
	assert_int_equal(got.sms_put.outcome, OUTCOME_NOT_FOUND);
	ledger_issue(ledger, &issue, got_issue, NULL);
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_OK);
	ledger_outbox_tell(ledger, issue.terminal_id, &issue.request_id, got_sms_put, NULL);
	answer();
	assert_int_equal(got.sms_put.outcome, OUTCOME_OK);
	assert_true(got.sms_put.repeated); /* receipts are on: it wrote its own */
	id = got.sms_put.message_id;
	reply.request_id = issue.request_id;
	ledger_sms_reply(ledger, &reply, got_sms_put, NULL);
	answer();
	assert_int_equal(got.sms_put.message_id, id);
}

static void take(size_t max)
{
	ledger_outbox_take(ledger, max, 30000, got_take, NULL);
	answer();
	assert_int_equal(got.take.outcome, OUTCOME_OK);
}

static void texts_are_leased_and_recorded(void **state)
{
	struct outbox_result_args result = { .end = OUTBOX_SENT, .link = "smpp:x", .n_ids = 2 };
	struct outbox_receipt_args receipt = { .link = "smpp:x",
					       .id = "id-b",
					       .state = SMPP_STATE_DELIVERED };
	int64_t hello;

	take(10);
	assert_int_equal(got.take.n, 2);
	assert_string_equal(got_text, "hello");
	assert_string_equal(got_messages[0].address, "81900000000");
	assert_int_equal(got_messages[0].attempts, 1);
	assert_true(got_messages[0].valid_until > got_messages[0].created_at);
	assert_string_equal(got_messages[1].text_key, "receipt.bought");
	assert_int_equal(got_messages[1].amount_minor, FIXTURE_AMOUNT);
	assert_string_equal(got_messages[1].currency, "JPY");
	assert_true(got_messages[1].value_id > 0);
	assert_true(got_messages[1].expires_at > got_messages[1].at);
	assert_true(got.take.wait_ms > 20000); /* their leases */
	hello = got_messages[0].message_id;
	take(10);
	assert_int_equal(got.take.n, 0);

	ledger_outbox_renew(ledger, hello, 60000, got_done, NULL);
	answer();
	assert_int_equal(got_outcome, OUTCOME_OK);
	ledger_outbox_receipt(ledger, &receipt, got_done, NULL);
	answer();
	assert_int_equal(got_outcome, OUTCOME_OK);
	result.message_id = hello;
	OSMO_STRLCPY_ARRAY(result.ids[0], "id-a");
	OSMO_STRLCPY_ARRAY(result.ids[1], "id-b");
	ledger_outbox_result(ledger, &result, got_recorded, NULL);
	answer();
	assert_int_equal(got.recorded.outcome, OUTCOME_OK);
	assert_false(got.recorded.more);
	ledger_outbox_renew(ledger, hello, 60000, got_done, NULL);
	answer();
	assert_int_equal(got_outcome, OUTCOME_NOT_FOUND);
	result = (struct outbox_result_args){ .message_id = got_messages[1].message_id,
					      .end = OUTBOX_RETURNED };
	ledger_outbox_result(ledger, &result, got_recorded, NULL);
	answer();
	ledger_outbox_state(ledger, got_outbox_state, NULL);
	answer();
	assert_int_equal(got.outbox_state.waiting, 1);
	assert_int_equal(got.outbox_state.dead, 0);
	/* All at once, in one batch. */
	result.end = OUTBOX_LATER;
	ledger_outbox_result(ledger, &result, got_recorded, NULL);
	result.message_id = 1 << 30;
	ledger_outbox_result(ledger, &result, got_recorded, NULL);
	loop_until(n_got == 2);
	n_got = 0;
}

static void replies_are_leased_as_they_are_written(void **state)
{
	struct sms_reply_args args = { .identity = "identity-3",
				       .terminal_id = fixture_terminal[2],
				       .text = "for me",
				       .lease_ms = 5000 };
	struct outbox_result_args result = { .end = OUTBOX_SENT, .link = "smpp:x" };

	ledger_sms_reply(ledger, &args, got_sms_put, NULL);
	answer();
	assert_non_null(got.sms_put.leased);
	assert_false(got.sms_put.leased_before);
	assert_string_equal(got_text, "for me");
	assert_string_equal(got_messages[0].address, "81900000002");
	assert_int_equal(got_messages[0].attempts, 1);
	assert_int_equal(got_messages[0].message_id, got.sms_put.message_id);
	result.message_id = got.sms_put.message_id;
	ledger_sms_reply(ledger, &args, got_sms_put, NULL);
	answer();
	assert_true(got.sms_put.repeated);
	assert_null(got.sms_put.leased); /* who was told first has it */
	memcpy(args.identity, "identity-4", 10);
	args.text = "behind it";
	ledger_sms_reply(ledger, &args, got_sms_put, NULL);
	answer();
	assert_null(got.sms_put.leased);
	ledger_outbox_result(ledger, &result, got_recorded, NULL);
	answer();
	assert_int_equal(got.recorded.outcome, OUTCOME_OK);
	assert_true(got.recorded.more);
}

static void questions_are_answered_once(void **state)
{
	struct question_open_args open = { .terminal_id = fixture_terminal[4],
					   .subject = { .kind = QUESTION_BUY,
							.product = "basic",
							.amount_minor = 500,
							.fee_minor = 0,
							.currency = "JPY" },
					   .valid_s = 600,
					   .link = "smpp:x" };
	struct question_answer_args args = { .terminal_id = fixture_terminal[4], .yes = true };
	struct question asked;

	assert_int_equal(request_id_mint(&open.request_id), 0);
	ledger_question_open(ledger, &open, got_question, NULL);
	answer();
	assert_int_equal(got.question.outcome, OUTCOME_OK);
	asked = got.question.question;
	assert_int_equal(asked.state, QUESTION_OPEN);
	assert_memory_equal(&asked.request_id, &open.request_id, REQUEST_ID_SIZE);
	assert_int_equal(asked.subject.amount_minor, 500);
	assert_string_equal(asked.subject.product, "basic");
	ledger_questions(ledger, open.terminal_id, NULL, got_questions, NULL);
	answer();
	assert_int_equal(got.questions.n, 1);
	assert_string_equal(got.questions.questions[0].code, asked.code);
	OSMO_STRLCPY_ARRAY(args.code, "2222");
	ledger_question_answer(ledger, &args, got_question, NULL);
	answer();
	assert_int_equal(got.question.outcome, OUTCOME_NOT_FOUND);
	OSMO_STRLCPY_ARRAY(args.code, asked.code);
	ledger_question_answer(ledger, &args, got_question, NULL);
	answer();
	assert_int_equal(got.question.outcome, OUTCOME_OK);
	assert_false(got.question.repeated);
	assert_int_equal(got.question.question.state, QUESTION_YES);
	args.yes = false;
	ledger_question_answer(ledger, &args, got_question, NULL);
	answer();
	assert_true(got.question.repeated);
	assert_int_equal(got.question.question.state, QUESTION_YES);
	assert_memory_equal(&got.question.question.request_id, &open.request_id, REQUEST_ID_SIZE);
	ledger_questions(ledger, open.terminal_id, "", got_questions, NULL);
	answer();
	assert_int_equal(got.questions.n, 0);
}

/* What could not be done when it was agreed to is told again, not done. */
static void what_is_refused_ends_its_question(void **state)
{
	struct question_open_args open = { .terminal_id = fixture_terminal[3],
					   .subject = { .kind = QUESTION_BUY,
							.product = "basic",
							.amount_minor = 300,
							.currency = "JPY" },
					   .valid_s = 600,
					   .link = "smpp:one" };
	struct question_answer_args args = { .terminal_id = fixture_terminal[3],
					     .yes = true,
					     .refusal = OUTCOME_FUNDS_INSUFFICIENT };

	assert_int_equal(request_id_mint(&open.request_id), 0);
	ledger_question_open(ledger, &open, got_question, NULL);
	answer();
	assert_int_equal(got.question.outcome, OUTCOME_OK);
	args.question_id = got.question.question.question_id;
	for (int i = 0; i < 2; i++) {
		ledger_question_answer(ledger, &args, got_question, NULL);
		answer();
		assert_int_equal(got.question.outcome, OUTCOME_OK);
		assert_int_equal(got.question.repeated, i > 0);
		assert_int_equal(got.question.question.state, QUESTION_REFUSED);
		assert_int_equal(got.question.question.refusal, OUTCOME_FUNDS_INSUFFICIENT);
		args.refusal = OUTCOME_OK;
	}
}

/* In texts that the SMSC tells apart; 0: in none. */
static enum pin_verdict check_in(uint8_t text, const struct pin_digest *digest)
{
	ledger_pin_check(ledger,
			 &(struct pin_check_args){ .terminal_id = fixture_terminal[5],
						   .digest = *digest,
						   .identity = { text } },
			 got_pin, NULL);
	answer();
	assert_int_equal(got.pin.outcome, OUTCOME_OK);
	return got.pin.verdict;
}

static enum pin_verdict check(const struct pin_digest *digest)
{
	return check_in(0, digest);
}

static void three_wrong_pins_block(void **state)
{
	struct pin_digest right = { .key_id = "0123456789abcdef", .octets = "right" };
	struct pin_digest wrong = { .key_id = "0123456789abcdef", .octets = "wrong" };

	assert_int_equal(check(&right), PIN_NONE);
	ledger_pin_set(ledger, fixture_terminal[5], &right, NULL, got_pin, NULL);
	answer();
	assert_int_equal(got.pin.verdict, PIN_OK);
	ledger_pin_set(ledger, fixture_terminal[5], &wrong, &wrong, got_pin, NULL);
	answer();
	assert_int_equal(got.pin.verdict, PIN_WRONG);
	assert_int_equal(got.pin.tries_left, 2);
	assert_int_equal(check(&right), PIN_OK);
	/* Delivered again it is the same try. */
	for (int i = 0; i < 4; i++) {
		assert_int_equal(check_in(1, &wrong), PIN_WRONG);
		assert_int_equal(got.pin.tries_left, 2);
	}
	assert_int_equal(check_in(2, &wrong), PIN_WRONG);
	assert_int_equal(check(&wrong), PIN_BLOCKED);
	assert_int_equal(check(&right), PIN_BLOCKED);
	ledger_by_number(ledger, "81900000005", got_number, NULL);
	answer();
	assert_true(got.number.has_pin);
	assert_true(got.number.pin_blocked);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_found),
		cmocka_unit_test(replies_are_written_once),
		cmocka_unit_test(operations_are_told_once),
		cmocka_unit_test(texts_are_leased_and_recorded),
		cmocka_unit_test(replies_are_leased_as_they_are_written),
		cmocka_unit_test(questions_are_answered_once),
		cmocka_unit_test(what_is_refused_ends_its_question),
		cmocka_unit_test(three_wrong_pins_block),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, group_setup, fixture_teardown);
}
