/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Latencies in a table of fixed size: 1,024 linear steps in each power of two, so
 * that every value is known to three significant digits whatever its size (as
 * HdrHistogram does it).  184 KiB each.
 */
#include <stdint.h>

#define LOAD_STEPS_BITS 10
#define LOAD_STEPS (1 << LOAD_STEPS_BITS)
#define LOAD_MAX_BITS 32 /* above 4,294 s is counted as that */
#define LOAD_BUCKETS ((LOAD_MAX_BITS - LOAD_STEPS_BITS + 1) * LOAD_STEPS)

struct load_histogram {
	uint64_t n;
	uint64_t max_us, sum_us;
	uint64_t counts[LOAD_BUCKETS];
};

void load_histogram_add(struct load_histogram *h, uint64_t us);
/* The value below or at which so many per mille of all lie (p99 is 990); 0 where there is none. */
uint64_t load_histogram_permille(const struct load_histogram *h, double permille);
/* Lowest value that bucket i counts. */
uint64_t load_histogram_bucket_us(unsigned int i);
