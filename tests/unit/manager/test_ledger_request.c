/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Deadlines and refusals of requests. */
#include "ledger_request_fixture.h"

static void lease_told(void *data, bool held)
{
	told(data, held ? OUTCOME_OK : OUTCOME_AGAIN);
}

/* --- before and without a database ------------------------------------------------ */

static void test_not_started(void **state)
{
	struct ledger *l = ledger;
	struct issue_args args = { .product = "p" };

	ledger = ledger_new(NULL);
	ledger_issue(ledger, &args, issue_told, &waiters[0]);
	list(&waiters[1]);
	ledger_lease(ledger, "x", 1000, lease_told, &waiters[2]);
	assert_int_equal(waiters[0].n_told, 0);
	assert_int_equal(ledger_in_flight(ledger), 3);
	loop_turns(2);
	assert_told(0, OUTCOME_UNAVAILABLE);
	assert_told(1, OUTCOME_UNAVAILABLE);
	assert_told(2, OUTCOME_AGAIN);
	assert_false(ledger_ready(ledger));
	assert_false(ledger_can_read(ledger));
	assert_int_equal(ledger_in_flight(ledger), 0);
	talloc_free(ledger);
	ledger = l;
}

static void test_address_of_another_host(void **state)
{
	struct ledger *l = ledger_new(NULL);

	osmo_talloc_replace_string(l, &l->config.db.address, "192.0.2.1");
	assert_true(ledger_start(l) < 0);
	talloc_free(l);
}

static void test_never_connected(void **state)
{
	issue(&waiters[0]);
	list(&waiters[1]);
	loop_until(ledger_in_flight(ledger) == 0);
	assert_told(0, OUTCOME_UNAVAILABLE);
	assert_told(1, OUTCOME_UNAVAILABLE);
	fake_up(write_conn); /* nothing of it happens afterwards */
	loop_turns(3);
	assert_int_equal(write_conn->n_sent, 0);
}

/* --- deadlines ---------------------------------------------------------------------- */

