/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A dialogue from its beginning: who may speak when, what is refused, what is no input. */
#include "dialogue_steps.h"

/* --- refused at once ------------------------------------------------------- */

static void codes_that_are_not_ours(void **state)
{
	static const char *const codes[] = {
		"",	   "#",		  "*",	       "*#",	      "**#",	      "188",
		"*188",	   "188#",	  "#188#",     "*188*8#",     "*188*9*1#",    "*188*#",
		"*188**#", "*188*1*5*5#", "*188*2*1#", "*188*5*1*2#", "*188*11#",     "*188*x#",
		"*188 #",  "*188*1**#",	  "*188*6*#x", "*188*3**1#",  "\xff\xff\xff", "*188*0*0#",
	};
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		dial_only(f, codes[i]);
		assert_null(f->d);
		expect_end(f);
		expect(f, "*188#");
	}
	assert_int_equal(f->ledger.n_calls[FAKE_ENTER], 0);
	assert_int_equal(counted(f, DIALOGUE_CTR_REFUSED_CODE), ARRAY_SIZE(codes));
}

static void codes_of_others(void **state)
{
	struct fake *f = *state;

	dial_only(f, "*189*1*500#");
	assert_null(f->d);
	expect(f, "*189*1*500 is not ours");
	dial_only(f, "*1881#");
	expect(f, "is not ours");
	dial_only(f, "*18#");
	expect(f, "is not ours");
}

static void overlong_code(void **state)
{
	struct fake *f = *state;
	char text[600] = "*188*4*";

	memset(text + 7, '1', sizeof(text) - 9);
	text[sizeof(text) - 2] = '#';
	dial_only(f, text);
	assert_null(f->d);
	expect_end(f);
}

static void too_many_open(void **state)
{
	struct fake *f = *state;
	struct exchange_session first;

	f->ds->settings.max_open = 1;
	fake_session_fill(&first);
	assert_non_null(fake_open(f, &first, "*188#"));
	dial_only(f, "*188#");
	assert_null(f->d);
	assert_true(f->session.ended);
	expect(f, "Too many");
	assert_int_equal(dialogues_open_count(f->ds), 1);
	assert_int_equal(counted(f, DIALOGUE_CTR_REFUSED_FULL), 1);
}

/* Who dials without end is told so, without a look into the ledger, and nobody else notices. */
static void one_terminal_dials_too_often(void **state)
{
	struct fake *f = *state;
	struct exchange_session other;
	unsigned int entered;

	f->ds->settings.rate_per_min = 1;
	f->ds->settings.rate_burst = 3;
	for (int i = 0; i < 3; i++) {
		dial(f, "*188*6#");
		expect_end(f);
	}
	entered = f->ledger.n_calls[FAKE_ENTER];
	for (int i = 0; i < 2; i++) {
		dial_only(f, i ? "*999#" : "*188*6#");
		assert_null(f->d);
		expect_end(f);
		expect(f, "Too many calls from this phone");
	}
	assert_int_equal(f->ledger.n_calls[FAKE_ENTER], entered);
	assert_int_equal(counted(f, DIALOGUE_CTR_REFUSED_OFTEN), 2);
	pass_seconds(60);
	dial(f, "*188*6#");
	expect_end(f);
	expect_not(f, "Too many");
	dial(f, "*188*6#");
	expect(f, "Too many calls from this phone");
	fake_session_fill(&other);
	assert_non_null(fake_open_as(f, &other, "001010000000002", "*188#"));
}

static void draining(void **state)
{
	struct fake *f = *state;

	dial(f, "*188#");
	dialogues_drain(f->ds);
	answer(f, "1"); /* what is open goes on */
	expect_open(f);
	answer(f, "0");
	expect_open(f);
	answer(f, "6"); /* to its first result */
	expect_end(f);
	dial_only(f, "*188#");
	assert_null(f->d);
	expect(f, "dial again in a minute");
}

/* --- who it is ------------------------------------------------------------- */

static void enter_is_asked_by_the_channel(void **state)
{
	struct fake *f = *state;

	f->ds->settings.enrol = true;
	dial(f, "*188#");
	assert_string_equal(f->ledger.enter_args.imsi, "001010000000001");
	assert_string_equal(f->ledger.enter_args.msisdn, "819012345678");
	assert_true(f->ledger.enter_args.enrol);
	assert_int_equal(f->session.max_last, 112);
}

static void terminals_that_may_not(void **state)
{
	static const struct {
		enum outcome outcome;
		const char *text;
	} refusals[] = {
		{ OUTCOME_TERMINAL_UNKNOWN, "not registered" },
		{ OUTCOME_TERMINAL_BLOCKED, "blocked" },
		{ OUTCOME_TERMINAL_QUARANTINED, "new SIM" },
		{ OUTCOME_TERMINAL_RETIRED, "left the service" },
		{ OUTCOME_AGAIN, "try again" },
		{ OUTCOME_BUSY, "Nothing was done" },
		{ OUTCOME_UNAVAILABLE, "cannot be reached" },
		{ OUTCOME_INTERNAL, "went wrong" },
		{ 127, "went wrong" },
		{ -1, "went wrong" },
		{ 5000, "went wrong" },
	};
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		f->ledger.enter.outcome = refusals[i].outcome;
		dial(f, i % 2 ? "*188#" : "*188*1*500#");
		expect_end(f);
		expect(f, refusals[i].text);
	}
	assert_int_equal(counted(f, DIALOGUE_CTR_REFUSED_TERMINAL), ARRAY_SIZE(refusals));
}

