/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts from terminals: who is answered, what is delivered again, what changes nothing. */
#include "sms_inbound_fixture.h"

/* --- who is answered ------------------------------------------------------------------- */

static void strangers(void **state)
{
	receive_from("", "LIST"); /* a name, a short code */
	settle();
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_int_equal(calls(FAKE_NUMBER), 0);
	t.l->number = (struct number_result){ .outcome = OUTCOME_TERMINAL_UNKNOWN };
	text("LIST");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_string_equal(t.l->number_asked, "819012345678");
	assert_int_equal(calls(FAKE_REPLY), 0);
	t.imsi = "001010000000001";
	t.l->enter = (struct enter_result){ .outcome = OUTCOME_TERMINAL_UNKNOWN };
	text("LIST");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_int_equal(calls(FAKE_ENTER), 1);
	assert_int_equal(calls(FAKE_REPLY), 0);
	assert_int_equal(rate_ctr_group_get_ctr(t.si->counters, SMS_CTR_STRANGER)->current, 3);
}

static void by_imsi(void **state)
{
	t.imsi = "001010000000001";
	text("BALANCE");
	expect_reply("no account");
	assert_string_equal(t.l->enter_args.imsi, t.imsi);
	assert_int_equal(calls(FAKE_NUMBER), 0);
}

static void blocked_is_said_once_an_hour(void **state)
{
	t.l->number.outcome = OUTCOME_TERMINAL_BLOCKED;
	text("BUY 500");
	expect_reply("is blocked");
	text("LIST");
	assert_string_equal(t.l->reply, "");
	pass_seconds(3601);
	text("LIST");
	expect_reply("is blocked");
	assert_int_equal(calls(FAKE_OPEN) + calls(FAKE_LIST), 0);
}

static void quarantined_may_ask_but_not_move(void **state)
{
	t.l->number.outcome = OUTCOME_TERMINAL_QUARANTINED;
	text("BALANCE");
	expect_reply("no account");
	text("BUY 500");
	expect_reply("has a new SIM");
	text("YES 7F3A");
	expect_reply("has a new SIM");
	assert_int_equal(calls(FAKE_OPEN) + calls(FAKE_QUESTIONS), 0);
}

static void each_in_his_language(void **state)
{
	OSMO_STRLCPY_ARRAY(t.l->number.language, "de");
	text("LIST");
	expect_reply("Sie haben keine Werte");
	OSMO_STRLCPY_ARRAY(t.l->number.language, "xx");
	text("LISTE");
	expect_reply("You have no values");
}

/* --- help, and machines ---------------------------------------------------------------------- */

static void help_once_an_hour(void **state)
{
	text("Hello there");
	expect_reply("BUY amount");
	for (int i = 0; i < 5; i++) {
		text("I am on holiday until Monday");
		assert_int_equal(t.verdict, SMS_ACCEPTED);
	}
	assert_int_equal(calls(FAKE_REPLY), 1);
	assert_int_equal(calls(FAKE_NUMBER), 1);
	text("HELP"); /* who asks gets it */
	expect_reply("BUY amount");
	t.identity++;
	receive_from("819099999999", "what?");
	settle();
	assert_int_equal(calls(FAKE_REPLY), 3);
	pass_seconds(3601);
	text("Hello again");
	expect_reply("BUY amount");
}

/* A text that begins with a keyword is no command for that. */
static void machines_that_begin_with_a_keyword(void **state)
{
	static const char *const texts[] = {
		"Send me an e-mail instead, I am driving (1)",
		"Buy now and save 50%",
		"Owner is on holiday",
		"I am on holiday",
		"Pay attention",
	};

	text("Send me an e-mail instead, I am driving");
	expect_reply("not a value");
	for (int i = 0; i < 12; i++) {
		text(texts[i % ARRAY_SIZE(texts)]);
		assert_int_equal(t.verdict, SMS_ACCEPTED);
		assert_string_equal(t.l->reply, "");
	}
	assert_int_equal(calls(FAKE_REPLY), 1);
	pass_seconds(3601);
	text("Buy now");
	expect_reply("not an amount");
}

/* What cannot be a code of ours is told once an hour, with all that is no command. */
static void codes_that_are_none(void **state)
{
	unsigned int n = 0;

	t.l->questions = (struct questions_result){ .outcome = OUTCOME_NOT_FOUND };
	for (int i = 0; i < 12; i++) {
		text("Yes sure");
		assert_int_equal(t.verdict, SMS_ACCEPTED);
		n += t.l->reply[0] != '\0';
	}
	assert_int_equal(n, 1);
	text("what?");
	assert_string_equal(t.l->reply, "");
	/* A mistyped one is told, but not for ever. */
	for (int i = 0; i < 12; i++) {
		text("NO 7F3C");
		n += t.l->reply[0] != '\0';
	}
	assert_int_equal(n, 1 + SMS_ERRORS_HOUR);
	text("BUY 5O0");
	assert_string_equal(t.l->reply, "");
	text("BUY 500"); /* what is right is done */
	expect_reply("To agree");
	pass_seconds(3601);
	text("BUY 5O0");
	expect_reply("not an amount");
}

