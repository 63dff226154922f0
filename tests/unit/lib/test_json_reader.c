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
#include <osmocom/core/utils.h>

#include "lib/json_reader.h"

/* --- a route with every kind of member ------------------------------------- */

struct item {
	struct json_text id;
	struct json_flag urgent;
};

struct body {
	struct json_text shop, amount;
	struct json_flag test;
	struct json_list notes, items;
	struct json_text note[3];
	struct item item[2];
};

static const struct json_field item_fields[] = {
	JSON_FIELD_STRING("id", struct item, id, 8, JSON_REQUIRED),
	JSON_FIELD_BOOLEAN("urgent", struct item, urgent, JSON_OPTIONAL),
};
static const struct json_schema item_schema = JSON_SCHEMA(struct item, item_fields);

static const struct json_field body_fields[] = {
	JSON_FIELD_STRING("s", struct body, shop, 8, JSON_OPTIONAL),
	JSON_FIELD_NUMBER("n", struct body, amount, 10, JSON_OPTIONAL),
	JSON_FIELD_BOOLEAN("b", struct body, test, JSON_OPTIONAL),
	JSON_FIELD_STRINGS("a", struct body, notes, note, 8, JSON_OPTIONAL),
	JSON_FIELD_OBJECTS("o", struct body, items, item, &item_schema, JSON_OPTIONAL),
	JSON_FIELD_STRING("~/", struct body, shop, 8, JSON_OPTIONAL),
};
static const struct json_schema body_schema = JSON_SCHEMA(struct body, body_fields);

static char *copy; /* of the text in work, exactly as long, so that ASan sees a read too far */

static int read_octets(struct body *body, const char *text, size_t len, struct json_fault *fault)
{
	free(copy);
	copy = malloc(len + !len);
	memcpy(copy, text, len);
	memset(body, 0xa5, sizeof(*body)); /* it need not be cleared */
	return json_read(body, &body_schema, copy, len, fault);
}

static int teardown(void **state)
{
	free(copy);
	copy = NULL;
	return 0;
}

static void assert_text(const struct json_text *text, const char *expected)
{
	assert_non_null(text->octets);
	assert_int_equal(text->len, strlen(expected));
	assert_memory_equal(text->octets, expected, text->len);
}

static void read_ok(struct body *body, const char *text)
{
	struct json_fault fault;

	if (read_octets(body, text, strlen(text), &fault) < 0)
		fail_msg("%s: %s at %zu, \"%s\"", text, json_fault_text(fault.kind), fault.offset,
			 fault.pointer);
}

struct fault_case {
	const char *text;
	enum json_fault_kind kind;
	const char *pointer;
	size_t offset;
};

static void assert_faults(const struct fault_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct fault_case *c = &cases[i];
		struct json_fault fault;
		struct body body;

		if (read_octets(&body, c->text, strlen(c->text), &fault) != -EBADMSG)
			fail_msg("taken: %s", c->text);
		if (fault.kind != c->kind || strcmp(fault.pointer, c->pointer) ||
		    fault.offset != c->offset)
			fail_msg("%s: kind %d at %zu, \"%s\"", c->text, fault.kind, fault.offset,
				 fault.pointer);
	}
}

/* --- what is taken --------------------------------------------------------- */

static void test_every_kind(void **state)
{
	struct body body;

	read_ok(&body,
		" { \"s\" : \"shop\" ,\n\"n\":-1.5e+3,\t\"b\":true,\r\"a\":[ \"x\" , \"y\" ],"
		"\"o\":[{\"id\":\"1\"},{\"urgent\":false,\"id\":\"2\"}]} \n");
	assert_text(&body.shop, "shop");
	assert_text(&body.amount, "-1.5e+3");
	assert_true(body.test.present && body.test.value);
	assert_true(body.notes.present);
	assert_int_equal(body.notes.n, 2);
	assert_text(&body.note[0], "x");
	assert_text(&body.note[1], "y");
	assert_int_equal(body.items.n, 2);
	assert_text(&body.item[0].id, "1");
	assert_false(body.item[0].urgent.present);
	assert_text(&body.item[1].id, "2");
	assert_true(body.item[1].urgent.present);
	assert_false(body.item[1].urgent.value);
}

static void test_absent_and_empty(void **state)
{
	struct body body;

	read_ok(&body, "{}");
	assert_null(body.shop.octets);
	assert_null(body.amount.octets);
	assert_false(body.test.present);
	assert_false(body.notes.present);
	assert_false(body.items.present);
	read_ok(&body, "{\"s\":\"\",\"a\":[],\"o\":[ ]}");
	assert_text(&body.shop, "");
	assert_true(body.notes.present);
	assert_int_equal(body.notes.n, 0);
	assert_true(body.items.present);
	assert_int_equal(body.items.n, 0);
}

