/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a dialogue asks of the ledger, and when it asks nothing. */
#include "dialogue_steps.h"

/* --- what is asked of the ledger ------------------------------------------- */

static void issue_arguments(void **state)
{
	struct fake *f = *state;
	static const struct request_id none;

	dial(f, "*188*1*500#");
	answer(f, "1");
	assert_int_equal(f->ledger.issue_args.terminal_id, 77);
	assert_int_equal(f->ledger.issue_args.amount_minor, 500);
	assert_string_equal(f->ledger.issue_args.product, "prepaid");
	assert_string_equal(f->ledger.issue_args.link, "direct:test");
	assert_int_equal(f->ledger.issue_args.guard_s, 600);
	assert_memory_not_equal(&f->ledger.issue_args.request_id, &none, sizeof(none));
	assert_int_equal(counted(f, DIALOGUE_CTR_ISSUE_OK), 1);
}

static void what_is_agreed_to_is_what_is_charged(void **state)
{
	static const char *const said[] = { "price has changed", "Preis hat sich", "料金が変わり" };
	static const char *const languages[] = { "en", "de", "ja" };
	struct fake *f = *state;
	struct request_id first;

	for (size_t i = 0; i < ARRAY_SIZE(languages); i++) {
		fake_language(f, languages[i]);
		f->ledger.n_calls[FAKE_ISSUE] = 0;
		f->ledger.issue_once = OUTCOME_PRICE_CHANGED;
		f->ledger.issue.fee_minor = 1000; /* the list of products still says 5 */
		dial(f, "*188*1*500#");
		expect(f, "505");
		answer(f, "1");
		assert_int_equal(f->ledger.issue_args.fee_minor, 5);
		first = f->ledger.issue_args.request_id;
		expect_open(f);
		expect(f, said[i]);
		while (!f->d->page_last)
			answer(f, "*");
		expect(f, "1500");
		assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 1);
		answer(f, "1");
		assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 2);
		assert_int_equal(f->ledger.issue_args.fee_minor, 1000);
		assert_memory_not_equal(&f->ledger.issue_args.request_id, &first, sizeof(first));
		expect_end(f);
	}
}

static void a_new_price_can_be_declined(void **state)
{
	struct fake *f = *state;

	f->ledger.issue_once = OUTCOME_PRICE_CHANGED;
	f->ledger.issue.fee_minor = 1000;
	dial(f, "*188*1*500#");
	answer(f, "1");
	answer(f, "0");
	expect(f, "Nothing was bought.");
	expect_end(f);
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 1);
	/* The next question is that of the list again. */
	dial(f, "*188*1*500#");
	expect(f, "Fee 5 JPY");
	expect_not(f, "price");
}

static void a_repeat_keeps_its_price(void **state)
{
	struct fake *f = *state;

	f->ledger.issue_once = OUTCOME_REPEAT_SUSPECTED;
	dial(f, "*188*1*500#");
	answer(f, "1");
	f->ledger.products[0].fee_fixed_minor = 1000;
	answer(f, "1");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 2);
	assert_int_equal(f->ledger.issue_args.fee_minor, 5);
}

static void an_unasked_purchase_takes_any_price(void **state)
{
	struct fake *f = *state;

	f->ds->settings.confirm_oneshot = false;
	dial(f, "*188*1*500#");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 1);
	assert_int_equal(f->ledger.issue_args.fee_minor, -1);
}

static void repeat_has_a_new_request_id_and_no_guard(void **state)
{
	struct fake *f = *state;
	struct request_id first;

	f->ledger.issue_once = OUTCOME_REPEAT_SUSPECTED;
	dial(f, "*188*1*500#");
	answer(f, "1");
	first = f->ledger.issue_args.request_id;
	answer(f, "1");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 2);
	assert_int_equal(f->ledger.issue_args.guard_s, 0);
	assert_memory_not_equal(&f->ledger.issue_args.request_id, &first, sizeof(first));
	assert_int_equal(counted(f, DIALOGUE_CTR_REPEAT_ASKED), 1);
	/* The next purchase is guarded again. */
	dial(f, "*188*1*500#");
	answer(f, "1");
	assert_int_equal(f->ledger.issue_args.guard_s, 600);
}

static void default_product(void **state)
{
	struct fake *f = *state;

	f->ledger.n_products = 2;
	f->ledger.products[1] = f->ledger.products[0];
	OSMO_STRLCPY_ARRAY(f->ledger.products[1].code, "other");
	OSMO_STRLCPY_ARRAY(f->ds->settings.default_product, "other");
	dial(f, "*188*1*500#");
	answer(f, "1");
	assert_string_equal(f->ledger.issue_args.product, "other");
	OSMO_STRLCPY_ARRAY(f->ds->settings.default_product, "gone");
	dial(f, "*188*1*500#");
	expect_end(f);
	expect(f, "Nothing is on sale");
}

