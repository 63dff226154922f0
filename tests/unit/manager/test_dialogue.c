/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The states of a dialogue: who may speak when, and what is known for certain afterwards. */
#include "dialogue_fake.h"
#include "manager/dialogue_lost.h"

#define IDLE_S 25
#define BACKSTOP_S 65

/* Dials without an answer of the ledger. */
static void dial_only(struct fake *f, const char *text)
{
	fake_session_fill(&f->session);
	f->d = fake_open(f, &f->session, text);
}

static void answer_only(struct fake *f, const char *text)
{
	dialogue_answer(f->d, text);
}

static void leave(struct fake *f)
{
	dialogue_abort(f->d, "left");
	f->session.dropped = true; /* the adapter has forgotten it */
}

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

/* --- time-outs ------------------------------------------------------------- */

static void ledger_never_says_who_it_is(void **state)
{
	struct fake *f = *state;

	dial_only(f, "*188#");
	pass_seconds(BACKSTOP_S - 1);
	assert_false(f->session.ended);
	pass_seconds(2);
	expect_end(f);
	expect(f, "cannot be reached");
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_cancelled, 1);
}

static void terminal_never_answers(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	pass_seconds(IDLE_S - 1);
	expect_open(f);
	pass_seconds(2);
	expect_end(f);
	expect(f, "No answer came.");
	assert_int_equal(counted(f, DIALOGUE_CTR_TIMEOUT), 1);
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 0);
}

static void each_answer_starts_the_timer_again(void **state)
{
	struct fake *f = *state;

	dial(f, "*188#");
	for (int i = 0; i < 4; i++) {
		pass_seconds(IDLE_S - 2);
		answer(f, i % 2 ? "0" : "1");
		expect_open(f);
	}
	pass_seconds(IDLE_S + 1);
	expect_end(f);
}

static void result_stays_on_the_display(void **state)
{
	struct fake *f = *state;

	dial(f, "*188#");
	answer(f, "1");
	answer(f, "1");
	answer(f, "1");
	expect(f, "0 Menu");
	pass_seconds(IDLE_S + 1);
	expect_end(f);
	expect(f, "Bought 500 JPY");
	expect_not(f, "0 Menu");
	/* Nobody can say whether it was seen: the next dial tells it. */
	assert_int_equal(f->ledger.n_seen, 0);
}

static void ledger_never_answers_what_was_asked(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	answer_only(f, "1");
	pass_seconds(BACKSTOP_S + 1);
	assert_true(f->session.ended);
	expect(f, "not known yet");
	/* When it does, who bought is told by SMS. */
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	assert_int_equal(f->ledger.n_told, 1);
}

/* The process ends before they do: nobody is left to wait for his exchange's timer. */
static void stopping_tells_how_it_stands(void **state)
{
	struct fake *f = *state;

	dial_only(f, "*188#");
	dialogues_stop(f->ds);
	expect_end(f);
	expect(f, "Nothing was done");
	fake_run(&f->ledger);
	dial(f, "*188*1*500#");
	dialogues_stop(f->ds);
	expect_end(f);
	expect(f, "Nothing was done");
	assert_int_equal(f->ledger.n_calls[FAKE_ISSUE], 0);
	dial(f, "*188*1*500#");
	answer_only(f, "1");
	dialogues_stop(f->ds);
	assert_true(f->session.ended);
	expect(f, "not known yet");
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_told, 1);
	dial(f, "*188#");
	answer(f, "1");
	answer(f, "1");
	answer(f, "1");
	dialogues_stop(f->ds);
	expect_end(f);
	expect(f, "Bought 500 JPY");
	assert_int_equal(dialogues_open_count(f->ds), 0);
}

static void stopping_leaves_who_is_gone(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	answer_only(f, "1");
	leave(f);
	dialogues_stop(f->ds);
	assert_int_equal(f->session.n_sent, 1);
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
}

/* --- the terminal leaves --------------------------------------------------- */

static void abort_while_entering(void **state)
{
	struct fake *f = *state;

	dial_only(f, "*188#");
	leave(f);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_cancelled, 1);
	assert_int_equal(f->session.n_sent, 0);
	assert_int_equal(counted(f, DIALOGUE_CTR_ABORTED), 1);
}

static void abort_while_asking(void **state)
{
	struct fake *f = *state;

	dial(f, "*188#");
	leave(f);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	pass_seconds(IDLE_S + 1);
	assert_int_equal(f->session.n_sent, 1);
}

