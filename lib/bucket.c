/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/bucket.h"

#define TOKEN_U 1000000LL

static int64_t bucket_size_u(const struct bucket *b)
{
	return b->burst * TOKEN_U;
}

static void bucket_fill(struct bucket *b, uint64_t now_us)
{
	uint64_t elapsed_us = now_us > b->filled_us ? now_us - b->filled_us : 0;
	int64_t missing_u = bucket_size_u(b) - b->level_u;

	/* A token a second is a millionth a microsecond: no division, and compared by
	 * division only so that a long absence cannot overflow. */
	if (missing_u <= 0)
		b->level_u = bucket_size_u(b);
	else if (b->rate_per_s && elapsed_us > (uint64_t)missing_u / b->rate_per_s)
		b->level_u = bucket_size_u(b);
	else
		b->level_u += elapsed_us * b->rate_per_s;
	if (now_us > b->filled_us)
		b->filled_us = now_us;
}

void bucket_init(struct bucket *b, uint32_t rate_per_s, uint32_t burst, uint64_t now_us)
{
	b->rate_per_s = rate_per_s;
	b->burst = burst;
	b->level_u = bucket_size_u(b);
	b->filled_us = now_us;
}

void bucket_change(struct bucket *b, uint32_t rate_per_s, uint32_t burst, uint64_t now_us)
{
	if (b->rate_per_s == rate_per_s && b->burst == burst)
		return;
	bucket_fill(b, now_us);
	b->rate_per_s = rate_per_s;
	b->burst = burst;
	if (b->level_u > bucket_size_u(b))
		b->level_u = bucket_size_u(b);
}

uint32_t bucket_take(struct bucket *b, uint32_t n, uint64_t now_us)
{
	int64_t needed_u = (n < b->burst ? n : b->burst) * TOKEN_U;
	uint64_t wait_ms;

	bucket_fill(b, now_us);
	if (b->level_u >= needed_u) {
		b->level_u -= n * TOKEN_U;
		return 0;
	}
	if (!b->rate_per_s)
		return UINT32_MAX;
	wait_ms = (uint64_t)(needed_u - b->level_u) / b->rate_per_s / 1000 + 1;
	return wait_ms < UINT32_MAX ? (uint32_t)wait_ms : UINT32_MAX;
}

void bucket_owe(struct bucket *b, uint32_t n, uint64_t now_us)
{
	bucket_fill(b, now_us);
	b->level_u -= n * TOKEN_U;
}

void bucket_give(struct bucket *b, uint32_t n)
{
	b->level_u += n * TOKEN_U;
	if (b->level_u > bucket_size_u(b))
		b->level_u = bucket_size_u(b);
}
