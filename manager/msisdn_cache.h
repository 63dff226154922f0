/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the HLR said which number an IMSI has, for a while.  A subscriber
 * without a number is remembered too, for a shorter while.
 *
 * At most max entries; a new one pushes out the one that was not asked for
 * longest.  Expired entries go when they are asked for or pushed out.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/gsup_msg.h"

struct msisdn_cache;

enum msisdn_cache_answer {
	MSISDN_CACHE_MISS,
	MSISDN_CACHE_NONE, /* known to have no number */
	MSISDN_CACHE_KNOWN,
};

/* max: 1 or more. */
struct msisdn_cache *msisdn_cache_new(void *ctx, size_t max);

/* now_ms: monotonic.  msisdn is set with MSISDN_CACHE_KNOWN only. */
enum msisdn_cache_answer msisdn_cache_get(struct msisdn_cache *c, const char *imsi, int64_t now_ms,
					  char msisdn[GSUP_MSISDN_SIZE]);

/* msisdn: NULL where there is none.  In force until expires_ms. */
void msisdn_cache_put(struct msisdn_cache *c, const char *imsi, const char *msisdn,
		      int64_t expires_ms);

size_t msisdn_cache_count(const struct msisdn_cache *c);
