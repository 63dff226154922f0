/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "handset-sim/duration.h"
#include "handset-sim/load_histogram.h"
#include "handset-sim/load_mix.h"
#include "handset-sim/load_texts.h"

static void test_histogram_bounds(void **state)
{
	struct load_histogram *h;
	uint64_t us;
	unsigned int i;

	for (i = 1; i < LOAD_BUCKETS; i++)
		assert_true(load_histogram_bucket_us(i) > load_histogram_bucket_us(i - 1));
	/* every value is told to three significant digits */
	for (us = 1; us < 4000000000ULL; us = us * 5 / 4 + 1) {
		uint64_t told;

		h = calloc(1, sizeof(*h));
		load_histogram_add(h, us);
		load_histogram_add(h, 5000000000ULL);
		told = load_histogram_permille(h, 500);
		assert_true(told >= us && told <= us + us / 1024 + 1);
		assert_true(load_histogram_permille(h, 1000) >= told);
		assert_int_equal(h->max_us, 5000000000ULL);
		free(h);
	}
}

static void test_histogram_percentiles(void **state)
{
	struct load_histogram *h = calloc(1, sizeof(*h));
	uint64_t i;

	assert_int_equal(load_histogram_permille(h, 990), 0);
	for (i = 1; i <= 1000; i++)
		load_histogram_add(h, i * 1000);
	assert_in_range(load_histogram_permille(h, 500), 500000, 500500);
	assert_in_range(load_histogram_permille(h, 990), 990000, 1000000);
	assert_in_range(load_histogram_permille(h, 999), 999000, 1000000);
	assert_int_equal(load_histogram_permille(h, 1000), 1000000);
	free(h);
}

static void test_mix(void **state)
{
	uint32_t counts[LOAD_OPS] = { 0 };
	struct load_mix mix, same;
	int i;

	assert_int_equal(load_mix_parse(&mix, "issue=75,list=25", 7), 0);
	assert_int_equal(load_mix_parse(&same, "issue=75,list=25", 7), 0);
	for (i = 0; i < 100000; i++) {
		enum load_op op = load_mix_draw(&mix);

		assert_int_equal(op, load_mix_draw(&same));
		counts[op]++;
	}
	assert_in_range(counts[LOAD_ISSUE], 74000, 76000);
	assert_in_range(counts[LOAD_LIST], 24000, 26000);
	assert_int_equal(load_mix_parse(&mix, "", 1), -EINVAL);
	assert_int_equal(load_mix_parse(&mix, "issue", 1), -EINVAL);
	assert_int_equal(load_mix_parse(&mix, "issue=", 1), -EINVAL);
	assert_int_equal(load_mix_parse(&mix, "issue=0", 1), -EINVAL);
	assert_int_equal(load_mix_parse(&mix, "issue=-1", 1), -EINVAL);
	assert_int_equal(load_mix_parse(&mix, "issue=1,issue=2", 1), -EINVAL);
	assert_int_equal(load_mix_parse(&mix, "steal=1", 1), -EINVAL);
	assert_int_equal(load_mix_parse(&mix, "issue=99999999999", 1), -EINVAL);
}

static void test_shapes(void **state)
{
	const struct text_patterns defaults = { 0 };
	struct load_texts *t = talloc_zero(NULL, struct load_texts);
	const struct load_shape *s;
	char text[32];
	int i;

	t->rules = text_rules_new(t, &defaults);
	load_texts_look(t, "Bought 500 JPY, value 1234", false);
	s = load_texts_look(t, "Bought 700 JPY, value 5678", false);
	assert_int_equal(s->n, 2);
	assert_int_equal(s->kind, TEXT_OK);
	s = load_texts_look(t, "Too much to do at the moment. Nothing was done.", false);
	assert_int_equal(s->kind, TEXT_BUSY);
	s = load_texts_look(t, "Buy 500 JPY?\n1 Yes 0 No", true);
	assert_true(s->confirm);
	assert_int_equal(t->n_shapes, 3);
	for (i = 0; i < 2 * LOAD_SHAPES_MAX; i++) {
		memset(text, 'a' + i % 26, 1 + i % 30);
		text[1 + i % 30] = '\0';
		s = load_texts_look(t, text, false);
		assert_int_equal(s->kind, TEXT_OK);
	}
	assert_int_equal(t->n_shapes, LOAD_SHAPES_MAX);
	/* past the bound each is still looked at for itself */
	assert_int_equal(load_texts_look(t, "never: nothing was bought.", false)->kind,
			 TEXT_REFUSED);
	assert_int_equal(load_texts_look(t, "never: all well", false)->kind, TEXT_OK);
	talloc_free(t);
}

static void test_duration(void **state)
{
	uint32_t ms;

	assert_int_equal(duration_parse(&ms, "200ms"), 0);
	assert_int_equal(ms, 200);
	assert_int_equal(duration_parse(&ms, "5s"), 0);
	assert_int_equal(ms, 5000);
	assert_int_equal(duration_parse(&ms, "2m"), 0);
	assert_int_equal(ms, 120000);
	assert_int_equal(duration_parse(&ms, "5"), -EINVAL);
	assert_int_equal(duration_parse(&ms, ""), -EINVAL);
	assert_int_equal(duration_parse(&ms, "-5s"), -EINVAL);
	assert_int_equal(duration_parse(&ms, "5 s"), -EINVAL);
	assert_int_equal(duration_parse(&ms, "5sec"), -EINVAL);
	assert_int_equal(duration_parse(&ms, "25h"), -ERANGE);
	assert_int_equal(duration_parse(&ms, "99999999999999999999s"), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_histogram_bounds),
		cmocka_unit_test(test_histogram_percentiles),
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
