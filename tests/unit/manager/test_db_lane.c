/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What goes into a batch, and what is asked again. */
#include "db_lane_fixture.h"

/* --- batches ------------------------------------------------------------------- */

static void test_one_turn_one_batch(void **state)
{
	submit_many(0, 3, &op_write);
	assert_int_equal(conn->n_sent, 0);
	loop_turns(2);
	assert_int_equal(conn->n_sent, 1);
	assert_asked(3, 1);
	answer_all(OUTCOME_OK);
	assert_done(0, 3, OUTCOME_OK);
	assert_int_equal(db_lane_load(lane), 0);
}

static void test_gathers_while_busy(void **state)
{
	submit_many(0, 1, &op_write);
	loop_turns(2);
	submit_many(1, 20, &op_write);
	loop_turns(2);
	assert_int_equal(conn->n_sent, 1);
	answer_all(OUTCOME_OK);
	assert_asked(16, 2); /* the maximum, and at once */
	answer_all(OUTCOME_OK);
	assert_asked(4, 18);
	answer_all(OUTCOME_OK);
	assert_done(0, 21, OUTCOME_OK);
	assert_int_equal(conn->n_sent, 3);
	assert_int_equal(db_lane_stats(lane)->largest, 16);
}

static void test_next_batch_before_callbacks(void **state)
{
	submit_many(0, 1, &op_write);
	loop_turns(2);
	submit_many(1, 1, &op_write);
	resubmit = &items[2];
	answer_all(OUTCOME_OK);
	assert_asked(1, 2);
	assert_int_equal(items[2].n_done, 0);
	answer_all(OUTCOME_OK);
	assert_asked(1, 3);
	answer_all(OUTCOME_OK);
	assert_done(0, 3, OUTCOME_OK);
}

static void test_conflicts_never_share(void **state)
{
	submit(&items[0], &op_write, 7);
	submit(&items[1], &op_write, 7);
	submit(&items[2], &op_write, 8);
	submit(&items[3], &op_write, 7);
	loop_turns(2);
	assert_int_equal(conn->n_ids, 2);
	assert_int_equal(conn->ids[0], 1);
	assert_int_equal(conn->ids[1], 3);
	answer_all(OUTCOME_OK);
	assert_asked(1, 2);
	answer_all(OUTCOME_OK);
	assert_asked(1, 4);
	answer_all(OUTCOME_OK);
	assert_done(0, 4, OUTCOME_OK);
}

static void test_round_robin(void **state)
{
	submit_many(0, 1, &op_write);
	loop_turns(2);
	submit_many(1, 20, &op_write);
	submit_many(21, 2, &op_read);
	answer_all(OUTCOME_OK);
	assert_int_equal(conn->statement, 1); /* the other's turn, however many wait here */
	answer_all(OUTCOME_OK);
	assert_int_equal(conn->statement, 0);
	assert_asked(16, 2);
	answer_all(OUTCOME_OK);
	answer_all(OUTCOME_OK);
	assert_done(0, 23, OUTCOME_OK);
}

static void test_weight(void **state)
{
	size_t i;

	submit_many(0, 4, &op_read);
	for (i = 0; i < 4; i++)
		items[i].db.weight = i == 3 ? 100 : 4;
	loop_turns(2);
	assert_asked(2, 1); /* 4 + 4, the third would pass 10 */
	answer_all(OUTCOME_OK);
	assert_asked(1, 3);
	answer_all(OUTCOME_OK);
	assert_asked(1, 4); /* alone too heavy, but it must go some time */
	answer_all(OUTCOME_OK);
	assert_done(0, 4, OUTCOME_OK);
}

static void test_whole_answers_go_alone(void **state)
{
	PGresult *res;
	size_t i;

	submit_many(0, 2, &op_one);
	loop_turns(2);
	for (i = 0; i < 2; i++) {
		assert_asked(1, i + 1);
		res = fake_rows(op_one.columns, 1);
		fake_set_int(res, 0, 0, 1, 1);
		fake_answer(conn, res);
	}
	assert_done(0, 2, OUTCOME_OK);
}

static void test_queue_full(void **state)
{
	struct item extra = { .db.op = &op_write };

	submit_many(0, 32, &op_write);
	assert_int_equal(db_lane_submit(lane, &extra.db), -ENOBUFS);
	assert_int_equal(db_queue_waiting(queue), 32);
	loop_turns(2);
	assert_int_equal(db_lane_submit(lane, &extra.db), 0);
	while (conn->busy)
		answer_all(OUTCOME_OK);
	assert_done(0, 32, OUTCOME_OK);
	assert_int_equal(extra.n_done, 1);
}

