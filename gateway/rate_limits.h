/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Who may ask how much.
 *
 *   - a shop: the rate and burst that the manager tells with each answer, counted
 *     in items; all keys of a shop share one bucket;
 *   - a key whose shop is not known yet: a bucket of its own;
 *   - a source address: a bucket of refused keys, to stop guessing.  A key that was
 *     good before is not held up by what others did from the same address.  Keys
 *     under way at once are counted when they are refused, into debt: there are no
 *     more of them than an address may have connections.
 *
 * Everything is bounded: who was not seen for longest is forgotten, and then
 * starts with a full bucket.  Counts are of one gateway process.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/gateway_config.h"
#include "gateway/source_address.h"
#include "lib/bucket.h"
#include "lib/link_msg.h"
#include "lib/lru.h"

struct shop_usage {
	struct lru_entry lru;
	char code[8];
	bool test;
	struct bucket bucket;
	uint64_t n_requests, n_items, n_limited;
};

struct rate_limits;
struct link_check_result;

/* NULL: no random numbers.  Table sizes are as configured now; rates of limits may change. */
struct rate_limits *rate_limits_new(void *ctx, const struct gateway_limits *limits)
	__attribute__((warn_unused_result));

/* Before the manager is asked.  0: go on, and call one of the three below once it is known how
 * it went; else nothing was taken, and this many milliseconds are to be waited. */
uint32_t rate_limits_take(struct rate_limits *rl, const uint8_t digest[LINK_KEY_DIGEST_SIZE],
			  const struct source_address *from, uint32_t n_items, uint64_t now_us);

/* The key is good: whose it is, and what that shop may ask (rate 0: not told). */
struct shop_usage *rate_limits_verified(struct rate_limits *rl,
					const uint8_t digest[LINK_KEY_DIGEST_SIZE],
					const struct link_check_result *result, uint32_t n_items,
					uint64_t now_us);
/* The key is not good, which counts against the address. */
void rate_limits_refused(struct rate_limits *rl, const uint8_t digest[LINK_KEY_DIGEST_SIZE],
			 const struct source_address *from, uint64_t now_us);
/* Nobody said anything about the key: gives back what was taken. */
void rate_limits_undecided(struct rate_limits *rl, const uint8_t digest[LINK_KEY_DIGEST_SIZE],
			   uint32_t n_items);

/* Shops, the latest first; next of NULL is the first. */
struct shop_usage *rate_limits_next_shop(struct rate_limits *rl, struct shop_usage *shop);
size_t rate_limits_shop_count(const struct rate_limits *rl);
