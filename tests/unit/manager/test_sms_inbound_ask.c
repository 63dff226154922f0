/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts from terminals that move value: what is asked, and what an answer does. */
#include "sms_inbound_fixture.h"

static bool has_request_id(const struct request_id *id)
{
	static const struct request_id none;

	return memcmp(id, &none, sizeof(none)) != 0;
}

static void needs_pin(void)
{
	t.l->products[0].asks_pin = true;
	t.l->asks_pin = true;
	t.l->pin_check.tries_left = 2;
}

/* --- asking ---------------------------------------------------------------- */

static void buy_asks(void **state)
{
	text("BUY 500");
	expect_reply("Buy 500 JPY? Fee 5 JPY, 505 JPY in all\nTo agree answer YES 7F3A, else NO "
		     "7F3A. Until ");
	assert_int_equal(t.l->open_args.subject.kind, QUESTION_BUY);
	assert_string_equal(t.l->open_args.subject.product, "prepaid");
	assert_int_equal(t.l->open_args.subject.amount_minor, 500);
	assert_int_equal(t.l->open_args.subject.fee_minor, 5);
	assert_string_equal(t.l->open_args.code, "");
	assert_int_equal(t.l->open_args.valid_s, 600);
	assert_string_equal(t.l->open_args.link, "smpp:one");
	assert_true(has_request_id(&t.l->open_args.request_id));
	assert_int_equal(calls(FAKE_ISSUE), 0);
	assert_int_equal(t.n_written, 1);
	assert_int_equal(t.written, 9);
	assert_int_equal(t.l->reply_args.lease_ms, 1000);
}

static void buy_what_cannot_be_bought(void **state)
{
	text("BUY 7");
	expect_reply("not on sale");
	text("BUY vouchers 500");
	expect_reply("This is not on sale");
	text("BUY 5,0");
	expect_reply("not an amount");
	text("BUY tegata 1,000");
	expect_reply("Buy 500 JPY?"); /* the scripted question */
	assert_int_equal(t.l->open_args.subject.amount_minor, 1000);
	t.l->n_products = 0;
	text("BUY 500");
	expect_reply("Nothing is on sale");
	t.l->maintenance = true;
	text("BUY 500");
	expect_reply("Maintenance");
	text("YES 7F3A");
	expect_reply("Maintenance");
	text("LIST");
	expect_reply("no values");
	assert_int_equal(calls(FAKE_OPEN), 1);
}

/* Nobody is told that something is not on sale because we have not read what is. */
static void what_comes_while_we_start_comes_again(void **state)
{
	t.l->starts = true;
	t.l->n_products = 0;
	text("BUY 500");
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
	text("YES 7F3A");
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
	assert_int_equal(calls(FAKE_OPEN) + calls(FAKE_ISSUE), 0);
}

static void send_asks(void **state)
{
	char words[128];

	snprintf(words, sizeof(words), "SEND %s 090 8765 4321", fake_value_digits(1));
	t.l->open.question.subject = (struct question_subject){ .kind = QUESTION_TRANSFER,
								.amount_minor = 500,
								.currency = "JPY",
								.transferee = "819087654321" };
	text(words);
	expect_reply("Send 500 JPY to +819087654321?\nTo agree answer YES 7F3A");
	assert_int_equal(t.l->open_args.subject.kind, QUESTION_TRANSFER);
	assert_int_equal(t.l->open_args.subject.value_id, fake_value(1));
	assert_int_equal(t.l->open_args.subject.transferee_id, 78);
	assert_string_equal(t.l->quote_args.transferee, "819087654321");
	assert_int_equal(calls(FAKE_TRANSFER), 0);
	t.l->quote.outcome = OUTCOME_NOT_OWNER;
	text(words);
	expect_reply("do not own");
	t.l->quote = (struct quote_result){ .outcome = OUTCOME_REPEAT_SUSPECTED, .at = NOON };
	text(words);
	expect_reply("was handed on to +819087654321");
	snprintf(words, sizeof(words), "SEND %s 12", fake_value_digits(1));
	text(words);
	expect_reply("not a number");
}

static void pay_asks(void **state)
{
	char words[128];

	fake_shop(t.l);
	snprintf(words, sizeof(words), "PAY %s 4711 order-9", fake_value_digits(1));
	t.l->open.question.subject = (struct question_subject){ .kind = QUESTION_TRANSFER,
								.amount_minor = 500,
								.currency = "JPY",
								.transferee = "4711",
								.reference = "order-9" };
	text(words);
	expect_reply("Pay 500 JPY to Book shop (4711)?\nReference order-9\nTo agree");
	assert_string_equal(t.l->open_args.subject.reference, "order-9");
}

/* --- answering ------------------------------------------------------------- */

