/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The PIN on the display: when it is asked for, how it is set, and that it is kept nowhere. */
#include "dialogue_fake.h"
#include "manager/menu_nav.h"

#include <sys/stat.h>

#define PIN "4973"

static int setup(void **state)
{
	int rc = fake_setup(state);
	struct fake *f = *state;

	f->ledger.products[0].asks_pin = true;
	f->ledger.products[0].pin_from_minor = 1000;
	f->ledger.asks_pin = true;
	f->ledger.pin_check.tries_left = 2;
	fake_pin_key(f);
	return rc;
}

static void digest_of(const struct fake *f, struct pin_digest *digest, const char *pin)
{
	memset(digest, 0, sizeof(*digest));
	assert_int_equal(pin_key_digest(f->ds->pin_key, 77, pin, digest), 0);
}

/* --- before value is moved ----------------------------------------------------------- */

static void asked_from_the_threshold_on(void **state)
{
	struct fake *f = *state;
	struct pin_digest digest;

	dial(f, "*188*1*500#");
	answer(f, "1");
	expect(f, "Bought 500");
	dial(f, "*188*1*1000#");
	answer(f, "1");
	expect(f, "Your PIN?");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 1);
	answer(f, PIN);
	expect(f, "Bought 1000");
	digest_of(f, &digest, PIN);
	assert_memory_equal(&f->ledger.checked_pin, &digest, sizeof(digest));
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 2);
}

/* A code that nobody confirms, too. */
static void asked_behind_one_shot_codes(void **state)
{
	struct fake *f = *state;
	char code[128];

	f->ds->settings.confirm_oneshot = false;
	dial(f, "*188*1*3000#");
	expect(f, "Your PIN?");
	answer(f, PIN);
	expect(f, "Bought 3000");
	expect_end(f);
	snprintf(code, sizeof(code), "*188*3*%s*09087654321#", fake_value_digits(1));
	f->ledger.quote.needs_pin = true;
	dial(f, code);
	expect(f, "Your PIN?");
	assert_int_equal(f->ledger.n_calls[FAKE_TRANSFER], 0);
	answer(f, PIN);
	expect(f, "now belongs to");
	f->ledger.quote.needs_pin = false;
	dial(f, code);
	expect(f, "now belongs to");
	expect_end(f);
}

static void asked_before_a_transfer(void **state)
{
	struct fake *f = *state;
	char code[128];

	snprintf(code, sizeof(code), "*188*3*%s*09087654321#", fake_value_digits(1));
	f->ledger.quote.needs_pin = true;
	dial(f, code);
	expect(f, "Send 500 JPY");
	answer(f, "1");
	expect(f, "Your PIN?");
	assert_int_equal(f->ledger.n_calls[FAKE_TRANSFER], 0);
	answer(f, PIN);
	expect(f, "now belongs to");
}

/* Asked whether he means it he is not asked for the PIN again, but nobody gets around it. */
static void a_repeat_needs_it_once(void **state)
{
	struct fake *f = *state;
	char code[128];

	f->ledger.issue_once = OUTCOME_REPEAT_SUSPECTED;
	f->ledger.issue.at = NOON;
	dial(f, "*188*1*1000#");
	answer(f, "1");
	answer(f, PIN);
	expect(f, "Buy again?");
	answer(f, "1");
	expect(f, "Bought 1000");
	snprintf(code, sizeof(code), "*188*3*%s*09087654321#", fake_value_digits(1));
	f->ledger.quote.needs_pin = true;
	f->ledger.quote.outcome = OUTCOME_REPEAT_SUSPECTED;
	f->ledger.quote.at = NOON;
	dial(f, code);
	expect(f, "Send again?");
	answer(f, "1");
	expect(f, "Your PIN?");
	assert_int_equal(f->ledger.n_calls[FAKE_TRANSFER], 0);
}

static void wrong_ones(void **state)
{
	struct fake *f = *state;

	f->ledger.pin_check.verdict = PIN_WRONG;
	dial(f, "*188*1*1000#");
	answer(f, "1");
	answer(f, PIN);
	expect(f, "Wrong PIN. Tries left: 2\nYour PIN?");
	f->ledger.pin_check.tries_left = 1;
	answer(f, PIN);
	expect(f, "Tries left: 1");
	f->ledger.pin_check.verdict = PIN_BLOCKED;
	answer(f, PIN);
	expect(f, "is blocked");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 0);
	f->ledger.pin_check.verdict = PIN_NONE;
	dial(f, "*188*1*1000#");
	answer(f, "1");
	answer(f, PIN);
	expect(f, "To set it dial *188*9#");
	f->ledger.pin_check.verdict = PIN_OTHER_KEY;
	dial(f, "*188*1*1000#");
	answer(f, "1");
	answer(f, PIN);
	expect(f, "cannot be used");
	f->ledger.pin_check = (struct pin_result){ .outcome = OUTCOME_UNAVAILABLE };
	dial(f, "*188*1*1000#");
	answer(f, "1");
	answer(f, PIN);
	expect(f, "cannot be reached");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 0);
}

static void what_is_no_pin_is_not_tried(void **state)
{
	static const char *const inputs[] = { "1", "123", "12a4", "1234567890123", "12 34" };
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		dial(f, "*188*1*1000#");
		answer(f, "1");
		answer(f, inputs[i]);
		expect(f, "4 to 12 digits");
	}
	answer(f, "0"); /* back to the question */
	expect(f, "Buy 1000 JPY?");
	assert_int_equal(f->ledger.n_calls[FAKE_PIN_CHECK], 0);
}