static void test_answer_in_time(void **state)
{
	issue(&waiters[0]);
	assert_int_equal(ledger_in_flight(ledger), 1);
	loop_turns(2);
	fake_answer(write_conn, issue_rows(1, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
	assert_int_equal(waiters[0].value_id, 77);
	assert_int_equal(ledger_in_flight(ledger), 0);
}

static void test_sent_and_lost_is_uncertain(void **state)
{
	issue(&waiters[0]);
	list(&waiters[1]);
	loop_turns(2);
	fake_down(write_conn);
	fake_down(read_conn);
	loop_until(ledger_in_flight(ledger) == 0);
	assert_told(0, OUTCOME_UNCERTAIN);
	assert_told(1, OUTCOME_UNAVAILABLE); /* a question has no effect to be uncertain of */
	fake_up(write_conn);
	fake_up(read_conn);
	loop_turns(3);
	assert_int_equal(write_conn->n_sent, 1); /* nobody waits for it any more */
	assert_int_equal(read_conn->n_sent, 1);
	assert_told(0, OUTCOME_UNCERTAIN);
}

static void test_sent_lost_and_back_in_time(void **state)
{
	issue(&waiters[0]);
	loop_turns(2);
	fake_down(write_conn);
	fake_up(write_conn);
	fake_answer(write_conn, issue_rows(1, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
}

static void test_late_answer_is_consumed(void **state)
{
	issue(&waiters[0]);
	issue(&waiters[1]);
	loop_turns(2);
	loop_until(ledger_in_flight(ledger) == 0);
	assert_told(0, OUTCOME_UNCERTAIN);
	issue(&waiters[2]);
	loop_turns(2);
	assert_int_equal(write_conn->n_sent, 1); /* never cancelled, never overtaken */
	fake_answer(write_conn, issue_rows(2, OUTCOME_OK));
	assert_told(0, OUTCOME_UNCERTAIN);
	assert_told(1, OUTCOME_UNCERTAIN);
	assert_int_equal(write_conn->n_sent, 2);
	fake_answer(write_conn, issue_rows(1, OUTCOME_OK));
	assert_told(2, OUTCOME_OK);
}

static void test_rolled_back_is_not_uncertain(void **state)
{
	issue(&waiters[0]);
	loop_turns(2);
	fake_error(write_conn, "53100"); /* disk full: it is to be tried again, later */
	loop_until(ledger_in_flight(ledger) == 0);
	assert_told(0, OUTCOME_UNAVAILABLE);
}

static void test_locked_all_the_time(void **state)
{
	issue(&waiters[0]);
	while (!waiters[0].n_told) {
		loop_turn();
		if (write_conn->busy)
			fake_answer(write_conn, issue_rows(1, OUTCOME_AGAIN));
	}
	assert_true(write_conn->n_sent > 1);
	assert_told(0, OUTCOME_AGAIN);
	assert_int_equal(ledger_in_flight(ledger), 0);
}

/* Its first session still has the rows locked, and may yet commit. */
static void test_locked_after_it_was_lost_is_uncertain(void **state)
{
	issue(&waiters[0]);
	loop_turns(2);
	fake_down(write_conn);
	fake_up(write_conn);
	while (!waiters[0].n_told) {
		loop_turn();
		if (write_conn->busy)
			fake_answer(write_conn, issue_rows(1, OUTCOME_AGAIN));
	}
	assert_true(write_conn->n_sent > 2);
	assert_told(0, OUTCOME_UNCERTAIN);
}

static void test_shorter_deadline_counts_at_once(void **state)
{
	ledger->config.deadline_ms = 3600000;
	issue(&waiters[0]);
	ledger->config.deadline_ms = 50;
	issue(&waiters[1]);
	loop_until(waiters[1].n_told);
	assert_int_equal(waiters[0].n_told, 0);
	assert_told(1, OUTCOME_UNCERTAIN);
	fake_answer(write_conn, issue_rows(2, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
}

/* The second question of one step: who asks has waited for the first one too. */
static void test_hurried_ends_with_its_step(void **state)
{
	struct ledger_request *second;

	ledger->config.deadline_ms = 10000;
	issue(&waiters[0]);
	second = issue(&waiters[1]);
	ledger_hurry(second, db_now_us() - 9900000);
	loop_until(waiters[1].n_told);
	assert_told(1, OUTCOME_UNCERTAIN);
	assert_int_equal(waiters[0].n_told, 0);
	fake_answer(write_conn, issue_rows(2, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
}

/* However they were hurried: one by one in the order of their deadlines, an unhurried one last,
 * and a cancelled one never. */
static void test_hurried_in_any_order(void **state)
{
	static const int64_t left_ms[] = { 120, 60, 180, 90, 150 };
	static const unsigned int order[] = { 1, 3, 0, 2 };
	struct ledger_request *r[ARRAY_SIZE(left_ms)];
	size_t i;

	ledger->config.deadline_ms = 10000;
	for (i = 0; i < ARRAY_SIZE(left_ms); i++)
		r[i] = list(&waiters[i]);
	for (i = 0; i < ARRAY_SIZE(left_ms); i++)
		ledger_hurry(r[i], db_now_us() + left_ms[i] * 1000 - 10000000);
	list(&waiters[5]);
	ledger_cancel(r[4]);
	loop_until(n_told_all == ARRAY_SIZE(order));
	for (i = 0; i < ARRAY_SIZE(order); i++)
		assert_int_equal(waiters[order[i]].told_as, i + 1);
	assert_int_equal(waiters[4].n_told, 0);
	assert_int_equal(waiters[5].n_told, 0);
	assert_int_equal(ledger_in_flight(ledger), 1);
}

static void test_refused_is_not_hurried(void **state)
{
	ledger->config.limits.queue_max = 0;
	ledger_hurry(issue(&waiters[0]), db_now_us() - 60000000);
	loop_turns(2);
	assert_told(0, OUTCOME_BUSY);
}

/* --- refusals ------------------------------------------------------------------------ */

static void test_queue_full(void **state)
{
	size_t i;

	ledger->config.limits.queue_max = 4;
	for (i = 0; i < 6; i++)
		issue(&waiters[i]);
	assert_int_equal(waiters[4].n_told, 0); /* never inline */
	loop_turns(1);
	assert_told(4, OUTCOME_BUSY);
	assert_told(5, OUTCOME_BUSY);
	loop_turns(1);
	fake_answer(write_conn, issue_rows(4, OUTCOME_OK));
	for (i = 0; i < 4; i++)
		assert_told(i, OUTCOME_OK);
	assert_int_equal(ledger_in_flight(ledger), 0);
}

static void test_leases_do_not_wait_behind_a_full_queue(void **state)
{
	struct db_conn *control = fake_conn("control-0");
	PGresult *res = fake_rows(ledger_lease_op.db.columns, 1);

	ledger->config.limits.queue_max = 1;
	issue(&waiters[0]);
	issue(&waiters[1]);
	loop_turns(2); /* the control lane has its own questions to ask, once it is up */
	ledger_lease(ledger, "euse:x", 1000, lease_told, &waiters[2]);
	fake_up(control);
	while (strcmp(control->statements[control->statement].name, "lease") != 0)
		fake_error(control, "22000");
	fake_set_int(res, 0, 0, 1, 1);
	fake_answer(control, res);
	assert_told(2, OUTCOME_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_not_started),
		test(test_address_of_another_host),
		cmocka_unit_test_setup_teardown(test_never_connected, setup, teardown),
		test(test_answer_in_time),
		test(test_sent_and_lost_is_uncertain),
		test(test_sent_lost_and_back_in_time),
		test(test_late_answer_is_consumed),
		test(test_rolled_back_is_not_uncertain),
		test(test_locked_all_the_time),
		test(test_locked_after_it_was_lost_is_uncertain),
		test(test_shorter_deadline_counts_at_once),
		test(test_hurried_ends_with_its_step),
		test(test_hurried_in_any_order),
		test(test_refused_is_not_hurried),
		test(test_queue_full),
		test(test_leases_do_not_wait_behind_a_full_queue),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
