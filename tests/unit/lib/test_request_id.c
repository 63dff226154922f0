/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "lib/random.h"
#include "lib/request_id.h"

/* Both stand in front of the real ones. */
static struct timespec now;
static bool all_ones; /* the random source gives nothing but ones */
static bool broken;
static uint64_t seed = 1;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	*ts = now;
	return 0;
}

int random_fill(void *buf, size_t len)
{
	if (broken)
		return -EIO;
	for (size_t i = 0; i < len; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		((uint8_t *)buf)[i] = all_ones ? 0xff : (uint8_t)(seed >> 56);
	}
	return 0;
}

static int reset(void **state)
{
	/* Each test in an hour of its own: the newest id lives as long as the process. */
	now.tv_sec = (now.tv_sec ? now.tv_sec : 1700000000) + 3600;
	now.tv_nsec = 123456789;
	all_ones = broken = false;
	return 0;
}

static uint64_t milliseconds_of(const struct request_id *id)
{
	uint64_t ms = 0;

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | id->octets[i];
	return ms;
}

static void mint_after(struct request_id *id, const struct request_id *before)
{
	assert_int_equal(request_id_mint(id), 0);
	assert_int_equal(id->octets[6] >> 4, 7);
	assert_int_equal(id->octets[8] >> 6, 2);
	if (before)
		assert_true(memcmp(id, before, sizeof(*id)) > 0);
}

static void test_time_stands_in_front(void **state)
{
	struct request_id id;

	mint_after(&id, NULL);
	assert_true(milliseconds_of(&id) == (uint64_t)now.tv_sec * 1000 + 123);
}

static void test_rises_within_a_millisecond(void **state)
{
	struct request_id id, before;

	mint_after(&before, NULL);
	for (int i = 0; i < 100000; i++) {
		mint_after(&id, &before);
		assert_true(milliseconds_of(&id) == milliseconds_of(&before));
		before = id;
	}
}

static void test_rises_when_the_clock_is_set_back(void **state)
{
	struct request_id id, before;

	mint_after(&before, NULL);
	now.tv_sec -= 60;
	for (int i = 0; i < 1000; i++) {
		mint_after(&id, &before);
		before = id;
	}
	now.tv_sec += 120;
	mint_after(&id, &before);
	assert_true(milliseconds_of(&id) == (uint64_t)now.tv_sec * 1000 + 123);
}

static void test_rises_over_the_carry(void **state)
{
	struct request_id id, before;

	all_ones = true;
	mint_after(&before, NULL);
	assert_int_equal(before.octets[11], 0xff);
	/* The first step passes the end of what rises in rand_b and is carried into rand_a. */
	for (int i = 0; i < 5000; i++) {
		mint_after(&id, &before);
		before = id;
	}
}

static void test_ids_of_many_milliseconds_rise(void **state)
{
	struct request_id id, before;

	mint_after(&before, NULL);
	for (int i = 0; i < 5000; i++) {
		now.tv_nsec = (now.tv_nsec + 300000) % 1000000000; /* wraps: also set back */
		mint_after(&id, &before);
		before = id;
	}
}

static void test_ends_with_its_source(void **state)
{
	char buf[REQUEST_ID_STR_SIZE], digits[9];
	struct request_id id;
	uint32_t source, again;

	assert_int_equal(request_id_source(&source), 0);
	snprintf(digits, sizeof(digits), "%08x", (unsigned int)source);
	for (int i = 0; i < 1000; i++) {
		now.tv_nsec = i / 10 * 1000000;
		mint_after(&id, NULL);
		assert_string_equal(request_id_format(buf, &id) + REQUEST_ID_STR_SIZE - 9, digits);
	}
	broken = true;
	assert_int_equal(request_id_source(&again), 0);
	assert_int_equal(again, source);
}

static void test_no_random_source(void **state)
{
	struct request_id id;

	broken = true;
	assert_int_equal(request_id_mint(&id), -EIO);
	now.tv_sec++;
	assert_int_equal(request_id_mint(&id), -EIO);
	broken = false;
	mint_after(&id, NULL);
}

static void test_text_of_the_standard(void **state)
{
	/* The example of RFC 9562 appendix A.6. */
	static const char text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
	static const uint8_t octets[] = { 0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3,
					  0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f };
	struct request_id id;
	char buf[REQUEST_ID_STR_SIZE];

	assert_int_equal(request_id_parse(&id, text), 0);
	assert_memory_equal(id.octets, octets, sizeof(octets));
	assert_string_equal(request_id_format(buf, &id), text);
	assert_int_equal(request_id_parse(&id, "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), 0);
	assert_string_equal(request_id_format(buf, &id), text);
}

static void test_truncated_and_altered(void **state)
{
	static const char text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
	char altered[sizeof(text) + 1];
	struct request_id id;

	for (size_t len = 0; len < strlen(text); len++) {
		memcpy(altered, text, len);
		altered[len] = '\0';
		assert_int_equal(request_id_parse(&id, altered), -EINVAL);
	}
	for (size_t i = 0; i < strlen(text); i++) {
		static const char wrong[] = "gG-_ /:@`{\x80";

		for (size_t w = 0; w < strlen(wrong); w++) {
			strcpy(altered, text);
			if (altered[i] == wrong[w])
				continue;
			altered[i] = wrong[w];
			assert_int_equal(request_id_parse(&id, altered), -EINVAL);
		}
	}
	assert_int_equal(request_id_parse(&id, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0"), -EINVAL);
	assert_int_equal(request_id_parse(&id, "017f22e279b07cc398c4dc0c0c07398f"), -EINVAL);
	assert_int_equal(request_id_parse(&id, "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_time_stands_in_front, reset),
		cmocka_unit_test_setup(test_rises_within_a_millisecond, reset),
		cmocka_unit_test_setup(test_rises_when_the_clock_is_set_back, reset),
		cmocka_unit_test_setup(test_rises_over_the_carry, reset),
		cmocka_unit_test_setup(test_ids_of_many_milliseconds_rise, reset),
		cmocka_unit_test_setup(test_ends_with_its_source, reset),
		cmocka_unit_test_setup(test_no_random_source, reset),
		cmocka_unit_test(test_text_of_the_standard),
		cmocka_unit_test(test_truncated_and_altered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
