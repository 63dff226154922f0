/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_lane.h"

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/fault_point.h"
#include "lib/log_category.h"
#include "manager/db_batch.h"
#include "manager/db_lane_priv.h"
#include "manager/db_time.h"

/* --- batches -------------------------------------------------------------- */

struct db_batch *db_lane_batch_take(struct db_lane *lane)
{
	struct db_batch *b = llist_first_entry_or_null(&lane->spare, struct db_batch, entry);

	if (b) {
		llist_del(&b->entry);
	} else {
		b = talloc_size(lane, sizeof(*b));
		OSMO_ASSERT(b);
	}
	b->n = 0;
	return b;
}

void db_lane_batch_put_back(struct db_lane *lane, struct db_batch *b)
{
	llist_add(&b->entry, &lane->spare);
}

void db_lane_resend_push(struct db_lane *lane, struct db_batch *b)
{
	llist_add(&b->entry, &lane->resend);
	lane->n_resend += b->n;
}

static void batch_mark(struct db_batch *b, bool in_doubt)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		b->requests[i]->in_batch = true;
		b->requests[i]->in_doubt = in_doubt;
	}
}

void db_lane_done(struct db_lane *lane, struct db_request *r, enum outcome outcome,
		  struct db_rows *rows)
{
	r->queue = NULL;
	r->in_batch = false;
	lane->config.done(lane->config.data, r, outcome, rows);
}

/* Those for whom nobody waits any more are not sent once more. */
static void batch_drop_withdrawn(struct db_lane *lane, struct db_batch *b)
{
	size_t i, kept = 0;

	for (i = 0; i < b->n; i++) {
		struct db_request *r = b->requests[i];

		if (r->withdrawn)
			db_lane_done(lane, r, OUTCOME_UNCERTAIN, NULL);
		else
			b->requests[kept++] = r;
	}
	b->n = kept;
}

/* --- what is next --------------------------------------------------------- */

static void pause_end(struct db_lane *lane)
{
	int64_t us = lane->pause_until_us - db_now_us();

	osmo_timer_schedule(&lane->pause, us / 1000000, us % 1000000);
}

static struct db_batch *next_resend(struct db_lane *lane)
{
	struct db_batch *b;

	while ((b = llist_first_entry_or_null(&lane->resend, struct db_batch, entry))) {
		llist_del(&b->entry);
		lane->n_resend -= b->n;
		batch_drop_withdrawn(lane, b);
		if (b->n > 0)
			return b;
		db_lane_batch_put_back(lane, b);
	}
	return NULL;
}

static void rows_note(struct db_lane *lane, const struct db_batch *b)
{
	size_t i;

	db_keys_clear(lane->rows);
	for (i = 0; i < b->n; i++) {
		if (db_request_row(b->requests[i]))
			db_keys_add(lane->rows, db_request_row(b->requests[i]));
	}
}

static struct db_batch *next_new(struct db_lane *lane)
{
	struct db_batch *b = db_lane_batch_take(lane);

	if (!db_queue_take(lane->queue, lane, b)) {
		db_lane_batch_put_back(lane, b);
		return NULL;
	}
	rows_note(lane, b);
	lane->stats.batches++;
	lane->stats.requests += b->n;
	if (b->n > lane->stats.largest)
		lane->stats.largest = b->n;
	return b;
}

/* Only what does has a name to be asked by. */
static bool moves_value(const struct db_op *op)
{
	return op->writes && op->describe;
}

void db_lane_run(struct db_lane *lane)
{
	struct db_batch *b;
	int rc;

	if (lane->batch || !db_conn_is_up(lane->conn))
		return;
	if (lane->pause_until_us > db_now_us()) {
		if (!osmo_timer_pending(&lane->pause))
			pause_end(lane);
		return;
	}
	b = next_resend(lane);
	if (!b)
		b = next_new(lane);
	if (!b)
		return;
	batch_mark(b, true);
	b->sent_us = db_now_us();
	lane->batch = b;
	db_params_reset(lane->params);
	b->op->encode(lane->params, b->requests, b->n);
	if (moves_value(b->op))
		FAULT_POINT("before-send");
	rc = db_conn_send(lane->conn, db_queue_op_place(lane->queue, b->op), lane->params);
	OSMO_ASSERT(rc == 0);
	if (moves_value(b->op))
		FAULT_POINT("sent");
#ifdef TEGATA_FAULT
	if (moves_value(b->op) && FAULT_POINT_HIT("answer-lost"))
		db_conn_answer_lose(lane->conn);
#endif
}

/* --- the connection ------------------------------------------------------- */

static void lane_up(void *data)
{
	struct db_lane *lane = data;

	lane->pause_until_us = 0;
	osmo_timer_del(&lane->pause);
	db_lane_run(lane);
}

