/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "lib/amount.h"

static int parse(int64_t *amount, const char *text, const char *currency)
{
	return amount_parse(amount, text, (unsigned int)strlen(text), currency);
}

static void assert_parses(const char *text, const char *currency, int64_t expected)
{
	int64_t amount = -1;

	assert_int_equal(parse(&amount, text, currency), 0);
	assert_int_equal(amount, expected);
}

static void test_decimals_of_currencies(void **state)
{
	static const struct {
		const char *codes;
		int decimals;
	} known[] = {
		{ "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", 0 },
		{ "AED CHE EUR GBP MGA MRU SLE USD VED XAD XCG ZWG", 2 },
		{ "BHD IQD JOD KWD LYD OMR TND", 3 },
		{ "CLF UYW", 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		for (const char *code = known[i].codes; *code; code += code[3] ? 4 : 3) {
			char currency[CURRENCY_SIZE] = { code[0], code[1], code[2] };

			assert_int_equal(currency_decimals(currency), known[i].decimals);
		}
	}
}

/* All 17,576 codes of three letters: list one has 165 with a minor unit. */
static void test_there_are_no_other_currencies(void **state)
{
	int n[5] = { 0 };

	for (int i = 0; i < 26 * 26 * 26; i++) {
		char currency[CURRENCY_SIZE] = { (char)('A' + i / 676), (char)('A' + i / 26 % 26),
						 (char)('A' + i % 26) };
		int decimals = currency_decimals(currency);

		if (decimals == -ENOENT)
			continue;
		assert_in_range(decimals, 0, 4);
		n[decimals]++;
	}
	assert_int_equal(n[0], 17);
	assert_int_equal(n[1], 0);
	assert_int_equal(n[2], 139);
	assert_int_equal(n[3], 7);
	assert_int_equal(n[4], 2);
}

static void test_what_is_no_currency(void **state)
{
	static const char *const none[] = { "", "EU", "EURO", "eur", "XXX", "XTS", "XAU", "DEM" };
	int64_t amount = 7;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		assert_int_equal(currency_decimals(none[i]), -ENOENT);
		assert_int_equal(parse(&amount, "5", none[i]), -ENOENT);
	}
	assert_int_equal(amount, 7);
}

static void test_format(void **state)
{
	char text[AMOUNT_STR_SIZE];

	assert_string_equal(amount_format(text, 500, "JPY"), "500");
	assert_string_equal(amount_format(text, 0, "JPY"), "0");
	assert_string_equal(amount_format(text, 500, "EUR"), "5.00");
	assert_string_equal(amount_format(text, 5, "EUR"), "0.05");
	assert_string_equal(amount_format(text, 0, "EUR"), "0.00");
	assert_string_equal(amount_format(text, 1234567, "EUR"), "12345.67");
	assert_string_equal(amount_format(text, 5000, "KWD"), "5.000");
	assert_string_equal(amount_format(text, 1, "KWD"), "0.001");
	assert_string_equal(amount_format(text, 10000, "CLF"), "1.0000");
	assert_string_equal(amount_format(text, 500, "???"), "500");
}

static void test_format_of_sums(void **state)
{
	char text[AMOUNT_STR_SIZE];

	assert_string_equal(amount_format(text, -5, "EUR"), "-0.05");
	assert_string_equal(amount_format(text, -500, "JPY"), "-500");
	assert_string_equal(amount_format(text, INT64_MAX, "EUR"), "92233720368547758.07");
	assert_string_equal(amount_format(text, INT64_MIN, "EUR"), "-92233720368547758.08");
	assert_string_equal(amount_format(text, INT64_MIN, "JPY"), "-9223372036854775808");
	assert_string_equal(amount_format(text, INT64_MIN, "CLF"), "-922337203685477.5808");
}

