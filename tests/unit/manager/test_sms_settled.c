/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which deliveries of the same words are of one text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/talloc.h>

#include "manager/sms_settled.h"

struct came {
	struct sms_delivery delivery;
	uint8_t identity[SMS_IDENTITY_SIZE];
};

static int setup(void **state)
{
	*state = sms_settled_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct came arrive(struct sms_settled *st, uint32_t words)
{
	struct came c = { 0 };

	memcpy(c.identity, &words, sizeof(words));
	sms_settled_arrive(st, &c.delivery, c.identity);
	return c;
}

static void end(struct sms_settled *st, const struct came *c, bool known)
{
	sms_settled_end(st, &c->delivery, known);
}

static bool same(const struct came *a, const struct came *b)
{
	return memcmp(a->identity, b->identity, SMS_IDENTITY_SIZE) == 0;
}

static void in_doubt_it_is_the_same(void **state)
{
	struct came first = arrive(*state, 1), again;
	uint8_t words[SMS_IDENTITY_SIZE] = { 1 };

	assert_memory_equal(first.identity, words, sizeof(words)); /* as any other process says */
	again = arrive(*state, 1);
	assert_true(same(&first, &again)); /* not answered */
	end(*state, &first, false);
	end(*state, &again, false);
	again = arrive(*state, 1);
	assert_true(same(&first, &again)); /* no good answer */
	end(*state, &again, true);
	again = arrive(*state, 1);
	assert_false(same(&first, &again));
}

/* Of two deliveries each counts, whichever ends first. */
static void one_of_two_is_not_enough(void **state)
{
	struct came first = arrive(*state, 1), second = arrive(*state, 1), third;

	end(*state, &second, true);
	third = arrive(*state, 1);
	assert_true(same(&first, &third));
	end(*state, &third, true);
	end(*state, &first, false); /* it comes again */
	third = arrive(*state, 1);
	assert_true(same(&first, &third));
	end(*state, &third, true);
	third = arrive(*state, 1);
	assert_false(same(&first, &third));
}

static void one_in_doubt_outweighs_the_last(void **state)
{
	struct came first = arrive(*state, 1), second = arrive(*state, 1), third;

	end(*state, &first, false);
	end(*state, &second, true);
	third = arrive(*state, 1);
	assert_true(same(&first, &third));
}

static void each_repeat_is_its_own(void **state)
{
	struct came seen[4];
	size_t i, j;

	for (i = 0; i < 4; i++) {
		struct came other, again;

		seen[i] = arrive(*state, 1);
		for (j = 0; j < i; j++)
			assert_false(same(&seen[i], &seen[j]));
		again = arrive(*state, 1);
		assert_true(same(&seen[i], &again));
		other = arrive(*state, 2);
		assert_false(same(&seen[i], &other));
		end(*state, &other, false);
		end(*state, &again, true);
		end(*state, &seen[i], true);
	}
}

/* Who knows nothing of it says that it is the first text. */
static void forgotten_when_full(void **state)
{
	struct came first = arrive(*state, 0), open = arrive(*state, 1), again;
	uint32_t i;

	end(*state, &first, true);
	for (i = 2; i < SMS_SETTLED_MAX + 2; i++) {
		struct came other = arrive(*state, i);

		end(*state, &other, true);
	}
	again = arrive(*state, 0);
	assert_true(same(&first, &again));
	again = arrive(*state, 1);
	end(*state, &open, true); /* of what was forgotten: says nothing of what came since */
	assert_true(same(&open, &again));
	again = arrive(*state, 1);
	assert_true(same(&open, &again));
	again = arrive(*state, SMS_SETTLED_MAX + 1);
	assert_memory_not_equal(again.identity, &(uint32_t){ SMS_SETTLED_MAX + 1 }, 4);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_doubt_it_is_the_same),
		TEST(one_of_two_is_not_enough),
		TEST(one_in_doubt_outweighs_the_last),
		TEST(each_repeat_is_its_own),
		TEST(forgotten_when_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
