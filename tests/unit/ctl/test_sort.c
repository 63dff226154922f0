/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sorting in memory and in a file, and keys of signed numbers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "manager/tegatactl/ctl_sort.h"

struct record {
	uint64_t key;
	uint64_t payload;
	uint8_t filler[40];
};

/* n numbers, some of them several times, in runs of so many octets. */
static void sorted(size_t n, size_t run_size)
{
	struct sort *s = sort_new("/tmp", sizeof(struct record), sizeof(uint64_t), run_size);
	const struct record *r;
	uint64_t sum = 0, got = 0;
	int64_t last = INT64_MIN;
	size_t i, count = 0;
	int error;

	assert_non_null(s);
	srandom(7);
	for (i = 0; i < n; i++) {
		int64_t v = random() % (n / 2 + 1) - (int64_t)(n / 4);
		struct record rec = { .key = sort_key_of(v), .payload = v * 3 };

		sum += v;
		assert_int_equal(sort_add(s, &rec), 0);
	}
	assert_int_equal(sort_finish(s), 0);
	while ((r = sort_next(s, &error))) {
		int64_t v = sort_key_value(r->key);

		assert_true(v >= last);
		assert_int_equal((int64_t)r->payload, v * 3);
		last = v;
		got += v;
		count++;
	}
	assert_int_equal(error, 0);
	assert_int_equal(count, n);
	assert_true(got == sum);
	assert_null(sort_next(s, &error));
	sort_free(s);
}

static void test_in_memory(void **state)
{
	sorted(0, 1 << 20);
	sorted(1, 1 << 20);
	sorted(1000, 1 << 20);
}

static void test_in_runs(void **state)
{
	sorted(10, sizeof(struct record)); /* a run a record */
	sorted(20, 10 * sizeof(struct record)); /* two full runs */
	sorted(21, 10 * sizeof(struct record));
	sorted(100000, 64 * 1024); /* many blocks a run */
	sorted(50000, 1 << 20);
}

static void test_keys(void **state)
{
	static const int64_t v[] = { INT64_MIN, -5, -1, 0, 1, 7, INT64_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v); i++)
		assert_int_equal(sort_key_value(sort_key_of(v[i])), v[i]);
}

static void test_no_place_for_the_file(void **state)
{
	struct sort *s = sort_new("/nonexistent", sizeof(struct record), 8, sizeof(struct record));
	struct record rec = { 0 };

	assert_int_equal(sort_add(s, &rec), 0);
	assert_int_equal(sort_add(s, &rec), -ENOENT);
	sort_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_memory),
		cmocka_unit_test(test_in_runs),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_no_place_for_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
