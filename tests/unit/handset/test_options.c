/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "handset-sim/options.h"
#include "handset-sim/options_table.h"

static struct options o;

/* argv as a line of words. */
static int parse(const char *line)
{
	static char copy[4096];
	char *argv[200] = { "tegata-handset" };
	int argc = 1;

	strncpy(copy, line, sizeof(copy) - 1);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	optind = 0; /* getopt begins anew */
	return options_parse(&o, argc, argv);
}

static void test_defaults(void **state)
{
	assert_int_equal(parse(""), 0);
	assert_string_equal(o.via, "direct");
	assert_string_equal(o.address, "127.0.0.1:4222");
	assert_int_equal(o.n_args, 0);
	assert_false(o.has_max_p99_ms);
}

static void test_order_does_not_matter(void **state)
{
	assert_int_equal(parse("dial --answer 1 *188# --answer 2 --imsi 001 --json"), 0);
	assert_int_equal(o.n_args, 2);
	assert_string_equal(o.args[0], "dial");
	assert_string_equal(o.args[1], "*188#");
	assert_int_equal(o.answers.n, 2);
	assert_string_equal(o.answers.items[1], "2");
	assert_true(o.json);
}

static void test_types(void **state)
{
	assert_int_equal(parse("load --rate 500 --answer-timeout 2m --max-p99-ms 0"), 0);
	assert_int_equal(o.rate, 500);
	assert_int_equal(o.answer_timeout_ms, 120000);
	assert_true(o.has_max_p99_ms);
	assert_int_equal(o.max_p99_ms, 0);
}

static void test_refused(void **state)
{
	char many[2000] = "dial";
	int i;

	assert_int_equal(parse("--sing"), -EINVAL);
	assert_int_equal(parse("--imsi"), -EINVAL);
	assert_int_equal(parse("--via smoke"), -EINVAL);
	assert_int_equal(parse("--rate 0"), -EINVAL);
	assert_int_equal(parse("--rate -5"), -EINVAL);
	assert_int_equal(parse("--rate 5x"), -EINVAL);
	assert_int_equal(parse("--terminals 99999999999999999999"), -EINVAL);
	assert_int_equal(parse("--answer-timeout 5"), -EINVAL);
	for (i = 0; i <= OPTIONS_LIST_MAX; i++)
		strcat(many, " --answer 1");
	assert_int_equal(parse(many), -EINVAL);
}

static void test_environment(void **state)
{
	setenv("TEGATA_HANDSET_WALLET_DIR", "/from/outside", 1);
	setenv("TEGATA_HANDSET_MAX_ERRORS", "7", 1);
	assert_int_equal(parse(""), 0);
	assert_string_equal(o.wallet_dir, "/from/outside");
	assert_true(o.has_max_errors);
	assert_int_equal(o.max_errors, 7);
	assert_int_equal(parse("--wallet-dir here"), 0);
	assert_string_equal(o.wallet_dir, "here");
	setenv("TEGATA_HANDSET_MAX_ERRORS", "many", 1);
	assert_int_equal(parse(""), -EINVAL);
	unsetenv("TEGATA_HANDSET_WALLET_DIR");
	unsetenv("TEGATA_HANDSET_MAX_ERRORS");
}

/* A name twice, or an option without help, would be seen by nobody. */
static void test_table(void **state)
{
	size_t i, j;

	for (i = 0; i < option_table_size; i++) {
		const struct option_def *def = &option_table[i];

		assert_true(def->section ? !def->name : def->name && def->help);
		for (j = 0; def->name && j < i; j++)
			assert_false(option_table[j].name &&
				     strcmp(option_table[j].name, def->name) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),    cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_types),	    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_environment), cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
