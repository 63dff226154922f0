/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/http_field.h"

struct line {
	const char *value;
	bool expected;
};

static void check_all(const struct line *lines, size_t n, bool (*ask)(const char *value))
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (ask(lines[i].value) != lines[i].expected)
			fail_msg("line %zu: not %d", i, lines[i].expected);
	}
}

#define CHECK_ALL(lines, ask) check_all(lines, sizeof(lines) / sizeof(lines[0]), ask)

static void names_are_tokens(void **state)
{
	static const struct line lines[] = {
		{ "Host", true },   { "x-a.b_c~1", true },    { "", false },
		{ "Host ", false }, { " Host", false },	      { "Ho\tst", false },
		{ "Ho:st", false }, { "H\xc3\xb6st", false },
	};

	CHECK_ALL(lines, http_field_name_valid);
}

static void values_have_no_control_characters(void **state)
{
	static const struct line lines[] = {
		{ "", true },	    { "a b\tc", true }, { "gr\xc3\xbc\xc3\x9f", true },
		{ "a\rb", false },  { "a\nb", false },	{ "a\x7f", false },
		{ "a\x01", false },
	};

	CHECK_ALL(lines, http_field_value_valid);
}

/* RFC 9110 sections 5.6.2 and 5.5. */
static void every_octet_is_known(void **state)
{
	for (int c = 1; c < 256; c++) {
		const char text[] = { 'a', (char)c, 'z', '\0' };
		bool token = c < 0x80 && strchr("abcdefghijklmnopqrstuvwxyz"
						"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
						"!#$%&'*+-.^_`|~",
						c);

		if (http_field_name_valid(text) != token)
			fail_msg("a name with octet 0x%02x", c);
		if (http_field_value_valid(text) != (c == '\t' || (c >= ' ' && c != 0x7f)))
			fail_msg("a value with octet 0x%02x", c);
	}
}

static void only_json_in_utf8_is_taken(void **state)
{
	static const struct line lines[] = {
		{ "application/json", true },
		{ "Application/JSON", true },
		{ "application/json; charset=utf-8", true },
		{ "application/json;charset=\"UTF-8\"", true },
		{ "application/json ; charset=utf-8 ", true },
		{ NULL, false },
		{ "", false },
		{ "text/json", false },
		{ "application/jsonp", false },
		{ "application/json-patch+json", false },
		{ "application/json; charset=latin1", false },
		{ "application/json; charset=utf-16", false },
		{ "application/json; charset=\"utf-8", false },
		{ "application/json; charset=utf-8; x=y", false },
		{ "application/json;", false },
		{ "application/json, text/plain", false },
		{ "application/x-www-form-urlencoded", false },
	};

	CHECK_ALL(lines, http_content_type_is_json);
}

static void accept_as_http_has_it(void **state)
{
	static const struct line lines[] = {
		{ NULL, true },
		{ "*/*", true },
		{ "application/json", true },
		{ "APPLICATION/JSON", true },
		{ "application/*", true },
		{ "text/html, application/json;q=0.1", true },
		{ "text/html,*/*;q=0.8", true },
		{ "application/json;q=1.0", true },
		{ "", false },
		{ "text/html", false },
		{ "application/json;q=0", false },
		{ "application/json;q=0.000", false },
		{ "*/*;q=0", false },
		{ "application/json;q=0, */*", false },
		{ "*/*, application/json;q=0", false },
		{ "*/*;q=0, application/json", true },
		{ "application/xml", false },
		{ "application/jsonx", false },
		{ "text/plain;x=\"a,application/json\"", false },
		{ "text/plain;x=\"\\\",application/json\"", false },
		{ ",,, application/json", true },
		{ ",", false },
	};

	CHECK_ALL(lines, http_accept_takes_json);
}

static void request_ids_can_stand_in_a_log(void **state)
{
	static const struct line lines[] = {
		{ "a", true },
		{ "order-7:attempt/2_x.y", true },
		{ "0123456789012345678901234567890123456789012345678901234567890123", true },
		{ "01234567890123456789012345678901234567890123456789012345678901234", false },
		{ NULL, false },
		{ "", false },
		{ "a b", false },
		{ "a\"b", false },
		{ "a\nb", false },
		{ "a%20", false },
		{ "\xc3\xa9", false },
	};

	CHECK_ALL(lines, http_request_id_sane);
}

static void traceparent_of_version_zero(void **state)
{
	static const struct line lines[] = {
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true },
		{ NULL, false },
		{ "", false },
		{ "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false },
		{ "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false },
		{ "00-00000000000000000000000000000000-b7ad6b7169203331-01", false },
		{ "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false },
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g", false },
		{ "00-0af7651916cd43dd8448eb211c80319cxb7ad6b7169203331-01", false },
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011", false },
	};
	char cut[64];
	size_t len;

	CHECK_ALL(lines, http_traceparent_valid);
	for (len = 0; len < strlen(lines[0].value); len++) {
		memcpy(cut, lines[0].value, len);
		cut[len] = '\0';
		assert_false(http_traceparent_valid(cut));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_tokens),
		cmocka_unit_test(values_have_no_control_characters),
		cmocka_unit_test(every_octet_is_known),
		cmocka_unit_test(only_json_in_utf8_is_taken),
		cmocka_unit_test(accept_as_http_has_it),
		cmocka_unit_test(request_ids_can_stand_in_a_log),
		cmocka_unit_test(traceparent_of_version_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
