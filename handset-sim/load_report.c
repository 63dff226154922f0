/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include <osmocom/core/utils.h>

#include "handset-sim/json.h"
#include "handset-sim/load.h"
#include "handset-sim/options.h"

static const char *const end_names[LOAD_ENDS] = {
	[LINE_END_RELEASED] = "released", [LINE_END_ERROR] = "error",
	[LINE_END_REJECT] = "rejected",	  [LINE_END_TIMEOUT] = "timeout",
	[LINE_END_LINK] = "link_down",	  [LINE_END_MALFORMED] = "malformed",
};

const char *load_end_name(enum line_end end)
{
	return end_names[end];
}

static const struct {
	const char *name;
	double permille;
} percentiles[] = { { "p50", 500 }, { "p90", 900 }, { "p99", 990 }, { "p99_9", 999 } };

uint64_t load_result_errors(const struct load_result *r)
{
	return r->begun + r->unsent - r->kinds[TEXT_OK];
}

static double own_cpu_us(const struct load_result *r)
{
	return r->ended ? r->cpu_s * 1e6 / r->ended : 0;
}

void load_progress_print(const struct load_result *r, uint64_t ended_before, double seconds,
			 uint32_t open)
{
	fprintf(stderr,
		"%5.0f s  %8" PRIu64 "/s  ok %" PRIu64 "  other %" PRIu64
		"  open %u  p50 %.2f ms  p99 %.2f ms\n",
		seconds, r->ended - ended_before, r->kinds[TEXT_OK], r->ended - r->kinds[TEXT_OK],
		open, load_histogram_permille(&r->all, 500) / 1e3,
		load_histogram_permille(&r->all, 990) / 1e3);
}

static void histogram_print(const char *name, const struct load_histogram *h)
{
	size_t i;

	printf("%-8s %10" PRIu64 "  mean %.2f", name, h->n,
	       h->n ? (double)h->sum_us / h->n / 1e3 : 0.0);
	for (i = 0; i < ARRAY_SIZE(percentiles); i++)
		printf("  %s %.2f", percentiles[i].name,
		       load_histogram_permille(h, percentiles[i].permille) / 1e3);
	printf("  max %.2f ms\n", h->max_us / 1e3);
}

static void texts_print(const struct load_texts *texts)
{
	uint32_t i;

	for (i = 0; i < texts->n_shapes; i++) {
		const struct load_shape *s = &texts->shapes[i];
		const char *c;

		printf("%10" PRIu64 " %-8s \"", s->n,
		       s->question ? "question" : text_kind_name(s->kind));
		for (c = s->example; *c; c++)
			putchar(*c == '\n' ? '/' : *c);
		printf("\"\n");
	}
}

void load_report_print(const struct options *o, const struct load_result *r,
		       const struct load_texts *texts)
{
	int i;

	printf("%" PRIu64 " dialogues in %.1f s: %.0f/s; ok %" PRIu64 ", errors %" PRIu64 "\n",
	       r->begun, r->seconds, r->ended / r->seconds, r->kinds[TEXT_OK],
	       load_result_errors(r));
	printf("own CPU %.1f us a dialogue, %.0f %% of a core\n", own_cpu_us(r),
	       100 * r->cpu_s / r->seconds);
	histogram_print("all", &r->all);
	for (i = 0; i < LOAD_OPS; i++)
		if (r->ops[i].n > 0 && r->ops[i].n < r->all.n)
			histogram_print(load_op_name(i), &r->ops[i]);
	for (i = 0; i < LOAD_ENDS; i++)
		if (r->ends[i] > 0)
			printf("%10" PRIu64 " ended without a text: %s\n", r->ends[i],
			       end_names[i]);
	if (r->unsent > 0)
		printf("%10" PRIu64 " not sent: no link\n", r->unsent);
	if (r->late > 0)
		printf("%10" PRIu64 " times every phone was busy: more --terminals needed\n",
		       r->late);
	texts_print(texts);
}

static void histogram_json(struct json *j, const char *name, const struct load_histogram *h)
{
	unsigned int i;

	json_object(j, name);
	json_int(j, "count", h->n);
	json_double(j, "mean_ms", h->n ? (double)h->sum_us / h->n / 1e3 : 0);
	for (i = 0; i < ARRAY_SIZE(percentiles); i++) {
		char key[16];

		snprintf(key, sizeof(key), "%s_ms", percentiles[i].name);
		json_double(j, key, load_histogram_permille(h, percentiles[i].permille) / 1e3);
	}
	json_double(j, "max_ms", h->max_us / 1e3);
	json_object_end(j);
}

static void buckets_json(struct json *j, const struct load_histogram *h)
{
	unsigned int i;

	json_array(j, "histogram");
	for (i = 0; i < LOAD_BUCKETS; i++) {
		if (h->counts[i] == 0)
			continue;
		json_array(j, NULL);
		json_int(j, NULL, load_histogram_bucket_us(i));
		json_int(j, NULL, h->counts[i]);
		json_array_end(j);
	}
	json_array_end(j);
}

static void texts_json(struct json *j, const struct load_texts *texts)
{
	uint32_t i;

	json_array(j, "texts");
	for (i = 0; i < texts->n_shapes; i++) {
		const struct load_shape *s = &texts->shapes[i];

		json_object(j, NULL);
		json_int(j, "count", s->n);
		json_string(j, "kind", s->question ? "question" : text_kind_name(s->kind));
		json_string(j, "example", s->example);
		json_object_end(j);
	}
	json_array_end(j);
}

void load_report_json(const struct options *o, const struct load_result *r,
		      const struct load_texts *texts)
{
	struct json j;
	int i;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_double(&j, "seconds", r->seconds);
	json_int(&j, "terminals", o->terminals);
	json_int(&j, o->rate ? "rate" : "window", o->rate ? o->rate : o->window);
	json_int(&j, "begun", r->begun);
	json_int(&j, "ended", r->ended);
	json_double(&j, "per_second", r->ended / r->seconds);
	json_double(&j, "ok_per_second", r->kinds[TEXT_OK] / r->seconds);
	json_int(&j, "errors", load_result_errors(r));
	json_double(&j, "cpu_us_per_dialogue", own_cpu_us(r));
	json_double(&j, "cpu_cores", r->cpu_s / r->seconds);
	json_object(&j, "finals");
	for (i = 0; i < TEXT_KINDS; i++)
		json_int(&j, text_kind_name(i), r->kinds[i]);
	json_object_end(&j);
	json_object(&j, "without_text");
	for (i = 0; i < LOAD_ENDS; i++)
		json_int(&j, end_names[i], r->ends[i]);
	json_int(&j, "question_unanswered", r->unanswered);
	json_int(&j, "unsent", r->unsent);
	json_object_end(&j);
	json_int(&j, "all_phones_busy", r->late);
	histogram_json(&j, "latency", &r->all);
	for (i = 0; i < LOAD_OPS; i++)
		if (r->ops[i].n > 0)
			histogram_json(&j, load_op_name(i), &r->ops[i]);
	buckets_json(&j, &r->all);
	texts_json(&j, texts);
	json_object_end(&j);
	json_end(&j);
}
