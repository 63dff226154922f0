/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Batches: requests of one operation that share a statement and a commit.
 * Which requests go together is decided here, nothing is sent.
 */
#include "manager/db_op.h"

struct db_batch {
	struct llist_head entry; /* of the lane's lists */
	const struct db_op *op;
	size_t n;
	struct db_request *requests[DB_BATCH_MAX];
	int64_t sent_us;
};

/* Fibonacci hashing: neighbouring keys, as value ids of a day and numbers in a row are, spread. */
static inline uint32_t db_key_spread(uint64_t key)
{
	return (key * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
}

/* The conflict keys of one batch, or the rows that a lane has: a hash set that is emptied by
 * counting on. */
struct db_keys;
struct db_keys *db_keys_new(void *ctx);
void db_keys_clear(struct db_keys *keys);
/* false: it is in already. */
bool db_keys_add(struct db_keys *keys, uint64_t key);

static inline uint64_t db_request_row(const struct db_request *r)
{
	return r->row_key ? r->row_key : r->conflict_key;
}

/* Is r's row in one of n sets? */
bool db_rows_taken(const struct db_request *r, const struct db_keys *const *rows, size_t n);
/* Moves up to max requests of op from the head of waiting to b, which is empty.  One that
 * conflicts with another of the batch, or whose row is in one of the n_rows sets, stays, in its
 * place.  Without such sets b is not empty afterwards where somebody waits. */
void db_batch_gather(struct db_batch *b, struct llist_head *waiting, struct db_keys *keys,
		     size_t max, const struct db_keys *const *rows, size_t n_rows);
/* Moves the second half of b (n >= 2) to second, which is empty. */
void db_batch_split(struct db_batch *b, struct db_batch *second);
