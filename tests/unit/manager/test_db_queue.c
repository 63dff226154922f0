/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two lanes with one queue: who takes what. */
#include "db_lane_fixture.h"

static struct db_lane *other_lane;
static struct db_conn *other;

/* At a time that stands still, but where a test says otherwise. */
static int setup_two(void **state)
{
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	*osmo_clock_override_gettimespec(CLOCK_MONOTONIC) = (struct timespec){ .tv_sec = 1000 };
	setup(state);
	other_lane = lane_make("other");
	other = fake_conn("other");
	fake_up(conn);
	fake_up(other);
	return 0;
}

static int teardown_two(void **state)
{
	osmo_clock_override_enable(CLOCK_MONOTONIC, false);
	return teardown(state);
}

static void pass_ms(long ms)
{
	osmo_clock_override_add(CLOCK_MONOTONIC, 0, ms * 1000000);
	loop_turns(2);
}

/* What conn was asked, in the place of the fixture's one connection. */
static void assert_asked_of(const struct db_conn *c, size_t n, int64_t first_id)
{
	size_t i;

	assert_true(c->busy);
	assert_int_equal(c->n_ids, n);
	for (i = 0; i < n; i++)
		assert_int_equal(c->ids[i], first_id + i);
}

static void answer(struct db_conn *c, enum outcome outcome)
{
	PGresult *res = fake_rows(op_write.columns, 2);
	size_t i;

	for (i = 0; i < c->n_ids; i++) {
		fake_set_int(res, i, 0, i + 1, 4);
		fake_set_int(res, i, 1, outcome, 2);
	}
	fake_answer(c, res);
}

static void submit_item(struct item *item, int64_t id, const struct db_op *op, uint64_t row)
{
	*item = (struct item){ .id = id, .db.op = op, .db.row_key = row };
	assert_int_equal(db_lane_submit(lane, &item->db), 0);
}

static void submit_op_row(size_t i, const struct db_op *op, uint64_t row)
{
	submit_item(&items[i], i + 1, op, row);
}

static void submit_row(size_t i, uint64_t row)
{
	submit_op_row(i, &op_write, row);
}

/* --- who is free takes it ------------------------------------------------------- */

static void test_free_lane_takes_what_waits(void **state)
{
	submit_many(0, 2, &op_write);
	loop_turns(2);
	assert_asked_of(conn, 2, 1);
	assert_false(other->busy);
	submit_many(2, 3, &op_write);
	loop_turns(2);
	assert_asked_of(other, 3, 3);
	assert_int_equal(db_queue_waiting(queue), 0);
	answer(other, OUTCOME_OK);
	answer(conn, OUTCOME_OK);
	assert_done(0, 5, OUTCOME_OK);
}

static void test_first_one_back_takes_all(void **state)
{
	submit_many(0, 1, &op_write);
	loop_turns(2);
	submit_many(1, 1, &op_write);
	loop_turns(2);
	submit_many(2, 7, &op_write);
	loop_turns(2);
	assert_int_equal(db_queue_waiting(queue), 7);
	answer(other, OUTCOME_OK);
	assert_asked_of(other, 7, 3);
	answer(conn, OUTCOME_OK);
	assert_false(conn->busy);
	answer(other, OUTCOME_OK);
	assert_done(0, 9, OUTCOME_OK);
}

static void test_each_takes_an_operation(void **state)
{
	submit_many(0, 2, &op_write);
	submit_many(2, 2, &op_read);
	loop_turns(2);
	assert_asked_of(conn, 2, 1);
	assert_asked_of(other, 2, 3);
	answer(conn, OUTCOME_OK);
	answer(other, OUTCOME_OK);
	assert_done(0, 4, OUTCOME_OK);
}

static void test_a_lane_that_is_down_is_not_waited_for(void **state)
{
	fake_down(conn);
	submit_many(0, 3, &op_write);
	loop_turns(2);
	assert_asked_of(other, 3, 1);
	answer(other, OUTCOME_OK);
	assert_done(0, 3, OUTCOME_OK);
}

