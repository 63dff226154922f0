/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/log_line.h"

static void test_line(void **state)
{
	struct log_line l;

	log_line_begin(&l);
	assert_string_equal(l.text, "");
	log_line_put(&l, "a");
	log_line_field(&l, " b=", "c");
	log_line_number(&l, " zero=", 0);
	log_line_number(&l, " most=", UINT64_MAX);
	assert_string_equal(l.text, "a b=c zero=0 most=18446744073709551615");
	assert_int_equal(l.len, strlen(l.text));
	log_line_begin(&l);
	assert_string_equal(l.text, "");
}

static void test_too_long(void **state)
{
	struct log_line l;
	size_t i;

	log_line_begin(&l);
	for (i = 0; i < LOG_LINE_SIZE; i++)
		log_line_put(&l, "xyz");
	log_line_number(&l, " n=", 17);
	assert_int_equal(l.len, LOG_LINE_SIZE - 1);
	assert_int_equal(strlen(l.text), LOG_LINE_SIZE - 1);
	assert_int_equal(l.text[LOG_LINE_SIZE - 2], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
