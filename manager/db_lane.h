/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A lane: one connection that takes batches from a queue (db_queue.h).  While
 * its batch runs, requests gather; when it returns, the next batch takes them,
 * up to a maximum.  A lone request goes at the end of its turn of the loop; load
 * makes batches.
 *
 *   submit -> queue -> batch -> PostgreSQL
 *                  ^        |         |
 *   to be sent again, first-+         v
 *     - connection lost: the same   done(outcome, rows)
 *     - lost a race: the same
 *     - bad data: its two halves, down to the one at fault <-- error
 *
 * Every request comes back exactly once, by done() from the loop, or at once
 * by db_queue_withdraw().  Lanes know no deadline: their owner withdraws.
 *
 * What done() says beside the rows' own outcomes: INTERNAL (this very request
 * makes the statement fail; or a read whose answer makes no sense), UNCERTAIN
 * (a write whose answer makes no sense; withdrawn while its batch was lost, or
 * failing by itself after it was).  Once lost, a write is asked again until an
 * answer comes that is kept with it: where the old session still runs, "again"
 * and "maintenance" do not say that nothing was done.
 */
#include "manager/db_conn.h"
#include "manager/db_queue.h"

struct db_lane_config {
	const char *name;
	const struct db_settings *settings;
	struct db_session session;
	/* The lane has no more to do with r.  rows: NULL, or r's rows (whose first says outcome,
	 * where the operation's rows do); they live for the duration of the call. */
	void (*done)(void *data, struct db_request *r, enum outcome outcome, struct db_rows *rows);
	void *data;
};

struct db_lane_stats {
	uint64_t batches, requests; /* sent, without repetitions */
	uint64_t again, races, failures, lost; /* answers "again"; batches of the other three */
	size_t largest;
	uint64_t busy_us; /* sum of the batches' times */
	uint64_t last_us;
};

/* config's strings and tables are not copied.  Lives as long as queue. */
struct db_lane *db_lane_new(struct db_queue *queue, const struct db_lane_config *config);
void db_lane_start(struct db_lane *lane);

/* Whichever lane of its queue is free first takes r.  -ENOBUFS: the queue is full. */
int db_lane_submit(struct db_lane *lane, struct db_request *r) __attribute__((warn_unused_result));

bool db_lane_is_up(const struct db_lane *lane);
size_t db_lane_in_flight(const struct db_lane *lane);
/* Those, and what waits in its queue. */
size_t db_lane_load(const struct db_lane *lane);
/* Will what is submitted now be in a batch soon?  It is connected and all is well with it, its
 * batch has not been under way for patience_us yet, and fewer items wait than a batch may have
 * requests. */
bool db_lane_gathers(const struct db_lane *lane, int64_t patience_us);
const struct db_lane_stats *db_lane_stats(const struct db_lane *lane);
const char *db_lane_name(const struct db_lane *lane);
const struct db_conn *db_lane_conn(const struct db_lane *lane);
struct db_queue *db_lane_queue(const struct db_lane *lane);
/* Connects anew, for changed settings; what is under way is sent again. */
void db_lane_reset(struct db_lane *lane, const char *why);
/* The same, and where there are several servers another one is tried first. */
void db_lane_leave(struct db_lane *lane, const char *why);