static void test_strings(void **state)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{ "\\\"\\\\\\/", "\"\\/" },
		{ "\\b\\f\\n\\r\\t", "\b\f\n\r\t" },
		{ "\\u0041\\u00e9", "A\xc3\xa9" },
		{ "\\u20AC\\u20ac", "€€" },
		{ "\\uD83D\\uDE00", "\xf0\x9f\x98\x80" },
		{ "\\ud7ff\\ue000", "\xed\x9f\xbf\xee\x80\x80" },
		{ "\\uffff", "\xef\xbf\xbf" },
		{ "€\xf0\x9f\x98\x80", "€\xf0\x9f\x98\x80" },
		{ "\\u0001", "\x01" },
		{ "\x7f", "\x7f" },
		{ "a\\/b", "a/b" },
	};
	char text[128];
	struct body body;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "{\"a\":[\"%s\"]}", cases[i].text);
		read_ok(&body, text);
		assert_text(&body.note[0], cases[i].value);
	}
}

/* A name is compared as it reads, not as it is written. */
static void test_names_are_decoded(void **state)
{
	struct body body;

	read_ok(&body, "{\"\\u0073\":\"x\"}");
	assert_text(&body.shop, "x");
	read_ok(&body, "{\"~\\/\":\"y\"}");
	assert_text(&body.shop, "y");
}

static void test_numbers(void **state)
{
	static const char *const good[] = { "0",   "-0",   "1",	   "-1",      "10",	   "0.0",
					    "1e5", "1E+5", "0e-1", "1.25E-3", "1234567890" };
	char text[64];
	struct body body;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		snprintf(text, sizeof(text), "{\"n\":%s}", good[i]);
		read_ok(&body, text);
		assert_text(&body.amount, good[i]);
	}
}

/* --- what is refused ------------------------------------------------------- */

static void test_what_is_not_json(void **state)
{
	static const struct fault_case cases[] = {
		{ "", JSON_FAULT_SYNTAX, "", 0 },
		{ " ", JSON_FAULT_SYNTAX, "", 1 },
		{ "\xef\xbb\xbf{}", JSON_FAULT_SYNTAX, "", 0 }, /* a byte order mark */
		{ "\v{}", JSON_FAULT_SYNTAX, "", 0 },
		{ "{", JSON_FAULT_SYNTAX, "", 1 },
		{ "}", JSON_FAULT_SYNTAX, "", 0 },
		{ "{}}", JSON_FAULT_SYNTAX, "", 2 },
		{ "{} x", JSON_FAULT_SYNTAX, "", 3 },
		{ "{}{}", JSON_FAULT_SYNTAX, "", 2 },
		{ "{]", JSON_FAULT_SYNTAX, "", 1 },
		{ "{,}", JSON_FAULT_SYNTAX, "", 1 },
		{ "{s:\"x\"}", JSON_FAULT_SYNTAX, "", 1 },
		{ "{'s':'x'}", JSON_FAULT_SYNTAX, "", 1 },
		{ "{1:2}", JSON_FAULT_SYNTAX, "", 1 },
		{ "{\"s\"}", JSON_FAULT_SYNTAX, "/s", 4 },
		{ "{\"s\" \"x\"}", JSON_FAULT_SYNTAX, "/s", 5 },
		{ "{\"s\":}", JSON_FAULT_SYNTAX, "/s", 5 },
		{ "{\"s\":x}", JSON_FAULT_SYNTAX, "/s", 5 },
		{ "{\"s\":\"x\",}", JSON_FAULT_SYNTAX, "", 9 },
		{ "{\"s\":\"x\"", JSON_FAULT_SYNTAX, "", 8 },
		{ "{\"s\":\"x\" \"n\":1}", JSON_FAULT_SYNTAX, "", 9 },
		{ "{\"s\":\"x\";\"n\":1}", JSON_FAULT_SYNTAX, "", 8 },
		{ "{\"s\":\"x\"/**/}", JSON_FAULT_SYNTAX, "", 8 },
		{ "{\"a\":[\"x\",]}", JSON_FAULT_SYNTAX, "/a/1", 10 },
		{ "{\"a\":[,]}", JSON_FAULT_SYNTAX, "/a/0", 6 },
		{ "{\"a\":[\"x\"}", JSON_FAULT_SYNTAX, "/a", 9 },
		{ "{\"a\":[\"x\" \"y\"]}", JSON_FAULT_SYNTAX, "/a", 10 },
		{ "{\"a\":[", JSON_FAULT_SYNTAX, "/a/0", 6 },
		{ "{\"b\":tru}", JSON_FAULT_SYNTAX, "/b", 5 },
		{ "{\"b\":true1}", JSON_FAULT_SYNTAX, "", 9 },
		{ "{\"b\":True}", JSON_FAULT_SYNTAX, "/b", 5 },
		{ "{\"b\":t", JSON_FAULT_SYNTAX, "/b", 5 },
	};

	assert_faults(cases, ARRAY_SIZE(cases));
}

