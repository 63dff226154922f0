/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/metrics.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/stat_item.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/metrics_process.h"

#define GROUPS_MAX 1024
#define NAME_SIZE 160

struct metrics_text {
	char *buf;
	size_t len, size;
	bool full;
};

/* Upper bounds of the buckets, microseconds. */
static const uint64_t histogram_bounds_us[] = {
	100,   250,    500,    1000,   2500,	5000,	 10000,	  25000,
	50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

struct metrics_histogram {
	struct llist_head entry;
	const char *name, *help, *labels;
	uint64_t sum_us;
	uint64_t count[ARRAY_SIZE(histogram_bounds_us) + 1];
};

struct metrics_gauge {
	struct llist_head entry;
	const char *name, *help, *labels;
	double (*read)(void *data);
	void *data;
};

static LLIST_HEAD(histograms);
static LLIST_HEAD(gauges);

/* --- text ------------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static void text_add(struct metrics_text *t, const char *fmt,
							   ...)
{
	va_list ap;
	int n;

	if (t->full)
		return;
	for (;;) {
		va_start(ap, fmt);
		n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
		va_end(ap);
		if (n >= 0 && (size_t)n < t->size - t->len) {
			t->len += n;
			return;
		}
		if (n < 0 || t->size * 2 > METRICS_MAX) {
			LOGP(DMAIN, LOGL_ERROR, "metrics page is cut at %zu octets\n", t->len);
			t->buf[t->len] = '\0';
			t->full = true;
			return;
		}
		t->size *= 2;
		t->buf = talloc_realloc(NULL, t->buf, char, t->size);
	}
}

/* "issue:ok" and "lane.busy" become issue_ok and lane_busy (the alphabet of metric names). */
static void name_clean(char *out, size_t size, const char *prefix, const char *name)
{
	size_t i;

	snprintf(out, size, "tegata_%s_%s", prefix, name);
	for (i = 0; out[i]; i++)
		if (!isalnum((unsigned char)out[i]))
			out[i] = '_';
}

static void label_escape(char *out, size_t size, const char *in)
{
	size_t n = 0;

	for (; *in && n + 3 < size; in++) {
		if (*in == '\\' || *in == '"' || *in == '\n')
			out[n++] = '\\';
		out[n++] = *in == '\n' ? 'n' : *in;
	}
	out[n] = '\0';
}

static void text_family(struct metrics_text *t, const char *name, const char *help,
			const char *type)
{
	text_add(t, "# HELP %s %s\n# TYPE %s %s\n", name, help ? help : "", name, type);
}

/* --- counters and stat items ----------------------------------------------- */

struct group_list {
	size_t n;
	const void *group[GROUPS_MAX];
};

static int list_rate_group(struct rate_ctr_group *group, void *data)
{
	struct group_list *list = data;

	if (list->n < GROUPS_MAX)
		list->group[list->n++] = group;
	return 0;
}

static int list_item_group(struct osmo_stat_item_group *group, void *data)
{
	struct group_list *list = data;

	if (list->n < GROUPS_MAX)
		list->group[list->n++] = group;
	return 0;
}

/* Samples of a family must stand together.  Families are told by name: libosmocore gives a group
 * with a name it had to clean a description of its own. */
static int compare_group(const char *x, unsigned int x_idx, const char *y, unsigned int y_idx)
{
	int rc = strcmp(x, y);

	return rc ? rc : (x_idx > y_idx) - (x_idx < y_idx);
}

static int compare_rate(const void *a, const void *b)
{
	const struct rate_ctr_group *x = *(const struct rate_ctr_group *const *)a;
	const struct rate_ctr_group *y = *(const struct rate_ctr_group *const *)b;

	return compare_group(x->desc->group_name_prefix, x->idx, y->desc->group_name_prefix,
			     y->idx);
}

static int compare_item(const void *a, const void *b)
{
	const struct osmo_stat_item_group *x = *(const struct osmo_stat_item_group *const *)a;
	const struct osmo_stat_item_group *y = *(const struct osmo_stat_item_group *const *)b;

	return compare_group(x->desc->group_name_prefix, x->idx, y->desc->group_name_prefix,
			     y->idx);
}

static void text_labels(struct metrics_text *t, unsigned int idx, const char *name)
{
	char label[NAME_SIZE];

	label_escape(label, sizeof(label), name ? name : "");
	text_add(t, "{index=\"%u\",name=\"%s\"}", idx, label);
}

static void text_rate_family(struct metrics_text *t, struct rate_ctr_group **groups, size_t n)
{
	const struct rate_ctr_group_desc *desc = groups[0]->desc;
	char name[NAME_SIZE];
	unsigned int c;
	size_t g;

	for (c = 0; c < desc->num_ctr; c++) {
		name_clean(name, sizeof(name) - 6, desc->group_name_prefix, desc->ctr_desc[c].name);
		strcat(name, "_total");
		text_family(t, name, desc->ctr_desc[c].description, "counter");
		for (g = 0; g < n; g++) {
			text_add(t, "%s", name);
			text_labels(t, groups[g]->idx, groups[g]->name);
			text_add(t, " %llu\n",
				 (unsigned long long)rate_ctr_group_get_ctr(groups[g], c)->current);
		}
	}
}

static void text_item_family(struct metrics_text *t, struct osmo_stat_item_group **groups, size_t n)
{
	const struct osmo_stat_item_group_desc *desc = groups[0]->desc;
	char name[NAME_SIZE];
	unsigned int c;
	size_t g;

	for (c = 0; c < desc->num_items; c++) {
		name_clean(name, sizeof(name), desc->group_name_prefix, desc->item_desc[c].name);
		text_family(t, name, desc->item_desc[c].description, "gauge");
		for (g = 0; g < n; g++) {
			text_add(t, "%s", name);
			text_labels(t, groups[g]->idx, groups[g]->name);
			text_add(t, " %d\n",
				 osmo_stat_item_get_last(
					 osmo_stat_item_group_get_item(groups[g], c)));
		}
	}
}

static void text_rate_groups(struct metrics_text *t, struct group_list *list)
{
	struct rate_ctr_group **groups = (struct rate_ctr_group **)list->group;
	size_t first, end;

	list->n = 0;
	rate_ctr_for_each_group(list_rate_group, list);
	qsort(groups, list->n, sizeof(*groups), compare_rate);
	for (first = 0; first < list->n; first = end) {
		for (end = first; end < list->n && !strcmp(groups[first]->desc->group_name_prefix,
							   groups[end]->desc->group_name_prefix);
		     end++)
			;
		text_rate_family(t, groups + first, end - first);
	}
}

static void text_item_groups(struct metrics_text *t, struct group_list *list)
{
	struct osmo_stat_item_group **groups = (struct osmo_stat_item_group **)list->group;
	size_t first, end;

	list->n = 0;
	osmo_stat_item_for_each_group(list_item_group, list);
	qsort(groups, list->n, sizeof(*groups), compare_item);
	for (first = 0; first < list->n; first = end) {
		for (end = first; end < list->n && !strcmp(groups[first]->desc->group_name_prefix,
							   groups[end]->desc->group_name_prefix);
		     end++)
			;
		text_item_family(t, groups + first, end - first);
	}
}

/* --- histograms and gauges -------------------------------------------------- */

static int histogram_unlink(struct metrics_histogram *h)
{
	llist_del(&h->entry);
	return 0;
}

struct metrics_histogram *metrics_histogram_new(void *ctx, const char *name, const char *help,
						const char *labels)
{
	struct metrics_histogram *h = talloc_zero(ctx, struct metrics_histogram);

	h->name = talloc_strdup(h, name);
	h->help = talloc_strdup(h, help);
	h->labels = talloc_strdup(h, labels);
	llist_add_tail(&h->entry, &histograms);
	talloc_set_destructor(h, histogram_unlink);
	return h;
}

void metrics_histogram_add(struct metrics_histogram *h, uint64_t us)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(histogram_bounds_us) && us > histogram_bounds_us[i]; i++)
		;
	h->count[i]++;
	h->sum_us += us;
}

