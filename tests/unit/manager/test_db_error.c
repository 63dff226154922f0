/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_classes(void **state)
{
	static const struct {
		const char *sqlstate;
		enum db_error error;
	} states[] = {
		{ "40001", DB_ERROR_RACE },    { "40P01", DB_ERROR_RACE },
		{ "40003", DB_ERROR_DATA },    { "55P03", DB_ERROR_BLOCKED },
		{ "57014", DB_ERROR_BLOCKED }, { "57P01", DB_ERROR_LOST },
		{ "57P03", DB_ERROR_LOST },    { "53100", DB_ERROR_LATER },
		{ "53300", DB_ERROR_LATER },   { "58030", DB_ERROR_LATER },
		{ "08006", DB_ERROR_LOST },    { "25006", DB_ERROR_LOST },
		{ "26000", DB_ERROR_LOST },    { "0A000", DB_ERROR_LOST },
		{ "42883", DB_ERROR_LOST },    { "23505", DB_ERROR_DATA },
		{ "22021", DB_ERROR_DATA },    { "P0001", DB_ERROR_DATA },
		{ "XX000", DB_ERROR_BLOCKED }, { "42501", DB_ERROR_DATA },
		{ "", DB_ERROR_LOST },	       { NULL, DB_ERROR_LOST },
	};
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		assert_int_equal(db_error_class(states[i].sqlstate), states[i].error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