static void test_strings_that_are_none(void **state)
{
	static const struct fault_case cases[] = {
		{ "{\"s\":\"x}", JSON_FAULT_SYNTAX, "/s", 8 },
		{ "{\"s\":\"x\\", JSON_FAULT_SYNTAX, "/s", 8 },
		{ "{\"s\":\"\\x\"}", JSON_FAULT_SYNTAX, "/s", 7 },
		{ "{\"s\":\"\\'\"}", JSON_FAULT_SYNTAX, "/s", 7 },
		{ "{\"s\":\"\\U0041\"}", JSON_FAULT_SYNTAX, "/s", 7 },
		{ "{\"s\":\"\\u00g1\"}", JSON_FAULT_SYNTAX, "/s", 10 },
		{ "{\"s\":\"\\u004\"}", JSON_FAULT_SYNTAX, "/s", 11 },
		{ "{\"s\":\"\\u00", JSON_FAULT_SYNTAX, "/s", 10 },
		{ "{\"s\":\"a\nb\"}", JSON_FAULT_SYNTAX, "/s", 7 },
		{ "{\"s\":\"a\tb\"}", JSON_FAULT_SYNTAX, "/s", 7 },
		{ "{\"s\":\"\x1f\"}", JSON_FAULT_SYNTAX, "/s", 6 },
		{ "{\"s\":\"\\u0000\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\\ud83d\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\\ud83dx\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\\ud83d\\n\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\\ud83d\\ud83d\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\\ude00\\ud83d\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\\ude00\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\\ud83d\\u\"}", JSON_FAULT_SYNTAX, "/s", 14 },
		{ "{\"s\":\"\x80\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"a\xc3\"}", JSON_FAULT_UTF8, "/s", 7 },
		{ "{\"s\":\"\xc0\xaf\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\xed\xa0\x80\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\xf4\x90\x80\x80\"}", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"s\":\"\xe2\x82", JSON_FAULT_UTF8, "/s", 6 },
		{ "{\"\x80\":1}", JSON_FAULT_UTF8, "", 2 },
	};

	assert_faults(cases, ARRAY_SIZE(cases));
}

static void test_numbers_that_are_none(void **state)
{
	static const struct fault_case cases[] = {
		{ "{\"n\":01}", JSON_FAULT_SYNTAX, "", 6 },
		{ "{\"n\":-}", JSON_FAULT_SYNTAX, "/n", 6 },
		{ "{\"n\":+1}", JSON_FAULT_SYNTAX, "/n", 5 },
		{ "{\"n\":.5}", JSON_FAULT_SYNTAX, "/n", 5 },
		{ "{\"n\":5.}", JSON_FAULT_SYNTAX, "/n", 7 },
		{ "{\"n\":5.e1}", JSON_FAULT_SYNTAX, "/n", 7 },
		{ "{\"n\":1e}", JSON_FAULT_SYNTAX, "/n", 7 },
		{ "{\"n\":1e+}", JSON_FAULT_SYNTAX, "/n", 8 },
		{ "{\"n\":0x10}", JSON_FAULT_SYNTAX, "", 6 },
		{ "{\"n\":1 2}", JSON_FAULT_SYNTAX, "", 7 },
		{ "{\"n\":Infinity}", JSON_FAULT_SYNTAX, "/n", 5 },
		{ "{\"n\":1", JSON_FAULT_SYNTAX, "", 6 },
		{ "{\"n\":-", JSON_FAULT_SYNTAX, "/n", 6 },
		{ "{\"n\":12345678901}", JSON_FAULT_TOO_LONG, "/n", 5 },
	};

	assert_faults(cases, ARRAY_SIZE(cases));
}

