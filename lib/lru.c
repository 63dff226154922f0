/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/lru.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/random.h"

#define KEY_WORDS (LRU_KEY_SIZE / sizeof(uint64_t))

struct lru {
	size_t max, count, entry_size;
	size_t mask; /* of chains[] */
	struct lru_entry **chains;
	struct llist_head order;
	uint64_t secret[KEY_WORDS + 1];
};

struct lru *lru_new(void *ctx, size_t entries_max, size_t entry_size)
{
	struct lru *l = talloc_zero(ctx, struct lru);
	size_t n_chains = 16;

	OSMO_ASSERT(entries_max > 0 && entry_size >= sizeof(struct lru_entry));
	while (n_chains < entries_max)
		n_chains *= 2;
	l->max = entries_max;
	l->entry_size = entry_size;
	l->mask = n_chains - 1;
	l->chains = talloc_zero_array(l, struct lru_entry *, n_chains);
	INIT_LLIST_HEAD(&l->order);
	if (random_fill(l->secret, sizeof(l->secret)) < 0) {
		talloc_free(l);
		return NULL;
	}
	return l;
}

/* Multilinear hashing with 64 x 64 -> 128 bit products: pairwise independent enough that
 * who does not know the secret cannot choose keys for one chain. */
static struct lru_entry **lru_chain(struct lru *l, const uint8_t *key)
{
	unsigned __int128 sum = l->secret[KEY_WORDS];
	uint64_t word;
	size_t i;

	for (i = 0; i < KEY_WORDS; i++) {
		memcpy(&word, key + i * sizeof(word), sizeof(word));
		sum += (unsigned __int128)word * l->secret[i];
	}
	return &l->chains[(uint64_t)(sum >> 64) & l->mask];
}

void *lru_find(struct lru *l, const uint8_t key[LRU_KEY_SIZE])
{
	struct lru_entry *e;

	for (e = *lru_chain(l, key); e; e = e->next) {
		if (memcmp(e->key, key, LRU_KEY_SIZE) == 0) {
			llist_del(&e->order);
			llist_add(&e->order, &l->order);
			return e;
		}
	}
	return NULL;
}

static void lru_unlink(struct lru *l, struct lru_entry *e)
{
	struct lru_entry **p = lru_chain(l, e->key);

	while (*p != e)
		p = &(*p)->next;
	*p = e->next;
	llist_del(&e->order);
	l->count--;
}

void *lru_put(struct lru *l, const uint8_t key[LRU_KEY_SIZE])
{
	struct lru_entry **chain = lru_chain(l, key);
	struct lru_entry *e;

	if (l->count == l->max) {
		e = lru_oldest(l);
		lru_unlink(l, e);
		memset(e, 0, l->entry_size);
	} else {
		e = talloc_zero_size(l, l->entry_size);
		OSMO_ASSERT(e);
	}
	memcpy(e->key, key, LRU_KEY_SIZE);
	e->next = *chain;
	*chain = e;
	llist_add(&e->order, &l->order);
	l->count++;
	return e;
}

void lru_remove(struct lru *l, void *entry)
{
	lru_unlink(l, entry);
	talloc_free(entry);
}

size_t lru_count(const struct lru *l)
{
	return l->count;
}

void *lru_first(struct lru *l)
{
	if (llist_empty(&l->order))
		return NULL;
	return llist_entry(l->order.next, struct lru_entry, order);
}

void *lru_next(struct lru *l, void *entry)
{
	struct lru_entry *e = entry;

	if (e->order.next == &l->order)
		return NULL;
	return llist_entry(e->order.next, struct lru_entry, order);
}

void *lru_oldest(struct lru *l)
{
	if (llist_empty(&l->order))
		return NULL;
	return llist_entry(l->order.prev, struct lru_entry, order);
}