static void test_a_lane_that_pauses_is_not_waited_for(void **state)
{
	submit_many(0, 1, &op_write);
	loop_turns(2);
	fake_error(conn, "40P01");
	submit_many(1, 2, &op_write);
	loop_turns(2);
	assert_asked_of(other, 2, 2);
	assert_false(conn->busy);
	pass_ms(10);
	assert_asked_of(conn, 1, 1);
	answer(conn, OUTCOME_OK);
	answer(other, OUTCOME_OK);
	assert_done(0, 3, OUTCOME_OK);
}

/* A long pause that a new connection ended makes the next one no longer. */
static void test_pauses_are_as_long_as_they_say(void **state)
{
	submit_many(0, 1, &op_write);
	loop_turns(2);
	fake_error(conn, "53200");
	loop_turns(2);
	fake_down(conn);
	fake_up(conn);
	assert_asked_of(conn, 1, 1);
	fake_error(conn, "40P01");
	loop_turns(2);
	assert_false(conn->busy);
	pass_ms(10);
	assert_asked_of(conn, 1, 1);
	answer(conn, OUTCOME_OK);
	assert_done(0, 1, OUTCOME_OK);
}

static void test_room_for_each_lane(void **state)
{
	struct item extra = { .db.op = &op_write };

	limits.queue_max = 16;
	submit_many(0, 32, &op_write);
	assert_int_equal(db_lane_submit(other_lane, &extra.db), -ENOBUFS);
	assert_true(db_queue_withdraw(&items[0].db));
	assert_int_equal(db_lane_submit(other_lane, &extra.db), 0);
}

static void test_idle_lanes_wait_for_company_together(void **state)
{
	limits.linger_us = 200000;
	submit_many(0, 1, &op_write);
	loop_turns(2);
	submit_many(1, 1, &op_write);
	loop_turns(2);
	assert_int_equal(conn->n_sent + other->n_sent, 0);
	loop_until(conn->busy);
	assert_asked_of(conn, 2, 1);
	assert_false(other->busy);
	answer(conn, OUTCOME_OK);
	assert_done(0, 2, OUTCOME_OK);
}

/* Those have had their company. */
static void test_who_waited_for_rows_does_not_linger(void **state)
{
	submit_row(0, 7);
	submit_row(1, 8);
	loop_turns(2);
	submit_row(2, 7);
	submit(&items[3], &op_read, 8);
	loop_turns(2);
	limits.linger_us = 900000;
	answer(conn, OUTCOME_OK);
	loop_turns(2);
	assert_true(conn->busy);
	assert_true(other->busy);
}

/* --- rows ------------------------------------------------------------------------ */

static void test_one_row_is_in_one_lane(void **state)
{
	submit_row(0, 7);
	loop_turns(2);
	submit_row(1, 7);
	submit_row(2, 8);
	submit_row(3, 7);
	loop_turns(2);
	assert_asked_of(other, 1, 3);
	answer(other, OUTCOME_OK); /* is free, and may not have them */
	loop_turns(2);
	assert_false(other->busy);
	assert_int_equal(db_queue_waiting(queue), 2);
	answer(conn, OUTCOME_OK);
	assert_int_equal(conn->n_ids, 2); /* one batch may have both */
	assert_int_equal(conn->ids[0], 2);
	assert_int_equal(conn->ids[1], 4);
	answer(conn, OUTCOME_OK);
	assert_done(0, 4, OUTCOME_OK);
}

/* Without a row of its own a request has that of its conflict key. */
static void test_conflict_key_is_a_row(void **state)
{
	submit(&items[0], &op_write, 7);
	loop_turns(2);
	submit(&items[1], &op_write, 7);
	loop_turns(2);
	assert_false(other->busy);
	answer(conn, OUTCOME_OK);
	assert_asked_of(conn, 1, 2);
	answer(conn, OUTCOME_OK);
	assert_done(0, 2, OUTCOME_OK);
}

/* Operations that wait behind one whose rows are all taken. */
static void test_taken_rows_hold_up_no_other_operation(void **state)
{
	submit_row(0, 7);
	loop_turns(2);
	submit_row(1, 7);
	submit_many(2, 2, &op_read);
	loop_turns(2);
	assert_asked_of(other, 2, 3);
	assert_int_equal(other->statement, 1);
	answer(conn, OUTCOME_OK);
	assert_asked_of(conn, 1, 2);
	answer(conn, OUTCOME_OK);
	answer(other, OUTCOME_OK);
	assert_done(0, 4, OUTCOME_OK);
}

