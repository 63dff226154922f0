/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/value_state.h"

/* The numbers are a column in PostgreSQL and never change. */
static void test_names_by_number(void **state)
{
	assert_string_equal(value_state_name(0), "pending");
	assert_string_equal(value_state_name(1), "active");
	assert_string_equal(value_state_name(2), "reserved");
	assert_string_equal(value_state_name(3), "converted");
	assert_string_equal(value_state_name(4), "expired");
	assert_string_equal(value_state_name(5), "revoked");
}

static void test_other_numbers_have_no_name(void **state)
{
	assert_null(value_state_name(-1));
	assert_null(value_state_name(6));
	assert_null(value_state_name(INT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_by_number),
		cmocka_unit_test(test_other_numbers_have_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