static void abort_while_working(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	answer_only(f, "1");
	leave(f);
	assert_int_equal(dialogues_open_count(f->ds), 1);
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	assert_int_equal(f->ledger.n_cancelled, 0);
	assert_int_equal(f->ledger.n_seen, 0);
	assert_int_equal(f->ledger.n_told, 1);
	assert_memory_equal(&f->ledger.told, &f->ledger.issue_args.request_id,
			    sizeof(f->ledger.told));
	assert_int_equal(counted(f, DIALOGUE_CTR_LOST), 1);
}

/* Who reads something that moves nothing is owed no text; nor is who was refused. */
static void nothing_is_told_where_nothing_was_done(void **state)
{
	struct fake *f = *state;

	dial_only(f, "*188*6#");
	fake_run(&f->ledger);
	dial(f, "*188#");
	answer_only(f, "6");
	leave(f);
	fake_run(&f->ledger);
	f->ledger.issue.outcome = OUTCOME_FUNDS_INSUFFICIENT;
	dial(f, "*188*1*500#");
	answer_only(f, "1");
	leave(f);
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_told, 0);
}

/* The result went out, and nobody knows whether it was read. */
static void left_before_the_result_was_read(void **state)
{
	struct fake *f = *state;

	dial(f, "*188#");
	answer(f, "1");
	answer(f, "1");
	answer(f, "1");
	expect(f, "Bought 500 JPY");
	leave(f);
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_told, 1);
	/* Who goes on has read it. */
	dial(f, "*188#");
	answer(f, "1");
	answer(f, "1");
	answer(f, "1");
	answer(f, "0");
	leave(f);
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_told, 1);
}

static void the_link_does_not_take_the_result(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	f->session.rc = -ENOTCONN;
	answer(f, "1");
	assert_int_equal(dialogues_open_count(f->ds), 0);
	assert_int_equal(f->ledger.n_told, 1);
}

/* What the ledger cannot take now is told later. */
static void telling_is_tried_again(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	answer_only(f, "1");
	leave(f);
	f->ledger.told_outcome = OUTCOME_UNAVAILABLE;
	fake_run(&f->ledger);
	assert_int_equal(dialogue_lost_count(f->ds->lost), 1);
	for (int i = 0; i < 3; i++) {
		pass_seconds(6);
		fake_run(&f->ledger);
	}
	assert_int_equal(f->ledger.n_told, 4);
	f->ledger.told_outcome = OUTCOME_OK;
	pass_seconds(6);
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_told, 5);
	assert_int_equal(dialogue_lost_count(f->ds->lost), 0);
}

/* A request that could not be queued cannot be cancelled either; its callback still comes. */
static void abort_while_an_answer_cannot_be_cancelled(void **state)
{
	struct fake *f = *state;

	f->ledger.uncancellable = true;
	dial_only(f, "*188#");
	leave(f);
	assert_int_equal(dialogues_open_count(f->ds), 1);
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);

	dial(f, "*188*1*500#");
	answer_only(f, "1");
	pass_seconds(BACKSTOP_S + 1);
	assert_true(f->session.ended);
	assert_int_equal(dialogues_open_count(f->ds), 1);
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
}

static void two_dialogues_of_one_imsi(void **state)
{
	struct fake *f = *state;
	struct exchange_session other;
	struct dialogue *d;

	fake_session_fill(&other);
	d = fake_open(f, &other, "*188*1*500#");
	dial(f, "*188*6#");
	assert_true(f->session.ended);
	assert_int_equal(dialogues_open_count(f->ds), 1);
	assert_non_null(strstr(other.text, "Buy 500 JPY?"));
	dialogue_answer(d, "1");
	fake_run(&f->ledger);
	assert_non_null(strstr(other.text, "Bought 500 JPY"));
}

/* --- the link -------------------------------------------------------------- */

static void link_goes_down(void **state)
{
	struct fake *f = *state;

	f->session.rc = -ENOTCONN;
	dial_only(f, "*188#");
	f->session.rc = -ENOTCONN;
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	assert_false(f->session.dropped);
	assert_int_equal(counted(f, DIALOGUE_CTR_SEND_FAILED), 1);

	dial_only(f, "*188*6#");
	f->session.rc = -ENOTCONN;
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	assert_false(f->session.dropped);
}

static void link_takes_no_text(void **state)
{
	struct fake *f = *state;

	dial_only(f, "*188#");
	f->session.rc = -EMSGSIZE;
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	assert_true(f->session.dropped);
}

static void link_is_too_narrow(void **state)
{
	struct fake *f = *state;

	for (size_t octets = 0; octets < 40; octets++) {
		dial_only(f, "*188#");
		f->session.max_question = f->session.max_last = octets;
		fake_run(&f->ledger);
		assert_int_equal(f->session.n_refused, 0);
		if (!fake_over(f))
			leave(f);
		fake_session_fill(&f->session);
		f->session.max_question = f->session.max_last = octets;
		f->d = fake_open(f, &f->session, "*1#");
		assert_int_equal(f->session.n_refused, 0);
	}
}

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

