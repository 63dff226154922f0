/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/application.h>

#include <unistd.h>

#include "lib/log_category.h"
#include "manager/db_lane.h"
#include "tests/lib/loop.h"
#include "tests/unit/manager/fake_db_conn.h"

#define N 64

/* A request knows its id; ids are what the scripted connection sees. */
struct item {
	struct db_request db;
	int64_t id;
	unsigned int n_done, n_asked_again;
	enum outcome outcome;
	bool had_rows;
};

static struct db_lane_limits limits;
static struct db_lane *lane;
static struct db_conn *conn;
static struct item items[N];
static struct item *resubmit; /* is submitted from inside the next done() */
static size_t n_done;
static int64_t done_order[8 * N];

static struct item *item_of(const struct db_request *r)
{
	return container_of(r, struct item, db);
}

static void item_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, item_of(requests[i])->id);
}

static bool item_ask_again(struct db_request *r, enum outcome outcome)
{
	struct item *item = item_of(r);

	if (outcome != OUTCOME_VALUE_ID_TAKEN)
		return false;
	item->id += 1000;
	item->n_asked_again++;
	return true;
}

#define OP_COMMON                                                                                \
	.params = { DB_OID_INT8_ARRAY }, .n_params = 1, .columns = { DB_OID_INT4, DB_OID_INT2 }, \
	.n_columns = 2, .answer = DB_ANSWER_ROWS, .ord_column = 0, .outcome_column = 1,          \
	.encode = item_encode

static const struct db_op op_write = {
	.name = "write", .sql = "", .writes = true, .ask_again = item_ask_again, OP_COMMON
};
static const struct db_op op_read = { .name = "read", .sql = "", .weight_max = 10, OP_COMMON };
static const struct db_op op_one = {
	.name = "one",
	.sql = "",
	.columns = { DB_OID_BOOL },
	.n_columns = 1,
	.answer = DB_ANSWER_WHOLE,
	.outcome_column = -1,
	.encode = item_encode,
};
static const struct db_op *const ops[] = { &op_write, &op_read, &op_one };

static void submit(struct item *item, const struct db_op *op, int64_t key)
{
	memset(item, 0, sizeof(*item));
	item->id = item - items + 1;
	item->db.op = op;
	item->db.conflict_key = key;
	assert_int_equal(db_lane_submit(lane, &item->db), 0);
}

static void on_done(void *data, struct db_request *r, enum outcome outcome, struct db_rows *rows)
{
	struct item *item = item_of(r);
	struct item *next = resubmit;

	item->n_done++;
	item->outcome = outcome;
	item->had_rows = rows != NULL;
	done_order[n_done++] = item->id;
	resubmit = NULL;
	if (next)
		submit(next, &op_write, 0);
}

static int setup(void **state)
{
	struct db_lane_config config = {
		.name = "test",
		.ops = ops,
		.n_ops = ARRAY_SIZE(ops),
		.limits = &limits,
		.done = on_done,
	};

	limits = (struct db_lane_limits){ .batch_max = 16, .queue_max = 32 };
	n_done = 0;
	resubmit = NULL;
	lane = db_lane_new(NULL, &config);
	db_lane_start(lane);
	conn = fake_conn("test");
	assert_true(conn->started);
	return 0;
}

static int setup_up(void **state)
{
	setup(state);
	fake_up(conn);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(lane);
	return 0;
}

static void submit_many(size_t first, size_t n, const struct db_op *op)
{
	size_t i;

	for (i = first; i < first + n; i++)
		submit(&items[i], op, 0);
}

/* Answers what was asked, all with one outcome. */
static void answer_all(enum outcome outcome)
{
	PGresult *res = fake_rows(op_write.columns, 2);
	size_t i;

	for (i = 0; i < conn->n_ids; i++) {
		fake_set_int(res, i, 0, i + 1, 4);
		fake_set_int(res, i, 1, outcome, 2);
	}
	fake_answer(conn, res);
}

static void assert_done(size_t first, size_t n, enum outcome outcome)
{
	size_t i;

	for (i = first; i < first + n; i++) {
		assert_int_equal(items[i].n_done, 1);
		assert_int_equal(items[i].outcome, outcome);
	}
}

static void assert_asked(size_t n, int64_t first_id)
{
	size_t i;

	assert_true(conn->busy);
	assert_int_equal(conn->n_ids, n);
	for (i = 0; i < n; i++)
		assert_int_equal(conn->ids[i], first_id + i);
}

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
	assert_int_equal(db_lane_waiting(lane), 32);
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
	assert_int_equal(db_lane_waiting(lane), 1);
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
	assert_true(db_lane_withdraw(&items[0].db));
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
	assert_false(db_lane_withdraw(&items[0].db));
	assert_false(db_lane_withdraw(&items[1].db));
	answer_all(OUTCOME_AGAIN);
	assert_done(0, 2, OUTCOME_AGAIN);
	submit_many(0, 1, &op_write);
	loop_turns(2);
	assert_false(db_lane_withdraw(&items[0].db));
	answer_all(OUTCOME_VALUE_ID_TAKEN);
	assert_done(0, 1, OUTCOME_VALUE_ID_TAKEN);
	submit_many(0, 1, &op_write);
	loop_turns(2);
	assert_false(db_lane_withdraw(&items[0].db));
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
	assert_false(db_lane_withdraw(&items[1].db));
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
	db_lane_withdraw(&items[0].db);
	db_lane_withdraw(&items[1].db);
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
	assert_true(db_lane_withdraw(&items[0].db));
	loop_turns(2);
	assert_int_equal(conn->n_sent, 0);
	submit_many(0, 2, &op_write);
	loop_turns(2);
	assert_false(db_lane_withdraw(&items[0].db));
	answer_all(OUTCOME_OK); /* the late answer is consumed, with its rows */
	assert_done(0, 2, OUTCOME_OK);
	assert_true(items[0].had_rows);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup_up, teardown)

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
