/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A queue: requests that wait, and the lanes (db_lane.h) that take them in
 * batches.  Which lane is free first takes what waits for one operation, so a
 * batch has all that came while lanes were busy, and nobody waits for one lane
 * while another has nothing to do.
 *
 *   db_lane_submit()            +-- "again": alone, after a delay --+
 *         |                     v                                   |
 *         +-> waiting: one list an operation, round robin -> batch of a lane
 *
 * Requests of one row key are in one batch or one behind the other, never in
 * batches of two lanes: they wait here, where that costs nothing, and not for
 * each other's locks in the database.  Of two operations one may go before the
 * other where both are for one row (db_op.after).
 */
#include "manager/db_op.h"

#define DB_QUEUE_OPS_MAX 24
#define DB_QUEUE_LANES_MAX 16

/* May change at any time. */
struct db_queue_limits {
	size_t batch_max; /* 1..DB_BATCH_MAX */
	size_t queue_max; /* requests that wait, for each lane */
	unsigned int linger_us; /* how long idle lanes wait for company; 0: not at all */
	unsigned int latency_goal_ms; /* of a batch, which is made smaller for it; 0: none */
};

struct db_queue_config {
	const char *name;
	const struct db_op *const *ops;
	size_t n_ops;
	const struct db_queue_limits *limits;
};

struct db_queue;

/* config's strings and tables are not copied.  Its lanes are freed with it. */
struct db_queue *db_queue_new(void *ctx, const struct db_queue_config *config);
const char *db_queue_name(const struct db_queue *q);
size_t db_queue_waiting(const struct db_queue *q);
/* true: r was waiting, the queue has forgotten it.  false: r is in a batch and will come back by
 * its lane's done(); it is not sent (again) unless it is under way. */
bool db_queue_withdraw(struct db_request *r);
