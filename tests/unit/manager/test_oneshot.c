/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "manager/oneshot.h"

static const struct {
	const char *dialled;
	enum oneshot_kind kind;
	char action;
	unsigned int n_fields;
	const char *fields[ONESHOT_FIELDS_MAX];
} codes[] = {
	{ "*188#", ONESHOT_OURS, '\0' },
	{ "*188*0#", ONESHOT_OURS, '0' },
	{ "*188*1#", ONESHOT_OURS, '1' },
	{ "*188*1*#", ONESHOT_OURS, '1' },
	{ "*188*1*500#", ONESHOT_OURS, '1', 1, { "500" } },
	{ "*188*2#", ONESHOT_OURS, '2' },
	{ "*188*3*1*#", ONESHOT_OURS, '3', 1, { "1" } },
	{ "*188*3*1*2#", ONESHOT_OURS, '3', 2, { "1", "2" } },
	{ "*188*4*1*2#", ONESHOT_OURS, '4', 2, { "1", "2" } },
	{ "*188*4*1*2*#", ONESHOT_OURS, '4', 3, { "1", "2", "" } },
	{ "*188*4*1*2*3*4#5#", ONESHOT_OURS, '4', 3, { "1", "2", "3*4#5" } },
	{ "*188*4*1*2**#", ONESHOT_OURS, '4', 3, { "1", "2", "*" } },
	{ "*188*5*1#", ONESHOT_OURS, '5', 1, { "1" } },
	{ "*188*6#", ONESHOT_OURS, '6' },
	{ "*188*7#", ONESHOT_OURS, '7' },
	{ "*188*9#", ONESHOT_OURS, '9' },
	{ "*189#", ONESHOT_OTHER },
	{ "*1880#", ONESHOT_OTHER },
	{ "*18#", ONESHOT_OTHER },
	{ "*8*188#", ONESHOT_OTHER },
	{ "", ONESHOT_WRONG },
	{ "*188", ONESHOT_WRONG },
	{ "188#", ONESHOT_WRONG },
	{ "#188#", ONESHOT_WRONG },
	{ "*#", ONESHOT_WRONG },
	{ "**#", ONESHOT_WRONG },
	{ "*188*#", ONESHOT_WRONG },
	{ "*188*8#", ONESHOT_WRONG },
	{ "*188*9*1234#", ONESHOT_WRONG }, /* a PIN is never part of a code */
	{ "*188*9*1234*1234#", ONESHOT_WRONG },
	{ "*188*12#", ONESHOT_WRONG },
	{ "*188*1**5#", ONESHOT_WRONG },
	{ "*188*1*5*6#", ONESHOT_WRONG },
	{ "*188*2*1#", ONESHOT_WRONG },
	{ "*188*3**1#", ONESHOT_WRONG },
	{ "*188*3*1*2*3#", ONESHOT_WRONG },
	{ "*188*6*#", ONESHOT_WRONG },
	{ "*188##", ONESHOT_WRONG },
};

static void table(void **state)
{
	struct oneshot code;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		oneshot_parse(&code, codes[i].dialled, "188");
		if (code.kind != codes[i].kind)
			fail_msg("%s is of kind %d", codes[i].dialled, code.kind);
		if (code.kind != ONESHOT_OURS)
			continue;
		assert_int_equal(code.action, codes[i].action);
		assert_int_equal(code.n_fields, codes[i].n_fields);
		for (unsigned int j = 0; j < code.n_fields; j++)
			assert_string_equal(code.fields[j], codes[i].fields[j]);
	}
}

/* Each code cut at each length, and each octet replaced: never more fields than there are, never
 * a field outside of the text. */
static void mangled(void **state)
{
	char text[64];
	struct oneshot code;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		size_t len = strlen(codes[i].dialled);

		for (size_t at = 0; at < len; at++) {
			for (int c = 0; c < 256; c++) {
				OSMO_STRLCPY_ARRAY(text, codes[i].dialled);
				text[at] = c;
				oneshot_parse(&code, text, "188");
				assert_true(code.n_fields <= ONESHOT_FIELDS_MAX);
				for (unsigned int j = 0; j < code.n_fields; j++)
					assert_in_range((size_t)(code.fields[j] - code.text), 1,
							sizeof(code.text) - 1);
			}
		}
	}
}

static void too_long(void **state)
{
	char text[400];
	struct oneshot code;

	for (size_t len = 10; len < sizeof(text); len++) {
		memset(text, '1', len);
		memcpy(text, "*188*1*", 7);
		text[len - 1] = '#';
		text[len] = '\0';
		oneshot_parse(&code, text, "188");
		assert_int_equal(code.kind, len < ONESHOT_TEXT_SIZE ? ONESHOT_OURS : ONESHOT_WRONG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(mangled),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