/* --- what was seen --------------------------------------------------------- */

static void unseen_is_seen_when_answered(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_TRANSFER);
	dial(f, "*188#");
	expect(f, "to +819011112222");
	assert_int_equal(f->ledger.n_seen, 0);
	leave(f);
	assert_int_equal(f->ledger.n_seen, 0);
	dial(f, "*188#");
	answer(f, "1");
	assert_int_equal(f->ledger.n_seen, 1);
	assert_memory_equal(&f->ledger.seen, &f->ledger.enter.unseen.request_id,
			    sizeof(f->ledger.seen));
	expect(f, "1 Buy");
}

static void unseen_in_a_one_shot_read(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_ISSUE);
	dial(f, "*188*2#");
	expect_end(f);
	expect(f, "bought 700 JPY");
	expect(f, "\nYou have no values");
	assert_int_equal(f->ledger.n_seen, 1);
}

static void unseen_is_not_seen_where_it_could_not_be_sent(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_ISSUE);
	dial_only(f, "*188*6#");
	f->session.rc = -ENOTCONN;
	fake_run(&f->ledger);
	assert_int_equal(f->ledger.n_seen, 0);
}

static void unseen_on_a_page_of_its_own(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_ISSUE);
	fake_values(&f->ledger, 5);
	dial(f, "*188*2#");
	expect_open(f);
	expect(f, "bought 700 JPY");
	expect(f, "* More");
	expect_not(f, "500 JPY");
	assert_int_equal(f->ledger.n_seen, 1);
	answer(f, "*");
	expect(f, "500 JPY");
	expect_not(f, "bought");
	assert_int_equal(f->ledger.n_seen, 1);
}

static void unseen_that_was_not_finished(void **state)
{
	struct fake *f = *state;

	fake_unseen(&f->ledger, OPERATION_ISSUE);
	f->ledger.enter.unseen.outcome = OUTCOME_PENDING;
	dial(f, "*188#");
	expect(f, "not finished yet");
	f->ledger.enter.unseen.outcome = OUTCOME_FUNDS_INSUFFICIENT;
	dial(f, "*188#");
	expect(f, "not done");
}

static void result_is_seen_when_the_terminal_goes_on(void **state)
{
	struct fake *f = *state;

	dial(f, "*188#");
	answer(f, "1");
	answer(f, "1");
	answer(f, "1");
	assert_int_equal(f->ledger.n_seen, 0);
	answer(f, "0");
	assert_int_equal(f->ledger.n_seen, 1);
	assert_memory_equal(&f->ledger.seen, &f->ledger.issue_args.request_id,
			    sizeof(f->ledger.seen));
	answer(f, "6");
	answer(f, "0");
	assert_int_equal(f->ledger.n_seen, 1);
}

static void one_shot_result_is_not_seen(void **state)
{
	struct fake *f = *state;

	dial(f, "*188*1*500#");
	answer(f, "1");
	expect_end(f);
	assert_int_equal(f->ledger.n_seen, 0);
}

static void what_is_not_known_is_not_seen(void **state)
{
	static const enum outcome outcomes[] = { OUTCOME_PENDING, OUTCOME_UNCERTAIN,
						 OUTCOME_UNAVAILABLE };
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		f->ledger.issue.outcome = outcomes[i];
		dial(f, "*188*1#");
		answer(f, "1");
		answer(f, "1");
		answer(f, "0");
		expect(f, "1 Buy");
	}
	assert_int_equal(f->ledger.n_seen, 0);
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

/* --- anything at any time --------------------------------------------------- */

static const char *monkey_input(unsigned int *seed)
{
	static const char *const inputs[] = {
		"0",	"00",
		"1",	"1",
		"1",	"2",
		"3",	"4",
		"5",	"6",
		"7",	"*",
		"*",	"#",
		"500",	"09087654321",
		"4711", "Order",
		"",	"x",
		"\xff", "12345678901234567890",
	};

	return inputs[rand_r(seed) % ARRAY_SIZE(inputs)];
}

