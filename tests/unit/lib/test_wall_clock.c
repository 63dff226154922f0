/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The time that the record goes by, while the host's own clock does what it likes. */
#include "lib/wall_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/request_id.h"

#define HOUR_US (3600 * INT64_C(1000000))
#define START_US (INT64_C(1800000000) * 1000000)

static int64_t real_us = START_US, monotonic_us = 5 * HOUR_US;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int64_t us = clock == CLOCK_MONOTONIC ? monotonic_us : real_us;

	ts->tv_sec = us / 1000000;
	ts->tv_nsec = us % 1000000 * 1000;
	return 0;
}

static void test_the_host_s_own_until_set(void **state)
{
	assert_int_equal(wall_clock_us(), START_US);
	real_us += HOUR_US;
	assert_int_equal(wall_clock_s(), (START_US + HOUR_US) / 1000000);
}

static void test_goes_on_whatever_the_host_s_does(void **state)
{
	assert_int_equal(wall_clock_set(START_US), START_US - real_us);
	real_us -= 24 * HOUR_US;
	monotonic_us += 1500;
	assert_int_equal(wall_clock_us(), START_US + 1500);
	real_us += 48 * HOUR_US;
	assert_int_equal(wall_clock_us(), START_US + 1500);
	assert_int_equal(wall_clock_set(START_US - HOUR_US), START_US - HOUR_US - real_us);
	assert_int_equal(wall_clock_us(), START_US - HOUR_US);
}

/* The record's clock itself is set back: ids go on from where they were. */
static void test_request_ids_never_go_back(void **state)
{
	struct request_id before, id;

	wall_clock_set(START_US + 24 * HOUR_US);
	assert_int_equal(request_id_mint(&before), 0);
	wall_clock_set(START_US);
	for (int i = 0; i < 1000; i++) {
		monotonic_us += 500;
		assert_int_equal(request_id_mint(&id), 0);
		assert_true(memcmp(&id, &before, sizeof(id)) > 0);
		before = id;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_host_s_own_until_set),
		cmocka_unit_test(test_goes_on_whatever_the_host_s_does),
		cmocka_unit_test(test_request_ids_never_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
