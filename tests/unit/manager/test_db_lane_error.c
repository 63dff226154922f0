/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Batches that fail, and connections that break. */
#include "db_lane_fixture.h"

/* --- errors ------------------------------------------------------------------------ */

static void test_race_same_batch_again(void **state)
{
	submit_many(0, 5, &op_write);
	loop_turns(2);
	fake_error(conn, "40P01");
	assert_int_equal(conn->n_sent, 1);
	loop_until(conn->n_sent >= 2);
	assert_asked(5, 1);
	fake_error(conn, "40001");
	loop_until(conn->n_sent >= 3);
	assert_asked(5, 1);
	answer_all(OUTCOME_OK);
	assert_done(0, 5, OUTCOME_OK);
	assert_int_equal(db_lane_stats(lane)->races, 2);
}

/* One bad request, at every place and in every size of batch, never fails its neighbours. */
static void test_bad_data_found_by_halving(void **state)
{
	size_t n, bad, i;

	for (n = 1; n <= 16; n++) {
		for (bad = 0; bad < n; bad++) {
			unsigned int before = conn->n_sent;

			n_done = 0;

			submit_many(0, n, &op_write);
			loop_turns(2);
			while (conn->busy) {
				bool has_bad = false;

				for (i = 0; i < conn->n_ids; i++)
					has_bad |= conn->ids[i] == (int64_t)bad + 1;
				if (has_bad)
					fake_error(conn, "22021");
				else
					answer_all(OUTCOME_OK);
			}
			for (i = 0; i < n; i++) {
				assert_int_equal(items[i].n_done, 1);
				assert_int_equal(items[i].outcome,
						 i == bad ? OUTCOME_INTERNAL : OUTCOME_OK);
			}
			assert_in_range(conn->n_sent - before, 1, 9);
			assert_int_equal(db_lane_load(lane), 0);
		}
	}
}

/* Another session stored the same request id at this moment: now its answer is there. */
static void test_taken_request_id_is_asked_again(void **state)
{
	submit_many(0, 2, &op_write);
	loop_turns(2);
	fake_error(conn, "23505");
	assert_asked(1, 1);
	fake_error(conn, "23505");
	assert_asked(1, 2);
	answer_all(OUTCOME_OK);
	assert_int_equal(items[0].n_done, 0);
	loop_until(conn->n_sent >= 4);
	assert_asked(1, 1);
	answer_all(OUTCOME_NOT_OWNER);
	assert_done(0, 1, OUTCOME_NOT_OWNER);
	assert_done(1, 1, OUTCOME_OK);
}

static void test_blocked_goes_by_ones(void **state)
{
	unsigned int n;

	submit_many(0, 3, &op_write);
	loop_turns(2);
	fake_error(conn, "55P03");
	for (n = 2; n <= 4; n++) {
		loop_until(conn->n_sent >= n);
		assert_int_equal(conn->n_ids, 1);
		answer_all(OUTCOME_OK);
	}
	assert_done(0, 3, OUTCOME_OK);
}

static void test_out_of_disk_waits(void **state)
{
	submit_many(0, 2, &op_write);
	loop_turns(2);
	fake_error(conn, "53100");
	loop_turns(3);
	assert_int_equal(conn->n_sent, 1);
	assert_false(items[0].db.in_doubt); /* nothing happened: it said so */
	loop_until(conn->n_sent >= 2);
	assert_asked(2, 1);
	answer_all(OUTCOME_OK);
	assert_done(0, 2, OUTCOME_OK);
}

static void test_session_unfit_is_replaced(void **state)
{
	submit_many(0, 2, &op_write);
	loop_turns(2);
	fake_error(conn, "26000");
	assert_int_equal(conn->n_reset, 1);
	fake_down(conn);
	loop_turns(2);
	fake_up(conn);
	assert_asked(2, 1);
	answer_all(OUTCOME_OK);
	assert_done(0, 2, OUTCOME_OK);
}

