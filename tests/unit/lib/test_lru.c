/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "lib/lru.h"

struct item {
	struct lru_entry lru;
	int number;
};

static uint8_t *key_of(uint8_t key[LRU_KEY_SIZE], int n)
{
	memset(key, 0, LRU_KEY_SIZE);
	memcpy(key, &n, sizeof(n));
	return key;
}

static struct item *put(struct lru *l, int n)
{
	uint8_t key[LRU_KEY_SIZE];
	struct item *i = lru_put(l, key_of(key, n));

	assert_int_equal(i->number, 0);
	i->number = n;
	return i;
}

static struct item *find(struct lru *l, int n)
{
	uint8_t key[LRU_KEY_SIZE];

	return lru_find(l, key_of(key, n));
}

static void finds_what_was_put(void **state)
{
	struct lru *l = lru_new(NULL, 1000, sizeof(struct item));
	int i;

	for (i = 1; i <= 1000; i++)
		put(l, i);
	assert_int_equal(lru_count(l), 1000);
	for (i = 1; i <= 1000; i++)
		assert_int_equal(find(l, i)->number, i);
	assert_null(find(l, 1001));
	assert_null(find(l, 0));
	talloc_free(l);
}

static void the_oldest_makes_room(void **state)
{
	struct lru *l = lru_new(NULL, 3, sizeof(struct item));

	put(l, 1);
	put(l, 2);
	put(l, 3);
	assert_non_null(find(l, 1)); /* looked at: 2 is the oldest now */
	put(l, 4);
	assert_int_equal(lru_count(l), 3);
	assert_null(find(l, 2));
	assert_non_null(find(l, 1));
	assert_non_null(find(l, 3));
	assert_int_equal(find(l, 4)->number, 4);
	talloc_free(l);
}

static void one_entry_is_a_table(void **state)
{
	struct lru *l = lru_new(NULL, 1, sizeof(struct item));
	int i;

	for (i = 1; i < 100; i++) {
		put(l, i);
		assert_int_equal(lru_count(l), 1);
		assert_null(find(l, i - 1));
		assert_int_equal(find(l, i)->number, i);
	}
	talloc_free(l);
}

static void removed_is_gone(void **state)
{
	struct lru *l = lru_new(NULL, 10, sizeof(struct item));
	int i;

	for (i = 1; i <= 10; i++)
		put(l, i);
	for (i = 1; i <= 10; i += 2)
		lru_remove(l, find(l, i));
	assert_int_equal(lru_count(l), 5);
	for (i = 1; i <= 10; i++)
		assert_int_equal(find(l, i) != NULL, i % 2 == 0);
	talloc_free(l);
}

static void walks_from_the_latest(void **state)
{
	struct lru *l = lru_new(NULL, 10, sizeof(struct item));
	struct item *i;

	assert_null(lru_first(l));
	assert_null(lru_oldest(l));
	put(l, 1);
	put(l, 2);
	put(l, 3);
	find(l, 1);
	i = lru_first(l);
	assert_int_equal(i->number, 1);
	i = lru_next(l, i);
	assert_int_equal(i->number, 3);
	i = lru_next(l, i);
	assert_int_equal(i->number, 2);
	assert_null(lru_next(l, i));
	assert_ptr_equal(lru_oldest(l), i);
	talloc_free(l);
}

static void whole_keys_are_compared(void **state)
{
	struct lru *l = lru_new(NULL, 100, sizeof(struct item));
	uint8_t key[LRU_KEY_SIZE] = { 0 };
	struct item *i;
	int octet;

	for (octet = 0; octet < LRU_KEY_SIZE; octet++) {
		memset(key, 0, sizeof(key));
		key[octet] = 1;
		assert_null(lru_find(l, key));
		i = lru_put(l, key);
		i->number = octet + 1;
	}
	for (octet = 0; octet < LRU_KEY_SIZE; octet++) {
		memset(key, 0, sizeof(key));
		key[octet] = 1;
		i = lru_find(l, key);
		assert_int_equal(i->number, octet + 1);
	}
	talloc_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_put),	 cmocka_unit_test(the_oldest_makes_room),
		cmocka_unit_test(one_entry_is_a_table),	 cmocka_unit_test(removed_is_gone),
		cmocka_unit_test(walks_from_the_latest), cmocka_unit_test(whole_keys_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
