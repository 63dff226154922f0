/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/check_body.h"
#include "lib/value_id.h"

#define VALUE_A "07123456789012345674"
#define VALUE_B "07123456789012345666"

static struct link_check check;
static struct check_body_fault fault;
static bool single;

/* In memory of exactly this length, so that reading past it is seen. */
static int read_octets(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, text, len);
	memset(&fault, 0, sizeof(fault));
	rc = check_body_read(&check, &single, copy, len, &fault);
	free(copy);
	return rc;
}

static int read_text(const char *text)
{
	return read_octets(text, strlen(text));
}

static void assert_fault(const char *text, enum outcome outcome, const char *pointer)
{
	assert_int_equal(read_text(text), -EBADMSG);
	assert_int_equal(fault.outcome, outcome);
	assert_string_equal(fault.pointer, pointer);
	assert_true(fault.detail[0]);
}

static int64_t id_of(const char *digits)
{
	int64_t id = -1;

	assert_int_equal(value_id_parse(&id, digits, strlen(digits)), 0);
	return id;
}

static void one_value(void **state)
{
	assert_int_equal(read_text("{\"value_id\":\"" VALUE_A "\"}"), 0);
	assert_true(single);
	assert_int_equal(check.n_items, 1);
	assert_true(check.value_ids[0] == id_of(VALUE_A));
	assert_int_equal(read_text(" { \"value_id\" : \"0712 3456-7890 1234 5674\" } "), 0);
	assert_true(check.value_ids[0] == id_of(VALUE_A));
	assert_int_equal(read_text("{\"value_id\":\"\\u00307123456789012345674\"}"), 0);
	assert_true(check.value_ids[0] == id_of(VALUE_A));
}

static void several_in_their_order(void **state)
{
	assert_int_equal(read_text("{\"checks\":[{\"value_id\":\"" VALUE_B
				   "\"},{\"value_id\":\"" VALUE_A "\"}]}"),
			 0);
	assert_false(single);
	assert_int_equal(check.n_items, 2);
	assert_true(check.value_ids[0] == id_of(VALUE_B));
	assert_true(check.value_ids[1] == id_of(VALUE_A));
}

static void every_cut_is_refused(void **state)
{
	const char *whole = "{\"checks\":[{\"value_id\":\"" VALUE_B "\"},{\"value_id\":\"" VALUE_A
			    "\"}]}";
	size_t len;

	for (len = 0; len < strlen(whole); len++) {
		assert_int_equal(read_octets(whole, len), -EBADMSG);
		assert_int_equal(fault.outcome, OUTCOME_BODY_MALFORMED);
	}
	assert_int_equal(read_octets(whole, len), 0);
}

static void every_changed_octet_is_read_or_refused(void **state)
{
	const char *whole = "{\"checks\":[{\"value_id\":\"" VALUE_B "\"}]}";
	char text[128];
	size_t at;
	int octet;

	for (at = 0; at < strlen(whole); at++) {
		for (octet = 0; octet < 256; octet++) {
			memcpy(text, whole, strlen(whole));
			text[at] = octet;
			if (read_octets(text, strlen(whole)) == 0)
				assert_int_equal(check.n_items, 1);
		}
	}
}

static void faults_of_form(void **state)
{
	assert_fault("", OUTCOME_BODY_MALFORMED, "");
	assert_fault("{}", OUTCOME_BODY_MALFORMED, "");
	assert_fault("{\"checks\":[]}", OUTCOME_BODY_MALFORMED, "/checks");
	assert_fault("{\"value_id\":\"" VALUE_A "\",\"checks\":[{\"value_id\":\"" VALUE_A "\"}]}",
		     OUTCOME_BODY_MALFORMED, "");
	assert_fault("{\"value_id\":7}", OUTCOME_BODY_MALFORMED, "/value_id");
	assert_fault("{\"value_id\":\"" VALUE_A "\",\"~\":1}", OUTCOME_BODY_MALFORMED, "/~0");
	assert_fault("{\"checks\":[{}]}", OUTCOME_BODY_MALFORMED, "/checks/0/value_id");
}

static void faults_of_value_ids(void **state)
{
	assert_fault("{\"value_id\":\"" VALUE_A "0\"}", OUTCOME_VALUE_ID_MALFORMED, "/value_id");
	assert_fault("{\"value_id\":\"07123456789012345675\"}", OUTCOME_VALUE_ID_MALFORMED,
		     "/value_id");
	assert_fault("{\"value_id\":\"\"}", OUTCOME_VALUE_ID_MALFORMED, "/value_id");
	assert_fault("{\"value_id\":\"99999999999999999994\"}", OUTCOME_VALUE_ID_MALFORMED,
		     "/value_id");
	assert_fault("{\"checks\":[{\"value_id\":\"" VALUE_A "\"},{\"value_id\":\"x\"}]}",
		     OUTCOME_VALUE_ID_MALFORMED, "/checks/1/value_id");
}

static char *batch_of(size_t n)
{
	char *text = malloc(64 + n * 64), *p = text;
	size_t i;

	p += sprintf(p, "{\"checks\":[");
	for (i = 0; i < n; i++)
		p += sprintf(p, "%s{\"value_id\":\"" VALUE_A "\"}", i ? "," : "");
	sprintf(p, "]}");
	return text;
}

static void a_thousand_and_no_more(void **state)
{
	char *text = batch_of(LINK_CHECK_ITEMS_MAX);

	assert_int_equal(read_text(text), 0);
	assert_int_equal(check.n_items, LINK_CHECK_ITEMS_MAX);
	free(text);
	text = batch_of(LINK_CHECK_ITEMS_MAX + 1);
	assert_int_equal(read_text(text), -EBADMSG);
	assert_int_equal(fault.outcome, OUTCOME_BATCH_TOO_LARGE);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_value),
		cmocka_unit_test(several_in_their_order),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(every_changed_octet_is_read_or_refused),
		cmocka_unit_test(faults_of_form),
		cmocka_unit_test(faults_of_value_ids),
		cmocka_unit_test(a_thousand_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
