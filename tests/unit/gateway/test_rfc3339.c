/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "gateway/rfc3339.h"

static void assert_as_libc(int64_t at_s)
{
	char text[RFC3339_STR_SIZE], wanted[64];
	time_t at = at_s;
	struct tm tm;

	assert_true(rfc3339_format(text, at_s));
	gmtime_r(&at, &tm);
	assert_int_equal(strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
	assert_string_equal(text, wanted);
}

static void every_day_of_the_calendar(void **state)
{
	int64_t day;

	/* Two cycles of 400 years: seconds run through as well. */
	for (day = 0; day < 2 * 146097; day++)
		assert_as_libc(day * 86400 + day * 7919 % 86400);
}

static void the_ends(void **state)
{
	static const int64_t at_s[] = { 0,	   1,	      86399,	  86400,       951782399,
					951782400, 951868800, 4107542399, 253402300799 };
	char text[RFC3339_STR_SIZE];
	size_t i;

	for (i = 0; i < sizeof(at_s) / sizeof(at_s[0]); i++)
		assert_as_libc(at_s[i]);
	assert_false(rfc3339_format(text, -1));
	assert_false(rfc3339_format(text, 253402300800));
	assert_false(rfc3339_format(text, INT64_MAX));
	assert_false(rfc3339_format(text, INT64_MIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_of_the_calendar),
		cmocka_unit_test(the_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
