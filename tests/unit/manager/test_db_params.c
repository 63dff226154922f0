/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/bits.h>
#include <osmocom/core/talloc.h>

static struct db_params *p;
static struct db_params_view view;

static int setup(void **state)
{
	p = db_params_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(p);
	return 0;
}

static void assert_param(int i, const void *octets, size_t len)
{
	db_params_get(p, &view);
	assert_true(i < view.n);
	assert_int_equal(view.lengths[i], len);
	assert_int_equal(view.formats[i], 1);
	assert_memory_equal(view.values[i], octets, len);
}

/* The octets are what PostgreSQL 15 sends for the same literal in binary. */
static void test_int8_array(void **state)
{
	static const uint8_t two[] = { 0, 0, 0, 1, 0, 0, 0,   0,   0,	0,   0,	  20,  0,   0,	0,
				       2, 0, 0, 0, 1, 0, 0,   0,   8,	0,   0,	  0,   0,   0,	0,
				       0, 5, 0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 254 };

	db_array_begin(p, DB_OID_INT8, 2);
	db_array_int8(p, 5);
	db_array_int8(p, -2);
	assert_param(0, two, sizeof(two));
}

static void test_empty_array(void **state)
{
	static const uint8_t empty[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23 };

	db_array_begin(p, DB_OID_INT4, 0);
	assert_param(0, empty, sizeof(empty));
}

static void test_text_and_null(void **state)
{
	static const uint8_t octets[] = { 0,   0,   0,	 1,   0,   0,	0, 1, 0, 0, 0, 25,
					  0,   0,   0,	 3,   0,   0,	0, 1, 0, 0, 0, 2,
					  'h', 'i', 255, 255, 255, 255, 0, 0, 0, 0 };

	db_array_begin(p, DB_OID_TEXT, 3);
	db_array_text(p, "hi");
	db_array_null(p);
	db_array_text(p, "");
	assert_param(0, octets, sizeof(octets));
}

static void test_all_sorts_beside_each_other(void **state)
{
	struct request_id id;
	static const uint8_t yes[] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 16, 0,
				       0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1 };
	static const uint8_t minus_one[] = { 255, 255, 255, 255 };

	memset(&id, 7, sizeof(id));
	db_array_begin(p, DB_OID_BOOL, 1);
	db_array_bool(p, true);
	db_array_begin(p, DB_OID_UUID, 1);
	db_array_uuid(p, &id);
	db_array_begin(p, DB_OID_BYTEA, 1);
	db_array_bytea(p, "\0\1", 2);
	db_param_int4(p, -1);
	db_param_text(p, "x");
	db_param_text(p, "");
	assert_param(0, yes, sizeof(yes));
	assert_memory_equal(view.values[1] + 24, id.octets, 16);
	assert_int_equal(view.lengths[1], 40);
	assert_int_equal(view.lengths[2], 26);
	assert_param(3, minus_one, 4);
	assert_param(4, "x", 1);
	assert_param(5, "", 0);
	assert_int_equal(view.n, 6);
}

/* Pointers are taken when all is written: what was written first is still there. */
static void test_grows(void **state)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, 50000);
	for (i = 0; i < 50000; i++)
		db_array_int8(p, i);
	db_param_text(p, "behind");
	assert_param(1, "behind", 6);
	assert_int_equal(view.lengths[0], 20 + 12 * 50000);
	assert_int_equal(osmo_load64be(view.values[0] + 24 + 12 * 49999), 49999);
	db_params_reset(p);
	db_param_int4(p, 1);
	db_params_get(p, &view);
	assert_int_equal(view.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_int8_array, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_array, setup, teardown),
		cmocka_unit_test_setup_teardown(test_text_and_null, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_sorts_beside_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(test_grows, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
