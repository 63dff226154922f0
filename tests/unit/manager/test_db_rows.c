/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_rows.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/talloc.h>

#include "manager/db_params.h"
#include "tests/unit/manager/fake_db_conn.h"

static PGresult *one(Oid type, const void *octets, int len)
{
	PGresult *res = fake_rows(&type, 1);

	fake_set(res, 0, 0, octets, len);
	return res;
}

/* Every getter, at every length from NULL to one too many: never a wrong value, never a read
 * behind the cell (ASan), bad wherever it does not fit. */
static void test_fixed_lengths(void **state)
{
	static const uint8_t octets[20] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct request_id id;
	int len;

	for (len = -1; len <= 17; len++) {
		PGresult *res = one(DB_OID_INT8, len < 0 ? NULL : octets, len);
		struct db_rows rows = { .res = res, .n = 1 };

		assert_int_equal(db_rows_int8(&rows, 0, 0), len == 8 ? 0x0102030405060708 : 0);
		assert_int_equal(db_rows_bad(&rows), len >= 0 && len != 8);
		rows.bad = false;
		assert_int_equal(db_rows_int4(&rows, 0, 0), len == 4 ? 0x01020304 : 0);
		assert_int_equal(db_rows_bad(&rows), len >= 0 && len != 4);
		rows.bad = false;
		assert_int_equal(db_rows_int2(&rows, 0, 0), len == 2 ? 0x0102 : 0);
		assert_int_equal(db_rows_bad(&rows), len >= 0 && len != 2);
		rows.bad = false;
		assert_int_equal(db_rows_bool(&rows, 0, 0), len == 1);
		assert_int_equal(db_rows_bad(&rows), len >= 0 && len != 1);
		rows.bad = false;
		db_rows_uuid(&rows, 0, 0, &id);
		assert_int_equal(id.octets[15], len == 16 ? 16 : 0);
		assert_int_equal(db_rows_bad(&rows), len >= 0 && len != 16);
		assert_int_equal(db_rows_null(&rows, 0, 0), len < 0);
		PQclear(res);
	}
}

static void test_time(void **state)
{
	static const struct {
		int64_t us, s;
	} times[] = {
		{ 0, 946684800 },  { 999999, 946684800 },   { 1000000, 946684801 },
		{ -1, 946684799 }, { -1000000, 946684799 }, { -1000001, 946684798 },
		{ INT64_MAX, 0 },  { INT64_MIN, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		PGresult *res = fake_rows((Oid[]){ DB_OID_TIMESTAMPTZ }, 1);
		struct db_rows rows = { .res = res, .n = 1 };

		fake_set_int(res, 0, 0, times[i].us, 8);
		assert_int_equal(db_rows_time(&rows, 0, 0), times[i].s);
		assert_false(db_rows_bad(&rows));
		PQclear(res);
	}
}

static void test_text(void **state)
{
	PGresult *res = one(DB_OID_TEXT, "abcd", 4);
	struct db_rows rows = { .res = res, .n = 1 };
	char text[5];

	db_rows_text(&rows, 0, 0, text, 5);
	assert_string_equal(text, "abcd");
	assert_false(db_rows_bad(&rows));
	db_rows_text(&rows, 0, 0, text, 4);
	assert_string_equal(text, "");
	assert_true(db_rows_bad(&rows));
	PQclear(res);
	res = one(DB_OID_TEXT, NULL, -1);
	rows = (struct db_rows){ .res = res, .n = 1 };
	db_rows_text(&rows, 0, 0, text, 1);
	assert_string_equal(text, "");
	assert_false(db_rows_bad(&rows));
	PQclear(res);
}

static void test_text_cut_between_characters(void **state)
{
	static const char name[] = "a\xc3\xa9\xe6\x97\xa5z"; /* 1, 2, 3 and 1 octets */
	static const int kept[] = { 0, 0, 1, 1, 3, 3, 3, 6, 7 }; /* of a buffer of this size */
	PGresult *res = one(DB_OID_TEXT, name, 7);
	struct db_rows rows = { .res = res, .n = 1 };
	char text[8];
	int size;

	for (size = 1; size <= 8; size++) {
		db_rows_text_cut(&rows, 0, 0, text, size);
		assert_int_equal(strlen(text), kept[size]);
		assert_memory_equal(text, name, kept[size]);
	}
	assert_false(db_rows_bad(&rows));
	PQclear(res);
}

static void test_int8_array(void **state)
{
	uint8_t octets[44] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0,
			       0, 8, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0,  0, 8, 0, 0, 0, 0, 0, 0, 0, 6 };
	int64_t v[2];
	int len, i;

	for (len = 0; len <= 44; len++) {
		PGresult *res = one(DB_OID_INT8_ARRAY, octets, len);
		struct db_rows rows = { .res = res, .n = 1 };

		assert_int_equal(db_rows_int8_array(&rows, 0, 0, v, 2), len == 44 ? 2 : 0);
		assert_int_equal(db_rows_bad(&rows), len > 0 && len < 44);
		assert_int_equal(db_rows_int8_array(&rows, 0, 0, v, 1), len == 44 ? 1 : 0);
		PQclear(res);
	}
	assert_int_equal(v[0], 5);
	/* dimensions, element type, count, length of an element */
	for (i = 3; i < 24; i += i == 3 ? 8 : i == 11 ? 4 : 8) {
		PGresult *res;
		struct db_rows rows = { .n = 1 };

		octets[i] += 128;
		res = one(DB_OID_INT8_ARRAY, octets, 44);
		rows.res = res;
		assert_int_equal(db_rows_int8_array(&rows, 0, 0, v, 2), 0);
		assert_true(db_rows_bad(&rows));
		octets[i] -= 128;
		PQclear(res);
	}
}

