/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a dialogue ends where not by its last text: time-outs, phones that leave, links that break;
 * and what its terminal is owed then. */
#include "dialogue_steps.h"
#include "manager/dialogue_lost.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
