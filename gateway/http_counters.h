/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What is counted about shops' requests; all of it is in /metrics. */
#include <stdint.h>

enum http_counter {
	HTTP_COUNTER_CONNECTIONS,
	HTTP_COUNTER_CONNECTIONS_REFUSED,
	HTTP_COUNTER_CONNECTIONS_EXPIRED,
	HTTP_COUNTER_REQUESTS,
	HTTP_COUNTER_2XX,
	HTTP_COUNTER_4XX,
	HTTP_COUNTER_5XX,
	HTTP_COUNTER_ABORTED,
	HTTP_COUNTER_UNAUTHENTICATED,
	HTTP_COUNTER_RATE_LIMITED,
	HTTP_COUNTER_UNAVAILABLE,
	HTTP_COUNTER_ITEMS,
	HTTP_COUNTER_ITEMS_OWNED,
};

struct http_counters;

struct http_counters *http_counters_new(void *ctx);
void http_counters_add(struct http_counters *hc, enum http_counter what, uint64_t n);
/* A request was answered; status 0: it was given up. */
void http_counters_request(struct http_counters *hc, int status, uint64_t duration_us);
