/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is known for certain to have been seen; and anything at any time. */
#include "dialogue_steps.h"

/* --- what was seen --------------------------------------------------------- */

static void unseen_is_seen_when_answered(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_TRANSFER);
	dial(f, "*188#");
	expect(f, "to +819011112222");
	assert_int_equal(f->ledger.n_seen, 0);
	leave(f);
	assert_int_equal(f->ledger.n_seen, 0);
	dial(f, "*188#");
	answer(f, "1");
	assert_int_equal(f->ledger.n_seen, 1);
	assert_memory_equal(&f->ledger.seen, &f->ledger.enter.unseen.request_id,
			    sizeof(f->ledger.seen));
	expect(f, "1 Buy");
}

static void unseen_in_a_one_shot_read(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_ISSUE);
	dial(f, "*188*2#");
	expect_end(f);
	expect(f, "bought 700 JPY");
	expect(f, "\nYou have no values");
	assert_int_equal(f->ledger.n_seen, 1);
}

static void unseen_is_not_seen_where_it_could_not_be_sent(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_ISSUE);
	dial_only(f, "*188*6#");
	f->session.rc = -ENOTCONN;
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_seen, 0);
}

static void unseen_on_a_page_of_its_own(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_ISSUE);
	fake_values(&f->ledger, 5);
	dial(f, "*188*2#");
	expect_open(f);
	expect(f, "bought 700 JPY");
	expect(f, "* More");
	expect_not(f, "500 JPY");
	assert_int_equal(f->ledger.n_seen, 1);
	answer(f, "*");
	expect(f, "500 JPY");
	expect_not(f, "bought");
	assert_int_equal(f->ledger.n_seen, 1);
}

static void unseen_that_was_not_finished(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_ISSUE);
	f->ledger.enter.unseen.outcome = OUTCOME_PENDING;
	dial(f, "*188#");
	expect(f, "not finished yet");
	f->ledger.enter.unseen.outcome = OUTCOME_FUNDS_INSUFFICIENT;
	dial(f, "*188#");
	expect(f, "not done");
}

static void result_is_seen_when_the_terminal_goes_on(void **state)
{
	struct fake *f = *state;

	dial(f, "*188#");
	answer(f, "1");
	answer(f, "1");
	answer(f, "1");
	assert_int_equal(f->ledger.n_seen, 0);
	answer(f, "0");
	assert_int_equal(f->ledger.n_seen, 1);
	assert_memory_equal(&f->ledger.seen, &f->ledger.issue_args.request_id,
			    sizeof(f->ledger.seen));
	answer(f, "6");
	answer(f, "0");
	assert_int_equal(f->ledger.n_seen, 1);
}

static void one_shot_result_is_not_seen(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	answer(f, "1");
	expect_end(f);
	assert_int_equal(f->ledger.n_seen, 0);
}

static void what_is_not_known_is_not_seen(void **state)
{
	static const enum outcome outcomes[] = { OUTCOME_PENDING, OUTCOME_UNCERTAIN,
						 OUTCOME_UNAVAILABLE };
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		f->ledger.issue.outcome = outcomes[i];
		dial(f, "*188*1#");
		answer(f, "1");
		answer(f, "1");
		answer(f, "0");
		expect(f, "1 Buy");
	}
	assert_int_equal(f->ledger.n_seen, 0);
}

/* --- anything at any time --------------------------------------------------- */

static const char *monkey_input(unsigned int *seed)
{
	static const char *const inputs[] = {
		"0",	"00",
		"1",	"1",
		"1",	"2",
		"3",	"4",
		"5",	"6",
		"7",	"*",
		"*",	"#",
		"500",	"09087654321",
		"4711", "Order",
		"",	"x",
		"\xff", "12345678901234567890",
	};

	return inputs[rand_r(seed) % ARRAY_SIZE(inputs)];
}

static void monkey_dials(struct fake *f, unsigned int *seed)
{
	static const char *const codes[] = { "*188#",	"*188*1#", "*188*1*500#", "*188*2#",
					     "*188*3#", "*188*4#", "*188*6#",	  "*188*7#" };
	static const enum outcome outcomes[] = { OUTCOME_OK,	       OUTCOME_OK,
						 OUTCOME_OK,	       OUTCOME_OK,
						 OUTCOME_BUSY,	       OUTCOME_UNCERTAIN,
						 OUTCOME_PENDING,      OUTCOME_REPEAT_SUSPECTED,
						 OUTCOME_NOT_OWNER,    OUTCOME_TERMINAL_BLOCKED,
						 OUTCOME_PRICE_CHANGED };
	static const char *const languages[] = { "en", "ja", "de" };
	struct ledger *l = &f->ledger;

	fake_language(f, languages[rand_r(seed) % ARRAY_SIZE(languages)]);
	fake_values(l, rand_r(seed) % 40);
	for (size_t i = 0; i < l->n_values; i++)
		l->states[i] = rand_r(seed) % 4 ? VALUE_STATE_ACTIVE : VALUE_STATE_EXPIRED;
	l->enter.has_unseen = rand_r(seed) % 3 == 0;
	l->enter.outcome = rand_r(seed) % 10 ? OUTCOME_OK : OUTCOME_TERMINAL_BLOCKED;
	l->issue.outcome = outcomes[rand_r(seed) % ARRAY_SIZE(outcomes)];
	l->quote.outcome = outcomes[rand_r(seed) % ARRAY_SIZE(outcomes)];
	l->transfer.outcome = outcomes[rand_r(seed) % ARRAY_SIZE(outcomes)];
	l->maintenance = rand_r(seed) % 20 == 0;
	l->uncancellable = rand_r(seed) % 10 == 0;
	f->ds->settings.confirm_oneshot = rand_r(seed) % 2;
	dial_only(f, codes[rand_r(seed) % ARRAY_SIZE(codes)]);
}

/* Keys, silence, answers of the ledger, aborts and dead links in any order: what is sent always
 * fits, and nothing stays behind. */
static void monkey(void **state)
{
	struct fake *f = *state;
	unsigned int seed = 7;

	fake_unseen(&f->ledger, OPERATION_TRANSFER);
	for (unsigned int i = 0; i < 200000; i++) {
		unsigned int what = rand_r(&seed) % 100;

		if (!f->d || fake_over(f))
			monkey_dials(f, &seed);
		else if (what < 50)
			answer_only(f, monkey_input(&seed));
		else if (what < 95)
			fake_run(&f->ledger);
		else if (what < 96)
			pass_seconds(IDLE_S + 1);
		else if (what < 97)
			leave(f);
		else if (what < 98)
			f->session.rc = rand_r(&seed) % 2 ? -ENOTCONN : -EMSGSIZE;
		if (f->ledger.n_pending > FAKE_PENDING_MAX / 2)
			fake_run(&f->ledger);
		assert_int_equal(f->session.n_refused, 0);
	}
	if (!fake_over(f))
		leave(f);
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	assert_true(counted(f, DIALOGUE_CTR_TRANSFER_OK) > 10);
	assert_true(counted(f, DIALOGUE_CTR_UNSEEN_TOLD) > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unseen_is_seen_when_answered),
		TEST(unseen_in_a_one_shot_read),
		TEST(unseen_is_not_seen_where_it_could_not_be_sent),
		TEST(unseen_on_a_page_of_its_own),
		TEST(unseen_that_was_not_finished),
		TEST(result_is_seen_when_the_terminal_goes_on),
		TEST(one_shot_result_is_not_seen),
		TEST(what_is_not_known_is_not_seen),
		TEST(monkey),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
