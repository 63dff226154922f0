/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "gateway/deadline.h"
#include "tests/lib/loop.h"

static struct deadlines *ds;
static struct deadline *expired[16];
static int n_expired;
static struct deadline *enter_again;

static void on_expired(void *data, struct deadline *d)
{
	expired[n_expired++] = d;
	if (d == enter_again)
		deadline_enter(ds, d, 1);
}

static int set_up(void **state)
{
	ds = deadlines_new(NULL, on_expired, NULL);
	n_expired = 0;
	enter_again = NULL;
	deadlines_set_ms(ds, 0, 30);
	deadlines_set_ms(ds, 1, 60000);
	return 0;
}

static int tear_down(void **state)
{
	talloc_free(ds);
	return 0;
}

static void in_order_of_entering(void **state)
{
	struct deadline d[3] = { 0 };
	int i;

	for (i = 0; i < 3; i++)
		deadline_enter(ds, &d[i], 0);
	loop_until(n_expired == 3);
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(expired[i], &d[i]);
		assert_int_equal(d[i].at_us, 0);
	}
}

static void who_left_does_not_expire(void **state)
{
	struct deadline a = { 0 }, b = { 0 }, c = { 0 };

	deadline_enter(ds, &a, 0);
	deadline_enter(ds, &b, 0);
	deadline_enter(ds, &c, 0);
	deadline_leave(&a);
	deadline_leave(&a); /* twice is allowed */
	deadline_enter(ds, &b, 1);
	loop_until(n_expired == 1);
	loop_turns(3);
	assert_int_equal(n_expired, 1);
	assert_ptr_equal(expired[0], &c);
	deadline_leave(&b);
}

static void entering_again_starts_anew(void **state)
{
	struct deadline a = { 0 }, b = { 0 };

	deadline_enter(ds, &a, 0);
	deadline_enter(ds, &b, 0);
	deadline_enter(ds, &a, 0);
	loop_until(n_expired == 2);
	assert_ptr_equal(expired[0], &b);
	assert_ptr_equal(expired[1], &a);
}

static void not_before_its_time(void **state)
{
	struct deadline a = { 0 };
	uint64_t start_us = deadline_now_us();

	deadline_enter(ds, &a, 0);
	loop_until(n_expired == 1);
	assert_true(deadline_now_us() - start_us >= 30000);
}

static void may_enter_from_its_own_end(void **state)
{
	struct deadline a = { 0 };

	enter_again = &a;
	deadline_enter(ds, &a, 0);
	loop_until(n_expired == 1);
	loop_turns(3);
	assert_int_equal(n_expired, 1);
	assert_int_equal(a.phase, 1);
	deadline_leave(&a);
}

static void a_shorter_time_keeps_the_order(void **state)
{
	struct deadline a = { 0 }, b = { 0 };

	deadline_enter(ds, &a, 0);
	deadlines_set_ms(ds, 0, 1);
	deadline_enter(ds, &b, 0);
	assert_true(b.at_us >= a.at_us);
	loop_until(n_expired == 2);
	assert_ptr_equal(expired[0], &a);
}

static void a_shorter_time_is_not_held_up_by_who_left(void **state)
{
	struct deadline a = { 0 };

	deadline_enter(ds, &a, 1);
	deadline_leave(&a);
	deadlines_set_ms(ds, 1, 30);
	deadline_enter(ds, &a, 1);
	loop_until(n_expired == 1);
}

static void a_list_that_ran_empty_begins_again(void **state)
{
	struct deadline a = { 0 };
	int i;

	for (i = 0; i < 3; i++) {
		deadline_enter(ds, &a, 0);
		deadline_leave(&a);
	}
	loop_turns(2);
	deadline_enter(ds, &a, 0);
	loop_until(n_expired == 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_order_of_entering),
		TEST(who_left_does_not_expire),
		TEST(entering_again_starts_anew),
		TEST(not_before_its_time),
		TEST(may_enter_from_its_own_end),
		TEST(a_shorter_time_keeps_the_order),
		TEST(a_shorter_time_is_not_held_up_by_who_left),
		TEST(a_list_that_ran_empty_begins_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
