/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests that are cancelled, and answers that differ by operation. */
#include "ledger_request_fixture.h"

static void check_told(void *data, const struct check_result *result)
{
	struct waiter *w = data;
	size_t i;

	w->n_items = result->n_items;
	for (i = 0; i < result->n_items; i++)
		w->owner[i] = result->items[i].owner;
	told(data, result->outcome);
}

static PGresult *list_rows(size_t n)
{
	return op_rows(&ledger_list_op, n, OUTCOME_OK);
}

/* --- cancelling ----------------------------------------------------------------------- */

static void test_cancelled_question_is_not_sent(void **state)
{
	struct ledger_request *r = list(&waiters[0]);

	list(&waiters[1]);
	ledger_cancel(r);
	assert_int_equal(ledger_in_flight(ledger), 1);
	loop_turns(2);
	assert_int_equal(read_conn->n_ids, 1);
	fake_answer(read_conn, list_rows(1));
	assert_int_equal(waiters[0].n_told, 0);
	assert_told(1, OUTCOME_OK);
}

static void test_cancelled_write_happens_silently(void **state)
{
	struct ledger_request *r = issue(&waiters[0]);

	ledger_cancel(r);
	loop_turns(2);
	assert_int_equal(write_conn->n_sent, 1);
	assert_int_equal(ledger_in_flight(ledger), 1); /* a drain waits for it */
	fake_answer(write_conn, issue_rows(1, OUTCOME_OK));
	assert_int_equal(waiters[0].n_told, 0);
	assert_int_equal(ledger_in_flight(ledger), 0);
}

static void test_cancelled_under_way_lost_and_refused(void **state)
{
	struct ledger_request *r = list(&waiters[0]);

	loop_turns(2);
	ledger_cancel(r);
	fake_answer(read_conn, list_rows(1));
	r = list(&waiters[1]);
	loop_turns(2);
	ledger_cancel(r);
	fake_down(read_conn);
	loop_until(ledger_in_flight(ledger) == 0);
	ledger->config.limits.queue_max = 0;
	r = issue(&waiters[2]);
	ledger_cancel(r);
	loop_turns(2);
	assert_int_equal(waiters[0].n_told + waiters[1].n_told + waiters[2].n_told, 0);
	assert_int_equal(ledger_in_flight(ledger), 0);
}

/* Two of one batch: the first one's callback cancels the second. */
static void test_cancel_from_a_callback(void **state)
{
	list(&waiters[0]);
	to_cancel = list(&waiters[1]);
	loop_turns(2);
	fake_answer(read_conn, list_rows(2));
	assert_told(0, OUTCOME_OK);
	assert_int_equal(waiters[1].n_told, 0);
	assert_int_equal(ledger_in_flight(ledger), 0);
}

/* --- operations with an answer of their own --------------------------------------------- */

static void test_value_id_taken_is_drawn_again(void **state)
{
	struct ledger_request *r = issue(&waiters[0]);
	int64_t drawn = 0;
	unsigned int n;

	loop_turns(2);
	for (n = 1; !waiters[0].n_told; n++) {
		assert_int_equal(write_conn->n_sent, n);
		assert_int_not_equal(r->drawn_id, drawn);
		assert_int_equal(value_id_home(r->drawn_id), 0); /* of terminal 64 */
		drawn = r->drawn_id;
		fake_answer(write_conn, issue_rows(1, OUTCOME_VALUE_ID_TAKEN));
	}
	assert_int_equal(write_conn->n_sent, 4);
	assert_told(0, OUTCOME_INTERNAL); /* what the dialogue has no text for is never told */
}

/* A message that was delivered twice: the second one waits to be told the first one's answer. */
static void test_one_request_id_never_twice_in_a_batch(void **state)
{
	struct issue_args args = { .terminal_id = 64, .product = "p", .amount_minor = 5 };

	assert_int_equal(request_id_mint(&args.request_id), 0);
	ledger_issue(ledger, &args, issue_told, &waiters[0]);
	ledger_issue(ledger, &args, issue_told, &waiters[1]);
	issue(&waiters[2]);
	loop_turns(2);
	assert_int_equal(write_conn->n_ids, 2);
	fake_answer(write_conn, issue_rows(2, OUTCOME_OK));
	assert_int_equal(waiters[1].n_told, 0);
	assert_int_equal(write_conn->n_ids, 1);
	fake_answer(write_conn, issue_rows(1, OUTCOME_OK));
	assert_told(1, OUTCOME_OK);
}

static void check_row(PGresult *res, int row, int asker, int ord, int outcome)
{
	const struct db_op *op = &ledger_check_op.db;
	size_t k;

	for (k = 0; k < op->n_columns; k++)
		fake_set_null(res, row, k);
	fake_set_int(res, row, 0, asker, 4);
	fake_set_int(res, row, 1, ord, 4);
	fake_set_int(res, row, 2, outcome, 2);
}