static int gauge_unlink(struct metrics_gauge *g)
{
	llist_del(&g->entry);
	return 0;
}

void metrics_gauge_register(void *ctx, const char *name, const char *help, const char *labels,
			    double (*read)(void *data), void *data)
{
	struct metrics_gauge *g = talloc_zero(ctx, struct metrics_gauge), *other;
	struct llist_head *after = gauges.prev;

	g->name = talloc_strdup(g, name);
	g->help = talloc_strdup(g, help);
	g->labels = talloc_strdup(g, labels);
	g->read = read;
	g->data = data;
	/* Samples of a family must stand together. */
	llist_for_each_entry_reverse(other, &gauges, entry)
	{
		if (strcmp(other->name, name) == 0) {
			after = &other->entry;
			break;
		}
	}
	llist_add(&g->entry, after);
	talloc_set_destructor(g, gauge_unlink);
}

static void text_histogram(struct metrics_text *t, const struct metrics_histogram *h)
{
	const char *comma = h->labels[0] ? "," : "";
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(histogram_bounds_us); i++) {
		total += h->count[i];
		text_add(t, "%s_bucket{%s%sle=\"%g\"} %llu\n", h->name, h->labels, comma,
			 histogram_bounds_us[i] / 1e6, (unsigned long long)total);
	}
	total += h->count[i];
	text_add(t, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", h->name, h->labels, comma,
		 (unsigned long long)total);
	text_add(t, "%s_sum{%s} %.6f\n%s_count{%s} %llu\n", h->name, h->labels, h->sum_us / 1e6,
		 h->name, h->labels, (unsigned long long)total);
}

