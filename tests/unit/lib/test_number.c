/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "lib/number.h"

static const struct number_plan japan = { "81", "0", "010" };
static const struct number_plan germany = { "49", "0", "00" };
static const struct number_plan america = { "1", "1", "011" };
static const struct number_plan denmark = { "45", "", "00" };
static const struct number_plan italy = { "39", "", "00" };
static const struct number_plan none = { "", "0", "00" };

struct dialled {
	const struct number_plan *plan;
	const char *text;
	const char *number; /* NULL: -EINVAL */
	enum number_kind kind;
};

static void check(const struct dialled *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct dialled *c = &cases[i];
		char number[NUMBER_SIZE] = "untouched";
		enum number_kind kind;
		int rc = number_parse(number, &kind, c->text, (unsigned int)strlen(c->text),
				      c->plan);

		if (!c->number) {
			assert_int_equal(rc, -EINVAL);
			assert_string_equal(number, "untouched");
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(number, c->number);
		assert_int_equal(kind, c->kind);
	}
}

static void test_forms_of_one_number(void **state)
{
	static const struct dialled cases[] = {
		{ &japan, "+819012345678", "819012345678", NUMBER_E164 },
		{ &japan, "010819012345678", "819012345678", NUMBER_E164 },
		{ &japan, "09012345678", "819012345678", NUMBER_E164 },
		{ &japan, "819012345678", "819012345678", NUMBER_E164 },
		{ &japan, "+81 90-1234-5678", "819012345678", NUMBER_E164 },
		{ &japan, "(090) 1234 5678", "819012345678", NUMBER_E164 },
		{ &japan, "090-1234-5678", "819012345678", NUMBER_E164 },
		{ &germany, "0049 151 23456789", "4915123456789", NUMBER_E164 },
		{ &germany, "0151 23456789", "4915123456789", NUMBER_E164 },
		{ &america, "12125551234", "12125551234", NUMBER_E164 },
		{ &america, "011 81 90 1234 5678", "819012345678", NUMBER_E164 },
		{ &denmark, "0045 2012 3456", "4520123456", NUMBER_E164 },
		{ &denmark, "20 12 34 56", "4520123456", NUMBER_E164 },
		{ &denmark, "+46 70 1234567", "46701234567", NUMBER_E164 },
		{ &italy, "06 698 2345", "39066982345",
		  NUMBER_E164 }, /* its 0 is part of the number */
		{ &none, "0045 2012 3456", "4520123456", NUMBER_E164 },
		{ &none, "4520123456", "4520123456", NUMBER_E164 },
	};

	check(cases, ARRAY_SIZE(cases));
}

static void test_shop_codes(void **state)
{
	static const struct dialled cases[] = {
		{ &japan, "1234", "1234", NUMBER_SHOP },
		{ &japan, "123456", "123456", NUMBER_SHOP },
		{ &japan, "12 34-5", "12345", NUMBER_SHOP },
		{ &japan, "123", NULL },
		{ &japan, "1234567", "1234567", NUMBER_E164 },
		{ &japan, "+1234", NULL },
		{ &japan, "01234", NULL }, /* a national number, and too short for one */
		{ &germany, "001234", NULL },
	};

	check(cases, ARRAY_SIZE(cases));
}

static void test_lengths(void **state)
{
	static const struct dialled cases[] = {
		{ &japan, "+1234567", "1234567", NUMBER_E164 },
		{ &japan, "+123456", NULL },
		{ &japan, "+123456789012345", "123456789012345", NUMBER_E164 },
		{ &japan, "+1234567890123456", NULL },
		{ &japan, "1234567890123456", NULL },
		{ &japan, "010123456789012345", "123456789012345", NUMBER_E164 },
		{ &japan, "0101234567890123456", NULL },
		{ &japan, "01234567890123", "811234567890123", NUMBER_E164 },
		{ &japan, "012345678901234", NULL },
		{ &japan, "1111111111111111111111111111111111111111111111111111", NULL },
		{ &japan, "0111111111111111111111111111111111111111111111111111", NULL },
	};

	check(cases, ARRAY_SIZE(cases));
}

