/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A hash table with a maximum: past it, what was not looked at for longest makes
 * room.  Keys are LRU_KEY_SIZE octets (shorter ones padded with zeros).  The hash
 * is keyed with random numbers, because outsiders choose what is looked up.
 *
 * An entry begins with struct lru_entry, belongs to the table, and moves for
 * nobody: a pointer is good until the next lru_put(), which may take it away.
 */
#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/linuxlist.h>

#define LRU_KEY_SIZE 32

struct lru_entry {
	struct lru_entry *next; /* in its chain */
	struct llist_head order; /* latest first */
	uint8_t key[LRU_KEY_SIZE];
};

struct lru;

/* entry_size: of the caller's structure, struct lru_entry included.  NULL: no random numbers. */
struct lru *lru_new(void *ctx, size_t entries_max, size_t entry_size)
	__attribute__((warn_unused_result));
/* NULL where there is none; else it is the latest now. */
void *lru_find(struct lru *l, const uint8_t key[LRU_KEY_SIZE]);
/* There must be none of this key.  Everything behind struct lru_entry is zero. */
void *lru_put(struct lru *l, const uint8_t key[LRU_KEY_SIZE]);
void lru_remove(struct lru *l, void *entry);
size_t lru_count(const struct lru *l);
/* The latest, then the next older one; NULL at the end. */
void *lru_first(struct lru *l);
void *lru_next(struct lru *l, void *entry);
/* NULL where there is none. */
void *lru_oldest(struct lru *l);
