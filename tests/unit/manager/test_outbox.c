/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts are taken, sent and recorded. */
#include "tests/unit/manager/outbox_fixture.h"

static const struct outbox_message many[] = {
	{ .message_id = 1, .address = "819012345671", .attempts = 1, .text = "one" },
	{ .message_id = 2, .address = "819012345672", .attempts = 3, .text = "two" },
	{ .message_id = 3, .address = "819012345673", .attempts = 40, .text = "three" },
};

static void takes_what_there_is_room_for(void **state)
{
	assert_int_equal(take.max, 10);
	outbox_settings(ob)->window = 2;
	give(many, 1, 0);
	loop_until(take.n == 2);
	assert_int_equal(take.max, 1);
	has_room = 0;
	give(NULL, 0, -1);
	loop_run_ms(150);
	assert_int_equal(take.n, 2);
	has_room = 5;
	outbox_room(ob);
	loop_until(take.n == 3);
	assert_int_equal(take.max, 1);
}

static void asks_nothing_of_a_ledger_that_is_not_ready(void **state)
{
	ready = false;
	give(NULL, 0, -1);
	outbox_poke(ob);
	loop_run_ms(100);
	assert_int_equal(take.n, 1);
	ready = true;
	loop_until(take.n == 2);
}

static void what_was_written_here_is_looked_at_at_once(void **state)
{
	outbox_settings(ob)->interval_ms = 10000;
	outbox_poke(ob); /* while it is looking */
	give(NULL, 0, -1);
	loop_until(take.n == 2);
	give(NULL, 0, -1);
	outbox_poke(ob);
	loop_until(take.n == 3);
}

static void every_end_is_recorded(void **state)
{
	give(many, 3, 5000);
	assert_int_equal(n_texts, 3);
	assert_string_equal(texts[1].text, "two");
	assert_string_equal(texts[1].msisdn, "819012345672");
	sent(0, SMS_SENT_OK, "id1");
	sent(1, SMS_SENT_RETRY, NULL);
	sent(2, SMS_SENT_RETRY, NULL);
	assert_int_equal(n_results, 3);
	assert_int_equal(results[0].args.end, OUTBOX_SENT);
	assert_string_equal(results[0].args.link, "smpp:x");
	assert_int_equal(results[0].args.n_ids, 1);
	assert_string_equal(results[0].args.ids[0], "id1");
	assert_int_equal(results[1].args.end, OUTBOX_LATER);
	assert_int_equal(results[1].args.retry_ms, 20000);
	assert_int_equal(results[2].args.retry_ms, 600000);
	assert_int_equal(outbox_in_flight(ob), 3);
	record(0, OUTCOME_OK);
	record(1, OUTCOME_OK);
	record(2, OUTCOME_NOT_FOUND);
	assert_int_equal(outbox_in_flight(ob), 0);
}

static void what_is_not_known_or_never_taken(void **state)
{
	give(many, 2, -1);
	sent(0, SMS_SENT_UNKNOWN, NULL);
	sent(1, SMS_SENT_NEVER, NULL);
	assert_int_equal(results[0].args.end, OUTBOX_UNKNOWN);
	assert_int_equal(results[1].args.end, OUTBOX_DEAD);
	record(0, OUTCOME_OK);
	record(1, OUTCOME_OK);
}

static void a_result_is_recorded_until_it_is(void **state)
{
	give(&hello, 1, -1);
	sent(0, SMS_SENT_OK, "id1");
	record(0, OUTCOME_UNCERTAIN);
	assert_int_equal(outbox_in_flight(ob), 1);
	loop_until(n_results == 2);
	assert_memory_equal(&results[0].args, &results[1].args, sizeof(results[0].args));
	record(1, OUTCOME_UNAVAILABLE);
	loop_until(n_results == 3);
	record(2, OUTCOME_OK);
	assert_int_equal(outbox_in_flight(ob), take.done != NULL);
}

static void what_a_link_refuses_goes_back_or_dies(void **state)
{
	static const struct outbox_message nothing = {
		.message_id = 9, .address = "81901234567", .text = "", .text_key = "no.such.key"
	};

	send_rc = -EBUSY;
	give(&hello, 1, -1);
	assert_int_equal(results[0].args.end, OUTBOX_RETURNED);
	more = true;
	record(0, OUTCOME_OK);
	loop_until(take.n == 2);
	send_rc = -EMSGSIZE;
	give(&hello, 1, -1);
	assert_int_equal(results[1].args.end, OUTBOX_DEAD);
	record(1, OUTCOME_OK);
	loop_until(take.n == 3);
	send_rc = 0;
	give(&nothing, 1, -1);
	assert_int_equal(n_texts, 0);
	assert_int_equal(results[2].args.end, OUTBOX_DEAD);
	record(2, OUTCOME_OK);
}

