/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What comes back for a batch, and who of it is told, asked again, or put apart. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/db_batch.h"
#include "manager/db_error.h"
#include "manager/db_lane_priv.h"
#include "manager/db_time.h"

#define AGAIN_MIN_US 2000 /* the first delay; doubles */
#define AGAIN_MAX_US 200000
#define BLOCKED_DELAY_US 1000000 /* a request that itself ran into a lock or time limit */
#define RACE_PAUSE_US 2000
#define LATER_PAUSE_US 200000

static int64_t again_delay_us(const struct db_request *r)
{
	int64_t us = (int64_t)AGAIN_MIN_US << (r->n_again < 8 ? r->n_again : 8);

	return us < AGAIN_MAX_US ? us : AGAIN_MAX_US;
}

static enum outcome request_outcome(const struct db_op *op, struct db_rows *rows)
{
	int outcome = OUTCOME_OK;

	if (op->outcome_column >= 0 && rows->n > 0) {
		outcome = db_rows_int2(rows, 0, op->outcome_column);
		if (!outcome_name(outcome) || db_rows_null(rows, 0, op->outcome_column))
			rows->bad = true;
	}
	if (op->answer == DB_ANSWER_ROWS && rows->n == 0)
		rows->bad = true;
	return outcome;
}

static void request_rows(struct db_lane *lane, const struct db_op *op, const PGresult *res,
			 size_t i, struct db_rows *rows)
{
	if (op->answer == DB_ANSWER_ROWS)
		db_index_rows(&lane->index, res, i, rows);
	else
		*rows = (struct db_rows){ .res = res, .n = PQntuples(res) };
}

/* A server may not know yet that a connection broke, and may still run, or wait in its commit, what
 * it got there.  Meanwhile only what is kept as the first answer, which no two transactions can
 * give, says what became of the request; a refusal that is not kept says nothing. */
static bool is_no_answer(const struct db_request *r, enum outcome outcome)
{
	return outcome == OUTCOME_AGAIN ||
	       (r->lost && r->op->writes &&
		(outcome == OUTCOME_MAINTENANCE || outcome == OUTCOME_REPEAT_SUSPECTED ||
		 outcome == OUTCOME_PRICE_CHANGED));
}

/* Was it not done yet, and shall be asked again?  Then it waits again and is true. */
static bool request_goes_on(struct db_lane *lane, struct db_request *r, struct db_rows *rows)
{
	enum outcome outcome = request_outcome(r->op, rows);

	if (rows->bad || r->withdrawn)
		return false;
	if (is_no_answer(r, outcome)) {
		lane->stats.again++;
		db_queue_add_again(lane->queue, r, again_delay_us(r));
		return true;
	}
	if (r->op->ask_again && r->op->ask_again(r, outcome)) {
		db_queue_add_first(lane->queue, r);
		return true;
	}
	return false;
}

const char *db_lane_describe(const struct db_request *r)
{
	return r->op->describe ? r->op->describe(r) : r->op->name;
}

static void deliver(struct db_lane *lane, const struct db_batch *b, const PGresult *res)
{
	struct db_rows rows;
	enum outcome outcome;
	size_t i;

	for (i = 0; i < b->n; i++) {
		struct db_request *r = b->requests[i];

		if (!r)
			continue;
		request_rows(lane, b->op, res, i, &rows);
		outcome = request_outcome(b->op, &rows);
		if (!rows.bad) {
			db_lane_done(lane, r, outcome, &rows);
			continue;
		}
		LOGP(DDB, LOGL_ERROR, "%s: %s: an answer that makes no sense\n", lane->config.name,
		     db_lane_describe(r));
		db_lane_done(lane, r, b->op->writes ? OUTCOME_UNCERTAIN : OUTCOME_INTERNAL, NULL);
	}
}

static void deliver_nonsense(struct db_lane *lane, const struct db_batch *b)
{
	size_t i;

	LOGP(DDB, LOGL_ERROR, "%s: %s answers other columns or rows than it should\n",
	     lane->config.name, b->op->name);
	for (i = 0; i < b->n; i++)
		db_lane_done(lane, b->requests[i],
			     b->op->writes ? OUTCOME_UNCERTAIN : OUTCOME_INTERNAL, NULL);
}

