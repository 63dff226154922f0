/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A token bucket.  Time is handed in, so that it can be tested without waiting.
 *
 * Who takes more than the bucket can ever hold must find it full, and leaves a
 * debt: a batch of 1,000 by a shop with a burst of 100 passes, and then the shop
 * waits until all 1,000 are paid for.
 */
#include <stdint.h>

struct bucket {
	uint32_t rate_per_s;
	uint32_t burst;
	int64_t level_u; /* millionths of a token; negative: debt */
	uint64_t filled_us; /* when level_u was true */
};

/* Starts full. */
void bucket_init(struct bucket *b, uint32_t rate_per_s, uint32_t burst, uint64_t now_us);
/* Another rate or size; what is in it stays, up to the new size. */
void bucket_change(struct bucket *b, uint32_t rate_per_s, uint32_t burst, uint64_t now_us);
/* 0: taken.  Else nothing was taken, and this many milliseconds are to be waited. */
uint32_t bucket_take(struct bucket *b, uint32_t n, uint64_t now_us);
/* Takes without asking: what is known too late to be refused. */
void bucket_owe(struct bucket *b, uint32_t n, uint64_t now_us);
/* Gives back what was taken for nothing. */
void bucket_give(struct bucket *b, uint32_t n);
