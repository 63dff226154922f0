/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "manager/terminal_rates.h"

#define SECOND_US 1000000ULL
#define A "001010000000001"

static void a_burst_then_by_the_minute(void **state)
{
	struct terminal_rates *tr = *state;
	uint64_t now_us = 7 * SECOND_US;

	for (int i = 0; i < 5; i++)
		assert_true(terminal_rates_take(tr, A, 6, 5, now_us));
	assert_false(terminal_rates_take(tr, A, 6, 5, now_us));
	/* Six a minute: one every ten seconds, and refusals cost nothing. */
	for (int i = 0; i < 100; i++)
		assert_false(terminal_rates_take(tr, A, 6, 5, now_us + 9 * SECOND_US));
	assert_true(terminal_rates_take(tr, A, 6, 5, now_us + 10 * SECOND_US));
	assert_false(terminal_rates_take(tr, A, 6, 5, now_us + 10 * SECOND_US));
	/* After a long absence a burst, and no more. */
	now_us += 100000 * SECOND_US;
	for (int i = 0; i < 5; i++)
		assert_true(terminal_rates_take(tr, A, 6, 5, now_us));
	assert_false(terminal_rates_take(tr, A, 6, 5, now_us));
}

static void what_is_given_back(void **state)
{
	struct terminal_rates *tr = *state;

	for (int i = 0; i < 100; i++) {
		assert_true(terminal_rates_take(tr, A, 6, 5, SECOND_US));
		terminal_rates_give(tr, A);
	}
	terminal_rates_give(tr, "001010000000009");
	/* Never more than a burst. */
	terminal_rates_give(tr, A);
	for (int i = 0; i < 5; i++)
		assert_true(terminal_rates_take(tr, A, 6, 5, SECOND_US));
	assert_false(terminal_rates_take(tr, A, 6, 5, SECOND_US));
}

static void one_does_not_slow_another(void **state)
{
	struct terminal_rates *tr = *state;

	assert_true(terminal_rates_take(tr, A, 1, 1, SECOND_US));
	assert_false(terminal_rates_take(tr, A, 1, 1, SECOND_US));
	/* Not even one whose IMSI begins alike. */
	assert_true(terminal_rates_take(tr, "00101000000000", 1, 1, SECOND_US));
	assert_true(terminal_rates_take(tr, "001010000000002", 1, 1, SECOND_US));
	assert_int_equal(terminal_rates_count(tr), 3);
}

static void settings_that_change(void **state)
{
	struct terminal_rates *tr = *state;

	assert_true(terminal_rates_take(tr, A, 1, 1, SECOND_US));
	for (int i = 0; i < 100; i++)
		assert_true(terminal_rates_take(tr, A, 0, 1, SECOND_US));
	assert_false(terminal_rates_take(tr, A, 600, 100, SECOND_US));
	assert_true(terminal_rates_take(tr, A, 600, 100, SECOND_US + SECOND_US / 10));
}

static void more_terminals_than_are_remembered(void **state)
{
	struct terminal_rates *tr = *state;
	char imsi[32];

	for (int i = 0; i < TERMINAL_RATES_MAX + 1000; i++) {
		snprintf(imsi, sizeof(imsi), "00101%010d", i);
		assert_true(terminal_rates_take(tr, imsi, 1, 1, SECOND_US));
	}
	assert_int_equal(terminal_rates_count(tr), TERMINAL_RATES_MAX);
	/* The last is remembered, the first was forgotten. */
	assert_false(terminal_rates_take(tr, imsi, 1, 1, SECOND_US));
	assert_true(terminal_rates_take(tr, "001010000000000", 1, 1, SECOND_US));
}

static int make(void **state)
{
	*state = terminal_rates_new(NULL);
	return *state ? 0 : -1;
}

static int end(void **state)
{
	talloc_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_burst_then_by_the_minute, make, end),
		cmocka_unit_test_setup_teardown(what_is_given_back, make, end),
		cmocka_unit_test_setup_teardown(one_does_not_slow_another, make, end),
		cmocka_unit_test_setup_teardown(settings_that_change, make, end),
		cmocka_unit_test_setup_teardown(more_terminals_than_are_remembered, make, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