/* Who is not reached does not stand in the way of who is. */
static void a_phone_that_is_away_is_waited_for(void **state)
{
	static const struct outbox_message away = { .message_id = 7,
						    .address = "81901234567",
						    .imsi = "440100000000001",
						    .attempts = 1,
						    .text = "x" };

	send_rc = -EHOSTUNREACH;
	give(&away, 1, -1);
	assert_int_equal(results[0].args.end, OUTBOX_LATER);
	assert_int_equal(results[0].args.retry_ms, 60000);
	record(0, OUTCOME_OK);
	heard_message = 0;
	outbox_heard(ob, "440100000000002");
	assert_int_equal(heard_message, 0);
	outbox_heard(ob, "440100000000001");
	assert_int_equal(heard_message, 7);
	loop_until(take.n == 2);
	heard_message = 0;
	outbox_heard(ob, "440100000000001");
	assert_int_equal(heard_message, 0);
}

/* What a link that is first has room for may be another one's, which has none. */
static void takes_no_more_than_links_take(void **state)
{
	struct outbox_message m[OUTBOX_TAKE_MAX];
	size_t i;

	has_room = 500;
	give(NULL, 0, -1);
	outbox_poke(ob);
	loop_until(take.n == 2);
	assert_int_equal(take.max, OUTBOX_TAKE_MAX);
	for (i = 0; i < 30; i++) {
		m[i] = many[0];
		m[i].message_id = i + 1;
	}
	send_rc = -EBUSY;
	give(m, 30, -1);
	assert_int_equal(n_results, 30);
	assert_int_equal(results[0].args.retry_ms, 5000); /* others go first */
	for (i = 0; i < 30; i++)
		record(i, OUTCOME_OK);
	loop_until(take.n == 3);
	assert_int_equal(take.max, 10);
	send_rc = 0;
	give(m, 10, -1);
	loop_until(take.n == 4);
	assert_int_equal(take.max, 20);
}

static void leases_go_on_while_a_link_is_slow(void **state)
{
	outbox_settings(ob)->lease_s = 1;
	give(&hello, 1, -1);
	loop_until(n_renewed >= 2);
	sent(0, SMS_SENT_UNKNOWN, NULL);
	n_renewed = 0;
	loop_run_ms(2200);
	assert_int_equal(n_renewed, 0); /* its lease shall end */
	record(0, OUTCOME_OK);
}

static void a_text_goes_out_as_long_as_it_is_ours(void **state)
{
	outbox_settings(ob)->lease_s = 1;
	give(&hello, 1, -1);
	assert_true(texts[0].may_go(texts[0].data));
	loop_until(n_renewed == 1);
	loop_run_ms(100);
	assert_false(texts[0].may_go(texts[0].data)); /* it is over, and no answer yet */
	loop_until(n_renewed == 2);
	renewal.done(renewal.data, OUTCOME_OK);
	assert_true(texts[0].may_go(texts[0].data));
	loop_until(n_renewed == 3);
	renewal.done(renewal.data, OUTCOME_UNAVAILABLE);
	loop_until(n_renewed == 4);
	renewal.done(renewal.data, OUTCOME_OK);
	renewal.done(renewal.data, OUTCOME_NOT_FOUND);
	assert_false(texts[0].may_go(texts[0].data));
	sent(0, SMS_SENT_NOT, NULL);
	assert_int_equal(results[0].args.end, OUTBOX_RETURNED);
	record(0, OUTCOME_NOT_FOUND);
}

/* The lease began when the record answered, at the latest when it was read here. */
static void what_was_taken_too_long_ago_is_not_sent(void **state)
{
	outbox_settings(ob)->lease_s = 1;
	loop_run_ms(1100);
	give(&hello, 1, -1);
	assert_int_equal(n_texts, 0);
	assert_int_equal(results[0].args.end, OUTBOX_RETURNED);
	record(0, OUTCOME_OK);
}

