/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The default patterns against the texts of the catalogues. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "handset-sim/options.h"
#include "handset-sim/text_rules.h"
#include "lib/value_id.h"

static struct text_rules *rules;

static int setup(void **state)
{
	const struct text_patterns defaults = { 0 };

	rules = text_rules_new(NULL, &defaults);
	return rules ? 0 : -1;
}

static int teardown(void **state)
{
	talloc_free(rules);
	return 0;
}

static void kind_is(const char *text, enum text_kind kind)
{
	enum text_kind got = text_rules_kind(rules, text);

	if (got != kind)
		fail_msg("'%s' is %s, not %s", text, text_kind_name(got), text_kind_name(kind));
}

static bool begins(const char *line, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (strncmp(line, *prefixes, strlen(*prefixes)) == 0)
			return true;
	return false;
}

/* What a refusal says is somebody else's file: each of them must be told from a success. */
static void catalogue_look(const char *path)
{
	static const char *const refusals[] = {
		"outcome.",
		"ended.timeout",
		"ended.invalid",
		"ended.full",
		"ended.often",
		"ended.draining",
		"code.",
		"buy.nothing",
		"buy.declined",
		"buy.uncertain",
		"transfer.nothing",
		"transfer.already",
		"transfer.declined",
		"transfer.uncertain",
		"send.shop",
		"pay.phone",
		NULL,
	};
	static const char *const successes[] = {
		"ended.cancelled", "unseen.",  "buy.done", "list.",	"send.done", "pay.done",
		"check.yes",	   "balance.", "history.", "menu.root", NULL,
	};
	char line[2048];
	FILE *in = fopen(path, "r");
	int n = 0;

	if (!in)
		skip();
	while (fgets(line, sizeof(line), in)) {
		char *text = strstr(line, " = ");
		bool is_refusal = begins(line, refusals);

		line[strcspn(line, "\n")] = '\0';
		if (!text || line[0] == '#' || (!is_refusal && !begins(line, successes)))
			continue;
		if ((text_rules_kind(rules, text + 3) == TEXT_OK) == is_refusal)
			fail_msg("%s: taken for %s: %s", path,
				 is_refusal ? "a success" : "a refusal", line);
		n++;
	}
	fclose(in);
	assert_true(n > 40);
}

static void test_catalogues(void **state)
{
	catalogue_look("etc/texts/en.txt");
	catalogue_look("etc/texts/de.txt");
	catalogue_look("etc/texts/ja.txt");
}

static void test_kinds(void **state)
{
	kind_is("Bought 500 JPY, value 0712 3456 7890 1234 5678", TEXT_OK);
	kind_is("500 JPY now belongs to Shop (1234). Value 0712 3456 7890 1234 5678", TEXT_OK);
	kind_is("Your values:\n1 500 JPY ..5678", TEXT_OK);
	kind_is("You have no values.", TEXT_OK);
	kind_is("Nothing was done yet.", TEXT_OK);
	kind_is("Balance 9500 JPY\nValues 500 JPY (1)", TEXT_OK);
	kind_is("Yes, you own it: 500 JPY, valid", TEXT_OK);
	kind_is("No. You do not own such a value.", TEXT_REFUSED);
	kind_is("Your balance is too small. Nothing was bought.", TEXT_REFUSED);
	kind_is("Nothing was handed on.", TEXT_REFUSED);
	kind_is("Ended. Nothing more was done.", TEXT_OK);
	kind_is("Too much to do at the moment. Nothing was done. Please try again in a minute.",
		TEXT_BUSY);
	kind_is("Too many calls at the moment. Nothing was done. Please dial again in a minute.",
		TEXT_BUSY);
	kind_is("The result is not known yet. Please look at 7 Last operations.", TEXT_UNSURE);
	kind_is("Not finished yet. Please look at 7 Last operations in a while.", TEXT_UNSURE);
}

static void test_exit_codes(void **state)
{
	assert_int_equal(text_kind_exit(TEXT_OK), 0);
	assert_int_equal(text_kind_exit(TEXT_REFUSED), EXIT_REFUSED);
	assert_int_equal(text_kind_exit(TEXT_UNSURE), EXIT_UNSURE);
	assert_int_equal(text_kind_exit(TEXT_BUSY), EXIT_BUSY);
}

static void test_confirm(void **state)
{
	assert_true(text_rules_confirm(rules, "Send 500 JPY to 81901?\n1 Yes 0 No"));
	assert_true(text_rules_confirm(rules, "500 JPY an 81901 senden?\n1 Ja 0 Nein"));
	assert_true(text_rules_confirm(rules, "500円を送りますか\n1はい 0いいえ"));
	assert_true(text_rules_confirm(rules, "Done 10:02\n1 Continue"));
	assert_false(text_rules_confirm(rules, "1 Buy\n2 My values"));
	assert_false(text_rules_confirm(rules, "Send which value?"));
}

static void test_received(void **state)
{
	struct text_note notes[TEXT_NOTES_MAX];
	char a[VALUE_ID_GROUPED_SIZE], b[VALUE_ID_GROUPED_SIZE], text[300];
	const int64_t id_a = 703687441776641234LL, id_b = 703687441776645678LL;

	value_id_format_grouped(a, id_a);
	value_id_format_grouped(b, id_b);
	snprintf(text, sizeof(text), "Bought 500 JPY, value %s", a);
	assert_int_equal(text_rules_received(rules, text, notes), 1);
	assert_true(notes[0].value_id == id_a);
	assert_string_equal(notes[0].amount, "500");
	assert_string_equal(notes[0].currency, "JPY");
	/* what was not seen yet comes along; each id has the amount before it */
	snprintf(text, sizeof(text),
		 "Done 10:02: bought 5.00 EUR, value %s\nBought 700 JPY, value %s", b, a);
	assert_int_equal(text_rules_received(rules, text, notes), 2);
	assert_true(notes[0].value_id == id_b && notes[1].value_id == id_a);
	assert_string_equal(notes[0].currency, "EUR");
	assert_string_equal(notes[1].amount, "700");
	snprintf(text, sizeof(text), "500円を購入しました\n%s", a);
	assert_int_equal(text_rules_received(rules, text, notes), 1);
	assert_string_equal(notes[0].currency, "JPY");
	/* a transfer, a list, a wrong check digit, no amount: nothing received */
	snprintf(text, sizeof(text), "500 JPY now belongs to 81901. Value %s", a);
	assert_int_equal(text_rules_received(rules, text, notes), 0);
	snprintf(text, sizeof(text), "Bought, value %s", a);
	assert_int_equal(text_rules_received(rules, text, notes), 0);
	a[0] = a[0] == '9' ? '8' : a[0] + 1;
	snprintf(text, sizeof(text), "Bought 500 JPY, value %s", a);
	assert_int_equal(text_rules_received(rules, text, notes), 0);
}

static void test_bad_pattern(void **state)
{
	const struct text_patterns bad = { .busy = "(" };

	assert_null(text_rules_new(NULL, &bad));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalogues), cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_exit_codes), cmocka_unit_test(test_confirm),
		cmocka_unit_test(test_received),   cmocka_unit_test(test_bad_pattern),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