/* What could not be written counts as not sent. */
static void help_that_was_not_written(void **state)
{
	t.l->put.outcome = OUTCOME_UNAVAILABLE;
	text("Hello");
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
	t.l->put.outcome = OUTCOME_OK;
	text("Hello");
	expect_reply("BUY amount");
}

static void who_sends_too_much_is_dropped(void **state)
{
	t.si->settings.rate_per_min = 10;
	t.si->settings.rate_burst = 3;
	for (int i = 0; i < 10; i++) {
		text("LIST");
		assert_int_equal(t.verdict, SMS_ACCEPTED);
	}
	assert_int_equal(calls(FAKE_LIST), 3);
	t.identity++;
	receive_from("819099999999", "LIST");
	settle();
	assert_int_equal(calls(FAKE_LIST), 4);
}

/* That a text comes again is our wish: it costs its sender nothing, and is not lost. */
static void what_we_ask_for_again_is_not_too_much(void **state)
{
	t.si->settings.rate_per_min = 10;
	t.si->settings.rate_burst = 3;
	t.l->number.outcome = OUTCOME_UNAVAILABLE;
	for (int i = 0; i < 10; i++) {
		t.identity = 0;
		text("YES 7F3A");
		assert_int_equal(t.verdict, SMS_TRY_AGAIN);
	}
	t.l->number.outcome = OUTCOME_OK;
	text("YES 7F3A");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_int_equal(calls(FAKE_ISSUE), 1);
}

/* What the ledger fails at says nothing about who it is. */
static void who_cannot_be_told_is_no_stranger(void **state)
{
	t.l->number = (struct number_result){ .outcome = OUTCOME_INTERNAL };
	text("YES 7F3A");
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
	t.imsi = "001010000000001";
	t.l->enter = (struct enter_result){ .outcome = OUTCOME_INTERNAL };
	text("YES 7F3A");
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
}

/* What is stored of any text, not only of one that is read as an answer, needs the key: people type
 * their PIN where it does not belong. */
static void no_text_can_be_guessed_from_what_is_kept(void **state)
{
	static const char *const texts[] = { "7F3A 49730186", "BUY 500 4973", "YES 7F 3A 4973",
					     "LIST" };
	uint8_t plain[SMS_IDENTITY_SIZE] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		pass_seconds(3601);
		text(texts[i]);
		plain[0] = t.identity;
		assert_memory_not_equal(t.l->reply_args.identity, plain, SMS_IDENTITY_SIZE);
	}
}

static void too_many_under_way(void **state)
{
	/* What the ledger owes is not answered here. */
	for (unsigned int i = 0; i < SMS_INBOUND_MAX; i++) {
		t.l->n_pending = 0;
		receive_from("819012345678", "LIST");
	}
	assert_int_equal(sms_inbound_in_flight(t.si), SMS_INBOUND_MAX);
	receive_from("819012345678", "LIST");
	osmo_timers_prepare();
	osmo_timers_update();
	assert_int_equal(t.n_verdicts, 1);
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
}

static void draining(void **state)
{
	sms_inbound_drain(t.si);
	receive_from("819012345678", "LIST");
	assert_int_equal(sms_inbound_in_flight(t.si), 1);
	settle();
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
	assert_int_equal(sms_inbound_in_flight(t.si), 0);
}

/* --- delivered again ------------------------------------------------------- */

static void delivered_again(void **state)
{
	t.l->sms_seen = (struct sms_seen_result){ .message_id = 9 };
	text("LIST");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	text("YES 7F3A");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_int_equal(calls(FAKE_LIST) + calls(FAKE_QUESTIONS) + calls(FAKE_REPLY), 0);
}

/* The same words a minute later are meant; within it the SMSC delivers again. */
static void the_same_words_again(void **state)
{
	uint8_t first[SMS_IDENTITY_SIZE];

	text("LIST");
	memcpy(first, t.l->reply_args.identity, sizeof(first));
	t.l->sms_seen.outcome = OUTCOME_OK;
	t.identity--;
	pass_seconds(5);
	text("LIST");
	assert_int_equal(calls(FAKE_REPLY), 1);
	t.identity--;
	pass_seconds(60);
	text("LIST");
	assert_int_equal(calls(FAKE_REPLY), 2);
	assert_memory_not_equal(first, t.l->reply_args.identity, sizeof(first));
	t.identity--;
	pass_seconds(5);
	text("LIST");
	assert_int_equal(calls(FAKE_REPLY), 2);
}

