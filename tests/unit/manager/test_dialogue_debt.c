/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From when to when a terminal is owed a word about what it did: should the process die in
 * between, another one tells it. */
#include "dialogue_fake.h"

static void expect_debts(const struct fake *f, unsigned int n)
{
	assert_int_equal(f->ledger.n_debts, n);
}

static void buy(struct fake *f)
{
	dial(f, "*188#");
	answer(f, "1");
	answer(f, "1");
	expect_debts(f, 0);
	answer(f, "1");
	expect(f, "Bought 500 JPY");
}

static void leave(struct fake *f)
{
	dialogue_abort(f->d, "left");
	f->session.dropped = true;
}

static void owed_from_the_request_to_the_answer(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	expect_debts(f, 0);
	dialogue_answer(f->d, "1");
	expect_debts(f, 1); /* it is under way */
	fake_run(&f->ledger);
	expect_end(f);
	expect_debts(f, 0); /* a one-shot code's result is the last text */
	buy(f);
	expect_debts(f, 1); /* nobody has shown yet that he reads it */
	answer(f, "0");
	expect_debts(f, 0);
	expect_open(f);
}

static void a_second_operation_is_a_second_debt(void **state)
{
	struct fake *f = *state;

	buy(f);
	answer(f, "0");
	answer(f, "1");
	answer(f, "1");
	answer(f, "1");
	expect_debts(f, 1);
	leave(f);
	fake_run(&f->ledger);
	expect_debts(f, 0);
}

static void who_was_refused_is_owed_nothing(void **state)
{
	struct fake *f = *state;

	f->ledger.issue.outcome = OUTCOME_FUNDS_INSUFFICIENT;
	dial(f, "*188#");
	answer(f, "1");
	answer(f, "1");
	dialogue_answer(f->d, "1");
	expect_debts(f, 1);
	fake_run(&f->ledger);
	expect_open(f);
	expect_debts(f, 0);
}

static void who_left_is_owed_until_his_text_is_written(void **state)
{
	struct fake *f = *state;

	buy(f);
	f->ledger.told_outcome = OUTCOME_UNAVAILABLE;
	leave(f);
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	expect_debts(f, 1);
	pass_seconds(6);
	fake_run(&f->ledger);
	expect_debts(f, 1);
	f->ledger.told_outcome = OUTCOME_OK;
	pass_seconds(6);
	fake_run(&f->ledger);
	expect_debts(f, 0);
}

static void who_left_while_it_was_under_way(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	dialogue_answer(f->d, "1");
	leave(f);
	expect_debts(f, 1);
	f->ledger.issue.outcome = OUTCOME_FUNDS_INSUFFICIENT;
	fake_run(&f->ledger);
	expect_debts(f, 0);
	assert_int_equal(f->ledger.n_told, 0);
}

static void what_is_not_known_is_owed(void **state)
{
	struct fake *f = *state;

	f->ledger.issue.outcome = OUTCOME_UNCERTAIN;
	dial(f, "*188#");
	answer(f, "1");
	answer(f, "1");
	answer(f, "1");
	expect_open(f);
	expect_debts(f, 1);
	leave(f);
	expect_debts(f, 0);
}

static void the_end_of_the_process_pays_all(void **state)
{
	struct fake *f = *state;

	buy(f);
	f->ledger.told_outcome = OUTCOME_UNAVAILABLE;
	leave(f);
	fake_run(&f->ledger);
	expect_debts(f, 1);
	dial(f, "*188*1*500#");
	dialogue_answer(f->d, "1");
	expect_debts(f, 2);
	talloc_free(f->ds);
	expect_debts(f, 0);
	f->ds = dialogues_new(f->ctx, &f->ledger);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(owed_from_the_request_to_the_answer),
		TEST(a_second_operation_is_a_second_debt),
		TEST(who_was_refused_is_owed_nothing),
		TEST(who_left_is_owed_until_his_text_is_written),
		TEST(who_left_while_it_was_under_way),
		TEST(what_is_not_known_is_owed),
		TEST(the_end_of_the_process_pays_all),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
