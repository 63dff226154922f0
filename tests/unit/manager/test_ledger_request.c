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

/* --- which lane writes --------------------------------------------------------------- */

static unsigned int write_lane_of(struct ledger *l, unsigned int number)
{
	unsigned int lane;
	char imsi[16];

	snprintf(imsi, sizeof(imsi), "0010100000%05u", number);
	assert_int_equal(sscanf(db_lane_name(ledger_lane_subscriber(l, imsi)), "write-%u", &lane),
			 1);
	return lane;
}

/* Whoever bought SIM cards in a row, and dials at the same time. */
static void test_subscribers_in_a_row_use_all_lanes(void **state)
{
	static const unsigned int n_lanes[] = { 2, 3, 4, 7, 8, 16 };
	unsigned int first, i, k;

	for (k = 0; k < ARRAY_SIZE(n_lanes); k++) {
		struct ledger *l = ledger_new(NULL);
		unsigned int even = 1000 / n_lanes[k];

		l->config.n_write = n_lanes[k];
		assert_int_equal(ledger_start(l), 0);
		for (first = 0; first < 20000; first += 1000) {
			unsigned int n[16] = { 0 };

			for (i = 0; i < 1000; i++)
				n[write_lane_of(l, first + i)]++;
			for (i = 0; i < n_lanes[k]; i++)
				assert_in_range(n[i], even * 2 / 3, even * 3 / 2);
		}
		talloc_free(l);
	}
}

/* --- which lane reads ---------------------------------------------------------------- */

/* At a time that stands still. */
static int setup_two_readers(void **state)
{
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	*osmo_clock_override_gettimespec(CLOCK_MONOTONIC) = (struct timespec){ .tv_sec = 1000 };
	setup_lanes(2);
	fake_up(read_conn);
	fake_up(fake_conn("read-1"));
	return 0;
}

static int teardown_two_readers(void **state)
{
	osmo_clock_override_enable(CLOCK_MONOTONIC, false);
	return teardown(state);
}

static void list_and_turn(size_t i)
{
	list(&waiters[i]);
	loop_turns(2);
}

static void test_reads_gather_behind_a_short_batch(void **state)
{
	struct db_conn *second = fake_conn("read-1");

	ledger->config.limits.batch_max = 3;
	list_and_turn(0);
	list_and_turn(1);
	list_and_turn(2);
	assert_int_equal(read_conn->n_sent, 1);
	assert_int_equal(second->n_sent, 0);
	/* More than fit into its next batch: the other lane begins. */
	list_and_turn(3);
	assert_int_equal(second->n_sent, 0);
	list_and_turn(4);
	assert_int_equal(second->n_sent, 1);
	fake_answer(second, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(4, OUTCOME_OK);
	fake_answer(read_conn, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_int_equal(read_conn->n_sent, 2);
	fake_answer(read_conn, op_rows(&ledger_list_op, 3, OUTCOME_OK));
	assert_told(1, OUTCOME_OK);
	assert_told(3, OUTCOME_OK);
}

static void test_reads_do_not_gather_behind_a_long_one(void **state)
{
	struct db_conn *second = fake_conn("read-1");

	list_and_turn(0);
	osmo_clock_override_add(CLOCK_MONOTONIC, 0, 1900000);
	list_and_turn(1);
	assert_int_equal(second->n_sent, 0);
	osmo_clock_override_add(CLOCK_MONOTONIC, 0, 200000);
	list_and_turn(2);
	assert_int_equal(second->n_sent, 1);
	fake_answer(second, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(2, OUTCOME_OK);
	assert_int_equal(waiters[0].n_told, 0);
	fake_answer(read_conn, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
}

/* One in which every statement fails at once, and that the server does not close. */
static void test_reads_leave_a_lane_that_fails(void **state)
{
	struct db_conn *second = fake_conn("read-1");

	ledger->config.deadline_ms = 5000;
	list_and_turn(0);
	fake_error(read_conn, "53200"); /* out of memory: to be tried again, later */
	list_and_turn(1);
	assert_int_equal(second->n_sent, 1);
	fake_answer(second, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(1, OUTCOME_OK);
	/* It was tried again and is well: the first lane gathers. */
	osmo_clock_override_add(CLOCK_MONOTONIC, 0, 250000000);
	loop_until(read_conn->n_sent == 2);
	fake_answer(read_conn, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	list_and_turn(2);
	assert_int_equal(second->n_sent, 1);
	assert_int_equal(read_conn->n_sent, 3);
}

/* The one that hangs is filled with nothing, however much the other has. */
static void test_reads_are_not_spread_over_one_that_hangs(void **state)
{
	size_t i;

	list_and_turn(0);
	osmo_clock_override_add(CLOCK_MONOTONIC, 1, 0);
	for (i = 1; i < 10; i++)
		list(&waiters[i]);
	loop_turns(2);
	fake_answer(fake_conn("read-1"), op_rows(&ledger_list_op, 9, OUTCOME_OK));
	for (i = 1; i < 10; i++)
		assert_told(i, OUTCOME_OK);
}

static void test_reads_are_refused_by_none_while_one_has_room(void **state)
{
	size_t i;

	ledger->config.limits.queue_max = 4;
	list_and_turn(0);
	for (i = 1; i <= 6; i++)
		list(&waiters[i]);
	loop_turns(2);
	for (i = 0; i <= 6; i++)
		assert_int_equal(waiters[i].n_told, 0);
	fake_answer(fake_conn("read-1"), op_rows(&ledger_list_op, 2, OUTCOME_OK));
	assert_told(6, OUTCOME_OK);
}

static void check_told(void *data, const struct check_result *result)
{
	told(data, result->outcome);
}

/* Four fill a batch by their items. */
static void test_large_questions_use_all_lanes(void **state)
{
	static const int64_t ids[LEDGER_CHECK_MAX] = { 64 };
	struct check_asker asker = { .terminal_id = 64 };
	struct request_id id = { { 0 } };
	size_t i;

	for (i = 0; i < 20; i++)
		ledger_check(ledger, &asker, ids, LEDGER_CHECK_MAX, &id, check_told, &waiters[i]);
	loop_turns(2);
	assert_int_equal(read_conn->n_sent, 1);
	assert_int_equal(fake_conn("read-1")->n_sent, 1);
}

static void test_reads_go_where_a_server_is(void **state)
{
	struct db_conn *second = fake_conn("read-1");

	fake_down(read_conn);
	list_and_turn(0);
	assert_int_equal(second->n_sent, 1);
	fake_answer(second, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
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

#define two_readers(name) \
	cmocka_unit_test_setup_teardown(name, setup_two_readers, teardown_two_readers)

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
		cmocka_unit_test(test_subscribers_in_a_row_use_all_lanes),
		two_readers(test_reads_gather_behind_a_short_batch),
		two_readers(test_reads_do_not_gather_behind_a_long_one),
		two_readers(test_reads_leave_a_lane_that_fails),
		two_readers(test_reads_are_not_spread_over_one_that_hangs),
		two_readers(test_reads_are_refused_by_none_while_one_has_room),
		two_readers(test_large_questions_use_all_lanes),
		two_readers(test_reads_go_where_a_server_is),
		test(test_leases_do_not_wait_behind_a_full_queue),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
