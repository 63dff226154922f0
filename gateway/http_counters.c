/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_counters.h"

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/metrics.h"

struct http_counters {
	struct rate_ctr_group *group;
	struct metrics_histogram *duration;
};

static const struct rate_ctr_desc counter_desc[] = {
	[HTTP_COUNTER_CONNECTIONS] = { "connections:opened", "Connections taken" },
	[HTTP_COUNTER_CONNECTIONS_REFUSED] = { "connections:refused",
					       "Connections refused: too many" },
	[HTTP_COUNTER_CONNECTIONS_EXPIRED] = { "connections:expired",
					       "Connections ended for being too slow" },
	[HTTP_COUNTER_REQUESTS] = { "requests", "Requests" },
	[HTTP_COUNTER_2XX] = { "answers:2xx", "Answers of status 2xx" },
	[HTTP_COUNTER_4XX] = { "answers:4xx", "Answers of status 4xx" },
	[HTTP_COUNTER_5XX] = { "answers:5xx", "Answers of status 5xx" },
	[HTTP_COUNTER_ABORTED] = { "requests:aborted", "Requests given up by the client" },
	[HTTP_COUNTER_UNAUTHENTICATED] = { "refused:unauthenticated",
					   "Requests without a good key" },
	[HTTP_COUNTER_RATE_LIMITED] = { "refused:rate_limited", "Requests past a rate limit" },
	[HTTP_COUNTER_UNAVAILABLE] = { "refused:unavailable", "Requests that no manager took" },
	[HTTP_COUNTER_ITEMS] = { "items", "Values asked about" },
	[HTTP_COUNTER_ITEMS_OWNED] = { "items:owned", "Values that were the asker's" },
};

static const struct rate_ctr_group_desc group_desc = {
	.group_name_prefix = "http",
	.group_description = "Shops' requests over HTTP",
	.class_id = OSMO_STATS_CLASS_GLOBAL,
	.num_ctr = ARRAY_SIZE(counter_desc),
	.ctr_desc = counter_desc,
};

struct http_counters *http_counters_new(void *ctx)
{
	struct http_counters *hc = talloc_zero(ctx, struct http_counters);

	hc->group = rate_ctr_group_alloc(hc, &group_desc, 0);
	OSMO_ASSERT(hc->group);
	hc->duration = metrics_histogram_new(hc, "tegata_http_request_duration_seconds",
					     "From the request line to the answer's last octet",
					     "");
	return hc;
}

void http_counters_add(struct http_counters *hc, enum http_counter what, uint64_t n)
{
	rate_ctr_add(rate_ctr_group_get_ctr(hc->group, what), n);
}

void http_counters_request(struct http_counters *hc, int status, uint64_t duration_us)
{
	http_counters_add(hc, HTTP_COUNTER_REQUESTS, 1);
	if (status >= 500)
		http_counters_add(hc, HTTP_COUNTER_5XX, 1);
	else if (status >= 400)
		http_counters_add(hc, HTTP_COUNTER_4XX, 1);
	else if (status)
		http_counters_add(hc, HTTP_COUNTER_2XX, 1);
	else
		http_counters_add(hc, HTTP_COUNTER_ABORTED, 1);
	if (status)
		metrics_histogram_add(hc->duration, duration_us);
}
