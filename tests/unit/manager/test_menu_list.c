/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of values, from page to page. */
#include "dialogue_fake.h"

/* Through all pages there and back again; every place is on exactly one page. */
static void list_there_and_back(void **state, const char *language, size_t n, const char *key)
{
	struct fake *f = *state;
	unsigned int there = 0, back = 0;
	char place[16];

	fake_language(f, language);
	fake_values(&f->ledger, n);
	dial(f, "*188#");
	answer(f, key);
	while (strstr(f->session.text, "*")) {
		answer(f, "*");
		assert_true(++there < 1000);
	}
	snprintf(place, sizeof(place), "%zu 500", n);
	expect(f, place);
	while (strstr(f->session.text, "#")) {
		answer(f, "#");
		assert_true(++back < 1000);
	}
	assert_int_equal(there, back);
	expect(f, "\n1 ");
	answer(f, "0");
	expect(f, "1");
	expect_open(f);
}

static void lists_page_both_ways(void **state)
{
	static const size_t lengths[] = { 1, 2, 3, 5, 9, 10, 11, 20, 21, 30, 55, 320 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		list_there_and_back(state, "en", lengths[i], "2");
		list_there_and_back(state, "ja", lengths[i], "2");
		list_there_and_back(state, "en", lengths[i], "3");
	}
}

static void list_has_an_end(void **state)
{
	struct fake *f = *state;
	unsigned int pages = 0;

	fake_values(&f->ledger, DIALOGUE_LIST_CHUNKS * DIALOGUE_LIST_CHUNK + 1);
	dial(f, "*188#");
	answer(f, "2");
	while (strstr(f->session.text, "* More")) {
		answer(f, "*");
		assert_true(++pages < 1000);
	}
	expect(f, "More values than can be shown");
	answer(f, "*");
	expect(f, "Not understood.");
}

static void places_name_the_same_on_every_page(void **state)
{
	struct fake *f = *state;

	fake_values(&f->ledger, 25);
	dial(f, "*188#");
	answer(f, "3");
	while (!strstr(f->session.text, "\n13 "))
		answer(f, "*");
	answer(f, "1"); /* of an earlier step of the list: not on the display any more */
	expect(f, "20 digits, please check");
	answer(f, "13");
	answer(f, "09087654321");
	assert_int_equal(f->ledger.quote_args.value_id, fake_value(12));
}

/* Values that cannot be handed on leave no gaps, whole steps of them included. */
static void picking_skips_what_cannot_be_handed_on(void **state)
{
	struct fake *f = *state;

	fake_values(&f->ledger, 35);
	for (size_t i = 0; i < 24; i++)
		f->ledger.states[i] = i % 2 ? VALUE_STATE_EXPIRED : VALUE_STATE_RESERVED;
	dial(f, "*188*3#");
	expect(f, "Send which value?");
	expect(f, "\n1 500 JPY");
	expect_not(f, "# Previous");
	answer(f, "1");
	answer(f, "09087654321");
	assert_int_equal(f->ledger.quote_args.value_id, fake_value(24));
	for (size_t i = 24; i < 35; i++)
		f->ledger.states[i] = VALUE_STATE_RESERVED;
	dial(f, "*188*3#");
	expect(f, "no value that can be handed on");
}

static void one_shot_list_goes_on_to_its_end(void **state)
{
	struct fake *f = *state;
	unsigned int pages = 0;
	char last[VALUE_ID_GROUPED_SIZE];

	fake_values(&f->ledger, 23);
	dial(f, "*188*2#");
	while (!fake_over(f)) {
		answer(f, pages % 2 ? "1" : "*");
		assert_true(++pages < 30);
	}
	expect_end(f);
	expect(f, value_id_format_grouped(last, fake_value(22)));
	expect_not(f, "* More");
}

/* What the ledger looks up for the first display is on it, and nothing else. */
static void one_shot_list_asks_for_one_display_first(void **state)
{
	struct fake *f = *state;
	char value[VALUE_ID_GROUPED_SIZE];

	f->session.max_question = f->session.max_last = USSD_OCTETS_DIRECT;
	fake_values(&f->ledger, 23);
	dial(f, "*188*2#");
	assert_int_equal(f->ledger.list_limit, 5);
	expect(f, value_id_format_grouped(value, fake_value(0)));
	expect(f, value_id_format_grouped(value, fake_value(4)));
	expect(f, "* More");
	answer(f, "*");
	assert_int_equal(f->ledger.list_limit, 10);
	expect(f, value_id_format_grouped(value, fake_value(5)));
	expect(f, "# Previous");
	answer(f, "#");
	assert_int_equal(f->ledger.list_limit, 5);
	expect(f, value_id_format_grouped(value, fake_value(4)));
	expect_not(f, "# Previous");
	answer(f, "0");
	dial(f, "*188#");
	answer(f, "2");
	assert_int_equal(f->ledger.list_limit, 10);
}

static void one_shot_list_can_be_left(void **state)
{
	struct fake *f = *state;

	fake_values(&f->ledger, 23);
	dial(f, "*188*2#");
	answer(f, "0");
	expect_end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_page_both_ways, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(list_has_an_end, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(places_name_the_same_on_every_page, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(picking_skips_what_cannot_be_handed_on, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(one_shot_list_goes_on_to_its_end, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(one_shot_list_asks_for_one_display_first,
						fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(one_shot_list_can_be_left, fake_setup,
						fake_teardown),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
