/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Inside of a lane: db_lane.c sends, db_lane_answer.c takes the answers. */
#include <osmocom/core/timer.h>

#include "manager/db_lane.h"
#include "manager/db_queue_priv.h"

struct db_lane {
	struct llist_head entry; /* of its queue's lanes */
	struct db_lane_config config;
	struct db_queue *queue;
	struct db_conn *conn;
	struct llist_head resend; /* batches, the next one first */
	struct llist_head spare;
	struct db_batch *batch; /* under way */
	struct db_keys *rows; /* of batch and resend */
	size_t n_resend; /* requests in resend */
	int64_t pause_until_us;
	struct osmo_timer_list pause;
	struct db_params *params;
	struct db_index index;
	struct db_lane_stats stats;
};

/* Sends the next batch where the connection is up, idle and not paused. */
void db_lane_run(struct db_lane *lane);
struct db_batch *db_lane_batch_take(struct db_lane *lane);
void db_lane_batch_put_back(struct db_lane *lane, struct db_batch *b);
/* b is the next to be sent. */
void db_lane_resend_push(struct db_lane *lane, struct db_batch *b);
void db_lane_done(struct db_lane *lane, struct db_request *r, enum outcome outcome,
		  struct db_rows *rows);
const char *db_lane_describe(const struct db_request *r);

/* b stays the caller's. */
void db_lane_batch_answered(struct db_lane *lane, struct db_batch *b, const PGresult *res);
/* b is taken over. */
void db_lane_batch_failed(struct db_lane *lane, struct db_batch *b, const struct db_result *result);
