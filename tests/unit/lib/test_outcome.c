/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "lib/outcome.h"

struct registered {
	int code;
	const char *name;
	int http_status;
	int retryable;
	const char *title;
};

/* The registry line by line, doubles included: the enum would swallow them. */
static const struct registered registry[] = {
#define OUTCOME(code, NAME, name, http, retryable, title) { code, name, http, retryable, title },
#include "lib/outcome.def"
#undef OUTCOME
};

static void test_codes_and_names_are_unique(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(registry); i++) {
		for (size_t j = i + 1; j < ARRAY_SIZE(registry); j++) {
			assert_int_not_equal(registry[i].code, registry[j].code);
			assert_string_not_equal(registry[i].name, registry[j].name);
		}
	}
}

static void test_every_outcome_is_found(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(registry); i++) {
		const struct registered *r = &registry[i];

		assert_string_equal(outcome_name(r->code), r->name);
		assert_string_equal(outcome_title(r->code), r->title);
		assert_int_equal(outcome_http_status(r->code), r->http_status);
		assert_int_equal(outcome_retryable(r->code), r->retryable);
		assert_int_equal(outcome_by_name(r->name), r->code);
	}
}

/* A name is a key in SQL, in JSON and in text catalogues. */
static void test_names_are_lower_case_words(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(registry); i++) {
		assert_true(strlen(registry[i].name) > 0);
		assert_int_equal(strspn(registry[i].name, "abcdefghijklmnopqrstuvwxyz_"),
				 strlen(registry[i].name));
		assert_in_range(registry[i].code, 0, 999);
		assert_true(strlen(registry[i].title) > 0);
		assert_in_range(registry[i].http_status, 200, 599);
	}
}

static void test_only_what_is_done_is_a_2xx(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(registry); i++) {
		int done = registry[i].code == OUTCOME_OK || registry[i].code == OUTCOME_PENDING;

		assert_int_equal(registry[i].http_status / 100 == 2, done);
	}
}

static void test_other_codes_are_nothing(void **state)
{
	static const int others[] = { -1, -1000000, INT32_MIN, 2, 9, 999, 65536, INT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_null(outcome_name(others[i]));
		assert_null(outcome_title(others[i]));
		assert_int_equal(outcome_http_status(others[i]), 500);
		assert_false(outcome_retryable(others[i]));
	}
	assert_int_equal(outcome_by_name(""), -ENOENT);
	assert_int_equal(outcome_by_name("OK"), -ENOENT);
	assert_int_equal(outcome_by_name("ok "), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes_and_names_are_unique),
		cmocka_unit_test(test_every_outcome_is_found),
		cmocka_unit_test(test_names_are_lower_case_words),
		cmocka_unit_test(test_only_what_is_done_is_a_2xx),
		cmocka_unit_test(test_other_codes_are_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
