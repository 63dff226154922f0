/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Every rate_ctr group and osmo_stat_item group of the process in Prometheus'
 * text format 0.0.4, plus process figures.  Counter "issue:ok" of group
 * "ledger" becomes tegata_ledger_issue_ok_total{index="0",name="..."}.
 */
#include <stddef.h>
#include <stdint.h>

struct metrics_text; /* a growing text, bounded at METRICS_MAX */

#define METRICS_MAX (1024 * 1024)

/* A latency histogram with fixed bounds (microseconds), cheap enough for every message. */
struct metrics_histogram;
struct metrics_histogram *metrics_histogram_new(void *ctx, const char *name, const char *help,
						const char *labels);
void metrics_histogram_add(struct metrics_histogram *h, uint64_t us);

/* A gauge that is asked when the page is made. */
void metrics_gauge_register(const char *name, const char *help, const char *labels,
			    double (*read)(void *data), void *data);

/* The whole page, talloc'd from ctx; *len without NUL. */
char *metrics_page(void *ctx, size_t *len);