static PGresult *rows_of(size_t n)
{
	PGresult *res = fake_rows(op_write.columns, 2);
	size_t i;

	for (i = 0; i < n; i++) {
		fake_set_int(res, i, 0, i + 1, 4);
		fake_set_int(res, i, 1, OUTCOME_OK, 2);
	}
	return res;
}

static void test_answers_that_make_no_sense(void **state)
{
	static const Oid other[] = { DB_OID_INT4, DB_OID_INT4 };
	PGresult *res;

	/* other columns */
	submit_many(0, 2, &op_write);
	loop_turns(2);
	fake_answer(conn, fake_rows(other, 2));
	assert_done(0, 2, OUTCOME_UNCERTAIN); /* it may well have been done */
	submit_many(0, 2, &op_read);
	loop_turns(2);
	fake_answer(conn, fake_rows(other, 1));
	assert_done(0, 2, OUTCOME_INTERNAL);
	/* a row of nobody */
	submit_many(0, 2, &op_write);
	loop_turns(2);
	fake_answer(conn, rows_of(3));
	assert_done(0, 2, OUTCOME_UNCERTAIN);
	/* a row is missing: the others are told theirs */
	submit_many(0, 3, &op_write);
	loop_turns(2);
	fake_answer(conn, rows_of(2));
	assert_done(0, 2, OUTCOME_OK);
	assert_done(2, 1, OUTCOME_UNCERTAIN);
	/* an outcome that is none, a NULL, a cell that is too short */
	submit_many(0, 4, &op_write);
	loop_turns(2);
	res = rows_of(4);
	fake_set_int(res, 0, 1, 999, 2);
	fake_set_null(res, 1, 1);
	fake_set_int(res, 2, 1, 0, 1);
	fake_answer(conn, res);
	assert_done(0, 3, OUTCOME_UNCERTAIN);
	assert_done(3, 1, OUTCOME_OK);
	/* a NULL where the request's number should be */
	submit_many(0, 1, &op_write);
	loop_turns(2);
	res = rows_of(1);
	fake_set_null(res, 0, 0);
	fake_answer(conn, res);
	assert_done(0, 1, OUTCOME_UNCERTAIN);
	assert_int_equal(db_lane_load(lane), 0);
}

/* --- connections that break ----------------------------------------------------------- */

static void test_waits_for_connection(void **state)
{
	submit_many(0, 3, &op_write);
	loop_turns(3);
	assert_int_equal(conn->n_sent, 0);
	fake_up(conn);
	assert_asked(3, 1);
	answer_all(OUTCOME_OK);
	assert_done(0, 3, OUTCOME_OK);
}

static void test_lost_is_sent_again_as_it_was(void **state)
{
	submit_many(0, 3, &op_write);
	loop_turns(2);
	submit_many(3, 2, &op_write);
	fake_down(conn);
	assert_true(items[0].db.in_doubt);
	assert_false(items[3].db.in_doubt);
	loop_turns(3);
	fake_up(conn);
	assert_asked(3, 1); /* without those who came later */
	fake_down(conn);
	fake_up(conn);
	assert_asked(3, 1);
	answer_all(OUTCOME_OK);
	assert_asked(2, 4);
	answer_all(OUTCOME_OK);
	assert_done(0, 5, OUTCOME_OK);
	assert_int_equal(db_lane_stats(lane)->lost, 2);
}

