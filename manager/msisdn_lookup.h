/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Which number an IMSI has: from the cache, else from the HLR.
 *
 *   session                     lookup                      HLR
 *     | msisdn_lookup_cached() -> |                           |   known at once?
 *     | msisdn_lookup_ask() ----> | GET ------------------->  |   once for all who ask the same
 *     | <-------------- answer()  | <------------- GET_REPLY  |   or nothing within 2 s
 *
 * What was asked while the connection was away is sent when it is back, if its
 * two seconds are not over.  At most MSISDN_ASKED_MAX IMSIs are under way.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manager/msisdn_cache.h"

#define MSISDN_ASKED_MAX 16384
#define MSISDN_ADDRESS_SIZE 64

struct msisdn_lookup;
struct msisdn_query; /* one who waits */

struct msisdn_lookup_config {
	char address[MSISDN_ADDRESS_SIZE]; /* of the HLR's control interface */
	uint32_t cache_max; /* entries */
	uint32_t cache_s; /* how long a number is believed */
	uint32_t absent_s; /* how long it is believed that there is none */
	uint32_t timeout_ms;
};

/* msisdn: NULL: there is none, or it was not told in time. */
typedef void (*msisdn_lookup_cb)(void *data, const char *msisdn);

/* name: for the counters (rate_ctr group "msisdn"). */
struct msisdn_lookup *msisdn_lookup_new(void *ctx, const char *name,
					const struct msisdn_lookup_config *config);

enum msisdn_cache_answer msisdn_lookup_cached(struct msisdn_lookup *l, const char *imsi,
					      char msisdn[GSUP_MSISDN_SIZE]);

/* answer comes once, from the loop, unless cancelled.  NULL where too much is under way: go on
 * without the number. */
struct msisdn_query *msisdn_lookup_ask(struct msisdn_lookup *l, const char *imsi,
				       msisdn_lookup_cb answer, void *data);
/* Dead after its callback or this. */
void msisdn_query_cancel(struct msisdn_query *q);

bool msisdn_lookup_is_up(const struct msisdn_lookup *l);
size_t msisdn_lookup_cache_count(const struct msisdn_lookup *l);
/* All who wait are told NULL first. */
void msisdn_lookup_free(struct msisdn_lookup *l);