static void lane_result(void *data, const struct db_result *result)
{
	struct db_lane *lane = data;
	struct db_batch *b = lane->batch;

	if (moves_value(b->op) && result->rows)
		FAULT_POINT("committed");
	lane->batch = NULL;
	lane->stats.last_us = db_now_us() - b->sent_us;
	lane->stats.busy_us += lane->stats.last_us;
	batch_mark(b, false);
	if (result->rows) {
		db_queue_note(lane->queue, b->op, b->n, lane->stats.last_us);
		db_lane_batch_answered(lane, b, result->rows);
		db_lane_batch_put_back(lane, b);
	} else {
		db_lane_batch_failed(lane, b, result);
		db_lane_run(lane);
	}
	db_queue_wake(lane->queue); /* for who waited for this batch's rows */
}

static void lane_down(void *data)
{
	struct db_lane *lane = data;
	size_t i;

	if (!lane->batch)
		return;
	for (i = 0; i < lane->batch->n; i++)
		lane->batch->requests[i]->lost = true;
	LOGP(DDB, LOGL_NOTICE, "%s: %s of %zu in doubt, first %s; will be sent again\n",
	     lane->config.name, lane->batch->op->name, lane->batch->n,
	     db_lane_describe(lane->batch->requests[0]));
	lane->stats.lost++;
	db_lane_resend_push(lane, lane->batch);
	lane->batch = NULL;
}

static const struct db_conn_handler lane_conn_handler = {
	.up = lane_up,
	.result = lane_result,
	.down = lane_down,
};

/* --- requests ------------------------------------------------------------- */

static void pause_cb(void *data)
{
	db_lane_run(data);
}

int db_lane_submit(struct db_lane *lane, struct db_request *r)
{
	int rc = db_queue_add(lane->queue, r);

	if (rc == 0)
		db_queue_expect(lane->queue);
	return rc;
}

/* --- life ----------------------------------------------------------------- */

static int lane_destruct(struct db_lane *lane)
{
	osmo_timer_del(&lane->pause);
	llist_del(&lane->entry);
	return 0;
}

struct db_lane *db_lane_new(struct db_queue *queue, const struct db_lane_config *config)
{
	struct db_lane *lane = talloc_zero(queue, struct db_lane);
	size_t n_ops = queue->config.n_ops, i;
	struct db_statement *statements;

	OSMO_ASSERT(lane && queue->n_lanes < DB_QUEUE_LANES_MAX);
	lane->config = *config;
	lane->queue = queue;
	statements = talloc_zero_array(lane, struct db_statement, n_ops);
	OSMO_ASSERT(statements);
	for (i = 0; i < n_ops; i++) {
		const struct db_op *op = queue->config.ops[i];

		statements[i] = (struct db_statement){
			.name = op->name,
			.sql = op->sql,
			.types = op->params,
			.n_types = op->n_params,
		};
	}
	INIT_LLIST_HEAD(&lane->resend);
	INIT_LLIST_HEAD(&lane->spare);
	osmo_timer_setup(&lane->pause, pause_cb, lane);
	lane->params = db_params_new(lane);
	lane->rows = db_keys_new(lane);
	lane->conn = db_conn_new(lane, config->name, config->settings, &config->session, statements,
				 n_ops, &lane_conn_handler, lane);
	llist_add_tail(&lane->entry, &queue->lanes);
	queue->n_lanes++;
	talloc_set_destructor(lane, lane_destruct);
	return lane;
}

void db_lane_start(struct db_lane *lane)
{
	db_conn_start(lane->conn);
}

bool db_lane_is_up(const struct db_lane *lane)
{
	return db_conn_is_up(lane->conn);
}

size_t db_lane_in_flight(const struct db_lane *lane)
{
	return lane->n_resend + (lane->batch ? lane->batch->n : 0);
}

size_t db_lane_load(const struct db_lane *lane)
{
	return db_queue_waiting(lane->queue) + db_lane_in_flight(lane);
}

bool db_lane_gathers(const struct db_lane *lane, int64_t patience_us)
{
	const struct db_queue_limits *limits = lane->queue->config.limits;
	int64_t now_us;

	if (!db_lane_is_up(lane) || lane->n_resend > 0 ||
	    lane->queue->n_waiting >= limits->queue_max ||
	    lane->queue->items_waiting >= limits->batch_max)
		return false;
	if (!lane->batch && !lane->pause_until_us)
		return true;
	now_us = db_now_us();
	return lane->pause_until_us <= now_us &&
	       (!lane->batch || now_us - lane->batch->sent_us < patience_us);
}

const struct db_lane_stats *db_lane_stats(const struct db_lane *lane)
{
	return &lane->stats;
}

const char *db_lane_name(const struct db_lane *lane)
{
	return lane->config.name;
}

const struct db_conn *db_lane_conn(const struct db_lane *lane)
{
	return lane->conn;
}

struct db_queue *db_lane_queue(const struct db_lane *lane)
{
	return lane->queue;
}

void db_lane_reset(struct db_lane *lane, const char *why)
{
	db_conn_reset(lane->conn, why);
}

void db_lane_leave(struct db_lane *lane, const char *why)
{
	db_conn_leave(lane->conn, why);
}