/* One lane is back, and there is something for both then. */
static void test_freed_rows_wake_who_is_free(void **state)
{
	submit_row(0, 7);
	submit_row(1, 8);
	loop_turns(2);
	assert_asked_of(conn, 2, 1);
	submit_row(2, 7);
	submit(&items[3], &op_read, 8);
	loop_turns(2);
	assert_false(other->busy);
	answer(conn, OUTCOME_OK);
	assert_asked_of(conn, 1, 4);
	loop_turns(2);
	assert_asked_of(other, 1, 3);
	answer(conn, OUTCOME_OK);
	answer(other, OUTCOME_OK);
	assert_done(0, 4, OUTCOME_OK);
}

/* Whether it happened is not known: it has its rows until it was sent again and answered. */
static void test_a_lost_batch_keeps_its_rows(void **state)
{
	submit_row(0, 7);
	loop_turns(2);
	fake_down(conn);
	submit_row(1, 7);
	submit_row(2, 8);
	loop_turns(2);
	assert_asked_of(other, 1, 3);
	answer(other, OUTCOME_OK);
	loop_turns(2);
	assert_false(other->busy);
	assert_int_equal(items[1].n_done, 0);
	fake_up(conn);
	assert_asked_of(conn, 1, 1);
	answer(conn, OUTCOME_OK);
	assert_asked_of(conn, 1, 2);
	answer(conn, OUTCOME_OK);
	assert_done(0, 3, OUTCOME_OK);
}

/* Nobody waits for it any more, so it is not sent again. */
static void test_a_lost_batch_that_nobody_waits_for_has_no_rows(void **state)
{
	submit_row(0, 7);
	submit_row(1, 8);
	loop_turns(2);
	fake_down(conn);
	submit_row(2, 7);
	assert_false(db_queue_withdraw(&items[0].db));
	loop_turns(2);
	assert_false(other->busy); /* somebody waits for the second */
	assert_false(db_queue_withdraw(&items[1].db));
	loop_turns(2);
	assert_asked_of(other, 1, 3);
	answer(other, OUTCOME_OK);
	assert_done(2, 1, OUTCOME_OK);
	fake_up(conn);
	assert_done(0, 2, OUTCOME_UNCERTAIN);
	assert_false(conn->busy);
}

/* Of a poisoned batch both halves. */
static void test_halves_keep_their_rows(void **state)
{
	submit_row(0, 7);
	submit_row(1, 8);
	loop_turns(2);
	fake_error(conn, "22003");
	assert_asked_of(conn, 1, 1);
	submit_row(2, 8);
	loop_turns(2);
	assert_false(other->busy);
	answer(conn, OUTCOME_OK);
	assert_asked_of(conn, 1, 2);
	loop_turns(2);
	assert_false(other->busy);
	answer(conn, OUTCOME_OK);
	assert_asked_of(conn, 1, 3);
	answer(conn, OUTCOME_OK);
	assert_done(0, 3, OUTCOME_OK);
}

static void test_again_waits_for_its_row(void **state)
{
	submit_row(0, 7);
	loop_turns(2);
	answer(conn, OUTCOME_AGAIN);
	submit_row(1, 7);
	loop_turns(2);
	assert_asked_of(conn, 1, 2);
	pass_ms(10);
	assert_false(other->busy);
	answer(conn, OUTCOME_OK);
	assert_asked_of(conn, 1, 1);
	answer(conn, OUTCOME_OK);
	assert_done(0, 2, OUTCOME_OK);
}

/* By whom it was asked does not matter. */
static void test_again_is_taken_by_the_other(void **state)
{
	submit_row(0, 7);
	loop_turns(2);
	answer(conn, OUTCOME_AGAIN);
	submit_row(1, 8);
	loop_turns(2);
	assert_asked_of(conn, 1, 2);
	assert_false(other->busy);
	pass_ms(10);
	assert_asked_of(other, 1, 1);
	answer(other, OUTCOME_OK);
	answer(conn, OUTCOME_OK);
	assert_done(0, 2, OUTCOME_OK);
}

/* --- who goes first -------------------------------------------------------------- */

