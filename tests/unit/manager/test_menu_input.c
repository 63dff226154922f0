/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"
#include "manager/menu_input.h"

static void folding(void **state)
{
	static const struct {
		const char *text, *folded;
	} cases[] = {
		{ "", "" },
		{ "1", "1" },
		{ "  1 2  ", "1 2" },
		{ "1\r", "1" },
		{ "1\r\n", "1" },
		{ "\xef\xbc\x91\xef\xbc\x90", "10" }, /* full-width digits */
		{ "\xef\xbc\x8a", "*" },
		{ "\xef\xbd\x9e", "~" },
		{ "\xe3\x80\x80\x31\xe3\x80\x80", "1" }, /* ideographic space */
		{ "\xe3\x81\x82", "\xe3\x81\x82" },
	};
	char out[MENU_INPUT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(menu_input_fold(out, cases[i].text));
		assert_string_equal(out, cases[i].folded);
	}
}

static void what_is_no_input(void **state)
{
	static const char *const texts[] = { "\x01",	     "a\tb",	 "\x80", "\xc3",
					     "\xed\xa0\x80", "\xff\xff", "1\x1b" };
	char out[MENU_INPUT_SIZE], text[2 * MENU_INPUT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(menu_input_fold(out, texts[i]));
	for (size_t len = 0; len < sizeof(text); len++) {
		memset(text, '1', len);
		text[len] = '\0';
		if (menu_input_fold(out, text))
			assert_int_equal(strlen(out), len);
		else
			assert_true(len > REFERENCE_SIZE);
	}
}

static void references(void **state)
{
	static const struct {
		const char *text, *taken; /* NULL: refused */
	} cases[] = {
		{ "", "" },
		{ "  ", "" },
		{ "A-1_b.c/d:e+f,g", "A-1_b.c/d:e+f,g" },
		{ " a b ", "a b" },
		{ "12*34#5", "12*34#5" },
		{ "a;b", NULL },
		{ "a'b", NULL },
		{ "a\"b", NULL },
		{ "<a>", NULL },
		{ "caf\xc3\xa9", NULL },
		{ "a\nb", NULL },
	};
	char out[REFERENCE_SIZE], text[REFERENCE_SIZE + 8];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum outcome outcome = menu_input_reference(out, cases[i].text);

		assert_int_equal(outcome == OUTCOME_OK, cases[i].taken != NULL);
		if (cases[i].taken)
			assert_string_equal(out, cases[i].taken);
	}
	for (size_t len = 0; len < sizeof(text); len++) {
		memset(text, '7', len);
		text[len] = '\0';
		assert_int_equal(menu_input_reference(out, text),
				 len < REFERENCE_SIZE ? OUTCOME_OK : OUTCOME_REFERENCE_MALFORMED);
	}
}

static void values(void **state)
{
	char digits[VALUE_ID_GROUPED_SIZE];
	int64_t id;

	value_id_format_grouped(digits, 123456789012345678);
	assert_int_equal(menu_input_value(&id, digits), OUTCOME_OK);
	assert_int_equal(id, 123456789012345678);
	digits[0] ^= 1;
	assert_int_equal(menu_input_value(&id, digits), OUTCOME_VALUE_ID_MALFORMED);
	assert_int_equal(menu_input_value(&id, ""), OUTCOME_VALUE_ID_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding),
		cmocka_unit_test(what_is_no_input),
		cmocka_unit_test(references),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
