/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was asked by SMS, on the display of the next dial. */
#include "dialogue_fake.h"

static void asked_to_buy(struct fake *f)
{
	struct question *q = &f->ledger.questions.questions[0];

	f->ledger.enter.is_asked = true;
	f->ledger.questions.n = 1;
	*q = (struct question){ .question_id = 5, .code = "7F3A", .opened_at = NOON };
	memset(q->request_id.octets, 7, sizeof(q->request_id.octets));
	q->subject = (struct question_subject){ .kind = QUESTION_BUY,
						.product = "prepaid",
						.amount_minor = 1000,
						.fee_minor = 5,
						.currency = "JPY" };
	f->ledger.answer = (struct question_result){ .question = *q };
	f->ledger.answer.question.state = QUESTION_YES;
}

static void asked_to_pay(struct fake *f)
{
	struct question *q = &f->ledger.questions.questions[0];

	asked_to_buy(f);
	fake_shop(&f->ledger);
	q->subject = (struct question_subject){ .kind = QUESTION_TRANSFER,
						.amount_minor = 500,
						.currency = "JPY",
						.value_id = fake_value(1),
						.transferee_id = 78,
						.transferee = "4711",
						.reference = "order 9" };
	f->ledger.answer.question.subject = q->subject;
}

static void expect_same_request(const struct fake *f, const struct request_id *id)
{
	assert_memory_equal(id, &f->ledger.questions.questions[0].request_id, sizeof(*id));
}

static void yes_buys(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	dial(f, "*188#");
	expect(f, "Asked at");
	expect(f, "Buy 1000 JPY? Fee 5 JPY");
	expect(f, "1 Yes 0 No 2 Later");
	answer(f, "1");
	expect(f, "Bought 1000 JPY");
	expect_same_request(f, &f->ledger.issue_args.request_id);
	assert_int_equal(f->ledger.issue_args.guard_s, 0);
	assert_int_equal(f->ledger.issue_args.fee_minor, 5);
	assert_int_equal(f->ledger.answer_args.question_id, 5);
	assert_true(f->ledger.answer_args.yes);
	assert_string_equal(f->ledger.answer_args.link, "direct:test");
	answer(f, "0");
	expect(f, "1 Buy");
}

static void yes_pays(void **state)
{
	struct fake *f = *state;

	asked_to_pay(f);
	dial(f, "*188*6#");
	expect(f, "Pay 500 JPY to Book shop (4711)?\nReference order 9");
	answer(f, "1");
	expect(f, "now belongs to Book shop");
	expect_same_request(f, &f->ledger.transfer_args.request_id);
	assert_int_equal(f->ledger.transfer_args.transferee_id, 78);
	assert_string_equal(f->ledger.transfer_args.reference, "order 9");
	assert_int_equal(f->ledger.n_calls[FAKE_BALANCE], 0);
}

static void no(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	f->ledger.answer.question.state = QUESTION_NO;
	dial(f, "*188#");
	answer(f, "0");
	expect(f, "Nothing was bought");
	assert_false(f->ledger.answer_args.yes);
	asked_to_pay(f);
	f->ledger.answer.question.state = QUESTION_NO;
	dial(f, "*188#");
	answer(f, "0");
	expect(f, "Nothing was handed on");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE] + f->ledger.n_calls[FAKE_TRANSFER], 0);
}

/* What was dialled is done then, as if nothing had been asked. */
static void later(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	f->ledger.balance.n_items = 1;
	f->ledger.balance.items[0] =
		(struct balance_item){ .currency = "JPY", .balance_minor = 90 };
	dial(f, "*188*6#");
	answer(f, "2");
	expect(f, "Balance 90 JPY");
	expect_end(f);
	dial(f, "*188*1*500#");
	answer(f, "2");
	expect(f, "Buy 500 JPY?");
	answer(f, "1");
	expect(f, "Bought 500");
	assert_int_equal(f->ledger.n_calls[FAKE_ANSWER], 0);
}

/* The SMS was faster. */
static void answered_otherwise(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	f->ledger.answer.repeated = true;
	f->ledger.answer.question.state = QUESTION_NO;
	f->ledger.answer.question.answered_at = NOON;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "You said no to this");
	f->ledger.answer.question.state = QUESTION_YES;
	dial(f, "*188#");
	answer(f, "0");
	expect(f, "You said yes to this");
	f->ledger.answer.question.state = QUESTION_EXPIRED;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "is over");
	f->ledger.answer.question.state = QUESTION_SUPERSEDED;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "not count any more");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 0);
}

/* Yes by both channels is one purchase: the same request id. */
static void yes_twice(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	f->ledger.answer.repeated = true;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "Bought 1000");
	expect_same_request(f, &f->ledger.issue_args.request_id);
}

