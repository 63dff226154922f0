/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Between a queue and its lanes. */
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "manager/db_batch.h"
#include "manager/db_pace.h"
#include "manager/db_queue.h"

struct kind { /* of request: one operation */
	struct llist_head waiting;
	struct db_pace pace;
	const struct kind *after; /* op->after, where the queue has it */
};

struct db_queue {
	struct db_queue_config config;
	struct kind kinds[DB_QUEUE_OPS_MAX];
	size_t next_kind; /* whose turn it is */
	struct llist_head again; /* by time */
	bool again_was_last;
	size_t n_waiting; /* in kinds and again */
	size_t items_waiting; /* theirs: a request has as many as it weighs, at least one */
	struct llist_head lanes;
	size_t n_lanes;
	struct osmo_timer_list timer;
	int64_t timer_at_us; /* while it is pending */
	struct osmo_fd linger;
	bool lingering;
	struct db_keys *keys; /* conflicts within the batch that is being gathered */
	struct db_keys *ahead; /* rows for which others wait that go first */
};

/* The place of op among the statements of the queue's lanes. */
size_t db_queue_op_place(const struct db_queue *q, const struct db_op *op);
/* -ENOBUFS: it is full. */
int db_queue_add(struct db_queue *q, struct db_request *r);
/* As the next one of its operation. */
void db_queue_add_first(struct db_queue *q, struct db_request *r);
void db_queue_add_again(struct db_queue *q, struct db_request *r, int64_t delay_us);
/* What lane is to send next, in b; false: nothing.  New batches and single repetitions take turns,
 * so that neither starves the other. */
bool db_queue_take(struct db_queue *q, struct db_lane *lane, struct db_batch *b);
/* A batch of n came back after us. */
void db_queue_note(struct db_queue *q, const struct db_op *op, size_t n, int64_t us);
/* Lanes that are free look for what waits at the end of this turn of the loop. */
void db_queue_wake(struct db_queue *q);
/* The same for who has just come, and may have to wait for company. */
void db_queue_expect(struct db_queue *q);