static int index_build(struct db_lane *lane, const struct db_batch *b, const PGresult *res)
{
	const struct db_op *op = b->op;

	if (op->answer != DB_ANSWER_ROWS)
		return 0;
	if (op->index)
		return op->index(&lane->index, lane, res, b->requests, b->n);
	return db_index_build(&lane->index, lane, res, op->ord_column, b->n);
}

void db_lane_batch_answered(struct db_lane *lane, struct db_batch *b, const PGresult *res)
{
	const struct db_op *op = b->op;
	struct db_rows rows;
	size_t i;

	if (db_rows_check(res, op->columns, op->n_columns) < 0 || index_build(lane, b, res) < 0) {
		deliver_nonsense(lane, b);
		db_lane_run(lane);
		return;
	}
	for (i = 0; i < b->n; i++) {
		request_rows(lane, op, res, i, &rows);
		if (request_goes_on(lane, b->requests[i], &rows))
			b->requests[i] = NULL;
	}
	/* The database works on what waits while the waiters of this batch are told. */
	db_lane_run(lane);
	deliver(lane, b, res);
}

static void batch_halve(struct db_lane *lane, struct db_batch *b)
{
	struct db_batch *second = db_lane_batch_take(lane);

	db_batch_split(b, second);
	db_lane_resend_push(lane, second);
	db_lane_resend_push(lane, b);
}

static void batch_blocked(struct db_lane *lane, struct db_batch *b)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (b->requests[i]->withdrawn)
			db_lane_done(lane, b->requests[i], OUTCOME_AGAIN, NULL);
		else
			db_queue_add_again(lane->queue, b->requests[i],
					   b->n > 1 ? 0 : BLOCKED_DELAY_US);
	}
	db_lane_batch_put_back(lane, b);
}

/* The request that alone makes its statement fail. */
static void single_failed(struct db_lane *lane, struct db_batch *b, const struct db_result *result)
{
	struct db_request *r = b->requests[0];

	/* unique_violation: another session stored the same request id at this moment, and the next
	 * try finds its answer. */
	if (strcmp(result->sqlstate, "23505") == 0 && !r->withdrawn)
		db_queue_add_again(lane->queue, r, again_delay_us(r));
	else
		db_lane_done(lane, r,
			     r->lost && r->op->writes ? OUTCOME_UNCERTAIN : OUTCOME_INTERNAL, NULL);
	db_lane_batch_put_back(lane, b);
}

void db_lane_batch_failed(struct db_lane *lane, struct db_batch *b, const struct db_result *result)
{
	enum db_error error = db_error_class(result->sqlstate);

	LOGP(DDB, error == DB_ERROR_RACE ? LOGL_INFO : LOGL_ERROR,
	     "%s: %s of %zu, first %s: %s (%s, %s)\n", lane->config.name, b->op->name, b->n,
	     db_lane_describe(b->requests[0]), result->message, result->sqlstate,
	     db_error_name(error));
	switch (error) {
	case DB_ERROR_RACE:
		lane->stats.races++;
		lane->pause_until_us = db_now_us() + RACE_PAUSE_US;
		db_lane_resend_push(lane, b);
		return;
	case DB_ERROR_LATER:
		lane->stats.failures++;
		lane->pause_until_us = db_now_us() + LATER_PAUSE_US;
		db_lane_resend_push(lane, b);
		return;
	case DB_ERROR_LOST:
		lane->stats.lost++;
		db_lane_resend_push(lane, b);
		db_conn_reset(lane->conn, result->message);
		lane->pause_until_us = db_now_us() + RACE_PAUSE_US;
		return;
	case DB_ERROR_BLOCKED:
		lane->stats.failures++;
		batch_blocked(lane, b);
		return;
	case DB_ERROR_DATA:
		lane->stats.failures++;
		if (b->n > 1)
			batch_halve(lane, b);
		else
			single_failed(lane, b, result);
		return;
	}
}