static void product_is_gone_before_yes(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1#");
	f->ledger.n_products = 0;
	answer(f, "1");
	expect(f, "not on sale");
	expect_open(f);
}

static void transfer_arguments(void **state)
{
	struct fake *f = *state;
	char code[128];

	fake_shop(&f->ledger);
	snprintf(code, sizeof(code), "*188*4*%s*4711*12*34#", fake_value_digits(3));
	dial(f, code);
	expect(f, "Pay 500 JPY to Book shop (4711)?\nReference 12*34\n1 Yes 0 No");
	assert_int_equal(f->ledger.quote_args.value_id, fake_value(3));
	assert_int_equal(f->ledger.quote_args.transferee_id, 0);
	assert_string_equal(f->ledger.quote_args.transferee, "4711");
	assert_int_equal(f->ledger.quote_args.guard_s, 600);
	answer(f, "1");
	expect_end(f);
	assert_int_equal(f->ledger.transfer_args.terminal_id, 77);
	assert_int_equal(f->ledger.transfer_args.value_id, fake_value(3));
	assert_int_equal(f->ledger.transfer_args.transferee_id, 78);
	assert_string_equal(f->ledger.transfer_args.reference, "12*34");
	assert_string_equal(f->ledger.transfer_args.link, "direct:test");
}

static void numbers_are_taken_as_dialled(void **state)
{
	static const char *const forms[] = { "09087654321", "819087654321", "00819087654321" };
	struct fake *f = *state;
	char code[128];

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		snprintf(code, sizeof(code), "*188*3*%s*%s#", fake_value_digits(3), forms[i]);
		dial(f, code);
		expect(f, "Send 500 JPY to +819087654321?");
		assert_string_equal(f->ledger.quote_args.transferee, "819087654321");
	}
}

static void partial_codes_ask_for_the_rest(void **state)
{
	struct fake *f = *state;
	char code[128];

	snprintf(code, sizeof(code), "*188*3*%s#", fake_value_digits(3));
	dial(f, code);
	expect(f, "To which number?");
	answer(f, "0");
	expect(f, "1 Buy");
	snprintf(code, sizeof(code), "*188*4*%s#", fake_value_digits(3));
	dial(f, code);
	expect(f, "Which shop?");
	snprintf(code, sizeof(code), "*188*4*%s*4711#", fake_value_digits(3));
	dial(f, code);
	expect(f, "reference?");
	snprintf(code, sizeof(code), "*188*4*%s*4711*#", fake_value_digits(3));
	fake_shop(&f->ledger);
	dial(f, code);
	expect(f, "Pay 500 JPY to Book shop (4711)?\n1 Yes 0 No");
}

static void one_shot_codes_with_wrong_fields(void **state)
{
	struct fake *f = *state;
	char code[128], reference[80];

	dial(f, "*188*3*12345678901234567890*09087654321#");
	expect_end(f);
	expect(f, "20 digits, please check");
	snprintf(code, sizeof(code), "*188*3*%s*4711#", fake_value_digits(3));
	dial(f, code);
	expect_end(f);
	expect(f, "a shop's code");
	snprintf(code, sizeof(code), "*188*4*%s*09087654321*1#", fake_value_digits(3));
	dial(f, code);
	expect(f, "not a shop's code");
	memset(reference, '7', 65);
	reference[65] = '\0';
	snprintf(code, sizeof(code), "*188*4*%s*4711*%s#", fake_value_digits(3), reference);
	dial(f, code);
	expect(f, "Reference: at most 64");
	assert_int_equal(f->ledger.n_calls[FAKE_QUOTE], 0);
	assert_int_equal(f->ledger.n_calls[FAKE_TRANSFER], 0);
}

static void never_confirm(void **state)
{
	struct fake *f = *state;
	char code[128];

	f->ds->settings.confirm_oneshot = false;
	dial(f, "*188*1*500#");
	expect_end(f);
	expect(f, "Bought 500 JPY");
	snprintf(code, sizeof(code), "*188*3*%s*09087654321#", fake_value_digits(3));
	dial(f, code);
	expect_end(f);
	expect(f, "now belongs to +819087654321");
	assert_int_equal(f->ledger.n_calls[FAKE_QUOTE], 0);
	/* A suspected repeat is asked all the same; a transfer's is told, for it was not quoted. */
	f->ledger.issue_once = OUTCOME_REPEAT_SUSPECTED;
	dial(f, "*188*1*500#");
	expect(f, "Buy again?");
	f->ledger.transfer =
		(struct transfer_result){ .outcome = OUTCOME_REPEAT_SUSPECTED, .at = NOON };
	dial(f, code);
	expect_end(f);
	expect(f, "was handed on to +819087654321");
	/* The menu always asks. */
	dial(f, "*188*1#");
	answer(f, "1");
	expect(f, "1 Yes 0 No");
}

