/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/config_text.h"

static int check(const char *text, size_t len, char why[CONFIG_TEXT_WHY_SIZE])
{
	FILE *file = fmemopen((void *)text, len, "r");
	int rc;

	assert_non_null(file);
	rc = config_text_check(file, why);
	fclose(file);
	return rc;
}

static void good(const char *text)
{
	char why[CONFIG_TEXT_WHY_SIZE] = "";

	assert_int_equal(check(text, strlen(text), why), 0);
}

static void bad(const char *text, size_t len, const char *expected)
{
	char why[CONFIG_TEXT_WHY_SIZE];

	assert_int_equal(check(text, len, why), -EINVAL);
	assert_string_equal(why, expected);
}

static void texts_that_are_read(void **state)
{
	good("! comment\n\n ! indented comment\n  \nmanager\n drain-timeout 3\n");
	good("# other\r\ngateway\r\n\tname \xe6\x9d\xb1\r\n");
	good("manager");
	good(" \n");
}

static void first_command_indented(void **state)
{
	static const char text[] = "! comment\n gateway\nline vty\n";

	bad(text, strlen(text), "line 2: the first command is indented");
}

static void controls(void **state)
{
	bad("a\n\n b\0c\n", 8, "line 3: a control character");
	bad("a\n b\x1b\n", 6, "line 2: a control character");
	bad("a\n b\x7f\n", 6, "line 2: a control character");
}

static void long_lines(void **state)
{
	char text[2 * CONFIG_TEXT_LINE_MAX];

	memset(text, 'x', sizeof(text));
	text[0] = '!';
	text[CONFIG_TEXT_LINE_MAX] = '\n';
	text[CONFIG_TEXT_LINE_MAX + 1] = '\0';
	good(text);
	memset(text + CONFIG_TEXT_LINE_MAX, 'x', 2);
	bad(text, CONFIG_TEXT_LINE_MAX + 1, "line 1: longer than 510 octets");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_that_are_read),
		cmocka_unit_test(first_command_indented),
		cmocka_unit_test(controls),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
