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
#include "tests/lib/loop.h"

static uint8_t out[SMS_JOIN_OCTETS_MAX];

static int add_kept(struct sms_join *j, struct sms_join_ticket *ticket, uint32_t who, uint16_t ref,
		    int total, int number, const char *text, int64_t now_ms)
{
	struct sms_join_part part = {
		.concat = { .reference = ref, .total = total, .number = number },
		.charset = SMS_CHARSET_GSM7,
		.octets = (const uint8_t *)text,
		.n_octets = strlen(text),
	};

	memcpy(part.sender, &who, sizeof(who));
	return sms_join_add(j, out, ticket, &part, now_ms);
}

static int add(struct sms_join *j, uint32_t who, uint16_t ref, int total, int number,
	       const char *text, int64_t now_ms)
{
	return add_kept(j, NULL, who, ref, total, number, text, now_ms);
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
	memcpy(ucs2.sender, &who, sizeof(who));
	assert_int_equal(add(j, 1, 7, 2, 1, "a", 3000), 0);
	assert_int_equal(sms_join_add(j, out, NULL, &ucs2, 3001), 0);
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

/* Nobody flushes others, and the latest of one's own stay. */
static void test_one_sender_sends_many(void **state)
{
	struct sms_join *j = sms_join_new(NULL, 1000);
	int ref;

	assert_int_equal(add(j, 2, 1, 2, 1, "his", 1), 0);
	for (ref = 0; ref < SMS_JOIN_SENDER_MAX; ref++)
		assert_int_equal(add(j, 1, ref, 2, 1, "a", 2), 0);
	assert_int_equal(add(j, 1, 0, 2, 1, "a", 3), 0); /* heard of again */
	assert_int_equal(add(j, 1, ref, 2, 1, "a", 4), 0);
	assert_int_equal(sms_join_count(j), 1 + SMS_JOIN_SENDER_MAX);
	assert_int_equal(add(j, 1, 0, 2, 2, "b", 5), 2);
	assert_int_equal(add(j, 1, ref, 2, 2, "b", 5), 2);
	assert_int_equal(add(j, 1, 2, 2, 2, "b", 5), 2);
	assert_int_equal(add(j, 2, 1, 2, 2, "!", 6), 4);
	assert_int_equal(add(j, 1, 1, 2, 2, "b", 7), 0); /* was given up */
	for (ref = 0; ref < 10000; ref++)
		assert_int_equal(add(j, 1, ref, 3, 1, "a", 8), 0);
	assert_int_equal(sms_join_count(j), SMS_JOIN_SENDER_MAX);
	talloc_free(j);
}

/* --- whole ones ------------------------------------------------------------------ */

static void test_whole_until_dropped(void **state)
{
	struct sms_join *j = sms_join_new(NULL, 1000);
	struct sms_join_ticket first, again;
	int64_t now_ms = 1;
	int i;

	assert_int_equal(add_kept(j, &first, 1, 7, 2, 1, "BUY", now_ms), 0);
	assert_int_equal(add_kept(j, &first, 1, 7, 2, 2, " 500", now_ms), 7);
	assert_int_equal(sms_join_count(j), 0);
	for (i = 0; i < 10; i++) {
		now_ms += SMS_JOIN_WHOLE_MS;
		memset(out, 0, sizeof(out));
		assert_int_equal(
			add_kept(j, &again, 1, 7, 2, 2 - i % 2, i % 2 ? "BUY" : " 500", now_ms), 7);
		assert_memory_equal(out, "BUY 500", 7);
		assert_int_equal(again.serial, first.serial);
	}
	sms_join_drop(j, &first);
	sms_join_drop(j, &again);
	assert_int_equal(sms_join_count_whole(j), 0);
	/* its reference is free */
	assert_int_equal(add_kept(j, &again, 1, 7, 2, 1, "BUY", now_ms), 0);
	assert_int_equal(add_kept(j, &again, 1, 7, 2, 2, " 700", now_ms), 7);
	assert_memory_equal(out, "BUY 700", 7);
	sms_join_drop(j, &first); /* not this one */
	assert_int_equal(sms_join_count_whole(j), 1);
	talloc_free(j);
}

static void test_another_before_the_first_is_taken(void **state)
{
	struct sms_join *j = sms_join_new(NULL, 1000);
	struct sms_join_ticket first, second;

	assert_int_equal(add_kept(j, &first, 1, 7, 2, 1, "BUY", 1), 0);
	assert_int_equal(add_kept(j, &first, 1, 7, 2, 2, " 500", 1), 7);
	/* its first part does not go together with the other's second, delivered again */
	assert_int_equal(add_kept(j, &second, 1, 7, 2, 1, "SEND", 2), 0);
	assert_int_equal(add_kept(j, &second, 1, 7, 2, 2, " 500", 3), 7);
	assert_memory_equal(out, "BUY 500", 7);
	assert_int_equal(add_kept(j, &second, 1, 7, 2, 2, " 700", 4), 8);
	assert_memory_equal(out, "SEND 700", 8);
	assert_int_not_equal(first.serial, second.serial);
	assert_int_equal(sms_join_count_whole(j), 1);
	sms_join_drop(j, &first);
	assert_int_equal(sms_join_count_whole(j), 1);
	sms_join_drop(j, &second);
	assert_int_equal(sms_join_count_whole(j), 0);
	talloc_free(j);
}

static void test_whole_and_too_old(void **state)
{
	struct sms_join *j = sms_join_new(NULL, 1000);
	struct sms_join_ticket ticket;

	assert_int_equal(add_kept(j, &ticket, 1, 7, 2, 1, "a", 1), 0);
	assert_int_equal(add_kept(j, &ticket, 1, 7, 2, 2, "b", 1), 2);
	assert_int_equal(add_kept(j, &ticket, 2, 7, 2, 1, "a", 2 + SMS_JOIN_WHOLE_MS), 0);
	assert_int_equal(sms_join_count_whole(j), 0);
	sms_join_drop(j, &ticket);
	talloc_free(j);
}

/* What was acknowledged is not given up for what is not: that is to come again. */
static void test_too_many_whole(void **state)
{
	struct sms_join *j = sms_join_new(NULL, 1000);
	struct sms_join_ticket first, ticket;
	uint32_t i;
	int ref;

	assert_int_equal(add_kept(j, &first, 1, 0, 2, 1, "a", 1), 0);
	assert_int_equal(add_kept(j, &first, 1, 0, 2, 2, "b", 1), 2);
	for (ref = 1; ref <= SMS_JOIN_SENDER_MAX; ref++) {
		assert_int_equal(add_kept(j, &ticket, 1, ref, 2, 1, "a", 1), 0);
		assert_int_equal(add_kept(j, &ticket, 1, ref, 2, 2, "b", 1),
				 ref < SMS_JOIN_SENDER_MAX ? 2 : -EBUSY);
	}
	ref = SMS_JOIN_SENDER_MAX;
	assert_int_equal(add_kept(j, &ticket, 1, ref, 2, 2, "b", 2), -EBUSY);
	sms_join_drop(j, &first);
	assert_int_equal(add_kept(j, &ticket, 1, ref, 2, 2, "b", 3), 2);
	for (i = 2; sms_join_count_whole(j) < SMS_JOIN_WHOLE_MAX; i++) {
		assert_int_equal(add_kept(j, &ticket, i, 7, 2, 1, "a", 4), 0);
		assert_int_equal(add_kept(j, &ticket, i, 7, 2, 2, "b", 4), 2);
	}
	assert_int_equal(add_kept(j, &first, i, 7, 2, 2, "b", 5), 0);
	assert_int_equal(add_kept(j, &first, i, 7, 2, 1, "a", 5), -EBUSY);
	assert_int_equal(add_kept(j, &first, i - 1, 7, 2, 1, "a", 5), 2); /* one that is there */
	sms_join_drop(j, &ticket);
	assert_int_equal(add_kept(j, &first, i, 7, 2, 1, "a", 6), 2);
	talloc_free(j);
}

/* With nothing more to come. */
static void test_forgotten_by_itself(void **state)
{
	struct sms_join *j = sms_join_new(NULL, 50);
	struct sms_join_ticket ticket;

	assert_int_equal(add(j, 1, 7, 2, 1, "BUY", 1), 0);
	assert_int_equal(add_kept(j, &ticket, 2, 7, 2, 1, "a", 1), 0);
	assert_int_equal(add_kept(j, &ticket, 2, 7, 2, 2, "b", 1), 2);
	assert_int_equal(sms_join_count(j), 1);
	loop_until(sms_join_count(j) == 0);
	assert_int_equal(sms_join_count_whole(j), 1);
	talloc_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_begun_anew),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_one_sender_sends_many),
		cmocka_unit_test(test_whole_until_dropped),
		cmocka_unit_test(test_another_before_the_first_is_taken),
		cmocka_unit_test(test_whole_and_too_old),
		cmocka_unit_test(test_too_many_whole),
		cmocka_unit_test(test_forgotten_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
