/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The last result of reconciliation on the metrics page:
 *
 *   tegata_reconcile_last_run_seconds               when it ran, since 1970; 0: never
 *   tegata_reconcile_took_seconds
 *   tegata_reconcile_difference{kind,currency}      found - expected, in minor units
 *   tegata_reconcile_objects{kind,currency}         how many things differ; 0 is good
 *
 * Kinds are those of sql/function/reconcile.sql.  A pair that the last run did not have is gone
 * from the page.  All managers of a database tell the same.
 */
#include <stddef.h>
#include <stdint.h>

#define RECONCILE_LINES_MAX 256 /* what comes above it is left out, and logged */
#define RECONCILE_KIND_SIZE 17
#define RECONCILE_CURRENCY_SIZE 9

struct reconcile_metrics;

struct reconcile_line {
	char kind[RECONCILE_KIND_SIZE];
	char currency[RECONCILE_CURRENCY_SIZE];
	int64_t difference_minor;
	int64_t objects;
};

struct reconcile_metrics *reconcile_metrics_new(void *ctx);
/* The lines are copied. */
void reconcile_metrics_set(struct reconcile_metrics *m, int64_t at_s, int64_t took_ms,
			   const struct reconcile_line *lines, size_t n);