static void test_other_types(void **state)
{
	static const struct fault_case cases[] = {
		{ "[]", JSON_FAULT_TYPE, "", 0 },
		{ " \"x\"", JSON_FAULT_TYPE, "", 1 },
		{ "null", JSON_FAULT_TYPE, "", 0 },
		{ "1", JSON_FAULT_TYPE, "", 0 },
		{ "{\"s\": 1}", JSON_FAULT_TYPE, "/s", 6 },
		{ "{\"s\":null}", JSON_FAULT_TYPE, "/s", 5 },
		{ "{\"s\":[\"x\"]}", JSON_FAULT_TYPE, "/s", 5 },
		{ "{\"s\":{}}", JSON_FAULT_TYPE, "/s", 5 },
		{ "{\"n\":\"1\"}", JSON_FAULT_TYPE, "/n", 5 },
		{ "{\"b\":\"true\"}", JSON_FAULT_TYPE, "/b", 5 },
		{ "{\"b\":0}", JSON_FAULT_TYPE, "/b", 5 },
		{ "{\"a\":\"x\"}", JSON_FAULT_TYPE, "/a", 5 },
		{ "{\"a\":{}}", JSON_FAULT_TYPE, "/a", 5 },
		{ "{\"a\":[\"x\", 2]}", JSON_FAULT_TYPE, "/a/1", 11 },
		{ "{\"a\":[[]]}", JSON_FAULT_TYPE, "/a/0", 6 },
		{ "{\"o\":[\"x\"]}", JSON_FAULT_TYPE, "/o/0", 6 },
		{ "{\"o\":[{\"id\":1}]}", JSON_FAULT_TYPE, "/o/0/id", 12 },
		{ "{\"o\":[{\"id\":\"1\"},{\"id\":[]}]}", JSON_FAULT_TYPE, "/o/1/id", 23 },
	};

	assert_faults(cases, ARRAY_SIZE(cases));
}

static void test_members(void **state)
{
	static const struct fault_case cases[] = {
		{ "{\"s\":\"x\",\"s\":\"y\"}", JSON_FAULT_DUPLICATE, "/s", 9 },
		{ "{\"s\":\"x\",\"\\u0073\":\"y\"}", JSON_FAULT_DUPLICATE, "/s", 9 },
		{ "{\"a\":[],\"a\":[]}", JSON_FAULT_DUPLICATE, "/a", 8 },
		{ "{\"x\":1}", JSON_FAULT_UNKNOWN, "/x", 1 },
		{ "{\"S\":\"x\"}", JSON_FAULT_UNKNOWN, "/S", 1 },
		{ "{\"\":1}", JSON_FAULT_UNKNOWN, "/", 1 },
		{ "{\"s\":\"x\",\"__proto__\":{}}", JSON_FAULT_UNKNOWN, "/__proto__", 9 },
		{ "{\"a/b~c\":1}", JSON_FAULT_UNKNOWN, "/a~1b~0c", 1 },
		{ "{\"é\":1}", JSON_FAULT_UNKNOWN, "/é", 1 },
		{ "{\"~/\":1}", JSON_FAULT_TYPE, "/~0~1", 6 },
		{ "{\"o\":[{}]}", JSON_FAULT_MISSING, "/o/0/id", 7 },
		{ "{\"o\":[{\"id\":\"1\"},{\"urgent\":true}]}", JSON_FAULT_MISSING, "/o/1/id", 31 },
		{ "{\"o\":[{\"id\":\"1\",\"id\":\"1\"}]}", JSON_FAULT_DUPLICATE, "/o/0/id", 16 },
		{ "{\"o\":[{\"ID\":\"1\"}]}", JSON_FAULT_UNKNOWN, "/o/0/ID", 7 },
		{ "{\"o\":[{\"s\":\"1\"}]}", JSON_FAULT_UNKNOWN, "/o/0/s", 7 },
	};

	assert_faults(cases, ARRAY_SIZE(cases));
}

static void test_limits(void **state)
{
	static const struct fault_case cases[] = {
		{ "{\"s\":\"123456789\"}", JSON_FAULT_TOO_LONG, "/s", 5 },
		{ "{\"a\":[\"1\",\"2\",\"3\",\"4\"]}", JSON_FAULT_TOO_MANY, "/a/3", 18 },
		{ "{\"a\":[\"1\",\"2\",\"3\", \"4\"]}", JSON_FAULT_TOO_MANY, "/a/3", 19 },
		{ "{\"a\":[\"1\",\"123456789\"]}", JSON_FAULT_TOO_LONG, "/a/1", 10 },
		{ "{\"o\":[{\"id\":\"1\"},{\"id\":\"2\"},{", JSON_FAULT_TOO_MANY, "/o/2", 28 },
	};
	struct body body;

	assert_faults(cases, ARRAY_SIZE(cases));
	read_ok(&body, "{\"s\":\"12345678\"}");
	read_ok(&body, "{\"a\":[\"1\",\"2\",\"3\"]}");
	assert_int_equal(body.notes.n, 3);
	/* Octets as they read, not as they are written. */
	read_ok(&body, "{\"s\":\"\\u0031\\u0032\\u0033\\u0034\\u0035\\u0036\\u0037\\u0038\"}");
	assert_text(&body.shop, "12345678");
}