/* While the question is open it is the same, and so is its reply; then it is another. */
static void buying_again(void **state)
{
	uint8_t first[SMS_IDENTITY_SIZE];

	text("BUY 500");
	memcpy(first, t.l->reply_args.identity, sizeof(first));
	t.identity--;
	t.l->sms_seen.outcome = OUTCOME_OK;
	t.l->open.repeated = true;
	text("BUY 500");
	assert_memory_equal(first, t.l->reply_args.identity, sizeof(first));
	t.identity--;
	t.l->open.repeated = false;
	t.l->open.question.question_id++;
	text("BUY 500");
	assert_memory_not_equal(first, t.l->reply_args.identity, sizeof(first));
}

/* Whatever step finds the database gone: the SMSC shall come again. */
static void the_database_is_gone(void **state)
{
	static const enum outcome outcomes[] = { OUTCOME_UNAVAILABLE, OUTCOME_AGAIN, OUTCOME_BUSY,
						 OUTCOME_UNCERTAIN };

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		enum outcome *const steps[] = {
			&t.l->number.outcome, &t.l->sms_seen.outcome, &t.l->questions.outcome,
			&t.l->answer.outcome, &t.l->issue.outcome,    &t.l->put.outcome,
		};

		for (size_t j = 0; j < ARRAY_SIZE(steps); j++) {
			enum outcome before = *steps[j];

			*steps[j] = outcomes[i];
			text("YES 7F3A");
			assert_int_equal(t.verdict, SMS_TRY_AGAIN);
			*steps[j] = before;
		}
	}
	text("YES 7F3A");
	expect_receipt();
}

/* --- what changes nothing -------------------------------------------------- */

static void reading(void **state)
{
	char words[64];

	fake_values(t.l, 12);
	text("LIST");
	expect_reply(fake_value_digits(1) + 16);
	expect_reply("*188*2#");
	snprintf(words, sizeof(words), "OWNER %s", fake_value_digits(3));
	text(words);
	expect_reply("Yes, you own it: 500 JPY");
	assert_int_equal(t.l->check_asker.terminal_id, 77);
	t.l->check_item.owner = false;
	text(words);
	expect_reply("No. You do not own");
	t.l->history.n_items = 1;
	t.l->history.items[0] = (struct operation_record){ .operation = OPERATION_ISSUE,
							   .at = NOON,
							   .value_id = fake_value(9),
							   .amount_minor = 700,
							   .currency = "JPY" };
	text("HISTORY");
	expect_reply("bought 700 JPY");
	text("RECEIPTS ON");
	assert_true(t.l->receipts);
	/* Anybody could have sent it. */
	text("RECEIPTS OFF");
	expect_reply("nobody can tell who sent it");
	assert_true(t.l->receipts);
	t.trusted = true;
	text("RECEIPTS OFF");
	expect_reply("no more texts");
	assert_false(t.l->receipts);
}

/* Every outcome of every command leads to a verdict, and to a text where one is written. */
static void every_outcome(void **state)
{
	static const char *const commands[] = { "BUY 500",  "LIST",    "BALANCE",    "HISTORY",
						"YES 7F3A", "NO 7F3A", "RECEIPTS ON" };

	for (int outcome = 1; outcome < 100; outcome++) {
		if (!outcome_name(outcome) || outcome == OUTCOME_TERMINAL_BLOCKED)
			continue;
		t.l->open.outcome = t.l->list_outcome = t.l->balance.outcome = outcome;
		t.l->history.outcome = t.l->questions.outcome = outcome;
		t.l->receipts_outcome = outcome;
		for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
			text(commands[i]);
			if (t.verdict == SMS_ACCEPTED)
				assert_true(strlen(t.l->reply) > 10);
		}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(strangers),
		TEST(by_imsi),
		TEST(blocked_is_said_once_an_hour),
		TEST(quarantined_may_ask_but_not_move),
		TEST(each_in_his_language),
		TEST(help_once_an_hour),
		TEST(machines_that_begin_with_a_keyword),
		TEST(codes_that_are_none),
		TEST(help_that_was_not_written),
		TEST(who_sends_too_much_is_dropped),
		TEST(what_we_ask_for_again_is_not_too_much),
		TEST(who_cannot_be_told_is_no_stranger),
		TEST(no_text_can_be_guessed_from_what_is_kept),
		TEST(too_many_under_way),
		TEST(draining),
		TEST(delivered_again),
		TEST(the_same_words_again),
		TEST(buying_again),
		TEST(the_database_is_gone),
		TEST(reading),
		TEST(every_outcome),
	};

	fake_init();
	log_set_category_filter(osmo_stderr_target, DSMPP, 0, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