static void check_by(struct waiter *w, int64_t terminal_id, size_t n)
{
	static const int64_t ids[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct check_asker asker = { .terminal_id = terminal_id };
	struct request_id id = { { 0 } };

	ledger_check(ledger, &asker, ids, n, &id, check_told, w);
}

/* Each waiter is an asker of his own. */
static void check(struct waiter *w, size_t n)
{
	check_by(w, 1 + (w - waiters), n);
}

/* Items are numbered through the batch: asker 1 has 1 and 2, asker 2 has 3 to 8. */
static void test_check_rows_in_any_order(void **state)
{
	PGresult *res = fake_rows(ledger_check_op.db.columns, ledger_check_op.db.n_columns);

	check(&waiters[0], 2);
	check(&waiters[1], 6);
	loop_turns(2);
	check_row(res, 0, 2, 8, 0);
	check_row(res, 1, 1, 2, 0);
	check_row(res, 2, 2, 0, 0);
	check_row(res, 3, 1, 0, 0);
	check_row(res, 4, 2, 3, 0);
	fake_answer(read_conn, res);
	assert_told(0, OUTCOME_OK);
	assert_told(1, OUTCOME_OK);
	assert_int_equal(waiters[0].n_items, 2);
	assert_false(waiters[0].owner[0]);
	assert_true(waiters[0].owner[1]);
	assert_int_equal(waiters[1].n_items, 6);
	assert_true(waiters[1].owner[0]);
	assert_false(waiters[1].owner[1]);
	assert_true(waiters[1].owner[5]);
}

/* One terminal asks twice, another once: the first asker's row is of both requests, an item's of
 * the request that asked about it. */
static void test_check_asker_shared(void **state)
{
	PGresult *res = fake_rows(ledger_check_op.db.columns, ledger_check_op.db.n_columns);

	check_by(&waiters[0], 7, 2);
	check_by(&waiters[1], 8, 1);
	check_by(&waiters[2], 7, 3);
	loop_turns(2);
	check_row(res, 0, 1, 0, 0);
	check_row(res, 1, 1, 1, 0);
	check_row(res, 2, 1, 6, 0);
	check_row(res, 3, 2, 0, OUTCOME_TERMINAL_BLOCKED);
	fake_answer(read_conn, res);
	assert_told(0, OUTCOME_OK);
	assert_told(1, OUTCOME_TERMINAL_BLOCKED);
	assert_told(2, OUTCOME_OK);
	assert_int_equal(waiters[0].n_items, 2);
	assert_true(waiters[0].owner[0]);
	assert_false(waiters[0].owner[1]);
	assert_int_equal(waiters[1].n_items, 0);
	assert_int_equal(waiters[2].n_items, 3);
	assert_false(waiters[2].owner[0]);
	assert_true(waiters[2].owner[2]);
}

/* An item of somebody else, an item twice, no asker: never taken for ownership. */
static void test_check_nonsense(void **state)
{
	static const int rows[][3] = { { 1, 3, 1 }, { 2, 2, 1 }, { 1, 9, 1 }, { 1, -1, 1 },
				       { 1, 1, 2 }, { 1, 0, 1 }, { 0, 0, 0 } };
	size_t i;
	int k;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		PGresult *res = fake_rows(ledger_check_op.db.columns, ledger_check_op.db.n_columns);
		int n = 0;

		memset(waiters, 0, sizeof(waiters));
		check(&waiters[0], 2);
		check(&waiters[1], 6);
		loop_turns(2);
		if (rows[i][0])
			check_row(res, n++, 1, 0, 0);
		check_row(res, n++, 2, 0, 0);
		for (k = 0; k < rows[i][2]; k++)
			check_row(res, n++, rows[i][0], rows[i][1], 0);
		fake_answer(read_conn, res);
		assert_int_equal(waiters[0].n_told, 1);
		assert_int_equal(waiters[1].n_told, 1);
		k = rows[i][0] == 2;
		assert_int_equal(waiters[k].outcome, OUTCOME_INTERNAL);
		assert_int_equal(waiters[k].n_items, 0);
		assert_int_equal(waiters[!k].outcome, OUTCOME_OK);
	}
}

static void test_seen_has_no_answer(void **state)
{
	struct request_id id = { { 1 } };
	PGresult *res = fake_rows(ledger_seen_op.db.columns, 1);

	ledger_seen(ledger, "001010000000005", 5, &id);
	ledger_seen(ledger, "001010000000006", 6, &id);
	loop_turns(2);
	assert_int_equal(write_conn->n_ids, 2);
	fake_set(res, 0, 0, "", 0);
	fake_answer(write_conn, res);
	assert_int_equal(ledger_in_flight(ledger), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_cancelled_question_is_not_sent),
		test(test_cancelled_write_happens_silently),
		test(test_cancelled_under_way_lost_and_refused),
		test(test_cancel_from_a_callback),
		test(test_value_id_taken_is_drawn_again),
		test(test_one_request_id_never_twice_in_a_batch),
		test(test_check_rows_in_any_order),
		test(test_check_asker_shared),
		test(test_check_nonsense),
		test(test_seen_has_no_answer),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
