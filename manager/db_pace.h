/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * How large a batch may be, so that it is back within a goal.  The time of a
 * batch is taken for a fixed part and a part for each request, which are learnt
 * from the batches that came back; older ones count less and less.
 *
 * Where the fixed part alone is longer than the goal (a slow disk) smaller
 * batches would only cost throughput, so they stay as large as they may be.
 */
#include <stddef.h>
#include <stdint.h>

#define DB_PACE_MIN 8 /* no goal makes batches smaller */

struct db_pace {
	double weight, n, us, n_n, n_us; /* sums over batches */
};

/* A batch of n was back after us. */
void db_pace_note(struct db_pace *p, size_t n, int64_t us);
/* goal_us 0: none. */
size_t db_pace_limit(const struct db_pace *p, int64_t goal_us, size_t max);
