/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Every rate_ctr group and osmo_stat_item group of the process in Prometheus'
 * text format 0.0.4, plus process figures.  Counter "issue:ok" of group
 * "ledger" becomes tegata_ledger_issue_ok_total{index="0",name="..."}.
 */
#include <stddef.h>
#include <stdint.h>

#define METRICS_MAX (1024 * 1024) /* what does not fit is left out, whole lines, and logged */

/*
 * A latency histogram with fixed bounds from 100 us to 10 s, cheap enough for every message.
 * Gone when its talloc parent goes.  name, help and labels ("lane=\"0\"", or "") are copied.
 */
struct metrics_histogram;
struct metrics_histogram *metrics_histogram_new(void *ctx, const char *name, const char *help,
						const char *labels);
void metrics_histogram_add(struct metrics_histogram *h, uint64_t us);

/* A gauge that is asked when the page is made; gone when its talloc parent ctx goes. */
void metrics_gauge_register(void *ctx, const char *name, const char *help, const char *labels,
			    double (*read)(void *data), void *data);

/* The whole page, talloc'd from ctx; *len without NUL. */
char *metrics_page(void *ctx, size_t *len);
