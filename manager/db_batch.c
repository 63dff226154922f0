/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_batch.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define KEY_SLOTS (2 * DB_BATCH_MAX) /* a power of two; at most half are in use */
/* How far behind the head a batch looks for requests that do not conflict. */
#define GATHER_SCAN_MAX (4 * DB_BATCH_MAX)

struct key_slot {
	uint64_t key;
	uint64_t round;
};

struct db_keys {
	uint64_t round; /* slots of earlier rounds are empty */
	struct key_slot slots[KEY_SLOTS];
};

struct db_keys *db_keys_new(void *ctx)
{
	struct db_keys *keys = talloc_zero(ctx, struct db_keys);

	OSMO_ASSERT(keys);
	keys->round = 1;
	return keys;
}

void db_keys_clear(struct db_keys *keys)
{
	keys->round++;
}

/* Where key is, or would be. */
static const struct key_slot *slot_of(const struct db_keys *keys, uint64_t key)
{
	size_t at = db_key_spread(key);

	for (;; at++) {
		const struct key_slot *slot = &keys->slots[at % KEY_SLOTS];

		if (slot->round != keys->round || slot->key == key)
			return slot;
	}
}

static bool keys_have(const struct db_keys *keys, uint64_t key)
{
	return slot_of(keys, key)->round == keys->round;
}

bool db_keys_add(struct db_keys *keys, uint64_t key)
{
	struct key_slot *slot = (struct key_slot *)slot_of(keys, key);

	if (slot->round == keys->round)
		return false;
	slot->key = key;
	slot->round = keys->round;
	return true;
}

bool db_rows_taken(const struct db_request *r, const struct db_keys *const *rows, size_t n)
{
	uint64_t key = db_request_row(r);
	size_t i;

	for (i = 0; key && i < n; i++) {
		if (keys_have(rows[i], key))
			return true;
	}
	return false;
}

void db_batch_gather(struct db_batch *b, struct llist_head *waiting, struct db_keys *keys,
		     size_t max, const struct db_keys *const *rows, size_t n_rows)
{
	struct db_request *r, *next;
	size_t scanned = 0;
	uint64_t weight = 0;

	OSMO_ASSERT(b->n == 0 && max > 0 && max <= DB_BATCH_MAX);
	db_keys_clear(keys);
	llist_for_each_entry_safe (r, next, waiting, entry) {
		if (b->n == max || scanned++ == GATHER_SCAN_MAX)
			break;
		if (db_rows_taken(r, rows, n_rows))
			continue;
		weight += r->weight;
		if (b->n > 0 && r->op->weight_max && weight > r->op->weight_max)
			break;
		if (r->conflict_key && !db_keys_add(keys, r->conflict_key)) {
			weight -= r->weight;
			continue;
		}
		llist_del(&r->entry);
		b->op = r->op;
		b->requests[b->n++] = r;
	}
}

void db_batch_split(struct db_batch *b, struct db_batch *second)
{
	size_t half = b->n / 2;

	OSMO_ASSERT(b->n >= 2 && second->n == 0);
	second->op = b->op;
	second->n = b->n - half;
	memcpy(second->requests, b->requests + half, second->n * sizeof(*second->requests));
	b->n = half;
}