static void test_linger(void **state)
{
	limits.linger_us = 10000;
	submit_many(0, 1, &op_write);
	loop_turns(2);
	submit_many(1, 1, &op_write);
	loop_turns(2);
	assert_int_equal(conn->n_sent, 0);
	loop_until(conn->n_sent >= 1);
	assert_asked(2, 1);
	answer_all(OUTCOME_OK);
	submit_many(2, 16, &op_write);
	loop_turns(2); /* a full batch does not wait */
	assert_int_equal(conn->n_sent, 2);
	answer_all(OUTCOME_OK);
	assert_done(0, 18, OUTCOME_OK);
}

/* --- again ----------------------------------------------------------------------- */

static void test_again_goes_alone(void **state)
{
	PGresult *res = fake_rows(op_write.columns, 2);

	submit_many(0, 3, &op_write);
	loop_turns(2);
	fake_set_int(res, 0, 0, 2, 4); /* rows in any order */
	fake_set_int(res, 0, 1, OUTCOME_AGAIN, 2);
	fake_set_int(res, 1, 0, 3, 4);
	fake_set_int(res, 1, 1, OUTCOME_NOT_OWNER, 2);
	fake_set_int(res, 2, 0, 1, 4);
	fake_set_int(res, 2, 1, OUTCOME_OK, 2);
	fake_answer(conn, res);
	assert_int_equal(items[0].outcome, OUTCOME_OK);
	assert_int_equal(items[2].outcome, OUTCOME_NOT_OWNER);
	assert_int_equal(items[1].n_done, 0);
	assert_true(items[1].db.again);
	assert_int_equal(db_queue_waiting(queue), 1);
	submit_many(3, 2, &op_write);
	loop_until(conn->n_sent >= 2);
	assert_asked(2, 4); /* neighbours are not held up */
	assert_false(items[1].db.in_doubt);
	answer_all(OUTCOME_OK);
	loop_until(conn->n_sent >= 3);
	assert_asked(1, 2);
	answer_all(OUTCOME_OK);
	assert_done(1, 1, OUTCOME_OK);
	assert_int_equal(db_lane_load(lane), 0);
}

static void test_again_does_not_starve_and_is_not_starved(void **state)
{
	submit_many(0, 2, &op_write);
	loop_turns(2);
	answer_all(OUTCOME_AGAIN);
	usleep(20000);
	submit_many(2, 17, &op_write);
	loop_turns(2);
	while (conn->busy)
		answer_all(OUTCOME_OK);
	/* new, again, new, again: in one order or the other */
	assert_int_equal(conn->n_sent, 5);
	assert_done(0, 19, OUTCOME_OK);
	assert_true(done_order[18] <= 2 || done_order[17] <= 2);
	assert_true(done_order[0] <= 2 || done_order[16] <= 2);
}

static void test_withdraw_while_again(void **state)
{
	submit_many(0, 1, &op_write);
	loop_turns(2);
	answer_all(OUTCOME_AGAIN);
	assert_true(db_queue_withdraw(&items[0].db));
	assert_int_equal(db_lane_load(lane), 0);
	usleep(10000);
	loop_turns(3);
	assert_int_equal(conn->n_sent, 1);
	assert_int_equal(items[0].n_done, 0);
}

/* Whom nobody waits for is not tried once more. */
static void test_withdrawn_then_again(void **state)
{
	submit_many(0, 2, &op_write);
	loop_turns(2);
	assert_false(db_queue_withdraw(&items[0].db));
	assert_false(db_queue_withdraw(&items[1].db));
	answer_all(OUTCOME_AGAIN);
	assert_done(0, 2, OUTCOME_AGAIN);
	submit_many(0, 1, &op_write);
	loop_turns(2);
	assert_false(db_queue_withdraw(&items[0].db));
	answer_all(OUTCOME_VALUE_ID_TAKEN);
	assert_done(0, 1, OUTCOME_VALUE_ID_TAKEN);
	submit_many(0, 1, &op_write);
	loop_turns(2);
	assert_false(db_queue_withdraw(&items[0].db));
	fake_error(conn, "55P03");
	assert_done(0, 1, OUTCOME_AGAIN);
	assert_int_equal(db_lane_load(lane), 0);
}

static void test_ask_again_with_other_arguments(void **state)
{
	submit_many(0, 1, &op_write);
	loop_turns(2);
	answer_all(OUTCOME_VALUE_ID_TAKEN);
	assert_asked(1, 1001);
	answer_all(OUTCOME_OK);
	assert_done(0, 1, OUTCOME_OK);
	assert_int_equal(items[0].n_asked_again, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_one_turn_one_batch),
		test(test_gathers_while_busy),
		test(test_next_batch_before_callbacks),
		test(test_conflicts_never_share),
		test(test_round_robin),
		test(test_weight),
		test(test_whole_answers_go_alone),
		test(test_queue_full),
		test(test_linger),
		test(test_again_goes_alone),
		test(test_again_does_not_starve_and_is_not_starved),
		test(test_withdraw_while_again),
		test(test_withdrawn_then_again),
		test(test_ask_again_with_other_arguments),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