static void language_of_the_terminal(void **state)
{
	struct fake *f = *state;

	fake_language(f, "de");
	dial(f, "*188#");
	expect(f, "1 Kaufen");
	fake_language(f, "xx");
	dial(f, "*188#");
	expect(f, "1 Buy");
	OSMO_STRLCPY_ARRAY(f->ds->settings.default_language, "ja");
	dial(f, "*188#");
	expect(f, "\xe8\xb3\xbc\xe5\x85\xa5"); /* buy */
}

/* --- answers that nobody asked for ----------------------------------------- */

static void answer_while_entering(void **state)
{
	struct fake *f = *state;

	dial_only(f, "*188#");
	answer_only(f, "1");
	answer_only(f, "00");
	assert_int_equal(f->session.n_sent, 0);
	fake_run(&f->ledger);
	expect(f, "1 Buy\n");
	assert_int_equal(counted(f, DIALOGUE_CTR_ANSWER_EARLY), 2);
}

static void answer_while_working(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	answer_only(f, "1");
	answer_only(f, "1"); /* twice: once is bought */
	answer_only(f, "00");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 1);
	fake_run(&f->ledger);
	expect_end(f);
	expect(f, "Bought 500 JPY");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 1);
}

/* --- input that is no input ------------------------------------------------ */

static void too_much_garbage(void **state)
{
	struct fake *f = *state;
	char text[600];

	memset(text, '9', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	dial(f, "*188#");
	for (int i = 1; i < DIALOGUE_INVALID_MAX; i++) {
		answer(f, i % 2 ? text : "\x01\x02");
		expect(f, "Not understood.");
	}
	answer(f, "?");
	expect_end(f);
	expect(f, "several times");
}

static void garbage_is_forgiven_after_sense(void **state)
{
	struct fake *f = *state;

	dial(f, "*188#");
	for (int i = 0; i < 3 * DIALOGUE_INVALID_MAX; i++) {
		answer(f, "x");
		answer(f, "5");
		answer(f, "0");
	}
	expect_open(f);
}

static void back_and_cancel_everywhere(void **state)
{
	/* How to come to each page that takes input. */
	static const char *const ways[][6] = {
		{ "0" },
		{ "1" },
		{ "2" },
		{ "3" },
		{ "4" },
		{ "5" },
		{ "6" },
		{ "7" },
		{ "3", "1" },
		{ "4", "1" },
		{ "4", "1", "4711" },
		{ "2", "1" },
		{ "2", "1", "1" },
		{ "2", "1", "2" },
		{ "1", "1" },
		{ "1", "1", "1" },
		{ "3", "1", "09087654321" },
		{ "3", "1", "09087654321", "1" },
	};
	struct fake *f = *state;

	fake_values(&f->ledger, 1);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(ways); i++) {
		const char *const *way = ways[i / 2];
		unsigned int steps = 0;

		dial(f, "*188#");
		for (size_t j = 0; way[j]; j++)
			answer(f, way[j]);
		if (i % 2) {
			answer(f, "00");
			expect_end(f);
			continue;
		}
		while (!strstr(f->session.text, "1 Buy\n")) {
			answer(f, "0");
			assert_true(++steps <= 4);
		}
		expect_open(f);
	}
	assert_int_equal(counted(f, DIALOGUE_CTR_CANCELLED), ARRAY_SIZE(ways));
}

/* --- the process ----------------------------------------------------------- */

static void reload_keeps_what_works(void **state)
{
	struct fake *f = *state;

	dial(f, "*188#");
	osmo_talloc_replace_string(f->ds, &f->ds->settings.texts_dir, "/nonexistent");
	assert_int_equal(dialogues_reload(f->ds), -ENOENT);
	answer(f, "6");
	expect(f, "no account");
	osmo_talloc_replace_string(f->ds, &f->ds->settings.texts_dir, fake_texts_dir());
	assert_int_equal(dialogues_reload(f->ds), 0);
	answer(f, "0");
	expect(f, "1 Buy");
	OSMO_STRLCPY_ARRAY(f->ds->settings.default_language, "xx");
	assert_int_equal(dialogues_reload(f->ds), -ENOENT);
	answer(f, "6");
	expect(f, "no account");
}

static void the_end_of_the_process(void **state)
{
	struct fake *f = *state;
	struct exchange_session sessions[3];

	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
		fake_session_fill(&sessions[i]);
		fake_open(f, &sessions[i], "*188#");
	}
	assert_int_equal(dialogues_open_count(f->ds), 3);
	/* Teardown frees them, in whatever state. */
	f->ledger.n_pending--;
	fake_run(&f->ledger);
}

static void memory_of_a_dialogue(void **state)
{
	static const size_t talloc_header = 96;
	struct fake *f = *state;
	size_t blocks, octets;

	dial(f, "*188#");
	blocks = talloc_total_blocks(f->d->fi);
	octets = talloc_total_size(f->d->fi);
	assert_true(octets > sizeof(struct dialogue));
	assert_in_range(octets + blocks * talloc_header, 1, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(codes_that_are_not_ours),
		TEST(codes_of_others),
		TEST(overlong_code),
		TEST(too_many_open),
		TEST(one_terminal_dials_too_often),
		TEST(draining),
		TEST(enter_is_asked_by_the_channel),
		TEST(terminals_that_may_not),
		TEST(language_of_the_terminal),
		TEST(answer_while_entering),
		TEST(answer_while_working),
		TEST(too_much_garbage),
		TEST(garbage_is_forgiven_after_sense),
		TEST(back_and_cancel_everywhere),
		TEST(reload_keeps_what_works),
		TEST(the_end_of_the_process),
		TEST(memory_of_a_dialogue),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