static void gone_meanwhile(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	f->ledger.questions.n = 0;
	dial(f, "*188#");
	expect(f, "1 Buy");
	f->ledger.questions.outcome = OUTCOME_UNAVAILABLE;
	dial(f, "*188#");
	expect(f, "1 Buy");
}

static void a_result_comes_first(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	fake_unseen(&f->ledger, OPERATION_ISSUE);
	dial(f, "*188*6#");
	expect(f, "bought 700 JPY");
	answer(f, "1");
	expect(f, "Buy 1000 JPY?");
	answer(f, "1");
	expect(f, "Bought 1000 JPY");
	expect_not(f, "700");
}

static void what_cannot_be_done_is_not_tried(void **state)
{
	struct fake *f = *state;

	asked_to_pay(f);
	f->ledger.quote.outcome = OUTCOME_TRANSFEREE_BLOCKED;
	dial(f, "*188#");
	expect(f, "Pay 500 JPY");
	answer(f, "1");
	expect(f, "cannot take value");
	assert_int_equal(f->ledger.n_calls[FAKE_TRANSFER], 0);
	f->ledger.quote.outcome = OUTCOME_UNAVAILABLE;
	dial(f, "*188#");
	expect(f, "cannot be reached");
	asked_to_buy(f);
	f->ledger.n_products = 0;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "not on sale");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 0);
	assert_int_equal(f->ledger.answer_args.refusal, OUTCOME_PRODUCT_UNKNOWN);
	/* Nor later, when it could be. */
	asked_to_buy(f);
	f->ledger.n_products = 1;
	f->ledger.answer.question.state = QUESTION_REFUSED;
	f->ledger.answer.question.refusal = OUTCOME_HELD_EXCEEDED;
	f->ledger.answer.repeated = true;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "is allowed");
	dial(f, "*188#");
	answer(f, "0");
	expect(f, "is allowed");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE] + f->ledger.n_calls[FAKE_TRANSFER], 0);
}

static void the_database_asks_for_a_pin(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	f->ledger.answer.question.state = QUESTION_OPEN;
	f->ledger.answer.question.needs_pin = true;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "cannot be used"); /* there is no key */
	f->ledger.answer.question.state = QUESTION_YES;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "cannot be used");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 0);
}

static void a_new_price_is_a_new_question(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	f->ledger.issue_once = OUTCOME_PRICE_CHANGED;
	f->ledger.issue.fee_minor = 9;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "Fee 9 JPY");
	/* The old one is not bought any more, by SMS neither. */
	assert_int_equal(f->ledger.answer_args.question_id, 5);
	assert_int_equal(f->ledger.answer_args.refusal, OUTCOME_PRICE_CHANGED);
	answer(f, "1");
	expect(f, "Bought 1000");
	assert_memory_not_equal(&f->ledger.issue_args.request_id,
				&f->ledger.questions.questions[0].request_id,
				sizeof(struct request_id));
}

static void maintenance(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	f->ledger.maintenance = true;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "Maintenance");
	assert_int_equal(f->ledger.n_calls[FAKE_ANSWER], 0);
}

/* Without a key it cannot be checked; what asks for a PIN stays open. */
static void needs_a_pin(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	f->ledger.products[0].asks_pin = true;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "cannot be used");
	asked_to_pay(f);
	f->ledger.quote.needs_pin = true;
	dial(f, "*188#");
	answer(f, "1");
	expect(f, "cannot be used");
	assert_int_equal(f->ledger.n_calls[FAKE_ANSWER], 0);
}

static void left_while_it_was_done(void **state)
{
	struct fake *f = *state;

	asked_to_buy(f);
	dial(f, "*188#");
	dialogue_answer(f->d, "1");
	/* The answer is given; the purchase is under way. */
	f->ledger.n_pending = 0;
	((ledger_question_cb)f->ledger.pending[0].done)(f->ledger.pending[0].data,
							&f->ledger.answer);
	dialogue_abort(f->d, "left");
	f->session.dropped = true;
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_told, 1);
	expect_same_request(f, &f->ledger.told);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(yes_buys),
		TEST(yes_pays),
		TEST(no),
		TEST(later),
		TEST(answered_otherwise),
		TEST(yes_twice),
		TEST(gone_meanwhile),
		TEST(a_result_comes_first),
		TEST(what_cannot_be_done_is_not_tried),
		TEST(the_database_asks_for_a_pin),
		TEST(a_new_price_is_a_new_question),
		TEST(maintenance),
		TEST(needs_a_pin),
		TEST(left_while_it_was_done),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
