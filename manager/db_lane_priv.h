/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Inside of a lane: db_lane.c queues and sends, db_lane_answer.c takes the answers. */
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "manager/db_lane.h"
#include "manager/db_pace.h"

struct db_keys;

struct kind { /* of request: one operation */
	struct llist_head waiting;
	struct db_pace pace;
};

struct db_lane {
	struct db_lane_config config;
	struct db_conn *conn;
	struct kind kinds[DB_LANE_OPS_MAX];
	size_t next_kind; /* whose turn it is */
	struct llist_head again; /* by time */
	bool again_was_last;
	struct llist_head resend; /* batches, the next one first */
	struct llist_head spare;
	struct db_batch *batch; /* under way */
	size_t n_waiting; /* in kinds and again */
	size_t items_waiting; /* theirs: a request has as many as it weighs, at least one */
	size_t n_resend; /* requests in resend */
	int64_t pause_until_us;
	struct osmo_timer_list timer;
	int64_t timer_at_us; /* while it is pending */
	struct osmo_fd linger;
	bool lingering;
	struct db_params *params;
	struct db_keys *keys;
	struct db_index index;
	struct db_lane_stats stats;
};

static inline size_t db_request_items(const struct db_request *r)
{
	return r->weight > 1 ? r->weight : 1;
}

static inline void db_lane_waits(struct db_lane *lane, const struct db_request *r)
{
	lane->n_waiting++;
	lane->items_waiting += db_request_items(r);
}

static inline void db_lane_waits_no_more(struct db_lane *lane, const struct db_request *r)
{
	lane->n_waiting--;
	lane->items_waiting -= db_request_items(r);
}

/* Sends the next batch where the connection is up, idle and not paused. */
void db_lane_run(struct db_lane *lane);
struct db_batch *db_lane_batch_take(struct db_lane *lane);
void db_lane_batch_put_back(struct db_lane *lane, struct db_batch *b);
/* b is the next to be sent. */
void db_lane_resend_push(struct db_lane *lane, struct db_batch *b);
void db_lane_done(struct db_lane *lane, struct db_request *r, enum outcome outcome,
		  struct db_rows *rows);
size_t db_lane_op_place(const struct db_lane *lane, const struct db_op *op);
const char *db_lane_describe(const struct db_request *r);

/* b stays the caller's. */
void db_lane_batch_answered(struct db_lane *lane, struct db_batch *b, const PGresult *res);
/* b is taken over. */
void db_lane_batch_failed(struct db_lane *lane, struct db_batch *b, const struct db_result *result);