static void test_what_is_no_number(void **state)
{
	static const struct dialled cases[] = {
		{ &japan, "", NULL },
		{ &japan, " ", NULL },
		{ &japan, "+", NULL },
		{ &japan, "()", NULL },
		{ &japan, "++819012345678", NULL },
		{ &japan, "81+9012345678", NULL },
		{ &japan, "819012345678+", NULL },
		{ &japan, "81901234567a", NULL },
		{ &japan, "8190123*5678", NULL },
		{ &japan, "8190123#5678", NULL },
		{ &japan, "8190123.5678", NULL },
		{ &japan, "tel:+819012345678", NULL },
		{ &japan, "81901234\n5678", NULL },
		{ &japan, "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93\xef\xbc\x94", NULL },
	};

	check(cases, ARRAY_SIZE(cases));
}

/* A number that may be meant in two ways may be somebody else's. */
static void test_ambiguous_numbers_are_refused(void **state)
{
	static const struct dialled cases[] = {
		{ &japan, "+81 (0)90-1234-5678", NULL }, { &japan, "+81(90)12345678", NULL },
		{ &japan, "+0819012345678", NULL },	 { &japan, "0100819012345678", NULL },
		{ &none, "09012345678", NULL },
	};

	check(cases, ARRAY_SIZE(cases));
}

static void test_nul_and_length(void **state)
{
	char number[NUMBER_SIZE];
	enum number_kind kind;

	assert_int_equal(number_parse(number, &kind, "1234\0", 5, &japan), -EINVAL);
	assert_int_equal(number_parse(number, &kind, "123456789", 5, &japan), 0);
	assert_string_equal(number, "12345");
}

static void test_strict_forms(void **state)
{
	assert_true(number_is_e164("1234567"));
	assert_true(number_is_e164("123456789012345"));
	assert_false(number_is_e164("123456"));
	assert_false(number_is_e164("1234567890123456"));
	assert_false(number_is_e164("+1234567"));
	assert_false(number_is_e164("0123456789"));
	assert_false(number_is_e164("1234567 "));
	assert_false(number_is_e164(""));
	assert_true(number_is_shop("1234"));
	assert_true(number_is_shop("000000"));
	assert_false(number_is_shop("123"));
	assert_false(number_is_shop("1234567"));
	assert_false(number_is_shop("12a4"));
	assert_false(number_is_shop(""));
}

static void test_mask(void **state)
{
	char text[MASKED_SIZE];

	assert_string_equal(mask_digits(text, "819012345678"), "81********78");
	assert_string_equal(mask_digits(text, "001010000000001"), "00***********01");
	assert_string_equal(mask_digits(text, "07123456789012345674"), "07****************74");
	assert_string_equal(mask_digits(text, "1234567"), "12***67");
	assert_string_equal(mask_digits(text, "123456"), "123456");
	assert_string_equal(mask_digits(text, ""), "");
	assert_string_equal(mask_digits(text, "+819012345678"), "+8*********78");
}

static void test_mask_of_what_is_no_number(void **state)
{
	char text[MASKED_SIZE];

	assert_string_equal(mask_digits(text, "\033[31m"), "??31?");
	assert_string_equal(mask_digits(text, "\n\n345678\n\n"), "??******??");
	assert_string_equal(mask_digits(text, "12345678901234567890123456789"),
			    "12*******************89");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms_of_one_number),
		cmocka_unit_test(test_shop_codes),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_what_is_no_number),
		cmocka_unit_test(test_ambiguous_numbers_are_refused),
		cmocka_unit_test(test_nul_and_length),
		cmocka_unit_test(test_strict_forms),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_mask_of_what_is_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