static void test_parse(void **state)
{
	assert_parses("500", "JPY", 500);
	assert_parses("0500", "JPY", 500);
	assert_parses("5", "EUR", 500);
	assert_parses("5.0", "EUR", 500);
	assert_parses("5.00", "EUR", 500);
	assert_parses("0.01", "EUR", 1);
	assert_parses("05.01", "EUR", 501);
	assert_parses("5", "KWD", 5000);
	assert_parses("5.125", "KWD", 5125);
	assert_parses("0.0001", "CLF", 1);
}

static void test_what_is_no_amount(void **state)
{
	static const char *const bad[] = { "",	   ".",	   "5.",    ".5",   "5..0",    "5.0.0",
					   "-5",   "+5",   " 5",    "5 ",   "1,000",   "1 000",
					   "1e3",  "0x10", "5\n",   "NaN",  "5€",      "\xb2",
					   "5.-1", "5.+1", "1_000", "5.0x", "\xd9\xa1" };
	int64_t amount = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse(&amount, bad[i], "EUR"), -EINVAL);
	assert_int_equal(amount_parse(&amount, "5\0", 2, "EUR"), -EINVAL);
	assert_int_equal(amount, 7);
}

static void test_more_decimals_than_the_currency(void **state)
{
	int64_t amount = 7;

	assert_int_equal(parse(&amount, "5.0", "JPY"), -EDOM);
	assert_int_equal(parse(&amount, "5.000", "EUR"), -EDOM);
	assert_int_equal(parse(&amount, "5.001", "EUR"), -EDOM);
	assert_int_equal(parse(&amount, "5.0000", "KWD"), -EDOM);
	assert_int_equal(parse(&amount, "5.00000", "CLF"), -EDOM);
	assert_int_equal(amount, 7);
}

static void test_range(void **state)
{
	int64_t amount = 7;

	assert_int_equal(parse(&amount, "0", "EUR"), -ERANGE);
	assert_int_equal(parse(&amount, "0.00", "EUR"), -ERANGE);
	assert_parses("1000000000000000", "JPY", AMOUNT_MAX_MINOR);
	assert_int_equal(parse(&amount, "1000000000000001", "JPY"), -ERANGE);
	assert_parses("10000000000000.00", "EUR", AMOUNT_MAX_MINOR);
	assert_int_equal(parse(&amount, "10000000000000.01", "EUR"), -ERANGE);
	assert_int_equal(parse(&amount, "10000000000001", "EUR"), -ERANGE);
	assert_int_equal(parse(&amount, "18446744073709551617", "JPY"), -ERANGE);
	assert_int_equal(parse(&amount, "99999999999999999999999999999999999999999", "EUR"),
			 -ERANGE);
	assert_int_equal(amount, 7);
}

/* Nothing is lost between the two directions, at any size. */
static void test_round_trip(void **state)
{
	static const char *const currencies[] = { "JPY", "EUR", "KWD", "CLF" };

	for (size_t c = 0; c < ARRAY_SIZE(currencies); c++) {
		for (int64_t amount = 1; amount <= AMOUNT_MAX_MINOR; amount = amount * 3 + 1) {
			char text[AMOUNT_STR_SIZE];

			assert_parses(amount_format(text, amount, currencies[c]), currencies[c],
				      amount);
		}
	}
}

/* The text comes from the middle of a message: nothing behind len counts. */
static void test_length_is_respected(void **state)
{
	int64_t amount;

	assert_int_equal(amount_parse(&amount, "500#", 3, "JPY"), 0);
	assert_int_equal(amount, 500);
	assert_int_equal(amount_parse(&amount, "5.00", 1, "EUR"), 0);
	assert_int_equal(amount, 500);
	assert_int_equal(amount_parse(&amount, "5.00", 2, "EUR"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimals_of_currencies),
		cmocka_unit_test(test_there_are_no_other_currencies),
		cmocka_unit_test(test_what_is_no_currency),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_of_sums),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_what_is_no_amount),
		cmocka_unit_test(test_more_decimals_than_the_currency),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_length_is_respected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
