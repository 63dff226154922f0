/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_lane.h"

#include <errno.h>

#include <osmocom/core/select.h>
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
	r->lane = NULL;
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

static void timer_at(struct db_lane *lane, int64_t at_us)
{
	int64_t us = at_us - db_now_us();

	if (osmo_timer_pending(&lane->timer) && lane->timer_at_us <= at_us)
		return;
	if (us < 0)
		us = 0;
	lane->timer_at_us = at_us;
	osmo_timer_schedule(&lane->timer, us / 1000000, us % 1000000);
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

static struct db_batch *next_again(struct db_lane *lane)
{
	struct db_request *r = llist_first_entry_or_null(&lane->again, struct db_request, entry);
	struct db_batch *b;

	if (!r)
		return NULL;
	if (r->again_at_us > db_now_us()) {
		timer_at(lane, r->again_at_us);
		return NULL;
	}
	llist_del(&r->entry);
	b = db_lane_batch_take(lane);
	b->op = r->op;
	b->requests[b->n++] = r;
	return b;
}

static size_t batch_max(const struct db_lane *lane, size_t k)
{
	const struct db_lane_limits *limits = lane->config.limits;
	const struct db_op *op = lane->config.ops[k];
	size_t max = limits->batch_max;

	if (op->answer == DB_ANSWER_WHOLE)
		return 1;
	if (op->batch_max && op->batch_max < max)
		max = op->batch_max;
	return db_pace_limit(&lane->kinds[k].pace, limits->latency_goal_ms * 1000LL, max);
}

/* Round robin over the operations for which somebody waits, the oldest of each first. */
static struct db_batch *next_waiting(struct db_lane *lane)
{
	struct db_batch *b;
	size_t i;

	for (i = 0; i < lane->config.n_ops; i++) {
		size_t k = (lane->next_kind + i) % lane->config.n_ops;

		if (llist_empty(&lane->kinds[k].waiting))
			continue;
		lane->next_kind = k + 1;
		b = db_lane_batch_take(lane);
		db_batch_gather(b, &lane->kinds[k].waiting, lane->keys, batch_max(lane, k));
		return b;
	}
	return NULL;
}

/* New batches and single repetitions take turns, so that neither starves the other. */
static struct db_batch *next_new(struct db_lane *lane)
{
	struct db_batch *b = lane->again_was_last ? next_waiting(lane) : next_again(lane);
	size_t i;

	if (b) {
		lane->again_was_last = !lane->again_was_last;
	} else {
		b = lane->again_was_last ? next_again(lane) : next_waiting(lane);
		if (!b)
			return NULL;
	}
	for (i = 0; i < b->n; i++)
		db_lane_waits_no_more(lane, b->requests[i]);
	lane->stats.batches++;
	lane->stats.requests += b->n;
	if (b->n > lane->stats.largest)
		lane->stats.largest = b->n;
	return b;
}

size_t db_lane_op_place(const struct db_lane *lane, const struct db_op *op)
{
	size_t i;

	for (i = 0; i < lane->config.n_ops; i++) {
		if (lane->config.ops[i] == op)
			return i;
	}
	OSMO_ASSERT(false);
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
		timer_at(lane, lane->pause_until_us);
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
	rc = db_conn_send(lane->conn, db_lane_op_place(lane, b->op), lane->params);
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
		db_pace_note(&lane->kinds[db_lane_op_place(lane, b->op)].pace, b->n,
			     lane->stats.last_us);
		db_lane_batch_answered(lane, b, result->rows);
		db_lane_batch_put_back(lane, b);
	} else {
		db_lane_batch_failed(lane, b, result);
		db_lane_run(lane);
	}
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

static void timer_cb(void *data)
{
	db_lane_run(data);
}

static int linger_cb(struct osmo_fd *fd, unsigned int what)
{
	struct db_lane *lane = fd->data;

	osmo_timerfd_disable(fd);
	lane->lingering = false;
	db_lane_run(lane);
	return 0;
}

/* poll() counts milliseconds, too coarse for this. */
static void linger_begin(struct db_lane *lane)
{
	struct timespec ts = { .tv_nsec = lane->config.limits->linger_us * 1000L };
	struct timespec once = { 0 };

	if (lane->linger.fd < 0 && osmo_timerfd_setup(&lane->linger, linger_cb, lane) < 0) {
		timer_at(lane, 0);
		return;
	}
	if (!lane->lingering && osmo_timerfd_schedule(&lane->linger, &ts, &once) == 0)
		lane->lingering = true;
	if (!lane->lingering || lane->n_waiting >= lane->config.limits->batch_max)
		timer_at(lane, 0);
}

int db_lane_submit(struct db_lane *lane, struct db_request *r)
{
	if (lane->n_waiting >= lane->config.limits->queue_max)
		return -ENOBUFS;
	OSMO_ASSERT(!r->lane);
	r->lane = lane;
	r->in_batch = r->in_doubt = r->lost = r->withdrawn = r->again = false;
	r->n_again = 0;
	llist_add_tail(&r->entry, &lane->kinds[db_lane_op_place(lane, r->op)].waiting);
	db_lane_waits(lane, r);
	if (lane->batch || !db_conn_is_up(lane->conn))
		return 0;
	if (lane->config.limits->linger_us > 0)
		linger_begin(lane);
	else
		timer_at(lane, 0); /* with what else this turn of the loop brings */
	return 0;
}

bool db_lane_withdraw(struct db_request *r)
{
	struct db_lane *lane = r->lane;

	OSMO_ASSERT(lane);
	r->withdrawn = true;
	if (r->in_batch)
		return false;
	llist_del(&r->entry);
	db_lane_waits_no_more(lane, r);
	r->lane = NULL;
	return true;
}

/* --- life ----------------------------------------------------------------- */

static int lane_destruct(struct db_lane *lane)
{
	osmo_timer_del(&lane->timer);
	if (lane->linger.fd >= 0)
		osmo_fd_close(&lane->linger);
	return 0;
}

struct db_lane *db_lane_new(void *ctx, const struct db_lane_config *config)
{
	struct db_lane *lane = talloc_zero(ctx, struct db_lane);
	struct db_statement *statements;
	size_t i;

	OSMO_ASSERT(lane && config->n_ops <= DB_LANE_OPS_MAX);
	lane->config = *config;
	statements = talloc_zero_array(lane, struct db_statement, config->n_ops);
	OSMO_ASSERT(statements);
	for (i = 0; i < config->n_ops; i++) {
		const struct db_op *op = config->ops[i];

		INIT_LLIST_HEAD(&lane->kinds[i].waiting);
		statements[i] = (struct db_statement){
			.name = op->name,
			.sql = op->sql,
			.types = op->params,
			.n_types = op->n_params,
		};
	}
	INIT_LLIST_HEAD(&lane->again);
	INIT_LLIST_HEAD(&lane->resend);
	INIT_LLIST_HEAD(&lane->spare);
	osmo_timer_setup(&lane->timer, timer_cb, lane);
	lane->linger.fd = -1;
	lane->params = db_params_new(lane);
	lane->keys = db_keys_new(lane);
	lane->conn = db_conn_new(lane, config->name, config->settings, &config->session, statements,
				 config->n_ops, &lane_conn_handler, lane);
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

size_t db_lane_waiting(const struct db_lane *lane)
{
	return lane->n_waiting;
}

size_t db_lane_in_flight(const struct db_lane *lane)
{
	return lane->n_resend + (lane->batch ? lane->batch->n : 0);
}

size_t db_lane_load(const struct db_lane *lane)
{
	return db_lane_waiting(lane) + db_lane_in_flight(lane);
}

bool db_lane_gathers(const struct db_lane *lane, int64_t patience_us)
{
	const struct db_lane_limits *limits = lane->config.limits;
	int64_t now_us;

	if (!db_lane_is_up(lane) || lane->n_resend > 0 || lane->n_waiting >= limits->queue_max ||
	    lane->items_waiting >= limits->batch_max)
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

void db_lane_reset(struct db_lane *lane, const char *why)
{
	db_conn_reset(lane->conn, why);
}

void db_lane_leave(struct db_lane *lane, const char *why)
{
	db_conn_leave(lane->conn, why);
}
