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
#include <talloc.h>

#include "lib/json_reader.h"
#include "lib/json_writer.h"

static void assert_written(struct json_writer *w, const char *expected)
{
	assert_int_equal(json_writer_finish(w), strlen(expected));
	assert_memory_equal(w->buf, expected, strlen(expected));
}

static void write_everything(struct json_writer *w)
{
	json_write_object(w, NULL);
	json_write_string(w, "s", "x\"y");
	json_write_int(w, "i", INT64_MIN);
	json_write_bool(w, "t", true);
	json_write_bool(w, "f", false);
	json_write_null(w, "n");
	json_write_string(w, "none", NULL);
	json_write_array(w, "a");
	json_write_int(w, NULL, 1);
	json_write_string(w, NULL, "");
	json_write_object(w, NULL);
	json_write_object_end(w);
	json_write_array(w, NULL);
	json_write_array_end(w);
	json_write_array_end(w);
	json_write_object(w, "o");
	json_write_octets(w, "k\n", "abc", 2);
	json_write_object_end(w);
	json_write_object_end(w);
}

static const char everything[] = "{\"s\":\"x\\\"y\",\"i\":-9223372036854775808,\"t\":true,\"f\":"
				 "false,\"n\":null,\"none\":null,"
				 "\"a\":[1,\"\",{},[]],\"o\":{\"k\\n\":\"ab\"}}";

static void test_every_kind(void **state)
{
	struct json_writer w;
	char buf[256];

	json_writer_init(&w, buf, sizeof(buf));
	write_everything(&w);
	assert_written(&w, everything);
}

static void test_outermost_values(void **state)
{
	struct json_writer w;
	char buf[16];

	json_writer_init(&w, buf, sizeof(buf));
	json_write_int(&w, NULL, -1);
	assert_written(&w, "-1");
	json_writer_init(&w, buf, sizeof(buf));
	json_write_array(&w, NULL);
	json_write_array_end(&w);
	assert_written(&w, "[]");
}

static void test_every_size(void **state)
{
	struct json_writer w;

	for (size_t size = 0; size <= strlen(everything); size++) {
		char *buf = malloc(size + !size);

		json_writer_init(&w, buf, size);
		write_everything(&w);
		if (size < strlen(everything))
			assert_int_equal(json_writer_finish(&w), -EMSGSIZE);
		else
			assert_written(&w, everything);
		free(buf);
	}
}

static void test_every_maximum(void **state)
{
	void *ctx = talloc_new(NULL);
	struct json_writer w;

	for (size_t max = 1; max <= strlen(everything) + 1; max++) {
		json_writer_init_growing(&w, ctx, max);
		write_everything(&w);
		if (max < strlen(everything))
			assert_int_equal(json_writer_finish(&w), -EMSGSIZE);
		else
			assert_written(&w, everything);
		assert_true(talloc_get_size(w.buf) <= max);
	}
	talloc_free(ctx);
}

static void test_growing(void **state)
{
	void *ctx = talloc_new(NULL);
	struct json_writer w;
	size_t len = 2;

	json_writer_init_growing(&w, ctx, 1 << 20);
	json_write_array(&w, NULL);
	for (int i = 0; i < 100000; i++)
		json_write_int(&w, NULL, 7);
	json_write_array_end(&w);
	len += 100000 + 99999;
	assert_int_equal(json_writer_finish(&w), len);
	assert_int_equal(w.buf[len - 1], ']');
	assert_int_equal(talloc_total_blocks(ctx), 2); /* the context and one buffer */
	talloc_free(ctx);
}

static void assert_string(const char *value, size_t len, const char *expected)
{
	struct json_writer w;
	char buf[256];

	json_writer_init(&w, buf, sizeof(buf));
	json_write_octets(&w, NULL, value, len);
	assert_written(&w, expected);
}

static void test_escapes(void **state)
{
	assert_string("\"\\/", 3, "\"\\\"\\\\/\"");
	assert_string("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
	assert_string("\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\"");
	assert_string("é€\xf0\x9f\x98\x80", 9, "\"é€\xf0\x9f\x98\x80\"");
	assert_string("", 0, "\"\"");
}

/* Strings are looked at eight octets at a time: each octet at each place of each length. */
static void test_every_octet_at_every_place(void **state)
{
	char value[24], buf[64], wanted[64], escaped[8];

	for (unsigned int c = 0; c < 256; c++) {
		int len, n = (int)sizeof("\xef\xbf\xbd") - 1;

		/* As the reader of the text has it; alone it is escaped by the slow way. */
		if (c == '"' || c == '\\')
			n = snprintf(escaped, sizeof(escaped), "\\%c", c);
		else if (c < 0x20 && strchr("\b\f\n\r\t", (int)c) && c)
			n = snprintf(escaped, sizeof(escaped), "\\%c", "btn.fr"[c - '\b']);
		else if (c < 0x20 || c == 0x7f)
			n = snprintf(escaped, sizeof(escaped), "\\u%04x", c);
		else if (c < 0x80)
			n = snprintf(escaped, sizeof(escaped), "%c", c);
		else
			memcpy(escaped, "\xef\xbf\xbd", (size_t)n);
		for (len = 1; len < (int)sizeof(value); len++) {
			for (int at = 0; at < len; at++) {
				struct json_writer w;
				char *out = wanted;

				memset(value, 'x', sizeof(value));
				value[at] = (char)c;
				*out++ = '"';
				memset(out, 'x', (size_t)at);
				memcpy(out += at, escaped, (size_t)n);
				memset(out += n, 'x', (size_t)(len - at - 1));
				out += len - at - 1;
				*out++ = '"';
				json_writer_init(&w, buf, sizeof(buf));
				json_write_octets(&w, NULL, value, (size_t)len);
				assert_int_equal(json_writer_finish(&w), out - wanted);
				assert_memory_equal(buf, wanted, (size_t)(out - wanted));
			}
		}
	}
}

static void test_what_is_not_utf8(void **state)
{
	assert_string("a\x80z", 3, "\"a\xef\xbf\xbdz\"");
	assert_string("\xc3", 1, "\"\xef\xbf\xbd\"");
	assert_string("\xc3\"", 2, "\"\xef\xbf\xbd\\\"\"");
	assert_string("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_string("\xff\xfe", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* What the writer writes of any string, the reader reads back. */
static void test_reader_and_writer(void **state)
{
	struct body {
		struct json_text s;
	};
	static const struct json_field fields[] = {
		JSON_FIELD_STRING("s", struct body, s, 8, JSON_REQUIRED),
	};
	static const struct json_schema schema = JSON_SCHEMA(struct body, fields);

	for (uint32_t c = 1; c < 0x800; c++) {
		char value[] = { (char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f)), 'x' }, buf[64];
		size_t len = 3;
		struct json_fault fault;
		struct json_writer w;
		struct body body;

		if (c < 0x80) {
			value[0] = (char)c;
			len = 1;
		}
		json_writer_init(&w, buf, sizeof(buf));
		json_write_object(&w, NULL);
		json_write_octets(&w, "s", value, len);
		json_write_object_end(&w);
		assert_int_equal(
			json_read(&body, &schema, buf, (size_t)json_writer_finish(&w), &fault), 0);
		assert_int_equal(body.s.len, len);
		assert_memory_equal(body.s.octets, value, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_outermost_values),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_every_maximum),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_every_octet_at_every_place),
		cmocka_unit_test(test_what_is_not_utf8),
		cmocka_unit_test(test_reader_and_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
