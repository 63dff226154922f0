/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "manager/tegatactl/ctl_csv.h"

static const struct csv_column columns[] = {
	{ "number", true },
	{ "imsi", false },
	{ "note", false },
	{ NULL, false },
};
static char path[] = "/tmp/tegata-csv-XXXXXX";
static struct csv csv;

static int make_file(void **state)
{
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int remove_file(void **state)
{
	csv_close(&csv);
	return unlink(path);
}

static int open_text(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	fwrite(text, 1, len, f);
	fclose(f);
	return csv_open(&csv, path, columns);
}

static void assert_header_fault(const char *text, const char *fault)
{
	assert_int_equal(open_text(text, strlen(text)), -EINVAL);
	assert_string_equal(csv.fault, fault);
}

static void assert_row_fault(const char *text, const char *fault)
{
	int rc;

	assert_int_equal(open_text(text, strlen(text)), 0);
	while ((rc = csv_row(&csv)) == 1)
		;
	assert_int_equal(rc, -EINVAL);
	assert_string_equal(csv.fault, fault);
}

static void test_rows(void **state)
{
	const char *text = "\xef\xbb\xbfnote,number\r\n"
			   "\"a, \"\"b\"\"\nc\",81901\r\n"
			   "\n"
			   ",81902";

	assert_int_equal(open_text(text, strlen(text)), 0);
	assert_int_equal(csv_row(&csv), 1);
	assert_string_equal(csv.value[0], "81901");
	assert_null(csv.value[1]);
	assert_string_equal(csv.value[2], "a, \"b\"\nc");
	assert_int_equal(csv.line, 2);
	assert_int_equal(csv_row(&csv), 1);
	assert_string_equal(csv.value[0], "81902");
	assert_null(csv.value[2]);
	assert_int_equal(csv.line, 5);
	assert_int_equal(csv_row(&csv), 0);
}

static void test_empty(void **state)
{
	assert_header_fault("", "line 1: column 'number' is missing");
	assert_int_equal(open_text("number\n", 7), 0);
	assert_int_equal(csv_row(&csv), 0);
}

static void test_header_faults(void **state)
{
	assert_header_fault("number,colour\n", "line 1: there is no column 'colour'");
	assert_header_fault("number,imsi,number\n", "line 1: column 'number' twice");
	assert_header_fault("imsi\n", "line 1: column 'number' is missing");
}

static void test_row_faults(void **state)
{
	assert_row_fault("number,imsi\n1,2\n3\n", "line 3: 1 fields, the header has 2");
	assert_row_fault("number,imsi\n1,2,3\n", "line 2: 3 fields, the header has 2");
	assert_row_fault("number,imsi\n,2\n", "line 2: 'number' is empty");
	assert_row_fault("number\n\"1\n2", "line 2: the file ends inside a quoted field");
	assert_row_fault("number\n\"1\"2\n", "line 2: text behind a closing quote");
	assert_row_fault("number\n1\"2\n",
			 "line 2: a quote inside a field that does not begin with one");
	assert_row_fault("number\n1\r2\n", "line 2: a CR that no LF follows");
}

static void test_bounds(void **state)
{
	static char text[2 * CSV_LINE_MAX];
	char commas[64];

	strcpy(text, "number\n");
	memset(text + 7, '1', CSV_LINE_MAX);
	assert_row_fault(text, "line 2: longer than 65536 octets");
	csv_close(&csv);
	/* The last octet of the room is the NUL of the first field: nothing is left for a second.
	 */
	memset(text + 7, '1', CSV_LINE_MAX - 1);
	strcpy(text + 7 + CSV_LINE_MAX - 1, ",\n");
	assert_row_fault(text, "line 2: longer than 65536 octets");
	csv_close(&csv);
	strcpy(commas, "number\n");
	memset(commas + 7, ',', CSV_COLUMNS_MAX);
	commas[7 + CSV_COLUMNS_MAX] = '\0';
	assert_row_fault(commas, "line 2: more than 32 fields");
	csv_close(&csv);
	assert_int_equal(open_text("number\n1\0002\n", 11), 0);
	assert_int_equal(csv_row(&csv), -EINVAL);
	assert_string_equal(csv.fault, "line 2: a NUL octet");
}

static void test_no_file(void **state)
{
	assert_int_equal(csv_open(&csv, "/nonexistent/file.csv", columns), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_empty, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_header_faults, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_row_faults, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_bounds, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_no_file, make_file, remove_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