static void yes_does_it(void **state)
{
	text("yes 7f3a");
	expect_receipt();
	assert_string_equal(t.l->questions_code, "7F3A");
	assert_memory_equal(&t.l->issue_args.request_id, &t.l->open.question.request_id,
			    sizeof(struct request_id));
	assert_int_equal(t.l->issue_args.amount_minor, 500);
	assert_int_equal(t.l->issue_args.fee_minor, 5);
	assert_int_equal(t.l->issue_args.guard_s, 0);
	assert_int_equal(t.l->answer_args.question_id, 5);
	t.l->issue.outcome = OUTCOME_FUNDS_INSUFFICIENT;
	text("YES 7F3A");
	expect_reply("balance is too small");
}

static void no_does_nothing(void **state)
{
	t.l->answer.question.state = QUESTION_NO;
	text("NO 7F3A");
	expect_reply("Nothing was bought");
	assert_false(t.l->answer_args.yes);
	assert_int_equal(calls(FAKE_ISSUE), 0);
}

static void answered_before(void **state)
{
	struct question *q = &t.l->questions.questions[0];

	q->state = QUESTION_YES;
	q->answered_at = NOON;
	text("YES 7F3A"); /* one effect, the same receipt */
	expect_receipt();
	assert_int_equal(calls(FAKE_ANSWER), 0);
	text("NO 7F3A");
	expect_reply("You said yes");
	q->state = QUESTION_NO;
	text("YES 7F3A");
	expect_reply("You said no");
	q->state = QUESTION_EXPIRED;
	text("YES 7F3A");
	expect_reply("is over");
	q->state = QUESTION_SUPERSEDED;
	text("YES 7F3A");
	expect_reply("not count any more");
	assert_int_equal(calls(FAKE_ISSUE), 1);
}

/* The display was faster, between our look and our answer. */
static void the_other_channel_wins(void **state)
{
	t.l->answer.repeated = true;
	t.l->answer.question.state = QUESTION_NO;
	t.l->answer.question.answered_at = NOON;
	text("YES 7F3A");
	expect_reply("You said no to this");
	assert_int_equal(calls(FAKE_ISSUE), 0);
}

static void no_such_code(void **state)
{
	t.l->questions = (struct questions_result){ .outcome = OUTCOME_NOT_FOUND };
	text("YES 9999");
	expect_reply("code 9999");
	assert_int_equal(calls(FAKE_ANSWER) + calls(FAKE_ISSUE), 0);
}

static void a_transfer_is_looked_at_again(void **state)
{
	struct question_subject *s = &t.l->questions.questions[0].subject;

	*s = (struct question_subject){ .kind = QUESTION_TRANSFER,
					.value_id = fake_value(1),
					.transferee_id = 78,
					.transferee = "819087654321" };
	t.l->answer.question.subject = *s;
	text("YES 7F3A");
	expect_receipt();
	assert_int_equal(t.l->transfer_args.value_id, fake_value(1));
	assert_int_equal(t.l->transfer_args.transferee_id, 78);
	t.l->quote.outcome = OUTCOME_TRANSFEREE_BLOCKED;
	text("YES 7F3A");
	expect_reply("cannot take value");
	assert_int_equal(calls(FAKE_TRANSFER), 1);
}

static void asked_to_send(void)
{
	struct question_subject *s = &t.l->questions.questions[0].subject;

	*s = (struct question_subject){ .kind = QUESTION_TRANSFER,
					.value_id = fake_value(1),
					.transferee_id = 78,
					.transferee = "819087654321" };
	t.l->answer.question.subject = *s;
}

/* A yes that is refused is no yes that a later text could use: it ends the question. */
static void what_is_refused_is_not_agreed_to(void **state)
{
	static const enum outcome refusals[] = { OUTCOME_NOT_OWNER, OUTCOME_TRANSFEREE_BLOCKED,
						 OUTCOME_VALUE_EXPIRED };

	asked_to_send();
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		t.l->quote = (struct quote_result){ .outcome = refusals[i] };
		text("YES 7F3A");
		assert_int_equal(t.l->answer_args.refusal, refusals[i]);
		assert_true(strlen(t.l->reply) > 10);
	}
	/* Nobody knows, or it will be otherwise in a while: nothing is agreed to or ended. */
	t.l->quote.outcome = OUTCOME_INTERNAL;
	text("YES 7F3A");
	t.l->quote.outcome = OUTCOME_MAINTENANCE;
	text("YES 7F3A");
	expect_reply("aintenance");
	assert_int_equal(calls(FAKE_ANSWER), ARRAY_SIZE(refusals));
	assert_int_equal(calls(FAKE_TRANSFER) + calls(FAKE_PIN_CHECK), 0);
}