/* An open port gets these; the table's depth is all that is entered. */
static void test_deep_nesting(void **state)
{
	static char deep[200000];
	struct json_fault fault;
	struct body body;

	memcpy(deep, "{\"a\":", 5);
	memset(deep + 5, '[', sizeof(deep) - 5);
	assert_int_equal(read_octets(&body, deep, sizeof(deep), &fault), -EBADMSG);
	assert_int_equal(fault.kind, JSON_FAULT_TYPE);
	assert_int_equal(fault.offset, 6);
	assert_string_equal(fault.pointer, "/a/0");
	memset(deep, '{', sizeof(deep));
	assert_int_equal(read_octets(&body, deep, sizeof(deep), &fault), -EBADMSG);
	assert_int_equal(fault.kind, JSON_FAULT_SYNTAX);
	assert_int_equal(fault.offset, 1);
}

static void test_long_names_in_pointers(void **state)
{
	for (size_t n = 1; n < 3 * JSON_POINTER_SIZE; n++) {
		char text[4 * JSON_POINTER_SIZE] = "{\"o\":[{\"";
		struct json_fault fault;
		struct body body;
		size_t len = strlen(text);

		memset(text + len, n % 3 ? 'x' : '~', n);
		strcpy(text + len + n, "\":1}]}");
		assert_int_equal(read_octets(&body, text, strlen(text), &fault), -EBADMSG);
		assert_int_equal(fault.kind, JSON_FAULT_UNKNOWN);
		assert_memory_equal(fault.pointer, "/o/0", 4);
		assert_true(strlen(fault.pointer) < JSON_POINTER_SIZE);
		assert_true(fault.pointer[4] == '\0' || strlen(fault.pointer) == 5 + n ||
			    strlen(fault.pointer) == 5 + 2 * n);
	}
}

static const char whole[] =
	"{\"s\":\"\\u20ac\\ud83d\\ude00\",\"n\":-1.5e3,\"b\":false,\"a\":[\"x\"],"
	"\"o\":[{\"id\":\"é\",\"urgent\":true}]}";

static void test_truncated_at_every_length(void **state)
{
	struct json_fault fault;
	struct body body;

	read_ok(&body, whole);
	for (size_t len = 0; len < strlen(whole); len++) {
		assert_int_equal(read_octets(&body, whole, len, &fault), -EBADMSG);
		assert_true(fault.offset <= len);
	}
}

static void test_altered_in_every_octet(void **state)
{
	char text[sizeof(whole)];
	struct json_fault fault;
	struct body body;

	strcpy(text, whole);
	for (size_t i = 0; i < strlen(whole); i++) {
		for (int c = 0; c < 256; c++) {
			int rc;

			text[i] = (char)c;
			rc = read_octets(&body, text, sizeof(text) - 1, &fault);
			assert_true(rc == 0 || (rc == -EBADMSG && fault.offset < sizeof(text)));
		}
		text[i] = whole[i];
	}
}

static void test_texts_for_people(void **state)
{
	for (int kind = JSON_FAULT_SYNTAX; kind <= JSON_FAULT_TOO_MANY; kind++) {
		for (int other = JSON_FAULT_SYNTAX; other < kind; other++)
			assert_string_not_equal(json_fault_text(kind), json_fault_text(other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_every_kind, teardown),
		cmocka_unit_test_teardown(test_absent_and_empty, teardown),
		cmocka_unit_test_teardown(test_strings, teardown),
		cmocka_unit_test_teardown(test_names_are_decoded, teardown),
		cmocka_unit_test_teardown(test_numbers, teardown),
		cmocka_unit_test_teardown(test_what_is_not_json, teardown),
		cmocka_unit_test_teardown(test_strings_that_are_none, teardown),
		cmocka_unit_test_teardown(test_numbers_that_are_none, teardown),
		cmocka_unit_test_teardown(test_other_types, teardown),
		cmocka_unit_test_teardown(test_members, teardown),
		cmocka_unit_test_teardown(test_limits, teardown),
		cmocka_unit_test_teardown(test_deep_nesting, teardown),
		cmocka_unit_test_teardown(test_long_names_in_pointers, teardown),
		cmocka_unit_test_teardown(test_truncated_at_every_length, teardown),
		cmocka_unit_test_teardown(test_altered_in_every_octet, teardown),
		cmocka_unit_test(test_texts_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
