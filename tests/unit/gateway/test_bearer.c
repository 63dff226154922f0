/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/sha.h>

#include "gateway/bearer.h"

static void missing_is_told_apart(void **state)
{
	struct bearer b;

	assert_int_equal(bearer_parse(&b, NULL), -ENOENT);
	assert_int_equal(bearer_parse(&b, ""), -EINVAL);
}

static void other_forms_are_refused(void **state)
{
	static const char *const wrong[] = {
		"Bearer",
		"Bearer ",
		"Bearer tgk_live_",
		"Bearer tgk_live_short",
		"Bearer tgk_prod_0123456789abcdef0",
		"Bearer TGK_LIVE_0123456789abcdef0",
		"tgk_live_0123456789abcdef0",
		"Basic dGdrX2xpdmU6",
		"Bearertgk_live_0123456789abcdef0",
		"Bearer\ttgk_live_0123456789abcdef0",
		"Bearer tgk_live_0123456789abcdef0 ",
		"Bearer tgk_live_0123456789abcdef0,x",
		"Bearer tgk_live_0123456789abcdef0 tgk_live_0123456789abcdef0",
		"Bearer tgk_live_0123456789abcdef\xc3\xa9",
		"Bearer \"tgk_live_0123456789abcdef0\"",
	};
	struct bearer b;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (bearer_parse(&b, wrong[i]) != -EINVAL)
			fail_msg("taken: %s", wrong[i]);
	}
}

static void every_cut_of_a_key_is_refused_or_another_key(void **state)
{
	const char *whole = "Bearer tgk_live_0123456789abcdef";
	char text[64];
	struct bearer b;
	size_t len;

	for (len = 0; len < strlen(whole); len++) {
		snprintf(text, sizeof(text), "%.*s", (int)len, whole);
		assert_int_equal(bearer_parse(&b, text), -EINVAL);
	}
	assert_int_equal(bearer_parse(&b, whole), 0);
}

static void lengths_have_limits(void **state)
{
	char text[BEARER_SECRET_MAX + 32] = "Bearer tgk_test_";
	size_t start = strlen(text);
	struct bearer b;

	memset(text + start, 'k', BEARER_SECRET_MAX);
	assert_int_equal(bearer_parse(&b, text), 0);
	text[start + BEARER_SECRET_MAX] = 'k';
	assert_int_equal(bearer_parse(&b, text), -EINVAL);
	text[start + BEARER_SECRET_MIN] = '\0';
	assert_int_equal(bearer_parse(&b, text), 0);
	text[start + BEARER_SECRET_MIN - 1] = '\0';
	assert_int_equal(bearer_parse(&b, text), -EINVAL);
}

static void digest_is_of_the_whole_key(void **state)
{
	const char *key = "tgk_live_AZaz09-_AZaz09-_";
	uint8_t expected[SHA256_DIGEST_LENGTH];
	struct bearer b;
	char text[64];

	SHA256((const unsigned char *)key, strlen(key), expected);
	snprintf(text, sizeof(text), "Bearer %s", key);
	assert_int_equal(bearer_parse(&b, text), 0);
	assert_false(b.test);
	assert_memory_equal(b.digest, expected, sizeof(expected));
	snprintf(text, sizeof(text), "bEARER   %s", key);
	assert_int_equal(bearer_parse(&b, text), 0);
	assert_memory_equal(b.digest, expected, sizeof(expected));
}

static void test_keys_are_known_by_their_prefix(void **state)
{
	struct bearer b = { 0 };

	assert_int_equal(bearer_parse(&b, "Bearer tgk_test_0123456789abcdef"), 0);
	assert_true(b.test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_is_told_apart),
		cmocka_unit_test(other_forms_are_refused),
		cmocka_unit_test(every_cut_of_a_key_is_refused_or_another_key),
		cmocka_unit_test(lengths_have_limits),
		cmocka_unit_test(digest_is_of_the_whole_key),
		cmocka_unit_test(test_keys_are_known_by_their_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
