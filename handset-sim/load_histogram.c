/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <osmocom/core/utils.h>

#include "handset-sim/load_histogram.h"

static unsigned int bucket_of(uint64_t us)
{
	unsigned int bits;

	if (us < LOAD_STEPS)
		return us;
	if (us >> LOAD_MAX_BITS)
		return LOAD_BUCKETS - 1;
	bits = 63 - __builtin_clzll(us) - LOAD_STEPS_BITS;
	return (bits + 1) * LOAD_STEPS + ((us >> bits) - LOAD_STEPS);
}

uint64_t load_histogram_bucket_us(unsigned int i)
{
	unsigned int bits = i / LOAD_STEPS;

	if (bits == 0)
		return i;
	return (uint64_t)(LOAD_STEPS + i % LOAD_STEPS) << (bits - 1);
}

void load_histogram_add(struct load_histogram *h, uint64_t us)
{
	h->counts[bucket_of(us)]++;
	h->n++;
	h->sum_us += us;
	h->max_us = OSMO_MAX(h->max_us, us);
}

uint64_t load_histogram_permille(const struct load_histogram *h, double permille)
{
	uint64_t wanted = h->n * permille / 1000.0 + 0.999999, seen = 0;
	unsigned int i;

	if (h->n == 0)
		return 0;
	wanted = OSMO_MAX(wanted, 1);
	for (i = 0; i < LOAD_BUCKETS; i++) {
		seen += h->counts[i];
		if (seen >= wanted)
			return OSMO_MIN(load_histogram_bucket_us(i + 1) - 1, h->max_us);
	}
	return h->max_us;
}