static void text_histograms(struct metrics_text *t)
{
	const struct metrics_histogram *h, *earlier;
	bool told;

	llist_for_each_entry (h, &histograms, entry) {
		told = false;
		llist_for_each_entry (earlier, &histograms, entry) {
			if (earlier == h)
				break;
			told |= !strcmp(earlier->name, h->name);
		}
		if (told)
			continue;
		text_family(t, h->name, h->help, "histogram");
		for (earlier = h; &earlier->entry != &histograms;
		     earlier = llist_entry(earlier->entry.next, struct metrics_histogram, entry))
			if (!strcmp(earlier->name, h->name))
				text_histogram(t, earlier);
	}
}

static void text_gauges(struct metrics_text *t)
{
	const struct metrics_gauge *g;
	const char *last = "";

	llist_for_each_entry (g, &gauges, entry) {
		if (strcmp(last, g->name))
			text_family(t, g->name, g->help, "gauge");
		last = g->name;
		if (g->labels[0])
			text_add(t, "%s{%s} %.17g\n", g->name, g->labels, g->read(g->data));
		else
			text_add(t, "%s %.17g\n", g->name, g->read(g->data));
	}
}

static void text_process(struct metrics_text *t)
{
	struct metrics_process p;

	metrics_process_read(&p);
	text_family(t, "tegata_build_info", "Version of the program.", "gauge");
	text_add(t, "tegata_build_info{version=\"%s\"} 1\n", TEGATA_VERSION);
	text_family(t, "process_cpu_seconds_total", "CPU time, user and system.", "counter");
	text_add(t, "process_cpu_seconds_total %.3f\n", p.cpu_s);
	text_family(t, "process_resident_memory_bytes", "Resident memory.", "gauge");
	text_add(t, "process_resident_memory_bytes %llu\n", (unsigned long long)p.resident_bytes);
	text_family(t, "process_open_fds", "Open file descriptors.", "gauge");
	text_add(t, "process_open_fds %u\n", p.open_fds);
	text_family(t, "process_start_time_seconds", "When the process started.", "gauge");
	text_add(t, "process_start_time_seconds %.3f\n", p.start_time_s);
}

char *metrics_page(void *ctx, size_t *len)
{
	struct metrics_text t = { .size = 16 * 1024 };
	struct group_list *list = talloc(ctx, struct group_list);

	t.buf = talloc_array(NULL, char, t.size);
	text_process(&t);
	text_rate_groups(&t, list);
	text_item_groups(&t, list);
	text_histograms(&t);
	text_gauges(&t);
	talloc_free(list);
	*len = t.len;
	return talloc_steal(ctx, t.buf);
}
