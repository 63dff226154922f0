/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_queue.h"

#include <errno.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/db_lane_priv.h"
#include "manager/db_time.h"

/* How many repetitions are looked at for one whose rows are free. */
#define AGAIN_SCAN_MAX 64

static size_t items_of(const struct db_request *r)
{
	return r->weight > 1 ? r->weight : 1;
}

static void waits(struct db_queue *q, const struct db_request *r)
{
	q->n_waiting++;
	q->items_waiting += items_of(r);
}

static void waits_no_more(struct db_queue *q, const struct db_request *r)
{
	q->n_waiting--;
	q->items_waiting -= items_of(r);
}

/* Its place; n_ops: there is none, or its requests are another queue's. */
static size_t op_find(const struct db_queue *q, const struct db_op *op)
{
	size_t i;

	for (i = 0; i < q->config.n_ops && q->config.ops[i] != op; i++)
		;
	return i;
}

size_t db_queue_op_place(const struct db_queue *q, const struct db_op *op)
{
	size_t i = op_find(q, op);

	OSMO_ASSERT(i < q->config.n_ops);
	return i;
}

static struct kind *kind_of(struct db_queue *q, const struct db_op *op)
{
	return &q->kinds[db_queue_op_place(q, op)];
}

/* --- who comes ------------------------------------------------------------ */

int db_queue_add(struct db_queue *q, struct db_request *r)
{
	if (q->n_waiting >= q->config.limits->queue_max * q->n_lanes)
		return -ENOBUFS;
	OSMO_ASSERT(!r->queue);
	r->queue = q;
	r->in_batch = r->in_doubt = r->lost = r->withdrawn = r->again = false;
	r->n_again = 0;
	llist_add_tail(&r->entry, &kind_of(q, r->op)->waiting);
	waits(q, r);
	return 0;
}

void db_queue_add_first(struct db_queue *q, struct db_request *r)
{
	r->in_batch = false;
	llist_add(&r->entry, &kind_of(q, r->op)->waiting);
	waits(q, r);
}

void db_queue_add_again(struct db_queue *q, struct db_request *r, int64_t delay_us)
{
	struct db_request *other;
	struct llist_head *after = &q->again;

	r->in_batch = false;
	r->again = true;
	if (r->n_again < UINT8_MAX)
		r->n_again++;
	r->again_at_us = db_now_us() + delay_us;
	/* From the end: nearly all come with a delay like that of the last. */
	llist_for_each_entry_reverse(other, &q->again, entry)
	{
		if (other->again_at_us <= r->again_at_us) {
			after = &other->entry;
			break;
		}
	}
	llist_add(&r->entry, after);
	waits(q, r);
}

bool db_queue_withdraw(struct db_request *r)
{
	struct db_queue *q = r->queue;

	OSMO_ASSERT(q);
	r->withdrawn = true;
	if (r->in_batch) {
		db_queue_wake(q); /* its row may be free now */
		return false;
	}
	llist_del(&r->entry);
	waits_no_more(q, r);
	r->queue = NULL;
	return true;
}

/* --- what is next --------------------------------------------------------- */

static void timer_at(struct db_queue *q, int64_t at_us)
{
	int64_t us = at_us - db_now_us();

	if (osmo_timer_pending(&q->timer) && q->timer_at_us <= at_us)
		return;
	if (us < 0)
		us = 0;
	q->timer_at_us = at_us;
	osmo_timer_schedule(&q->timer, us / 1000000, us % 1000000);
}

/* A batch that is to be sent again has its rows as long as somebody waits for it. */
static bool has_rows(const struct db_lane *lane)
{
	const struct db_batch *b;
	size_t i;

	if (lane->batch)
		return true;
	llist_for_each_entry (b, &lane->resend, entry) {
		for (i = 0; i < b->n; i++) {
			if (!b->requests[i]->withdrawn)
				return true;
		}
	}
	return false;
}

/* Rows that batches of the other lanes have. */
static size_t rows_of_others(const struct db_queue *q, const struct db_lane *lane,
			     const struct db_keys **rows)
{
	struct db_lane *other;
	size_t n = 0;

	llist_for_each_entry (other, &q->lanes, entry) {
		if (other != lane && has_rows(other))
			rows[n++] = other->rows;
	}
	return n;
}

static bool take_again(struct db_queue *q, struct db_batch *b, const struct db_keys *const *rows,
		       size_t n_rows)
{
	int64_t now_us = db_now_us();
	struct db_request *r;
	size_t scanned = 0;

	llist_for_each_entry (r, &q->again, entry) {
		if (r->again_at_us > now_us) {
			timer_at(q, r->again_at_us);
			return false;
		}
		if (scanned++ == AGAIN_SCAN_MAX)
			return false;
		if (db_rows_taken(r, rows, n_rows))
			continue;
		llist_del(&r->entry);
		b->op = r->op;
		b->requests[b->n++] = r;
		return true;
	}
	return false;
}

static size_t batch_max(const struct db_queue *q, size_t k)
{
	const struct db_queue_limits *limits = q->config.limits;
	const struct db_op *op = q->config.ops[k];
	size_t max = limits->batch_max;

	if (op->answer == DB_ANSWER_WHOLE)
		return 1;
	if (op->batch_max && op->batch_max < max)
		max = op->batch_max;
	return db_pace_limit(&q->kinds[k].pace, limits->latency_goal_ms * 1000LL, max);
}

/* The rows for which requests wait that go before those of kind.  Only the first DB_BATCH_MAX are
 * looked at, since the set has no room for more: nobody waits for those behind them. */