/* By whichever delivery, and whatever has changed meanwhile. */
static void a_refusal_is_told_again(void **state)
{
	struct question *q = &t.l->questions.questions[0];

	t.l->issue.outcome = OUTCOME_FUNDS_INSUFFICIENT;
	text("YES 7F3A");
	expect_reply("balance is too small");
	assert_int_equal(t.l->answer_args.refusal, OUTCOME_FUNDS_INSUFFICIENT);
	t.l->issue.outcome = OUTCOME_OK;
	q->state = QUESTION_REFUSED;
	q->refusal = OUTCOME_FUNDS_INSUFFICIENT;
	text("YES 7F3A");
	expect_reply("balance is too small");
	text("NO 7F3A");
	expect_reply("balance is too small");
	assert_int_equal(calls(FAKE_ISSUE), 1);
}

/* The quote finds the value gone because the display was faster. */
static void refused_because_it_is_done(void **state)
{
	asked_to_send();
	t.l->quote.outcome = OUTCOME_NOT_OWNER;
	t.l->answer.repeated = true;
	text("YES 7F3A");
	expect_receipt();
	assert_int_equal(calls(FAKE_TRANSFER), 1);
}

/* Whatever we took it for: the database counts no yes without. */
static void the_database_asks_for_a_pin(void **state)
{
	struct question *q = &t.l->questions.questions[0];

	t.l->answer.question.state = QUESTION_OPEN;
	t.l->answer.question.needs_pin = true;
	text("YES 7F3A");
	expect_reply("This needs your PIN");
	q->state = QUESTION_YES;
	q->needs_pin = true;
	text("YES 7F3A");
	expect_reply("This needs your PIN");
	t.l->pin_check.verdict = PIN_WRONG;
	text("YES 7F3A " PIN);
	expect_reply("Wrong PIN");
	assert_int_equal(calls(FAKE_ISSUE), 0);
}

/* The ledger is told which text a PIN came in, and what for. */
static void a_try_delivered_again_is_the_same(void **state)
{
	uint8_t first[SMS_IDENTITY_SIZE];

	needs_pin();
	t.l->put.outcome = OUTCOME_UNAVAILABLE;
	t.l->pin_check.verdict = PIN_WRONG;
	text("YES 7F3A " PIN);
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
	assert_int_equal(t.l->pin_check_args.question_id, 5);
	memcpy(first, t.l->pin_check_args.identity, sizeof(first));
	t.identity--;
	text("YES 7F3A " PIN);
	assert_memory_equal(t.l->pin_check_args.identity, first, sizeof(first));
	text("YES 7F3A " PIN);
	assert_memory_not_equal(t.l->pin_check_args.identity, first, sizeof(first));
}

/* --- the author's reference ------------------------------------------------ */

static void by_reference(void **state)
{
	text("BUY 500 #7F3A"); /* not from such a link */
	expect_reply("To agree answer YES");
	assert_string_equal(t.l->open_args.code, "");
	t.trusted = true;
	text("BUY 500 #7F3A"); /* not allowed */
	expect_reply("To agree answer YES");
	t.si->settings.direct_purchase = true;
	t.trusted = false;
	text("BUY 500 #7F3A");
	expect_reply("To agree answer YES");
	assert_int_equal(calls(FAKE_ISSUE), 0);
	t.trusted = true;
	text("BUY 500 #7F3A");
	expect_receipt();
	assert_string_equal(t.l->open_args.code, "7F3A");
	text("BUY 500"); /* without one */
	expect_reply("To agree answer YES");
	/* Used for something else. */
	text("BUY 1000 #7F3A");
	expect_reply("7F3A was used before");
	t.l->open.question.state = QUESTION_NO;
	t.l->answer.question.state = QUESTION_NO;
	text("BUY 500 #7F3A");
	expect_reply("You said no");
	assert_int_equal(calls(FAKE_ISSUE), 1);
}

/* --- the PIN --------------------------------------------------------------- */

static void a_pin_is_asked_for(void **state)
{
	struct pin_digest digest = { 0 };

	needs_pin();
	t.trusted = t.si->settings.direct_purchase = true;
	text("BUY 500 #7F3A"); /* a reference is no PIN */
	expect_reply("YES 7F3A and, behind it, your PIN");
	text("YES 7F3A");
	expect_reply("This needs your PIN: YES 7F3A and");
	assert_int_equal(calls(FAKE_PIN_CHECK) + calls(FAKE_ANSWER), 0);
	text("YES 7F3A " PIN);
	expect_receipt();
	assert_int_equal(pin_key_digest(t.f->ds->pin_key, 77, PIN, &digest), 0);
	assert_memory_equal(&t.l->checked_pin, &digest, sizeof(digest));
	/* It was asked for then. */
	t.l->questions.questions[0].state = QUESTION_YES;
	text("YES 7F3A");
	expect_receipt();
	assert_int_equal(calls(FAKE_PIN_CHECK), 1);
}

