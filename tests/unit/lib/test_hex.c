/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/hex.h"

static void test_every_character(void **state)
{
	static const char digits[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

	for (int c = 0; c < 256; c++) {
		const char *low = c ? strchr(digits, c) : NULL;
		const char *high = c ? strchr(upper, c) : NULL;
		int expected = low ? (int)(low - digits) : high ? (int)(high - upper) : -1;

		assert_int_equal(hex_digit((char)c), expected);
	}
}

static void test_round_trip_of_every_octet(void **state)
{
	uint8_t octets[256], back[256];
	char text[513];

	for (int i = 0; i < 256; i++)
		octets[i] = (uint8_t)i;
	hex_format(text, octets, sizeof(octets));
	assert_int_equal(strlen(text), 512);
	assert_memory_equal(text, "000102", 6);
	assert_string_equal(text + 506, "fdfeff");
	assert_int_equal(hex_parse(back, sizeof(back), text, strlen(text)), 0);
	assert_memory_equal(octets, back, sizeof(octets));
	assert_ptr_equal(hex_put(text, octets, 3), text + 6);
	assert_int_equal(text[6], '0'); /* no NUL was put */
}

static void test_what_is_refused(void **state)
{
	uint8_t octets[2];

	assert_int_equal(hex_parse(octets, 2, "abC", 3), -EINVAL);
	assert_int_equal(hex_parse(octets, 2, "abCde", 5), -EINVAL);
	assert_int_equal(hex_parse(octets, 2, "ab d", 4), -EINVAL);
	assert_int_equal(hex_parse(octets, 2, "abcg", 4), -EINVAL);
	assert_int_equal(hex_parse(octets, 2, "", 0), -EINVAL);
	assert_int_equal(hex_parse(octets, 0, "", 0), 0);
	assert_int_equal(hex_parse(octets, 2, "ABcdef", 4), 0);
	assert_int_equal(octets[0], 0xab);
	assert_int_equal(octets[1], 0xcd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_round_trip_of_every_octet),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
