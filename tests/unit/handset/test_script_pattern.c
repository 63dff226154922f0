/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "handset-sim/script_pattern.h"
#include "handset-sim/script_update.h"
#include "handset-sim/script_vars.h"
#include "lib/value_id.h"

static char grouped[VALUE_ID_GROUPED_SIZE], digits[VALUE_ID_STR_SIZE];
static char other_grouped[VALUE_ID_GROUPED_SIZE];

static int setup(void **state)
{
	value_id_format_grouped(grouped, 703687441776641234LL);
	value_id_format(digits, 703687441776641234LL);
	value_id_format_grouped(other_grouped, 703687441776649999LL);
	*state = talloc_zero(NULL, struct script_vars);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static enum script_match match(void **state, const char *expected, const char *actual)
{
	char why[SCRIPT_WHY_SIZE];

	return script_pattern_match(*state, expected, actual, why);
}

static const char *value(void **state, const char *name)
{
	const struct script_var *var = script_vars_find(*state, name, strlen(name));

	return var ? var->value : NULL;
}

static void test_literal(void **state)
{
	assert_int_equal(match(state, "1 Buy (a+b)* [x] ^$ \\ {{y} |",
			       "1 Buy (a+b)* [x] ^$ \\ {y} |"),
			 SCRIPT_MATCH);
	assert_int_equal(match(state, "Buy", "Buy 500"), SCRIPT_NO_MATCH);
	assert_int_equal(match(state, "Buy.", "Buyx"), SCRIPT_NO_MATCH);
	assert_int_equal(match(state, "a\nb", "a  \nb \n"), SCRIPT_MATCH);
	assert_int_equal(match(state, "a\nb", "a b"), SCRIPT_NO_MATCH);
	assert_int_equal(match(state, "", ""), SCRIPT_MATCH);
	assert_int_equal(match(state, "500円", "500円"), SCRIPT_MATCH);
}

static void test_captures(void **state)
{
	char text[200];

	snprintf(text, sizeof(text), "Bought 500 JPY at 10:02, value %s\nbye", grouped);
	assert_int_equal(
		match(state,
		      "Bought {sum:amount} {cur:word} at {when:time}, value {id:value_id}\n"
		      "{rest:any}",
		      text),
		SCRIPT_MATCH);
	assert_string_equal(value(state, "sum"), "500");
	assert_string_equal(value(state, "cur"), "JPY");
	assert_string_equal(value(state, "when"), "10:02");
	assert_string_equal(value(state, "id"), digits);
	assert_string_equal(value(state, "rest"), "bye");
	/* found again in groups and without */
	assert_int_equal(match(state, "value {id}", text + strlen("Bought 500 JPY at 10:02, ")),
			 SCRIPT_NO_MATCH);
	snprintf(text, sizeof(text), "value %s", grouped);
	assert_int_equal(match(state, "value {id}", text), SCRIPT_MATCH);
	snprintf(text, sizeof(text), "value %s", digits);
	assert_int_equal(match(state, "value {id}", text), SCRIPT_MATCH);
	snprintf(text, sizeof(text), "value %s", other_grouped);
	assert_int_equal(match(state, "value {id}", text), SCRIPT_NO_MATCH);
	snprintf(text, sizeof(text), "..%s", digits + 12);
	assert_int_equal(match(state, "..{id:tail}", text), SCRIPT_MATCH);
}

static void test_value_id_check_digit(void **state)
{
	char text[64];

	snprintf(text, sizeof(text), "%s", grouped);
	text[23] = text[23] == '9' ? '0' : text[23] + 1;
	assert_int_equal(match(state, "{id:value_id}", text), SCRIPT_NO_MATCH);
	assert_null(value(state, "id"));
}

static void test_no_capture_without_match(void **state)
{
	assert_int_equal(match(state, "{a:int} x", "12 y"), SCRIPT_NO_MATCH);
	assert_null(value(state, "a"));
}

static void test_kinds(void **state)
{
	assert_int_equal(match(state, "{:amount}", "5.00"), SCRIPT_MATCH);
	assert_int_equal(match(state, "{:amount}", ".5"), SCRIPT_NO_MATCH);
	assert_int_equal(match(state, "{:number}", "+819012345678"), SCRIPT_MATCH);
	assert_int_equal(match(state, "{:date} {:time}", "2026-11-22 10:02:03"), SCRIPT_MATCH);
	assert_int_equal(match(state, "{:moment}", "22/11 10:02"), SCRIPT_MATCH);
	assert_int_equal(match(state, "{:word}", "two words"), SCRIPT_NO_MATCH);
	assert_int_equal(match(state, "{:line}x", "one\nx"), SCRIPT_NO_MATCH);
	assert_int_equal(match(state, "{:any}x", "one\nx"), SCRIPT_MATCH);
	assert_int_equal(match(state, "{a:/(x|y){2}/}{b:/[0-9]+/}", "xy42"), SCRIPT_MATCH);
	assert_string_equal(value(state, "a"), "xy");
	assert_string_equal(value(state, "b"), "42");
}

static void test_bad(void **state)
{
	char why[SCRIPT_WHY_SIZE], many[600] = "";
	int i;

	assert_int_equal(match(state, "{unset}", "x"), SCRIPT_BAD_PATTERN);
	assert_int_equal(match(state, "{x:nonsense}", "x"), SCRIPT_BAD_PATTERN);
	assert_int_equal(match(state, "{x", "x"), SCRIPT_BAD_PATTERN);
	assert_int_equal(match(state, "{$SURELY_NOT_SET_ANYWHERE}", "x"), SCRIPT_BAD_PATTERN);
	for (i = 0; i < 40; i++)
		strcat(many, "{:int} ");
	assert_int_equal(match(state, many, "1"), SCRIPT_BAD_PATTERN);
	assert_false(script_pattern_is_one("{a:/[/}", why));
	assert_true(script_pattern_is_one("{not_yet_set} {:int}", why));
}

static void test_expand(void **state)
{
	char why[SCRIPT_WHY_SIZE], expected[64], *out;

	assert_int_equal(script_vars_set(*state, "id", grouped, strlen(grouped), false), 0);
	out = script_vars_expand(NULL, *state, "*188*3*{id}*1#{{", why);
	snprintf(expected, sizeof(expected), "*188*3*%s*1#{", digits);
	assert_string_equal(out, expected);
	talloc_free(out);
	assert_null(script_vars_expand(NULL, *state, "{nothing}", why));
	assert_non_null(strstr(why, "nothing"));
	setenv("TEGATA_TEST_VAR", "from outside", 1);
	out = script_vars_expand(NULL, *state, "{$TEGATA_TEST_VAR}", why);
	assert_string_equal(out, "from outside");
	talloc_free(out);
}

static void test_fixed(void **state)
{
	assert_int_equal(script_vars_set(*state, "x", "1", 1, true), 0);
	assert_int_equal(script_vars_set(*state, "x", "2", 1, false), 0);
	assert_string_equal(value(state, "x"), "1");
}

static void test_generalise(void **state)
{
	char actual[200], expected[200], *out;

	assert_int_equal(script_vars_set(*state, "mine", grouped, strlen(grouped), false), 0);
	snprintf(actual, sizeof(actual), "{At} 10:02 on 2026-11-22: %s and %s", grouped,
		 other_grouped);
	/* known ids by their variable, unknown ones captured */
	out = script_text_generalise(NULL, *state, NULL, actual);
	snprintf(expected, sizeof(expected),
		 "{{At} {:time} on {:date}: {mine} and {value2:value_id}");
	assert_string_equal(out, expected);
	assert_int_equal(match(state, out, actual), SCRIPT_MATCH);
	talloc_free(out);
	/* the end of an id that is known, and of one that is not */
	snprintf(actual, sizeof(actual), "1 500 JPY ..%s\n2 500 JPY ..12345678", digits + 12);
	out = script_text_generalise(NULL, *state, NULL, actual);
	assert_string_equal(out, "1 500 JPY ..{mine:tail}\n2 500 JPY ..{:int}");
	assert_int_equal(match(state, out, actual), SCRIPT_MATCH);
	talloc_free(out);
	snprintf(actual, sizeof(actual), "{At} 10:02 on 2026-11-22: %s and %s", grouped,
		 other_grouped);
	/* what the expected text captured keeps its name, so that later steps find it */
	out = script_text_generalise(NULL, *state, "Old {id:value_id}", actual);
	assert_non_null(strstr(out, "{id:value_id} and"));
	assert_int_equal(match(state, out, actual), SCRIPT_MATCH);
	assert_string_equal(value(state, "id"), digits);
	talloc_free(out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_literal),
		TEST(test_captures),
		TEST(test_value_id_check_digit),
		TEST(test_no_capture_without_match),
		TEST(test_kinds),
		TEST(test_bad),
		TEST(test_expand),
		TEST(test_fixed),
		TEST(test_generalise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