static void wrong_pins(void **state)
{
	static const struct {
		enum pin_verdict verdict;
		const char *said;
	} cases[] = {
		{ PIN_WRONG, "Tries left: 2" },
		{ PIN_BLOCKED, "is blocked" },
		{ PIN_NONE, "*188*9#" },
		{ PIN_OTHER_KEY, "cannot be used" },
	};

	needs_pin();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		t.l->pin_check.verdict = cases[i].verdict;
		text("YES 7F3A " PIN);
		expect_reply(cases[i].said);
	}
	TALLOC_FREE(t.f->ds->pin_key);
	text("YES 7F3A " PIN);
	expect_reply("cannot be used");
	assert_int_equal(calls(FAKE_ANSWER), 0);
}

static void a_transfer_may_need_one(void **state)
{
	struct question_subject *s = &t.l->questions.questions[0].subject;

	*s = (struct question_subject){ .kind = QUESTION_TRANSFER, .transferee = "819087654321" };
	t.l->quote.needs_pin = true;
	text("YES 7F3A");
	expect_reply("This needs your PIN");
	t.l->pin_check.verdict = PIN_WRONG;
	text("YES 7F3A " PIN);
	expect_reply("Wrong PIN");
	assert_int_equal(calls(FAKE_ANSWER) + calls(FAKE_TRANSFER), 0);
}

/* What is stored of the text is not the adapter's digest of it, from which a PIN of four digits
 * could be found by trying; another PIN is another text, the same one the same. */
static void the_pin_is_kept_nowhere(void **state)
{
	uint8_t with[3][SMS_IDENTITY_SIZE], plain[SMS_IDENTITY_SIZE] = { 0 };
	static const char *const texts[] = { "YES 7F3A " PIN, "YES 7F3A " PIN, "YES 7F3A 5555" };

	needs_pin();
	t.l->pin_check.verdict = PIN_WRONG;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		t.identity = 40;
		text(texts[i]);
		memcpy(with[i], t.l->reply_args.identity, SMS_IDENTITY_SIZE);
	}
	plain[0] = 41;
	assert_memory_not_equal(with[0], plain, SMS_IDENTITY_SIZE);
	assert_memory_equal(with[0], with[1], SMS_IDENTITY_SIZE);
	assert_memory_not_equal(with[0], with[2], SMS_IDENTITY_SIZE);
	t.identity++;
	receive_from("819012345678", "YES 7F3A " PIN);
	for (size_t i = 0; i < t.l->n_pending; i++)
		assert_null(memmem(t.l->pending[i].data, sizeof(struct sms_job), "5555", 4));
	t.l->n_pending = 0;
	((ledger_number_cb)t.l->pending[0].done)(t.l->pending[0].data, &t.l->number);
	assert_null(memmem(t.l->pending[0].data, sizeof(struct sms_job), PIN, strlen(PIN)));
	settle();
	assert_int_equal(t.n_verdicts, 1);
}

/* What people say behind a yes is no PIN, however short, and no reason to stop. */
static void what_is_no_pin(void **state)
{
	static const char *const texts[] = {
		"Yes sure do", "Yes sure 1", "YES 7F3A 497",   "YES 7F3A 1234567890123",
		"YES 7F3A a",  "NO 7F3A 12", "YES 7F3A 49 73",
	};

	needs_pin();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		text(texts[i]);
		assert_int_equal(t.verdict, SMS_ACCEPTED);
	}
	assert_int_equal(calls(FAKE_REPLY), 1); /* help, once */
	assert_int_equal(calls(FAKE_PIN_CHECK), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(buy_asks),
		TEST(buy_what_cannot_be_bought),
		TEST(what_comes_while_we_start_comes_again),
		TEST(send_asks),
		TEST(pay_asks),
		TEST(yes_does_it),
		TEST(no_does_nothing),
		TEST(answered_before),
		TEST(the_other_channel_wins),
		TEST(no_such_code),
		TEST(a_transfer_is_looked_at_again),
		TEST(what_is_refused_is_not_agreed_to),
		TEST(a_refusal_is_told_again),
		TEST(refused_because_it_is_done),
		TEST(the_database_asks_for_a_pin),
		TEST(a_try_delivered_again_is_the_same),
		TEST(by_reference),
		TEST(a_pin_is_asked_for),
		TEST(wrong_pins),
		TEST(a_transfer_may_need_one),
		TEST(the_pin_is_kept_nowhere),
		TEST(what_is_no_pin),
	};

	fake_init();
	log_set_category_filter(osmo_stderr_target, DSMPP, 0, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
