/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/reconcile_metrics.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/metrics.h"

struct reconcile_metrics {
	double at_s, took_s;
	size_t n;
	struct reconcile_line *lines[RECONCILE_LINES_MAX]; /* each the parent of its gauges */
};

static double read_at(void *data)
{
	return ((const struct reconcile_metrics *)data)->at_s;
}

static double read_took(void *data)
{
	return ((const struct reconcile_metrics *)data)->took_s;
}

static double read_difference(void *data)
{
	return ((const struct reconcile_line *)data)->difference_minor;
}

static double read_objects(void *data)
{
	return ((const struct reconcile_line *)data)->objects;
}

struct reconcile_metrics *reconcile_metrics_new(void *ctx)
{
	struct reconcile_metrics *m = talloc_zero(ctx, struct reconcile_metrics);

	OSMO_ASSERT(m);
	metrics_gauge_register(m, "tegata_reconcile_last_run_seconds",
			       "When reconciliation last ran, since 1970; 0: never", "", read_at,
			       m);
	metrics_gauge_register(m, "tegata_reconcile_took_seconds", "How long that took", "",
			       read_took, m);
	return m;
}

/* What stands in the database is no label's syntax. */
static void label_copy(char *out, size_t size, const char *text)
{
	size_t i;

	for (i = 0; text[i] && i + 1 < size; i++)
		out[i] = isalnum((unsigned char)text[i]) ? text[i] : '_';
	out[i] = '\0';
}

static struct reconcile_line *line_new(struct reconcile_metrics *m, const struct reconcile_line *l)
{
	struct reconcile_line *line = talloc_zero(m, struct reconcile_line);
	char labels[64];

	OSMO_ASSERT(line);
	label_copy(line->kind, sizeof(line->kind), l->kind);
	label_copy(line->currency, sizeof(line->currency), l->currency);
	line->difference_minor = l->difference_minor;
	line->objects = l->objects;
	snprintf(labels, sizeof(labels), "kind=\"%s\",currency=\"%s\"", line->kind, line->currency);
	metrics_gauge_register(line, "tegata_reconcile_difference",
			       "Found less expected, in minor units", labels, read_difference,
			       line);
	metrics_gauge_register(line, "tegata_reconcile_objects", "How many things differ", labels,
			       read_objects, line);
	return line;
}

void reconcile_metrics_set(struct reconcile_metrics *m, int64_t at_s, int64_t took_ms,
			   const struct reconcile_line *lines, size_t n)
{
	size_t i;

	if (n > RECONCILE_LINES_MAX) {
		LOGP(DDB, LOGL_ERROR, "reconciliation has %zu lines, only %d are told\n", n,
		     RECONCILE_LINES_MAX);
		n = RECONCILE_LINES_MAX;
	}
	for (i = 0; i < m->n; i++)
		talloc_free(m->lines[i]);
	for (i = 0; i < n; i++)
		m->lines[i] = line_new(m, &lines[i]);
	m->n = n;
	m->at_s = at_s;
	m->took_s = took_ms / 1e3;
}
