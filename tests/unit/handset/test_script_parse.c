/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "handset-sim/script.h"

static struct script *parse(const char *content, struct script_error *error)
{
	return script_parse(NULL, "t.hs", content, strlen(content), error);
}

static void fails_at(const char *content, unsigned int line, const char *part)
{
	struct script_error error = { 0 };
	struct script *s = parse(content, &error);

	assert_null(s);
	assert_int_equal(error.line, line);
	if (!strstr(error.why, part))
		fail_msg("'%s' does not say '%s'", error.why, part);
}

static void test_whole(void **state)
{
	struct script_error error;
	struct script *s =
		parse("# comment\n"
		      "timeout 5s\n"
		      "let amount = 500\n"
		      "phone alice imsi 001010000000001 msisdn 819012345678\n"
		      "phone bob imsi 001010000000002\n"
		      "\n"
		      "test Alice buys\n"
		      "alice> *188*1*{amount}#\n"
		      "alice< Buy 500 JPY?  \n"
		      "| 1 Yes 0 No\n"
		      "alice> 1\n"
		      "alice= Bought {:amount} JPY, value {id:value_id}\r\n"
		      "alice quiet 200ms\n"
		      "alice hangup\n"
		      "test Bob\n"
		      "bob~ timeout\n"
		      "bob! pushed\n"
		      "wait 1s\n"
		      "shell echo {not a variable} $id\n"
		      "| echo more\n"
		      "shell=\n"
		      "| first\n"
		      "|\n"
		      "| third\n"
		      "alice transfer {id} 1234 reference order7 shop-url http://127.0.0.1/x\n"
		      "alice wallet {id} confirmed",
		      &error);

	assert_non_null(s);
	assert_int_equal(s->n_phones, 2);
	assert_int_equal(s->n_tests, 3);
	assert_int_equal(s->tests[0].n_steps, 4);
	assert_string_equal(s->tests[1].name, "Alice buys");
	assert_int_equal(s->tests[1].line, 7);
	assert_int_equal(s->tests[1].n_steps, 6);
	assert_int_equal(s->steps[3].kind, STEP_PHONE);
	assert_null(s->steps[3].args[1]);
	assert_int_equal(s->steps[5].kind, STEP_QUESTION);
	assert_string_equal(s->steps[5].text, "Buy 500 JPY?\n1 Yes 0 No");
	assert_int_equal(s->steps[5].line, 9);
	assert_int_equal(s->steps[5].n_lines, 2);
	assert_string_equal(s->steps[7].text, "Bought {:amount} JPY, value {id:value_id}");
	assert_int_equal(s->steps[8].ms, 200);
	assert_string_equal(s->steps[13].text, "echo {not a variable} $id\necho more");
	assert_string_equal(s->steps[14].text, "first\n\nthird");
	assert_int_equal(s->steps[14].n_lines, 4);
	assert_string_equal(s->steps[15].args[2], "order7");
	assert_string_equal(s->steps[15].args[3], "http://127.0.0.1/x");
	assert_string_equal(s->steps[16].args[1], "confirmed");
	talloc_free(s);
}

/* Known when it runs. */
static void test_numbers_in_variables(void **state)
{
	struct script_error error;
	struct script *s = parse("phone a imsi {x} msisdn {y}\nphone b imsi {x}\n", &error);

	assert_non_null(s);
	talloc_free(s);
}

static void test_empty(void **state)
{
	struct script_error error;
	struct script *s = parse("", &error);

	assert_non_null(s);
	assert_int_equal(s->n_steps, 0);
	assert_int_equal(s->n_tests, 1);
	talloc_free(s);
}

#define PHONE "phone a imsi 001010000000001\n"