/* Without a key nothing that needs one is done. */
static void no_key(void **state)
{
	struct fake *f = *state;

	TALLOC_FREE(f->ds->pin_key);
	dial(f, "*188*1*1000#");
	answer(f, "1");
	expect(f, "cannot be used");
	dial(f, "*188*9#");
	expect(f, "cannot be used");
	dial(f, "*188*1*500#");
	answer(f, "1");
	expect(f, "Bought 500");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 1);
}

/* --- set and changed ------------------------------------------------------------------ */

static void set_for_the_first_time(void **state)
{
	struct fake *f = *state;
	struct pin_digest digest;

	dial(f, "*188*9#");
	expect(f, "Your new PIN?");
	answer(f, PIN);
	expect(f, "once more");
	answer(f, PIN);
	expect(f, "The PIN is set");
	digest_of(f, &digest, PIN);
	assert_memory_equal(&f->ledger.set_pin, &digest, sizeof(digest));
	assert_false(f->ledger.has_old_pin);
	assert_int_equal(f->ledger.n_calls[FAKE_PIN_CHECK], 0);
}

static void changed(void **state)
{
	struct fake *f = *state;

	f->ledger.number.has_pin = true;
	f->ledger.pin_check.verdict = PIN_WRONG;
	dial(f, "*188#");
	answer(f, "9");
	expect(f, "as it is now");
	answer(f, "7777");
	expect(f, "Tries left: 2\nYour PIN as it is now?");
	f->ledger.pin_check.verdict = PIN_OK;
	answer(f, PIN);
	expect(f, "Your new PIN?");
	answer(f, "82056");
	answer(f, "82056");
	expect(f, "The PIN is set");
	assert_true(f->ledger.has_old_pin);
	f->ledger.number.pin_blocked = true;
	dial(f, "*188*9#");
	expect(f, "is blocked");
	f->ledger.number.pin_blocked = false;
	f->ledger.pin_check.verdict = PIN_BLOCKED;
	dial(f, "*188*9#");
	answer(f, PIN);
	expect(f, "is blocked");
	f->ledger.pin_check.verdict = PIN_OTHER_KEY;
	dial(f, "*188*9#");
	answer(f, PIN);
	expect(f, "cannot be used");
}

static void not_the_same_twice(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*9#");
	answer(f, PIN);
	answer(f, "4974");
	expect(f, "Nothing was changed");
	assert_int_equal(f->ledger.n_calls[FAKE_PIN_SET], 0);
}

static void trivial_ones(void **state)
{
	/* The number ends in 345678. */
	static const char *const pins[] = { "0000",   "1234", "4321", "1212",	 "5678",
					    "345678", "9876", "9999", "12345678" };
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(pins); i++) {
		dial(f, "*188*9#");
		answer(f, pins[i]);
		expect(f, "too easy");
		answer(f, PIN);
		expect(f, "once more");
	}
	assert_int_equal(f->ledger.n_calls[FAKE_PIN_SET], 0);
}

static void somebody_else_was_faster(void **state)
{
	struct fake *f = *state;

	f->ledger.pin_set.verdict = PIN_WRONG;
	dial(f, "*188*9#");
	answer(f, PIN);
	answer(f, PIN);
	expect(f, "Please try again");
}

/* --- kept nowhere ------------------------------------------------------------------------ */

static bool has(const void *memory, size_t size, const char *digits)
{
	return memmem(memory, size, digits, strlen(digits)) != NULL;
}

static void the_digits_are_not_in_the_dialogue(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*9#");
	answer(f, PIN);
	assert_false(has(f->d, sizeof(*f->d), PIN));
	dialogue_answer(f->d, PIN); /* the ledger has not answered yet */
	assert_false(has(f->d, sizeof(*f->d), PIN));
	fake_run(&f->ledger);
	expect_not(f, PIN);
	dial(f, "*188*1*1000#");
	answer(f, "1");
	dialogue_answer(f->d, PIN);
	assert_false(has(f->d, sizeof(*f->d), PIN));
	assert_false(has(&f->ledger.checked_pin, sizeof(f->ledger.checked_pin), PIN));
}

/* Every page of it fits, in each language. */
static void every_language(void **state)
{
	struct fake *f = *state;

	for (size_t i = 0; i < catalogue_count(f->ds->catalogue); i++) {
		fake_language(f, language_name(catalogue_at(f->ds->catalogue, i)));
		f->ledger.number.has_pin = true;
		f->ledger.pin_check.verdict = PIN_WRONG;
		dial(f, "*188*9#");
		answer(f, PIN);
		f->ledger.pin_check.verdict = PIN_OK;
		answer(f, PIN);
		answer(f, PIN);
		answer(f, PIN);
		assert_int_equal(f->ledger.n_calls[FAKE_PIN_SET], i + 1);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(asked_from_the_threshold_on),
		TEST(asked_behind_one_shot_codes),
		TEST(asked_before_a_transfer),
		TEST(a_repeat_needs_it_once),
		TEST(wrong_ones),
		TEST(what_is_no_pin_is_not_tried),
		TEST(no_key),
		TEST(set_for_the_first_time),
		TEST(changed),
		TEST(not_the_same_twice),
		TEST(trivial_ones),
		TEST(somebody_else_was_faster),
		TEST(the_digits_are_not_in_the_dialogue),
		TEST(every_language),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
