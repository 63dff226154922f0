/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/rate_limits.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

/* A bucket fills by the second, refused keys are configured by the minute. */
#define FAILURE_TOKENS 60

struct key_usage {
	struct lru_entry lru;
	bool good; /* the manager said so when it was asked last */
	uint8_t shop_key[LRU_KEY_SIZE];
	struct bucket bucket; /* until it is good */
};

struct address_usage {
	struct lru_entry lru;
	struct bucket failures;
};

struct rate_limits {
	const struct gateway_limits *limits;
	struct lru *keys, *shops, *addresses;
};

struct rate_limits *rate_limits_new(void *ctx, const struct gateway_limits *limits)
{
	struct rate_limits *rl = talloc_zero(ctx, struct rate_limits);

	rl->limits = limits;
	/* A shop that renews its key has two for a while. */
	rl->keys = lru_new(rl, 2 * (size_t)limits->shops, sizeof(struct key_usage));
	rl->shops = lru_new(rl, limits->shops, sizeof(struct shop_usage));
	rl->addresses = lru_new(rl, limits->addresses, sizeof(struct address_usage));
	if (!rl->keys || !rl->shops || !rl->addresses) {
		talloc_free(rl);
		return NULL;
	}
	return rl;
}

static struct address_usage *address_get(struct rate_limits *rl, const struct source_address *from,
					 uint64_t now_us)
{
	uint8_t key[LRU_KEY_SIZE];
	struct address_usage *a;

	source_address_key(key, from);
	a = lru_find(rl->addresses, key);
	if (!a) {
		a = lru_put(rl->addresses, key);
		bucket_init(&a->failures, rl->limits->failure_rate_per_min,
			    FAILURE_TOKENS * rl->limits->failure_burst, now_us);
	}
	return a;
}

static struct key_usage *key_get(struct rate_limits *rl, const uint8_t *digest, uint64_t now_us)
{
	struct key_usage *k = lru_find(rl->keys, digest);

	if (!k) {
		k = lru_put(rl->keys, digest);
		bucket_init(&k->bucket, rl->limits->new_key_rate_per_s, rl->limits->new_key_burst,
			    now_us);
	}
	return k;
}

/* The shop of a good key, unless it was forgotten. */
static struct shop_usage *key_shop(struct rate_limits *rl, struct key_usage *k)
{
	return k->good ? lru_find(rl->shops, k->shop_key) : NULL;
}

uint32_t rate_limits_take(struct rate_limits *rl, const uint8_t digest[LINK_KEY_DIGEST_SIZE],
			  const struct source_address *from, uint32_t n_items, uint64_t now_us)
{
	struct key_usage *k = key_get(rl, digest, now_us);
	struct shop_usage *shop = key_shop(rl, k);
	struct bucket *failures;
	uint32_t wait_ms;

	if (shop) {
		wait_ms = bucket_take(&shop->bucket, n_items, now_us);
		if (wait_ms)
			shop->n_limited++;
		return wait_ms;
	}
	failures = &address_get(rl, from, now_us)->failures;
	wait_ms = bucket_take(failures, FAILURE_TOKENS, now_us);
	if (wait_ms)
		return wait_ms;
	bucket_give(failures, FAILURE_TOKENS);
	return bucket_take(&k->bucket, n_items, now_us);
}

static struct shop_usage *shop_get(struct rate_limits *rl, const struct link_check_result *result,
				   uint8_t key[LRU_KEY_SIZE], uint64_t now_us)
{
	struct shop_usage *shop;

	memset(key, 0, LRU_KEY_SIZE);
	osmo_strlcpy((char *)key, result->shop_code, sizeof(result->shop_code));
	key[LRU_KEY_SIZE - 1] = result->test;
	shop = lru_find(rl->shops, key);
	if (!shop) {
		shop = lru_put(rl->shops, key);
		osmo_strlcpy(shop->code, result->shop_code, sizeof(shop->code));
		shop->test = result->test;
		bucket_init(&shop->bucket, rl->limits->new_key_rate_per_s,
			    rl->limits->new_key_burst, now_us);
	}
	if (result->rate_per_s)
		bucket_change(&shop->bucket, result->rate_per_s,
			      result->rate_burst ? result->rate_burst : result->rate_per_s, now_us);
	return shop;
}

struct shop_usage *rate_limits_verified(struct rate_limits *rl,
					const uint8_t digest[LINK_KEY_DIGEST_SIZE],
					const struct link_check_result *result, uint32_t n_items,
					uint64_t now_us)
{
	struct key_usage *k = key_get(rl, digest, now_us);
	bool charged = key_shop(rl, k);
	struct shop_usage *shop = shop_get(rl, result, k->shop_key, now_us);

	/* Until now it was the key's own bucket that was taken from. */
	if (!charged)
		bucket_owe(&shop->bucket, n_items, now_us);
	k->good = true;
	shop->n_requests++;
	shop->n_items += n_items;
	return shop;
}

void rate_limits_refused(struct rate_limits *rl, const uint8_t digest[LINK_KEY_DIGEST_SIZE],
			 const struct source_address *from, uint64_t now_us)
{
	struct key_usage *k = lru_find(rl->keys, digest);

	if (k)
		k->good = false;
	bucket_owe(&address_get(rl, from, now_us)->failures, FAILURE_TOKENS, now_us);
}

void rate_limits_undecided(struct rate_limits *rl, const uint8_t digest[LINK_KEY_DIGEST_SIZE],
			   uint32_t n_items)
{
	struct key_usage *k = lru_find(rl->keys, digest);
	struct shop_usage *shop = k ? key_shop(rl, k) : NULL;

	if (shop)
		bucket_give(&shop->bucket, n_items);
	else if (k)
		bucket_give(&k->bucket, n_items);
}

struct shop_usage *rate_limits_next_shop(struct rate_limits *rl, struct shop_usage *shop)
{
	return shop ? lru_next(rl->shops, shop) : lru_first(rl->shops);
}

size_t rate_limits_shop_count(const struct rate_limits *rl)
{
	return lru_count(rl->shops);
}
