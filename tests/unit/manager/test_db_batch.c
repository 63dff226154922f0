/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <osmocom/core/talloc.h>

#define N 6000

static const struct db_op op = { .name = "op" };
static struct db_request requests[N];
static struct db_batch batch, second;

static void wait_all(struct llist_head *waiting, size_t n)
{
	size_t i;

	INIT_LLIST_HEAD(waiting);
	for (i = 0; i < n; i++) {
		requests[i].op = &op;
		llist_add_tail(&requests[i].entry, waiting);
	}
}

/* Keys of a day's value ids, nearly all alike in their upper bits. */
static void test_keys(void **state)
{
	struct db_keys *keys = db_keys_new(NULL);
	uint64_t i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < DB_BATCH_MAX; i++)
			assert_true(db_keys_add(keys, (UINT64_C(2500) << 48) + i * 64));
		for (i = 0; i < DB_BATCH_MAX; i++)
			assert_false(db_keys_add(keys, (UINT64_C(2500) << 48) + i * 64));
		db_keys_clear(keys);
	}
	talloc_free(keys);
}

/* Random keys against the plain rule: each batch has a key once, each key keeps its order. */
static void test_gather_random(void **state)
{
	struct db_keys *keys = db_keys_new(NULL);
	static size_t last[50]; /* of each key: the last request taken, counted from 1 */
	size_t i, taken = 0;
	LLIST_HEAD(waiting);

	srand(1);
	for (i = 0; i < 500; i++)
		requests[i].conflict_key = rand() % 50; /* 0: none */
	wait_all(&waiting, 500);
	while (!llist_empty(&waiting)) {
		bool in[50] = { false };

		batch.n = 0;
		db_batch_gather(&batch, &waiting, keys, 37, NULL, 0);
		assert_in_range(batch.n, 1, 37);
		for (i = 0; i < batch.n; i++) {
			size_t place = batch.requests[i] - requests + 1;
			uint64_t key = batch.requests[i]->conflict_key;

			if (key == 0)
				continue;
			assert_false(in[key]);
			in[key] = true;
			assert_true(place > last[key]);
			last[key] = place;
		}
		taken += batch.n;
	}
	assert_int_equal(taken, 500);
	talloc_free(keys);
}

/* What other lanes have is left, in its place, and is taken once they have it no more. */
static void test_gather_leaves_rows_of_others(void **state)
{
	struct db_keys *keys = db_keys_new(NULL),
		       *others[2] = { db_keys_new(NULL), db_keys_new(NULL) };
	const struct db_keys *const rows[2] = { others[0], others[1] };
	static size_t last[50]; /* of each row: the last request taken, counted from 1 */
	size_t i, taken = 0, left = 0;
	LLIST_HEAD(waiting);

	srand(2);
	for (i = 0; i < 500; i++) {
		requests[i].conflict_key = rand() % 50;
		requests[i].row_key = i % 2 ? 0 : 1 + rand() % 49;
	}
	wait_all(&waiting, 500);
	while (taken < 500) {
		bool theirs[50] = { false };

		for (i = 0; i < 2; i++)
			db_keys_clear(others[i]);
		for (i = 0; i < 20; i++) {
			uint64_t key = 1 + rand() % 49;

			db_keys_add(others[i % 2], key);
			theirs[key] = true;
		}
		batch.n = 0;
		db_batch_gather(&batch, &waiting, keys, 37, rows, 2);
		for (i = 0; i < batch.n; i++) {
			size_t place = batch.requests[i] - requests + 1;
			uint64_t row = db_request_row(batch.requests[i]);

			assert_false(theirs[row]);
			if (batch.requests[i]->row_key) /* no conflict holds it back */
				continue;
			assert_true(row == 0 || place > last[row]);
			last[row] = place;
		}
		taken += batch.n;
		left += batch.n < 37 && taken < 500;
	}
	assert_true(llist_empty(&waiting));
	assert_true(left > 0);
	for (i = 0; i < 500; i++)
		requests[i].row_key = 0;
	for (i = 0; i < 2; i++)
		talloc_free(others[i]);
	talloc_free(keys);
}

static void test_gather_looks_only_so_far(void **state)
{
	struct db_keys *keys = db_keys_new(NULL);
	LLIST_HEAD(waiting);
	size_t i;

	for (i = 0; i < N; i++)
		requests[i].conflict_key = i < N - 1 ? 9 : 0;
	wait_all(&waiting, N);
	batch.n = 0;
	db_batch_gather(&batch, &waiting, keys, 16, NULL, 0);
	assert_int_equal(batch.n, 1);
	talloc_free(keys);
}

static void test_split(void **state)
{
	size_t n, i;

	for (n = 2; n <= 9; n++) {
		batch.n = n;
		batch.op = &op;
		second.n = 0;
		for (i = 0; i < n; i++)
			batch.requests[i] = &requests[i];
		db_batch_split(&batch, &second);
		assert_int_equal(batch.n + second.n, n);
		assert_true(batch.n >= 1 && second.n >= 1 && second.n - batch.n <= 1);
		for (i = 0; i < second.n; i++)
			assert_ptr_equal(second.requests[i], &requests[batch.n + i]);
		assert_ptr_equal(second.op, &op);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_gather_random),
		cmocka_unit_test(test_gather_leaves_rows_of_others),
		cmocka_unit_test(test_gather_looks_only_so_far),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