static void test_malformed(void **state)
{
	fails_at("alice> x\n", 1, "no phone 'alice'");
	fails_at("\n\n  indented\n", 3, "begins with");
	fails_at("phone\n", 1, "not a name");
	fails_at("phone test imsi 1\n", 1, "cannot be the name");
	fails_at("phone a\n", 1, "imsi DIGITS");
	fails_at("phone a imsi\n", 1, "missing");
	fails_at("phone a imsi 1 number 2\n", 1, "instead of msisdn");
	fails_at("phone a imsi 1 msisdn\n", 1, "missing");
	fails_at("phone a imsi 1 msisdn 2 more\n", 1, "too much");
	fails_at(PHONE "phone a imsi 2\n", 2, "already");
	fails_at("phone a imsi 12\n", 1, "6 to 15 digits");
	fails_at("phone a imsi 0010100000000012\n", 1, "not an IMSI");
	fails_at("phone a imsi 00101000000000x\n", 1, "not an IMSI");
	fails_at("phone a imsi 001010000000001 msisdn +819012345678\n", 1, "not an MSISDN");
	fails_at("phone a imsi {x} msisdn 12\n", 1, "not an MSISDN");
	fails_at(PHONE "phone b imsi 001010000000001\n", 2, "'a' has this IMSI");
	fails_at(PHONE "a>\n", 2, "text is missing");
	fails_at(PHONE "a~\n", 2, "text is missing");
	fails_at(PHONE "a dance\n", 2, "dance");
	fails_at(PHONE "a hangup now\n", 2, "too much");
	fails_at(PHONE "a quiet\n", 2, "not a time");
	fails_at(PHONE "a quiet 5\n", 2, "not a time");
	fails_at(PHONE "a quiet 5s 6s\n", 2, "too much");
	fails_at(PHONE "a transfer 1\n", 2, "transfer VALUE TO");
	fails_at(PHONE "a transfer 1 2 foo bar\n", 2, "instead of reference");
	fails_at(PHONE "a transfer 1 2 reference\n", 2, "what is the reference");
	fails_at(PHONE "a wallet 1 lost\n", 2, "wallet VALUE");
	fails_at(PHONE "a> 1\n| 2\n", 3, "none above");
	fails_at("| x\n", 1, "none above");
	fails_at("let 1x = 2\n", 1, "let NAME");
	fails_at("let x 2\n", 1, "let NAME");
	fails_at("timeout soon\n", 1, "not a time");
	fails_at("wait 99h\n", 1, "not a time");
	fails_at("test\n", 1, "needs a name");
	fails_at(PHONE "a= {x:nonsense}\n", 2, "no such kind");
	fails_at(PHONE "a= {x\n", 2, "not {name}");
	fails_at(PHONE "a= {}\n", 2, "not {name}");
	fails_at(PHONE "a= {x:/(/}\n", 2, "");
	fails_at(PHONE "a= fine\n\na< x\n| {:}\n", 4, "not {name}");
}

static void test_nul_and_bounds(void **state)
{
	struct script_error error;
	char *many = malloc(10 * (SCRIPT_STEPS_MAX + 2)), *at = many;
	int i;

	assert_null(script_parse(NULL, "t.hs", "wait 1s\0x", 9, &error));
	for (i = 0; i <= SCRIPT_STEPS_MAX; i++)
		at += sprintf(at, "wait 1s\n");
	assert_null(script_parse(NULL, "t.hs", many, at - many, &error));
	assert_int_equal(error.line, SCRIPT_STEPS_MAX + 1);
	free(many);
}

/* A script that ends anywhere is parsed or refused, and nothing else. */
static void test_truncated(void **state)
{
	static const char whole[] =
		"phone a imsi 001010000000001 msisdn 8190001\nlet x = {$HOME}\ntest t\na> x\n"
		"a= {x:value_id} {y:/[0-9]{2}/}\n| {{ {:any}\nshell= {x}\n";
	size_t len;

	for (len = 0; len < sizeof(whole); len++) {
		struct script_error error = { 0 };
		char *cut = strndup(whole, len);
		struct script *s = script_parse(NULL, "t.hs", cut, len, &error);

		assert_true(s || error.line > 0);
		talloc_free(s);
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	  cmocka_unit_test(test_empty),
		cmocka_unit_test(test_malformed), cmocka_unit_test(test_nul_and_bounds),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_numbers_in_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