/* Of conn, alone; what comes meanwhile waits together. */
static void one_is_under_way(void)
{
	if (other->up)
		fake_down(other);
	submit_many(0, 1, &op_one);
	loop_turns(2);
}

static void one_is_back(void)
{
	fake_answer(conn, fake_rows(op_one.columns, 1));
}

/* Whoever's turn it is: both wait, one has to be first. */
static void test_one_operation_goes_before_another(void **state)
{
	one_is_under_way();
	submit_op_row(1, &op_late, 7);
	submit_op_row(2, &op_late, 8);
	submit_row(3, 7);
	one_is_back();
	assert_asked_of(conn, 1, 3);
	answer(conn, OUTCOME_OK);
	assert_asked_of(conn, 1, 4);
	answer(conn, OUTCOME_OK);
	assert_asked_of(conn, 1, 2);
	answer(conn, OUTCOME_OK);
	assert_done(0, 4, OUTCOME_OK);
}

static void test_who_went_first_is_in_nobodys_way(void **state)
{
	size_t round;

	for (round = 0; round < 2; round++) {
		one_is_under_way();
		submit_op_row(1, &op_late, 7);
		submit_op_row(2, &op_late, 8);
		submit_row(3, 7 + round);
		one_is_back();
		assert_asked_of(conn, 1, 3 - round);
		answer(conn, OUTCOME_OK);
		answer(conn, OUTCOME_OK);
		answer(conn, OUTCOME_OK);
		assert_done(0, 4, OUTCOME_OK);
	}
}

static void test_who_went_first_may_leave(void **state)
{
	one_is_under_way();
	submit_op_row(1, &op_late, 7);
	submit_row(2, 7);
	assert_true(db_queue_withdraw(&items[2].db));
	one_is_back();
	assert_asked_of(conn, 1, 2);
	answer(conn, OUTCOME_OK);
	assert_done(1, 1, OUTCOME_OK);
}

static void test_without_a_row_nobody_goes_first(void **state)
{
	one_is_under_way();
	submit_many(1, 1, &op_late);
	submit_many(2, 1, &op_write);
	one_is_back();
	assert_asked_of(conn, 1, 2);
	answer(conn, OUTCOME_OK);
	answer(conn, OUTCOME_OK);
	assert_done(0, 3, OUTCOME_OK);
}

/* As many as a set of rows has room for. */
static void test_so_many_go_first_at_most(void **state)
{
	static struct item many[DB_BATCH_MAX + 1];
	size_t i;

	limits.queue_max = ARRAY_SIZE(many) + 2;
	one_is_under_way();
	for (i = 0; i < ARRAY_SIZE(many); i++)
		submit_item(&many[i], 1000 + i, &op_write, 1 + i);
	submit_op_row(1, &op_late, DB_BATCH_MAX);
	submit_op_row(2, &op_late, DB_BATCH_MAX + 1);
	one_is_back();
	assert_asked_of(conn, 1, 3);
}

int main(void)
{
#define two(f) cmocka_unit_test_setup_teardown(f, setup_two, teardown_two)
	const struct CMUnitTest tests[] = {
		two(test_free_lane_takes_what_waits),
		two(test_first_one_back_takes_all),
		two(test_each_takes_an_operation),
		two(test_a_lane_that_is_down_is_not_waited_for),
		two(test_a_lane_that_pauses_is_not_waited_for),
		two(test_pauses_are_as_long_as_they_say),
		two(test_room_for_each_lane),
		two(test_idle_lanes_wait_for_company_together),
		two(test_who_waited_for_rows_does_not_linger),
		two(test_one_row_is_in_one_lane),
		two(test_conflict_key_is_a_row),
		two(test_taken_rows_hold_up_no_other_operation),
		two(test_freed_rows_wake_who_is_free),
		two(test_a_lost_batch_keeps_its_rows),
		two(test_a_lost_batch_that_nobody_waits_for_has_no_rows),
		two(test_halves_keep_their_rows),
		two(test_again_waits_for_its_row),
		two(test_again_is_taken_by_the_other),
		two(test_one_operation_goes_before_another),
		two(test_who_went_first_is_in_nobodys_way),
		two(test_who_went_first_may_leave),
		two(test_without_a_row_nobody_goes_first),
		two(test_so_many_go_first_at_most),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