static void monkey_dials(struct fake *f, unsigned int *seed)
{
	static const char *const codes[] = { "*188#",	"*188*1#", "*188*1*500#", "*188*2#",
					     "*188*3#", "*188*4#", "*188*6#",	  "*188*7#" };
	static const enum outcome outcomes[] = { OUTCOME_OK,	       OUTCOME_OK,
						 OUTCOME_OK,	       OUTCOME_OK,
						 OUTCOME_BUSY,	       OUTCOME_UNCERTAIN,
						 OUTCOME_PENDING,      OUTCOME_REPEAT_SUSPECTED,
						 OUTCOME_NOT_OWNER,    OUTCOME_TERMINAL_BLOCKED,
						 OUTCOME_PRICE_CHANGED };
	static const char *const languages[] = { "en", "ja", "de" };
	struct ledger *l = &f->ledger;

	fake_language(f, languages[rand_r(seed) % ARRAY_SIZE(languages)]);
	fake_values(l, rand_r(seed) % 40);
	for (size_t i = 0; i < l->n_values; i++)
		l->states[i] = rand_r(seed) % 4 ? VALUE_STATE_ACTIVE : VALUE_STATE_EXPIRED;
	l->enter.has_unseen = rand_r(seed) % 3 == 0;
	l->enter.outcome = rand_r(seed) % 10 ? OUTCOME_OK : OUTCOME_TERMINAL_BLOCKED;
	l->issue.outcome = outcomes[rand_r(seed) % ARRAY_SIZE(outcomes)];
	l->quote.outcome = outcomes[rand_r(seed) % ARRAY_SIZE(outcomes)];
	l->transfer.outcome = outcomes[rand_r(seed) % ARRAY_SIZE(outcomes)];
	l->maintenance = rand_r(seed) % 20 == 0;
	l->uncancellable = rand_r(seed) % 10 == 0;
	f->ds->settings.confirm_oneshot = rand_r(seed) % 2;
	dial_only(f, codes[rand_r(seed) % ARRAY_SIZE(codes)]);
}

/* Keys, silence, answers of the ledger, aborts and dead links in any order: what is sent always
 * fits, and nothing stays behind. */
static void monkey(void **state)
{
	struct fake *f = *state;
	unsigned int seed = 7;

	fake_unseen(&f->ledger, OPERATION_TRANSFER);
	for (unsigned int i = 0; i < 200000; i++) {
		unsigned int what = rand_r(&seed) % 100;

		if (!f->d || fake_over(f))
			monkey_dials(f, &seed);
		else if (what < 50)
			answer_only(f, monkey_input(&seed));
		else if (what < 95)
			fake_run(&f->ledger);
		else if (what < 96)
			pass_seconds(IDLE_S + 1);
		else if (what < 97)
			leave(f);
		else if (what < 98)
			f->session.rc = rand_r(&seed) % 2 ? -ENOTCONN : -EMSGSIZE;
		if (f->ledger.n_pending > FAKE_PENDING_MAX / 2)
			fake_run(&f->ledger);
		assert_int_equal(f->session.n_refused, 0);
	}
	if (!fake_over(f))
		leave(f);
	fake_run(&f->ledger);
	assert_int_equal(dialogues_open_count(f->ds), 0);
	assert_true(counted(f, DIALOGUE_CTR_TRANSFER_OK) > 10);
	assert_true(counted(f, DIALOGUE_CTR_UNSEEN_TOLD) > 100);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)

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
		TEST(ledger_never_says_who_it_is),
		TEST(terminal_never_answers),
		TEST(each_answer_starts_the_timer_again),
		TEST(result_stays_on_the_display),
		TEST(ledger_never_answers_what_was_asked),
		TEST(stopping_tells_how_it_stands),
		TEST(stopping_leaves_who_is_gone),
		TEST(abort_while_entering),
		TEST(abort_while_asking),
		TEST(abort_while_working),
		TEST(nothing_is_told_where_nothing_was_done),
		TEST(left_before_the_result_was_read),
		TEST(the_link_does_not_take_the_result),
		TEST(telling_is_tried_again),
		TEST(abort_while_an_answer_cannot_be_cancelled),
		TEST(two_dialogues_of_one_imsi),
		TEST(link_goes_down),
		TEST(link_takes_no_text),
		TEST(link_is_too_narrow),
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
		TEST(unseen_is_seen_when_answered),
		TEST(unseen_in_a_one_shot_read),
		TEST(unseen_is_not_seen_where_it_could_not_be_sent),
		TEST(unseen_on_a_page_of_its_own),
		TEST(unseen_that_was_not_finished),
		TEST(result_is_seen_when_the_terminal_goes_on),
		TEST(one_shot_result_is_not_seen),
		TEST(what_is_not_known_is_not_seen),
		TEST(every_outcome_has_a_text),
		TEST(nobody_agrees_to_half_a_question),
		TEST(too_much_garbage),
		TEST(garbage_is_forgiven_after_sense),
		TEST(back_and_cancel_everywhere),
		TEST(monkey),
		TEST(reload_keeps_what_works),
		TEST(the_end_of_the_process),
		TEST(memory_of_a_dialogue),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
