/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "gateway/rate_limits.h"

#define SECOND_US 1000000ULL

static struct gateway_limits limits;
static struct rate_limits *rl;
static struct source_address home = { { [10] = 0xff, [11] = 0xff, [15] = 1 } };
static struct source_address away = { { [10] = 0xff, [11] = 0xff, [15] = 2 } };
static const uint8_t key_1[32] = { 1 }, key_2[32] = { 2 };
static struct link_check_result answer;

static int set_up(void **state)
{
	limits = (struct gateway_limits){
		.shops = 4,
		.addresses = 4,
		.new_key_rate_per_s = 10,
		.new_key_burst = 20,
		.failure_rate_per_min = 60,
		.failure_burst = 2,
	};
	answer = (struct link_check_result){ .shop_code = "71001",
					     .rate_per_s = 5,
					     .rate_burst = 50 };
	rl = rate_limits_new(NULL, &limits);
	return rl ? 0 : -1;
}

static int tear_down(void **state)
{
	talloc_free(rl);
	return 0;
}

static void new_keys_have_a_bucket_each(void **state)
{
	assert_int_equal(rate_limits_take(rl, key_1, &home, 20, 0), 0);
	assert_int_not_equal(rate_limits_take(rl, key_1, &home, 1, 0), 0);
	assert_int_equal(rate_limits_take(rl, key_2, &home, 20, 0), 0);
}

static void a_known_shop_has_its_own_rate(void **state)
{
	struct shop_usage *shop;

	assert_int_equal(rate_limits_take(rl, key_1, &home, 20, 0), 0);
	shop = rate_limits_verified(rl, key_1, &answer, 20, 0);
	assert_string_equal(shop->code, "71001");
	assert_int_equal(shop->bucket.burst, 50);
	/* It starts as a new key does (20), and these were taken: five a second from here. */
	assert_int_not_equal(rate_limits_take(rl, key_1, &home, 1, 0), 0);
	assert_int_equal(rate_limits_take(rl, key_1, &home, 5, SECOND_US), 0);
	assert_int_not_equal(rate_limits_take(rl, key_1, &home, 1, SECOND_US), 0);
	assert_int_equal(rate_limits_take(rl, key_1, &home, 50, 60 * SECOND_US), 0);
	assert_int_equal(shop->n_limited, 2);
}

static void keys_of_one_shop_share(void **state)
{
	assert_int_equal(rate_limits_take(rl, key_1, &home, 1, 0), 0);
	assert_int_equal(rate_limits_take(rl, key_2, &home, 1, 0), 0);
	rate_limits_verified(rl, key_1, &answer, 1, 0);
	rate_limits_verified(rl, key_2, &answer, 1, 0);
	assert_int_equal(rate_limits_shop_count(rl), 1);
	assert_int_equal(rate_limits_take(rl, key_1, &home, 50, 60 * SECOND_US), 0);
	assert_int_not_equal(rate_limits_take(rl, key_2, &home, 1, 60 * SECOND_US), 0);
}

static void live_and_test_do_not_share(void **state)
{
	assert_int_equal(rate_limits_take(rl, key_1, &home, 1, 0), 0);
	rate_limits_verified(rl, key_1, &answer, 1, 0);
	answer.test = true;
	rate_limits_verified(rl, key_2, &answer, 1, 0);
	assert_int_equal(rate_limits_shop_count(rl), 2);
}

static void guessing_is_stopped_by_address(void **state)
{
	uint8_t key[32] = { 0 };
	int i;

	for (i = 0; i < 2; i++) {
		key[0] = 100 + i;
		assert_int_equal(rate_limits_take(rl, key, &home, 1, 0), 0);
		rate_limits_refused(rl, key, &home, 0);
	}
	key[0] = 110;
	assert_int_not_equal(rate_limits_take(rl, key, &home, 1, 0), 0);
	/* Others are not held up; one a second comes back. */
	assert_int_equal(rate_limits_take(rl, key, &away, 1, 0), 0);
	assert_int_equal(rate_limits_take(rl, key, &home, 1, SECOND_US), 0);
}