static void test_check_columns(void **state)
{
	static const Oid types[] = { DB_OID_INT4, DB_OID_TEXT };
	PGresult *res = fake_rows(types, 2);

	assert_int_equal(db_rows_check(res, types, 2), 0);
	assert_int_equal(db_rows_check(res, types, 1), -EPROTO);
	assert_int_equal(db_rows_check(res, (Oid[]){ DB_OID_INT4, DB_OID_INT4 }, 2), -EPROTO);
	PQclear(res);
	res = PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK);
	assert_int_equal(db_rows_check(res, types, 0), -EPROTO);
	PQclear(res);
}

static void test_index(void **state)
{
	static const int ords[] = { 3, 1, 3, 4, 1, 3 };
	static const int expected_n[] = { 2, 0, 3, 1 };
	PGresult *res = fake_rows((Oid[]){ DB_OID_INT4, DB_OID_INT4 }, 2);
	struct db_index index = { 0 };
	struct db_rows rows;
	void *ctx = talloc_new(NULL);
	int i, last;

	for (i = 0; i < 6; i++) {
		fake_set_int(res, i, 0, ords[i], 4);
		fake_set_int(res, i, 1, i, 4);
	}
	assert_int_equal(db_index_build(&index, ctx, res, 0, 4), 0);
	for (i = 0; i < 4; i++) {
		db_index_rows(&index, res, i, &rows);
		assert_int_equal(rows.n, expected_n[i]);
		for (last = -1; rows.n > 0; rows.n--, rows.rows++) {
			assert_int_equal(db_rows_int4(&rows, 0, 0), i + 1);
			assert_true(db_rows_int4(&rows, 0, 1) > last); /* in the order they came */
			last = db_rows_int4(&rows, 0, 1);
		}
	}
	assert_int_equal(db_index_build(&index, ctx, res, 0, 3), -EPROTO);
	fake_set_int(res, 2, 0, 0, 4);
	assert_int_equal(db_index_build(&index, ctx, res, 0, 4), -EPROTO);
	fake_set_int(res, 2, 0, -1, 4);
	assert_int_equal(db_index_build(&index, ctx, res, 0, 4), -EPROTO);
	talloc_free(ctx);
	PQclear(res);
}

static void test_index_of_nothing(void **state)
{
	PGresult *res = fake_rows((Oid[]){ DB_OID_INT4 }, 1);
	struct db_index index = { 0 };
	struct db_rows rows;
	void *ctx = talloc_new(NULL);

	assert_int_equal(db_index_build(&index, ctx, res, 0, 2), 0);
	db_index_rows(&index, res, 1, &rows);
	assert_int_equal(rows.n, 0);
	assert_non_null(rows.rows); /* NULL stands for all rows */
	talloc_free(ctx);
	PQclear(res);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed_lengths),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_cut_between_characters),
		cmocka_unit_test(test_int8_array),
		cmocka_unit_test(test_check_columns),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_index_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
