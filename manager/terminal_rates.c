/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/terminal_rates.h"

#include <string.h>

#include <osmocom/core/talloc.h>

#include "lib/bucket.h"
#include "lib/lru.h"

/* A bucket fills by the second, terminals are limited by the minute. */
#define DIALOGUE_TOKENS 60

struct terminal_rate {
	struct lru_entry lru;
	struct bucket bucket;
};

struct terminal_rates {
	struct lru *terminals;
};

struct terminal_rates *terminal_rates_new(void *ctx)
{
	struct terminal_rates *tr = talloc_zero(ctx, struct terminal_rates);

	tr->terminals = lru_new(tr, TERMINAL_RATES_MAX, sizeof(struct terminal_rate));
	if (!tr->terminals)
		TALLOC_FREE(tr);
	return tr;
}

static void key_of(uint8_t key[LRU_KEY_SIZE], const char *imsi)
{
	memcpy(key, imsi, strnlen(imsi, LRU_KEY_SIZE));
}

bool terminal_rates_take(struct terminal_rates *tr, const char *imsi, uint32_t per_minute,
			 uint32_t burst, uint64_t now_us)
{
	uint8_t key[LRU_KEY_SIZE] = { 0 };
	struct terminal_rate *t;

	if (per_minute == 0)
		return true;
	key_of(key, imsi);
	t = lru_find(tr->terminals, key);
	if (!t) {
		t = lru_put(tr->terminals, key);
		bucket_init(&t->bucket, per_minute, DIALOGUE_TOKENS * burst, now_us);
	}
	bucket_change(&t->bucket, per_minute, DIALOGUE_TOKENS * burst, now_us);
	return bucket_take(&t->bucket, DIALOGUE_TOKENS, now_us) == 0;
}

void terminal_rates_give(struct terminal_rates *tr, const char *imsi)
{
	uint8_t key[LRU_KEY_SIZE] = { 0 };
	struct terminal_rate *t;

	key_of(key, imsi);
	t = lru_find(tr->terminals, key);
	if (t)
		bucket_give(&t->bucket, DIALOGUE_TOKENS);
}

size_t terminal_rates_count(const struct terminal_rates *tr)
{
	return lru_count(tr->terminals);
}
