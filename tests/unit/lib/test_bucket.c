/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/bucket.h"

#define SECOND_US 1000000ULL

static void starts_full_and_runs_dry(void **state)
{
	struct bucket b;
	int i;

	bucket_init(&b, 10, 3, 5 * SECOND_US);
	for (i = 0; i < 3; i++)
		assert_int_equal(bucket_take(&b, 1, 5 * SECOND_US), 0);
	/* A tenth of a second for one token. */
	assert_in_range(bucket_take(&b, 1, 5 * SECOND_US), 100, 101);
}

static void fills_by_time(void **state)
{
	struct bucket b;

	bucket_init(&b, 10, 5, 0);
	assert_int_equal(bucket_take(&b, 5, 0), 0);
	assert_int_not_equal(bucket_take(&b, 1, SECOND_US / 10 - 1), 0);
	assert_int_equal(bucket_take(&b, 1, SECOND_US / 10), 0);
	/* Never above its size, however long nobody came. */
	assert_int_equal(bucket_take(&b, 5, UINT64_MAX / 2), 0);
	assert_int_not_equal(bucket_take(&b, 1, UINT64_MAX / 2), 0);
}

static void waiting_as_told_is_enough(void **state)
{
	struct bucket b;
	uint32_t rate, wait_ms;

	for (rate = 1; rate < 5000; rate = rate * 3 + 1) {
		uint64_t now_us = 0;

		bucket_init(&b, rate, 7, now_us);
		assert_int_equal(bucket_take(&b, 7, now_us), 0);
		wait_ms = bucket_take(&b, 2, now_us);
		assert_int_not_equal(wait_ms, 0);
		assert_int_equal(bucket_take(&b, 2, now_us + wait_ms * 1000ULL), 0);
	}
}

static void larger_than_the_bucket_passes_once_and_owes(void **state)
{
	struct bucket b;

	bucket_init(&b, 100, 100, 0);
	assert_int_equal(bucket_take(&b, 1000, 0), 0);
	/* 900 are owed: nine seconds to nothing, one more to a full bucket. */
	assert_int_not_equal(bucket_take(&b, 1, 9 * SECOND_US), 0);
	assert_int_equal(bucket_take(&b, 1, 9 * SECOND_US + SECOND_US / 100), 0);
	assert_int_not_equal(bucket_take(&b, 1000, 9 * SECOND_US + SECOND_US / 100), 0);
	assert_int_equal(bucket_take(&b, 1000, 11 * SECOND_US), 0);
}

static void given_back_is_there_again(void **state)
{
	struct bucket b;

	bucket_init(&b, 1, 2, 0);
	assert_int_equal(bucket_take(&b, 2, 0), 0);
	bucket_give(&b, 1);
	assert_int_equal(bucket_take(&b, 1, 0), 0);
	bucket_give(&b, 100);
	assert_int_equal(bucket_take(&b, 2, 0), 0);
	assert_int_not_equal(bucket_take(&b, 1, 0), 0);
}

static void owing_makes_debt(void **state)
{
	struct bucket b;

	bucket_init(&b, 1, 2, 0);
	bucket_owe(&b, 5, 0);
	assert_int_not_equal(bucket_take(&b, 1, 3 * SECOND_US), 0);
	assert_int_equal(bucket_take(&b, 1, 4 * SECOND_US), 0);
}

static void change_keeps_what_is_in_it(void **state)
{
	struct bucket b;

	bucket_init(&b, 10, 100, 0);
	assert_int_equal(bucket_take(&b, 60, 0), 0);
	bucket_change(&b, 1000, 1000, 0);
	assert_int_not_equal(bucket_take(&b, 41, 0), 0);
	assert_int_equal(bucket_take(&b, 40, 0), 0);
	bucket_init(&b, 10, 100, 0);
	bucket_change(&b, 10, 5, 0);
	assert_int_equal(bucket_take(&b, 5, 0), 0);
	assert_int_not_equal(bucket_take(&b, 1, 0), 0);
}

static void no_rate_never_fills(void **state)
{
	struct bucket b;

	bucket_init(&b, 0, 1, 0);
	assert_int_equal(bucket_take(&b, 1, 0), 0);
	assert_int_equal(bucket_take(&b, 1, 1000 * SECOND_US), UINT32_MAX);
}

static void time_that_goes_back_is_no_time(void **state)
{
	struct bucket b;

	bucket_init(&b, 10, 1, 10 * SECOND_US);
	assert_int_equal(bucket_take(&b, 1, 10 * SECOND_US), 0);
	assert_int_not_equal(bucket_take(&b, 1, 0), 0);
	assert_int_not_equal(bucket_take(&b, 1, 10 * SECOND_US), 0);
}

static void the_largest_numbers_do_not_overflow(void **state)
{
	struct bucket b;

	bucket_init(&b, UINT32_MAX, UINT32_MAX, 0);
	assert_int_equal(bucket_take(&b, UINT32_MAX, 0), 0);
	assert_int_equal(bucket_take(&b, UINT32_MAX, UINT64_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_full_and_runs_dry),
		cmocka_unit_test(fills_by_time),
		cmocka_unit_test(waiting_as_told_is_enough),
		cmocka_unit_test(larger_than_the_bucket_passes_once_and_owes),
		cmocka_unit_test(given_back_is_there_again),
		cmocka_unit_test(owing_makes_debt),
		cmocka_unit_test(change_keeps_what_is_in_it),
		cmocka_unit_test(no_rate_never_fills),
		cmocka_unit_test(time_that_goes_back_is_no_time),
		cmocka_unit_test(the_largest_numbers_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