/* The old session may still be in its commit: "maintenance" does not say that nothing was done. */
static void test_lost_is_not_refused_by_what_is_not_kept(void **state)
{
	static const enum outcome outcomes[] = { OUTCOME_AGAIN, OUTCOME_MAINTENANCE,
						 OUTCOME_REPEAT_SUSPECTED, OUTCOME_PRICE_CHANGED };
	size_t i;

	submit_many(0, 1, &op_write);
	submit_many(1, 1, &op_write);
	loop_turns(2);
	fake_down(conn);
	fake_up(conn);
	assert_int_equal(conn->n_ids, 2);
	fake_error(conn, "22021");
	for (i = 0; i < ARRAY_SIZE(outcomes); i++) {
		loop_until(conn->n_sent >= 3 + i);
		assert_int_equal(conn->n_ids, 1);
		answer_all(outcomes[i]);
		assert_int_equal(items[0].n_done + items[1].n_done, 0);
	}
	while (items[0].n_done + items[1].n_done < 2) {
		loop_turn();
		if (!conn->busy)
			continue;
		if (conn->ids[0] == 1)
			answer_all(OUTCOME_OK);
		else
			fake_error(conn, "22021");
	}
	assert_done(0, 1, OUTCOME_OK);
	assert_done(1, 1, OUTCOME_UNCERTAIN); /* what makes it fail now may not have then */
	submit_many(0, 1, &op_write);
	loop_turns(2);
	answer_all(OUTCOME_MAINTENANCE);
	assert_done(0, 1, OUTCOME_MAINTENANCE);
}

static void test_lost_halves_stay_halves(void **state)
{
	submit_many(0, 4, &op_write);
	loop_turns(2);
	fake_error(conn, "22021");
	assert_asked(2, 1);
	fake_down(conn);
	fake_up(conn);
	assert_asked(2, 1);
	answer_all(OUTCOME_OK);
	assert_asked(2, 3);
	answer_all(OUTCOME_OK);
	assert_done(0, 4, OUTCOME_OK);
}

static void test_withdrawn_is_not_sent_again(void **state)
{
	submit_many(0, 3, &op_write);
	loop_turns(2);
	fake_down(conn);
	assert_false(db_queue_withdraw(&items[1].db));
	assert_int_equal(items[1].n_done, 0);
	fake_up(conn);
	assert_int_equal(items[1].n_done, 1);
	assert_int_equal(conn->n_ids, 2);
	assert_int_equal(conn->ids[0], 1);
	assert_int_equal(conn->ids[1], 3);
	answer_all(OUTCOME_OK);
	assert_done(0, 1, OUTCOME_OK);
	assert_done(1, 1, OUTCOME_UNCERTAIN);
	assert_done(2, 1, OUTCOME_OK);
}

static void test_all_withdrawn_nothing_is_sent(void **state)
{
	submit_many(0, 2, &op_write);
	loop_turns(2);
	fake_down(conn);
	db_queue_withdraw(&items[0].db);
	db_queue_withdraw(&items[1].db);
	fake_up(conn);
	assert_int_equal(conn->n_sent, 1);
	assert_int_equal(db_lane_load(lane), 0);
	submit_many(2, 1, &op_write);
	loop_turns(2);
	assert_asked(1, 3);
	answer_all(OUTCOME_OK);
}

static void test_withdraw_waiting_and_under_way(void **state)
{
	submit_many(0, 1, &op_write);
	assert_true(db_queue_withdraw(&items[0].db));
	loop_turns(2);
	assert_int_equal(conn->n_sent, 0);
	submit_many(0, 2, &op_write);
	loop_turns(2);
	assert_false(db_queue_withdraw(&items[0].db));
	answer_all(OUTCOME_OK); /* the late answer is consumed, with its rows */
	assert_done(0, 2, OUTCOME_OK);
	assert_true(items[0].had_rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_race_same_batch_again),
		test(test_bad_data_found_by_halving),
		test(test_taken_request_id_is_asked_again),
		test(test_blocked_goes_by_ones),
		test(test_out_of_disk_waits),
		test(test_session_unfit_is_replaced),
		test(test_answers_that_make_no_sense),
		cmocka_unit_test_setup_teardown(test_waits_for_connection, setup, teardown),
		test(test_lost_is_sent_again_as_it_was),
		test(test_lost_is_not_refused_by_what_is_not_kept),
		test(test_lost_halves_stay_halves),
		test(test_withdrawn_is_not_sent_again),
		test(test_all_withdrawn_nothing_is_sent),
		test(test_withdraw_waiting_and_under_way),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
