/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "lib/value_id.h"

#define DAY_0 1577836800LL /* 2020-01-01 */

static int parse(int64_t *id, const char *text)
{
	return value_id_parse(id, text, (unsigned int)strlen(text));
}

static void test_luhn_of_published_numbers(void **state)
{
	/* ISO/IEC 7812-1 annex B's own example, and card numbers that issuers publish. */
	assert_int_equal(luhn_digit("7992739871", 10), '3');
	assert_int_equal(luhn_digit("411111111111111", 15), '1');
	assert_int_equal(luhn_digit("37828224631000", 14), '5');
	assert_int_equal(luhn_digit("", 0), '0');
}

static void test_fields_of_a_drawn_id(void **state)
{
	for (unsigned int home = 0; home < VALUE_ID_HOMES; home++) {
		int64_t id;

		assert_int_equal(value_id_draw(&id, DAY_0 + 86400 * 2000LL + 86399, home), 0);
		assert_true(id > 0);
		assert_int_equal(value_id_home(id), home);
		assert_int_equal(value_id_day(id), 2000);
	}
}

static void test_days_that_fit(void **state)
{
	int64_t id;

	assert_int_equal(value_id_draw(&id, DAY_0 - 1, 0), -ERANGE);
	assert_int_equal(value_id_draw(&id, 0, 0), -ERANGE);
	assert_int_equal(value_id_draw(&id, DAY_0, 0), 0);
	assert_int_equal(value_id_day(id), 0);
	assert_int_equal(value_id_draw(&id, DAY_0 + 86400LL * 32768 - 1, 63), 0);
	assert_int_equal(value_id_day(id), 32767);
	assert_true(id > 0);
	assert_int_equal(value_id_draw(&id, DAY_0 + 86400LL * 32768, 63), -ERANGE);
	assert_int_equal(value_id_draw(&id, INT64_MAX, 63), -ERANGE);
}

static void test_ids_of_one_moment_differ(void **state)
{
	static int64_t ids[2000];
	uint64_t all_ones = UINT64_MAX, any_ones = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		assert_int_equal(value_id_draw(&ids[i], DAY_0, 0), 0);
		all_ones &= (uint64_t)ids[i];
		any_ones |= (uint64_t)ids[i];
		for (size_t j = 0; j < i; j++)
			assert_true(ids[i] != ids[j]);
	}
	/* Each of the 42 bits was 0 in one and 1 in another. */
	assert_true(any_ones == (1ull << 42) - 1);
	assert_true(all_ones == 0);
}

static void test_format(void **state)
{
	char text[VALUE_ID_STR_SIZE], grouped[VALUE_ID_GROUPED_SIZE];

	assert_string_equal(value_id_format(text, 1), "00000000000000000018");
	assert_string_equal(value_id_format_grouped(grouped, 1), "0000 0000 0000 0000 0018");
	assert_string_equal(value_id_format(text, INT64_MAX), "92233720368547758074");
	assert_string_equal(value_id_format(text, 712345678901234567LL), "07123456789012345674");
}

static void test_round_trip(void **state)
{
	char text[VALUE_ID_STR_SIZE], grouped[VALUE_ID_GROUPED_SIZE];
	int64_t parsed;

	for (int shift = 0; shift < 63; shift++) {
		int64_t id = INT64_MAX >> shift;

		assert_int_equal(parse(&parsed, value_id_format(text, id)), 0);
		assert_true(parsed == id);
		assert_int_equal(parse(&parsed, value_id_format_grouped(grouped, id)), 0);
		assert_true(parsed == id);
	}
}

/* The whole point of the check digit. */
static void test_every_mistyped_digit_is_refused(void **state)
{
	char text[VALUE_ID_STR_SIZE];
	int64_t id;

	value_id_format(text, 712345678901234567LL);
	for (int i = 0; i < VALUE_ID_DIGITS; i++) {
		char right = text[i];

		for (char wrong = '0'; wrong <= '9'; wrong++) {
			text[i] = wrong;
			assert_int_equal(parse(&id, text), wrong == right ? 0 : -EBADMSG);
		}
		text[i] = right;
	}
}

static void test_swapped_neighbours_are_refused(void **state)
{
	char text[VALUE_ID_STR_SIZE];
	int64_t id;

	value_id_format(text, 712345678901234567LL);
	for (int i = 0; i + 1 < VALUE_ID_DIGITS; i++) {
		char a = text[i], b = text[i + 1];

		if (a == b || (a == '0' && b == '9') || (a == '9' && b == '0'))
			continue; /* Luhn does not see 09 and 90 */
		text[i] = b;
		text[i + 1] = a;
		assert_int_equal(parse(&id, text), -EBADMSG);
		text[i] = a;
		text[i + 1] = b;
	}
}

static void test_what_is_no_id(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"0000000000000000001",
		"000000000000000000018",
		" 00000000000000000018",
		"00000000000000000018 ",
		"-00000000000000000018",
		"+0000000000000000018",
		"0000000000000000001x",
		"0000.0000.0000.0000.0018",
		"0000\t0000 0000 0000 0018",
		"0x000000000000000018",
		"\xd9\xa0 0000 0000 0000 0018",
	};
	int64_t id = 42;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse(&id, bad[i]), -EINVAL);
	assert_true(id == 42);
}

static void test_separators_between_digits(void **state)
{
	int64_t id;

	assert_int_equal(parse(&id, "0000-0000-0000-0000-0018"), 0);
	assert_true(id == 1);
	assert_int_equal(parse(&id, "0  0-0 - 0 000000000000000018"), -EINVAL);
	assert_int_equal(parse(&id, "0  0-0 - 0 000 0000000000018"), 0);
	assert_true(id == 1);
}

static void test_truncated_at_every_length(void **state)
{
	char grouped[VALUE_ID_GROUPED_SIZE];
	int64_t id;

	value_id_format_grouped(grouped, 712345678901234567LL);
	for (unsigned int len = 0; len < strlen(grouped); len++)
		assert_int_equal(value_id_parse(&id, grouped, len), -EINVAL);
}

static void test_more_than_63_bits(void **state)
{
	int64_t id;

	assert_int_equal(parse(&id, "92233720368547758074"), 0);
	assert_true(id == INT64_MAX);
	assert_int_equal(parse(&id, "92233720368547758082"), -ERANGE);
	assert_int_equal(parse(&id, "99999999999999999999"), -ERANGE);
	assert_int_equal(parse(&id, "00000000000000000000"), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_luhn_of_published_numbers),
		cmocka_unit_test(test_fields_of_a_drawn_id),
		cmocka_unit_test(test_days_that_fit),
		cmocka_unit_test(test_ids_of_one_moment_differ),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_mistyped_digit_is_refused),
		cmocka_unit_test(test_swapped_neighbours_are_refused),
		cmocka_unit_test(test_what_is_no_id),
		cmocka_unit_test(test_separators_between_digits),
		cmocka_unit_test(test_truncated_at_every_length),
		cmocka_unit_test(test_more_than_63_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