static void guesses_at_once_are_all_counted(void **state)
{
	int i;

	for (i = 0; i < 10; i++)
		assert_int_equal(rate_limits_take(rl, key_1, &home, 1, 0), 0);
	for (i = 0; i < 10; i++)
		rate_limits_refused(rl, key_1, &home, 0);
	assert_int_not_equal(rate_limits_take(rl, key_2, &home, 1, 8 * SECOND_US), 0);
	assert_int_equal(rate_limits_take(rl, key_2, &home, 1, 9 * SECOND_US), 0);
}

static void a_good_key_is_not_held_up_by_guessers(void **state)
{
	uint8_t key[32] = { 99 };
	int i;

	assert_int_equal(rate_limits_take(rl, key_1, &home, 1, 0), 0);
	rate_limits_verified(rl, key_1, &answer, 1, 0);
	for (i = 0; i < 5; i++)
		rate_limits_refused(rl, key, &home, 0);
	assert_int_equal(rate_limits_take(rl, key_1, &home, 1, 0), 0);
	/* Until it is revoked. */
	rate_limits_refused(rl, key_1, &home, 0);
	assert_int_not_equal(rate_limits_take(rl, key_1, &home, 1, 0), 0);
}

static void one_ipv6_subscriber_is_one_address(void **state)
{
	struct source_address a = { { 0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 1 } };
	struct source_address b = { { 0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 2 } };
	struct source_address c = { { 0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 5, 1 } };

	rate_limits_refused(rl, key_1, &a, 0);
	rate_limits_refused(rl, key_1, &b, 0);
	assert_int_not_equal(rate_limits_take(rl, key_1, &b, 1, 0), 0);
	assert_int_equal(rate_limits_take(rl, key_1, &c, 1, 0), 0);
}

static void what_nobody_answered_is_given_back(void **state)
{
	assert_int_equal(rate_limits_take(rl, key_1, &home, 20, 0), 0);
	rate_limits_undecided(rl, key_1, 20);
	assert_int_equal(rate_limits_take(rl, key_1, &home, 1, 0), 0);
	rate_limits_verified(rl, key_1, &answer, 1, 0);
	assert_int_equal(rate_limits_take(rl, key_1, &home, 50, 60 * SECOND_US), 0);
	rate_limits_undecided(rl, key_1, 50);
	assert_int_equal(rate_limits_take(rl, key_1, &home, 50, 60 * SECOND_US), 0);
}

static void tables_are_bounded(void **state)
{
	uint8_t key[32] = { 0 };
	int i;

	for (i = 0; i < 100; i++) {
		key[0] = i;
		snprintf(answer.shop_code, sizeof(answer.shop_code), "71%03u", key[0]);
		rate_limits_take(rl, key, &home, 1, 0);
		rate_limits_verified(rl, key, &answer, 1, 0);
	}
	assert_int_equal(rate_limits_shop_count(rl), 4);
	assert_string_equal(rate_limits_next_shop(rl, NULL)->code, "71099");
}

static void a_rate_that_is_not_told_stays(void **state)
{
	struct shop_usage *shop;

	answer.rate_per_s = 0;
	shop = rate_limits_verified(rl, key_1, &answer, 1, 0);
	assert_int_equal(shop->bucket.rate_per_s, 10);
	answer.rate_per_s = 7;
	answer.rate_burst = 0;
	shop = rate_limits_verified(rl, key_1, &answer, 1, 0);
	assert_int_equal(shop->bucket.rate_per_s, 7);
	assert_int_equal(shop->bucket.burst, 7);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_keys_have_a_bucket_each),
		TEST(a_known_shop_has_its_own_rate),
		TEST(keys_of_one_shop_share),
		TEST(live_and_test_do_not_share),
		TEST(guessing_is_stopped_by_address),
		TEST(guesses_at_once_are_all_counted),
		TEST(a_good_key_is_not_held_up_by_guessers),
		TEST(one_ipv6_subscriber_is_one_address),
		TEST(what_nobody_answered_is_given_back),
		TEST(tables_are_bounded),
		TEST(a_rate_that_is_not_told_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
