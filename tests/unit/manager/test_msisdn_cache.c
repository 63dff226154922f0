/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/msisdn_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/talloc.h>

static const char *imsi_of(int n)
{
	static char imsi[4][GSUP_IMSI_SIZE];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(imsi[turn], sizeof(imsi[turn]), "00101%010d", n);
	return imsi[turn];
}

static void test_empty(void **state)
{
	struct msisdn_cache *c = msisdn_cache_new(NULL, 1);
	char msisdn[GSUP_MSISDN_SIZE] = "untouched";

	assert_int_equal(msisdn_cache_get(c, imsi_of(1), 0, msisdn), MSISDN_CACHE_MISS);
	assert_string_equal(msisdn, "untouched");
	assert_int_equal(msisdn_cache_count(c), 0);
	talloc_free(c);
}

static void test_known_and_none(void **state)
{
	struct msisdn_cache *c = msisdn_cache_new(NULL, 10);
	char msisdn[GSUP_MSISDN_SIZE] = "untouched";

	msisdn_cache_put(c, imsi_of(1), "819012345678", 100);
	msisdn_cache_put(c, imsi_of(2), NULL, 100);
	assert_int_equal(msisdn_cache_get(c, imsi_of(2), 0, msisdn), MSISDN_CACHE_NONE);
	assert_string_equal(msisdn, "untouched");
	assert_int_equal(msisdn_cache_get(c, imsi_of(1), 0, msisdn), MSISDN_CACHE_KNOWN);
	assert_string_equal(msisdn, "819012345678");
	talloc_free(c);
}

static void test_expires(void **state)
{
	struct msisdn_cache *c = msisdn_cache_new(NULL, 10);
	char msisdn[GSUP_MSISDN_SIZE];

	msisdn_cache_put(c, imsi_of(1), "819012345678", 100);
	assert_int_equal(msisdn_cache_get(c, imsi_of(1), 99, msisdn), MSISDN_CACHE_KNOWN);
	assert_int_equal(msisdn_cache_get(c, imsi_of(1), 100, msisdn), MSISDN_CACHE_MISS);
	assert_int_equal(msisdn_cache_count(c), 0);
	/* Asked again in time, the clock running back does not bring it back. */
	assert_int_equal(msisdn_cache_get(c, imsi_of(1), 50, msisdn), MSISDN_CACHE_MISS);
	talloc_free(c);
}

static void test_put_again(void **state)
{
	struct msisdn_cache *c = msisdn_cache_new(NULL, 10);
	char msisdn[GSUP_MSISDN_SIZE];

	msisdn_cache_put(c, imsi_of(1), "819012345678", 100);
	msisdn_cache_put(c, imsi_of(1), "819000000000", 200);
	assert_int_equal(msisdn_cache_count(c), 1);
	assert_int_equal(msisdn_cache_get(c, imsi_of(1), 150, msisdn), MSISDN_CACHE_KNOWN);
	assert_string_equal(msisdn, "819000000000");
	msisdn_cache_put(c, imsi_of(1), NULL, 200);
	assert_int_equal(msisdn_cache_get(c, imsi_of(1), 150, msisdn), MSISDN_CACHE_NONE);
	talloc_free(c);
}

static void test_longest_unasked_makes_room(void **state)
{
	struct msisdn_cache *c = msisdn_cache_new(NULL, 3);
	char msisdn[GSUP_MSISDN_SIZE];

	for (int i = 1; i <= 3; i++)
		msisdn_cache_put(c, imsi_of(i), "819012345678", 100);
	assert_int_equal(msisdn_cache_get(c, imsi_of(1), 0, msisdn), MSISDN_CACHE_KNOWN);
	msisdn_cache_put(c, imsi_of(4), "819012345678", 100);
	assert_int_equal(msisdn_cache_count(c), 3);
	assert_int_equal(msisdn_cache_get(c, imsi_of(2), 0, msisdn), MSISDN_CACHE_MISS);
	assert_int_equal(msisdn_cache_get(c, imsi_of(1), 0, msisdn), MSISDN_CACHE_KNOWN);
	assert_int_equal(msisdn_cache_get(c, imsi_of(3), 0, msisdn), MSISDN_CACHE_KNOWN);
	assert_int_equal(msisdn_cache_get(c, imsi_of(4), 0, msisdn), MSISDN_CACHE_KNOWN);
	talloc_free(c);
}

static void test_bounded(void **state)
{
	struct msisdn_cache *c = msisdn_cache_new(NULL, 1000);
	char msisdn[GSUP_MSISDN_SIZE], wanted[GSUP_MSISDN_SIZE];

	for (int i = 0; i < 20000; i++) {
		snprintf(wanted, sizeof(wanted), "8190%08d", i);
		msisdn_cache_put(c, imsi_of(i), wanted, 100);
	}
	assert_int_equal(msisdn_cache_count(c), 1000);
	for (int i = 0; i < 20000; i++) {
		bool there = i >= 19000;

		assert_int_equal(msisdn_cache_get(c, imsi_of(i), 0, msisdn),
				 there ? MSISDN_CACHE_KNOWN : MSISDN_CACHE_MISS);
		if (!there)
			continue;
		snprintf(wanted, sizeof(wanted), "8190%08d", i);
		assert_string_equal(msisdn, wanted);
	}
	talloc_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_known_and_none),
		cmocka_unit_test(test_expires),
		cmocka_unit_test(test_put_again),
		cmocka_unit_test(test_longest_unasked_makes_room),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
