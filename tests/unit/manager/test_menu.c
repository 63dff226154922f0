/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The transcripts, in every language. */
#include "menu_transcripts.h"

static void run_transcript(struct fake *f, const struct transcript *t)
{
	for (size_t i = 0; i < STEPS_MAX && t->steps[i].input; i++) {
		const struct step *s = &t->steps[i];

		if (i == 0)
			dial(f, s->input);
		else
			answer(f, s->input);
		for (size_t j = 0; j < ARRAY_SIZE(s->expect) && s->expect[j]; j++) {
			if (!strstr(f->session.text, s->expect[j]))
				fail_msg("%s, step %zu (%s): \"%s\" is not in \"%s\"", t->name, i,
					 s->input, s->expect[j], f->session.text);
		}
	}
	if (f->session.ended != t->ends)
		fail_msg("%s: %s", t->name, t->ends ? "is still open" : "has ended");
}

static void transcripts_in_english(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(transcripts); i++) {
		struct fake *f;

		assert_int_equal(fake_setup((void **)&f), 0);
		if (transcripts[i].prepare)
			transcripts[i].prepare(f);
		run_transcript(f, &transcripts[i]);
		assert_int_equal(fake_teardown((void **)&f), 0);
	}
}

/* The same keys in every language and on links of either kind: the fake exchange refuses a page
 * that does not fit, and teardown fails. */
static void every_page_fits(struct fake *f, const struct transcript *t)
{
	for (size_t i = 0; i < STEPS_MAX && t->steps[i].input && (i == 0 || !fake_over(f)); i++) {
		if (i == 0)
			dial(f, t->steps[i].input);
		else
			answer(f, t->steps[i].input);
		/* To the last page: what is in front of a question must not hide it. */
		for (unsigned int pages = 0; !fake_over(f) && !f->d->page_last; pages++) {
			assert_true(pages < 10);
			answer(f, "*");
		}
	}
	assert_int_equal(f->session.n_refused, 0);
	assert_false(f->session.dropped);
}

static void transcripts_fit_in_every_language(void **state)
{
	static const size_t limits[][2] = { { 114, 112 }, { 112, 112 }, { 160, 160 } };
	struct fake *f;

	assert_int_equal(fake_setup((void **)&f), 0);
	size_t n_languages = catalogue_count(f->ds->catalogue);
	assert_true(n_languages >= 3);
	fake_teardown((void **)&f);
	for (size_t n = 0; n < n_languages * ARRAY_SIZE(limits) * ARRAY_SIZE(transcripts); n++) {
		const struct transcript *t = &transcripts[n % ARRAY_SIZE(transcripts)];
		size_t limit = n / ARRAY_SIZE(transcripts) % ARRAY_SIZE(limits);
		size_t language = n / ARRAY_SIZE(transcripts) / ARRAY_SIZE(limits);

		assert_int_equal(fake_setup((void **)&f), 0);
		if (t->prepare)
			t->prepare(f);
		fake_language(f, language_name(catalogue_at(f->ds->catalogue, language)));
		f->session.max_question = limits[limit][0];
		f->session.max_last = limits[limit][1];
		every_page_fits(f, t);
		assert_int_equal(fake_teardown((void **)&f), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transcripts_in_english),
		cmocka_unit_test(transcripts_fit_in_every_language),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