/* Nothing is looked for where the ledger has said that there is nothing. */
static void looks_again_where_there_is_more(void **state)
{
	outbox_settings(ob)->interval_ms = 10000;
	give(many, 2, -1);
	sent(0, SMS_SENT_OK, "id1");
	sent(1, SMS_SENT_OK, "id2");
	record(0, OUTCOME_OK);
	loop_run_ms(100);
	assert_int_equal(take.n, 1);
	more = true;
	record(1, OUTCOME_OK);
	loop_until(take.n == 2);
}

/* --- receipts ------------------------------------------------------------------------------ */

static enum sms_verdict verdict;
static unsigned int n_verdicts;

static void got_verdict(void *data, enum sms_verdict v)
{
	verdict = v;
	n_verdicts++;
}

static void receipts_are_answered_when_durable(void **state)
{
	struct sms_receipt r = {
		.link = "smpp:x", .id = "id1", .state = SMPP_STATE_DELIVERED, .error = "000"
	};

	n_verdicts = 0;
	outbox_receipt(ob, &r, got_verdict, NULL);
	assert_int_equal(n_verdicts, 0);
	assert_string_equal(receipt.args.id, "id1");
	assert_int_equal(receipt.args.state, SMPP_STATE_DELIVERED);
	receipt.done(receipt.data, OUTCOME_OK);
	assert_int_equal(verdict, SMS_ACCEPTED);
	outbox_receipt(ob, &r, got_verdict, NULL);
	receipt.done(receipt.data, OUTCOME_UNCERTAIN);
	assert_int_equal(verdict, SMS_TRY_AGAIN);
	assert_int_equal(n_verdicts, 2);
}

/* The id may have been another text's. */
static void a_receipt_waits_for_answers_before_it(void **state)
{
	struct sms_receipt r = {
		.link = "smpp:x", .id = "id1", .state = SMPP_STATE_DELIVERED, .error = "000"
	};

	receipt.done = NULL;
	give(many, 3, -1);
	sent(0, SMS_SENT_OK, "id1");
	sent(1, SMS_SENT_RETRY, NULL);
	outbox_receipt(ob, &r, got_verdict, NULL);
	sent(2, SMS_SENT_OK, "id2");
	assert_null(receipt.done);
	record(1, OUTCOME_OK);
	assert_null(receipt.done);
	record(0, OUTCOME_UNCERTAIN);
	assert_null(receipt.done);
	loop_until(n_results == 4);
	record(3, OUTCOME_OK);
	assert_non_null(receipt.done);
	assert_string_equal(receipt.args.id, "id1");
	receipt.done(receipt.data, OUTCOME_OK);
	assert_int_equal(verdict, SMS_ACCEPTED);
	record(2, OUTCOME_OK);
	assert_int_equal(outbox_in_flight(ob), take.done != NULL);
}

static void draining_gives_back_what_was_not_sent(void **state)
{
	outbox_drain(ob);
	assert_int_equal(outbox_in_flight(ob), 1);
	give(many, 3, -1);
	assert_int_equal(n_texts, 0);
	assert_int_equal(n_results, 3);
	assert_int_equal(results[2].args.end, OUTBOX_RETURNED);
	record(0, OUTCOME_OK);
	record(1, OUTCOME_OK);
	record(2, OUTCOME_OK);
	assert_int_equal(outbox_in_flight(ob), 0);
	outbox_poke(ob);
	loop_run_ms(60);
	assert_int_equal(take.n, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(takes_what_there_is_room_for),
		T(asks_nothing_of_a_ledger_that_is_not_ready),
		T(what_was_written_here_is_looked_at_at_once),
		T(every_end_is_recorded),
		T(what_is_not_known_or_never_taken),
		T(a_result_is_recorded_until_it_is),
		T(what_a_link_refuses_goes_back_or_dies),
		T(a_phone_that_is_away_is_waited_for),
		T(takes_no_more_than_links_take),
		T(leases_go_on_while_a_link_is_slow),
		T(a_text_goes_out_as_long_as_it_is_ours),
		T(what_was_taken_too_long_ago_is_not_sent),
		T(looks_again_where_there_is_more),
		T(receipts_are_answered_when_durable),
		T(a_receipt_waits_for_answers_before_it),
		T(draining_gives_back_what_was_not_sent),
	};
	int rc;

	ctx = talloc_named_const(NULL, 0, "test");
	osmo_init_logging2(NULL, &tegata_log_info);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	talloc_free(ctx);
	return rc;
}