static bool rows_ahead(struct db_queue *q, const struct kind *kind)
{
	const struct db_request *r;
	size_t n = 0;

	if (!kind->after || llist_empty(&kind->after->waiting))
		return false;
	db_keys_clear(q->ahead);
	llist_for_each_entry (r, &kind->after->waiting, entry) {
		if (n++ == DB_BATCH_MAX)
			break;
		db_keys_add(q->ahead, db_request_row(r)); /* 0: is no row to who asks */
	}
	return true;
}

/* Round robin over the operations for which somebody waits, the oldest of each first. */
static bool take_waiting(struct db_queue *q, struct db_batch *b, const struct db_keys **rows,
			 size_t n_rows)
{
	size_t i;

	for (i = 0; i < q->config.n_ops; i++) {
		size_t k = (q->next_kind + i) % q->config.n_ops;
		struct kind *kind = &q->kinds[k];

		if (llist_empty(&kind->waiting))
			continue;
		rows[n_rows] = q->ahead;
		db_batch_gather(b, &kind->waiting, q->keys, batch_max(q, k), rows,
				n_rows + rows_ahead(q, kind));
		if (b->n == 0)
			continue;
		q->next_kind = k + 1;
		return true;
	}
	return false;
}

bool db_queue_take(struct db_queue *q, struct db_lane *lane, struct db_batch *b)
{
	const struct db_keys *rows[DB_QUEUE_LANES_MAX]; /* the others', and those ahead */
	size_t n_rows = rows_of_others(q, lane, rows), i;
	bool taken = q->again_was_last ? take_waiting(q, b, rows, n_rows)
				       : take_again(q, b, rows, n_rows);

	if (taken)
		q->again_was_last = !q->again_was_last;
	else if (q->again_was_last)
		taken = take_again(q, b, rows, n_rows);
	else
		taken = take_waiting(q, b, rows, n_rows);
	for (i = 0; i < b->n; i++)
		waits_no_more(q, b->requests[i]);
	return taken;
}

void db_queue_note(struct db_queue *q, const struct db_op *op, size_t n, int64_t us)
{
	db_pace_note(&kind_of(q, op)->pace, n, us);
}

/* --- who takes it --------------------------------------------------------- */

static void lanes_run(struct db_queue *q)
{
	struct db_lane *lane;

	llist_for_each_entry (lane, &q->lanes, entry)
		db_lane_run(lane);
}

static void timer_cb(void *data)
{
	lanes_run(data);
}

static int linger_cb(struct osmo_fd *fd, unsigned int what)
{
	struct db_queue *q = fd->data;

	osmo_timerfd_disable(fd);
	q->lingering = false;
	lanes_run(q);
	return 0;
}

/* poll() counts milliseconds, too coarse for this. */
static void linger_begin(struct db_queue *q)
{
	struct timespec ts = { .tv_nsec = q->config.limits->linger_us * 1000L };
	struct timespec once = { 0 };

	if (q->linger.fd < 0 && osmo_timerfd_setup(&q->linger, linger_cb, q) < 0) {
		timer_at(q, 0);
		return;
	}
	if (!q->lingering && osmo_timerfd_schedule(&q->linger, &ts, &once) == 0)
		q->lingering = true;
	if (!q->lingering || q->n_waiting >= q->config.limits->batch_max)
		timer_at(q, 0);
}

static bool is_served(const struct db_queue *q)
{
	const struct db_lane *lane;

	llist_for_each_entry (lane, &q->lanes, entry) {
		if (!lane->batch && db_conn_is_up(lane->conn))
			return true;
	}
	return false;
}

void db_queue_wake(struct db_queue *q)
{
	if (q->n_waiting > 0 && is_served(q))
		timer_at(q, 0);
}

void db_queue_expect(struct db_queue *q)
{
	if (!is_served(q))
		return;
	if (q->config.limits->linger_us > 0)
		linger_begin(q);
	else
		timer_at(q, 0); /* with what else this turn of the loop brings */
}

/* --- life ----------------------------------------------------------------- */

static int queue_destruct(struct db_queue *q)
{
	osmo_timer_del(&q->timer);
	if (q->linger.fd >= 0)
		osmo_fd_close(&q->linger);
	return 0;
}

/* NULL: op has no kind here. */
static const struct kind *kind_after(const struct db_queue *q, const struct db_op *op)
{
	size_t i = op_find(q, op);

	return i < q->config.n_ops ? &q->kinds[i] : NULL;
}

struct db_queue *db_queue_new(void *ctx, const struct db_queue_config *config)
{
	struct db_queue *q = talloc_zero(ctx, struct db_queue);
	size_t i;

	OSMO_ASSERT(q && config->n_ops <= DB_QUEUE_OPS_MAX);
	q->config = *config;
	for (i = 0; i < config->n_ops; i++) {
		const struct db_op *after = config->ops[i]->after;

		OSMO_ASSERT(!after || !after->after); /* or two might wait for each other */
		INIT_LLIST_HEAD(&q->kinds[i].waiting);
		q->kinds[i].after = kind_after(q, after);
	}
	INIT_LLIST_HEAD(&q->again);
	INIT_LLIST_HEAD(&q->lanes);
	osmo_timer_setup(&q->timer, timer_cb, q);
	q->linger.fd = -1;
	q->keys = db_keys_new(q);
	q->ahead = db_keys_new(q);
	talloc_set_destructor(q, queue_destruct);
	return q;
}

const char *db_queue_name(const struct db_queue *q)
{
	return q->config.name;
}

size_t db_queue_waiting(const struct db_queue *q)
{
	return q->n_waiting;
}