static void check_arguments(void **state)
{
	struct fake *f = *state;
	char code[64];

	snprintf(code, sizeof(code), "*188*5*%s#", fake_value_digits(3));
	dial(f, code);
	expect_end(f);
	expect(f, "Yes, you own it: 500 JPY, valid");
	assert_int_equal(f->ledger.check_asker.terminal_id, 77);
	assert_int_equal(f->ledger.check_value, fake_value(3));
}

/* Another's, none at all, with or without things beside it: the same words. */
static void one_negative_answer(void **state)
{
	struct fake *f = *state;
	char code[64], first[PAGE_SIZE_MAX];

	snprintf(code, sizeof(code), "*188*5*%s#", fake_value_digits(3));
	f->ledger.check_item.owner = false;
	dial(f, code);
	OSMO_STRLCPY_ARRAY(first, f->session.text);
	expect(f, "No. You do not own such a value.");
	f->ledger.check_item = (struct check_item){ 0 };
	dial(f, code);
	assert_string_equal(f->session.text, first);
}

static void malformed_ids_are_not_looked_up(void **state)
{
	struct fake *f = *state;
	char code[64], digits[VALUE_ID_STR_SIZE];

	OSMO_STRLCPY_ARRAY(digits, fake_value_digits(3));
	for (size_t i = 0; i < VALUE_ID_DIGITS; i++) {
		char right = digits[i];

		digits[i] = right == '9' ? '0' : right + 1;
		snprintf(code, sizeof(code), "*188*5*%s#", digits);
		dial(f, code);
		expect(f, "20 digits, please check");
		digits[i] = right;
	}
	assert_int_equal(f->ledger.n_calls[FAKE_CHECK], 0);
}

/* --- every outcome, every operation ---------------------------------------- */

static void every_outcome_has_a_text(void **state)
{
	struct fake *f = *state;
	char code[128];

	snprintf(code, sizeof(code), "*188*3*%s*09087654321#", fake_value_digits(3));
	for (int outcome = 1; outcome < 80; outcome++) {
		if (!outcome_name(outcome) || outcome == OUTCOME_REPEAT_SUSPECTED ||
		    outcome == OUTCOME_PRICE_CHANGED)
			continue;
		f->ledger.issue.outcome = f->ledger.quote.outcome = outcome;
		dial(f, "*188*1*500#");
		answer(f, "1");
		expect_end(f);
		assert_true(strlen(f->session.text) > 10);
		dial(f, code);
		expect_end(f);
		f->ledger.quote.outcome = OUTCOME_OK;
		f->ledger.transfer.outcome = outcome;
		dial(f, code);
		answer(f, "1");
		expect_end(f);
		f->ledger.check_outcome = f->ledger.balance.outcome = outcome;
		dial(f, "*188*6#");
		expect_end(f);
	}
}

/* --- questions longer than a page ------------------------------------------ */

static void nobody_agrees_to_half_a_question(void **state)
{
	struct fake *f = *state;
	char code[128], reference[REFERENCE_SIZE];

	memset(reference, '7', sizeof(reference) - 1);
	reference[sizeof(reference) - 1] = '\0';
	fake_shop(&f->ledger);
	memset(f->ledger.quote.transferee_name, 'S', TERMINAL_NAME_SIZE - 1);
	snprintf(code, sizeof(code), "*188*4*%s*4711*%s#", fake_value_digits(3), reference);
	dial(f, code);
	expect(f, "* More");
	expect_not(f, "1 Yes");
	answer(f, "1");
	expect(f, "# Previous\n1 Yes 0 No");
	assert_int_equal(f->ledger.n_calls[FAKE_TRANSFER], 0);
	answer(f, "#");
	expect(f, "* More");
	answer(f, "*");
	answer(f, "1");
	assert_int_equal(f->ledger.n_calls[FAKE_TRANSFER], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(issue_arguments),
		TEST(what_is_agreed_to_is_what_is_charged),
		TEST(a_new_price_can_be_declined),
		TEST(a_repeat_keeps_its_price),
		TEST(an_unasked_purchase_takes_any_price),
		TEST(repeat_has_a_new_request_id_and_no_guard),
		TEST(default_product),
		TEST(product_is_gone_before_yes),
		TEST(transfer_arguments),
		TEST(numbers_are_taken_as_dialled),
		TEST(partial_codes_ask_for_the_rest),
		TEST(one_shot_codes_with_wrong_fields),
		TEST(never_confirm),
		TEST(check_arguments),
		TEST(one_negative_answer),
		TEST(malformed_ids_are_not_looked_up),
		TEST(every_outcome_has_a_text),
		TEST(nobody_agrees_to_half_a_question),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
