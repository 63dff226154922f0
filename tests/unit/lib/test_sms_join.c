/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "lib/sms_join.h"

static uint8_t out[SMS_JOIN_OCTETS_MAX];

static int add(struct sms_join *j, uint32_t who, uint16_t ref, int total, int number,
	       const char *text, int64_t now_ms)
{
	struct sms_join_part part = {
		.concat = { .reference = ref, .total = total, .number = number },
		.charset = SMS_CHARSET_GSM7,
		.octets = (const uint8_t *)text,
		.n_octets = strlen(text),
	};

	memcpy(part.key, &who, sizeof(who));
	return sms_join_add(j, out, &part, now_ms);
}

static void test_any_order(void **state)
{
	struct sms_join *j = sms_join_new(NULL, 1000);

	assert_int_equal(add(j, 1, 7, 3, 3, "cc", 1), 0);
	assert_int_equal(add(j, 1, 7, 3, 1, "a", 2), 0);
	assert_int_equal(add(j, 1, 7, 3, 1, "a", 3), 0); /* repeated */
	assert_int_equal(add(j, 2, 7, 3, 2, "other", 3), 0); /* somebody else's */
	assert_int_equal(add(j, 1, 8, 3, 2, "other", 3), 0); /* another message */
	assert_int_equal(add(j, 1, 7, 3, 2, "b", 4), 4);
	assert_memory_equal(out, "abcc", 4);
	assert_int_equal(sms_join_count(j), 2);
	talloc_free(j);
}

static void test_begun_anew(void **state)
{
	struct sms_join *j = sms_join_new(NULL, 1000);
	struct sms_join_part ucs2 = { .concat = { 7, 2, 2 },
				      .charset = SMS_CHARSET_UCS2,
				      .octets = (const uint8_t *)"zz",
				      .n_octets = 2 };
	const uint32_t who = 1;

	/* too late */
	assert_int_equal(add(j, 1, 7, 2, 1, "a", 1), 0);
	assert_int_equal(add(j, 1, 7, 2, 2, "b", 1002), 0);
	assert_int_equal(add(j, 1, 7, 2, 1, "a", 1003), 2);
	/* the reference came round */
	assert_int_equal(add(j, 1, 7, 2, 1, "old", 2000), 0);
	assert_int_equal(add(j, 1, 7, 2, 1, "new", 2001), 0);
	assert_int_equal(add(j, 1, 7, 2, 2, "!", 2002), 4);
	assert_memory_equal(out, "new!", 4);
	/* parts of another charset do not mix */
	memcpy(ucs2.key, &who, sizeof(who));
	assert_int_equal(add(j, 1, 7, 2, 1, "a", 3000), 0);
	assert_int_equal(sms_join_add(j, out, &ucs2, 3001), 0);
	talloc_free(j);
}

static void test_bounds(void **state)
{
	struct sms_join *j = sms_join_new(NULL, 1000);
	static const char long_part[] = "0123456789012345678901234567890123456789"
					"0123456789012345678901234567890123456789"
					"0123456789012345678901234567890123456789"
					"01234567890123456789012345678901234567890";
	uint32_t i;

	assert_int_equal(add(j, 1, 7, 1, 1, "a", 1), -EINVAL);
	assert_int_equal(add(j, 1, 7, SMS_JOIN_PARTS_MAX + 1, 1, "a", 1), -EINVAL);
	assert_int_equal(add(j, 1, 7, 2, 0, "a", 1), -EINVAL);
	assert_int_equal(add(j, 1, 7, 2, 3, "a", 1), -EINVAL);
	assert_int_equal(add(j, 1, 7, 2, 1, "", 1), -EINVAL);
	assert_int_equal(add(j, 1, 7, 2, 1, long_part, 1), -EINVAL);
	for (i = 0; i < SMS_JOIN_MAX + 1; i++)
		assert_int_equal(add(j, i, 7, 2, 1, "a", 10), 0);
	assert_int_equal(sms_join_count(j), SMS_JOIN_MAX);
	assert_int_equal(add(j, 0, 7, 2, 2, "b", 11), 0); /* was given up */
	assert_int_equal(add(j, SMS_JOIN_MAX, 7, 2, 2, "b", 11), 2);
	talloc_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_begun_anew),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
