/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "manager/db_pace.h"

#define MAX 256
#define GOAL_US 10000

/* Batches as large as allowed, of a database that takes fixed + each * n; the last limit. */
static size_t run(struct db_pace *p, double fixed_us, double each_us, int batches)
{
	size_t limit = MAX;
	int i;

	for (i = 0; i < batches; i++) {
		limit = db_pace_limit(p, GOAL_US, MAX);
		db_pace_note(p, limit, fixed_us + each_us * limit);
	}
	return limit;
}

static void test_fast(void **state)
{
	struct db_pace p = { 0 };

	assert_int_equal(run(&p, 300, 30, 1000), MAX);
	assert_int_equal(db_pace_limit(&p, 0, MAX), MAX);
}

/* Too slow: as many as fit into the goal, within a tenth. */
static void test_slow(void **state)
{
	struct db_pace p = { 0 };
	size_t limit = run(&p, 1000, 100, 1000);

	assert_in_range(limit, 80, 100); /* (10,000 - 1,000) / 100 = 90 */
	/* and when it is fast again, all of them */
	assert_int_equal(run(&p, 300, 30, 1000), MAX);
}

/* A disk that takes longer than the goal: smaller batches would not help. */
static void test_fixed(void **state)
{
	struct db_pace p = { 0 };
	int i;

	for (i = 0; i < 200; i++)
		db_pace_note(&p, 1 + i % MAX, 50000 + 10 * (1 + i % MAX));
	assert_int_equal(db_pace_limit(&p, GOAL_US, MAX), MAX);
}

static void test_bounds(void **state)
{
	struct db_pace p = { 0 };

	assert_int_equal(db_pace_limit(&p, GOAL_US, MAX), MAX);
	assert_int_equal(run(&p, 0, 1e6, 300), DB_PACE_MIN);
	assert_int_equal(db_pace_limit(&p, GOAL_US, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fast),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
