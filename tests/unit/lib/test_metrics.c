/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/stat_item.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/metrics.h"

static void *ctx;
static double began_s;

static const struct rate_ctr_desc ctr_desc[] = {
	{ "issue:ok", "values issued" },
	{ "issue:busy", "refused" },
};
static const struct rate_ctr_group_desc group_desc = {
	.group_name_prefix = "test.ledger",
	.group_description = "a group",
	.num_ctr = ARRAY_SIZE(ctr_desc),
	.ctr_desc = ctr_desc,
};
static const struct osmo_stat_item_desc item_desc[] = {
	{ "open", "open sessions", OSMO_STAT_ITEM_NO_UNIT, 4, 0 },
};
static const struct osmo_stat_item_group_desc item_group_desc = {
	.group_name_prefix = "test.sessions",
	.group_description = "another",
	.num_items = ARRAY_SIZE(item_desc),
	.item_desc = item_desc,
};

static char *page(void)
{
	size_t len;
	char *text = metrics_page(ctx, &len);

	assert_int_equal(strlen(text), len);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_counters(void **state)
{
	struct rate_ctr_group *a = rate_ctr_group_alloc(ctx, &group_desc, 0);
	struct rate_ctr_group *b = rate_ctr_group_alloc(ctx, &group_desc, 1);
	char *text;

	rate_ctr_group_set_name(b, "a \"b\"\\");
	rate_ctr_add(rate_ctr_group_get_ctr(a, 0), 3);
	rate_ctr_add(rate_ctr_group_get_ctr(b, 0), 4);
	text = page();
	/* Both samples stand behind the one head of their family. */
	assert_has(text,
		   "# TYPE tegata_test_ledger_issue_ok_total counter\n"
		   "tegata_test_ledger_issue_ok_total{index=\"0\",name=\"\"} 3\n"
		   "tegata_test_ledger_issue_ok_total{index=\"1\",name=\"a \\\"b\\\"\\\\\"} 4\n");
	assert_has(text, "tegata_test_ledger_issue_busy_total{index=\"0\",name=\"\"} 0\n");
	rate_ctr_group_free(a);
	rate_ctr_group_free(b);
	assert_null(strstr(page(), "test_ledger"));
}

static void test_items(void **state)
{
	struct osmo_stat_item_group *g = osmo_stat_item_group_alloc(ctx, &item_group_desc, 7);

	osmo_stat_item_set(osmo_stat_item_group_get_item(g, 0), 42);
	assert_has(page(), "# TYPE tegata_test_sessions_open gauge\n"
			   "tegata_test_sessions_open{index=\"7\",name=\"\"} 42\n");
	osmo_stat_item_group_free(g);
}

static void test_histogram(void **state)
{
	struct metrics_histogram *h =
		metrics_histogram_new(ctx, "tegata_x_seconds", "x", "lane=\"0\"");
	struct metrics_histogram *other = metrics_histogram_new(ctx, "tegata_y_seconds", "y", "");
	struct metrics_histogram *i =
		metrics_histogram_new(ctx, "tegata_x_seconds", "x", "lane=\"1\"");
	char *text;

	metrics_histogram_add(h, 100); /* on a bound counts below it */
	metrics_histogram_add(h, 101);
	metrics_histogram_add(h, 60 * 1000000ULL);
	text = page();
	assert_has(text, "tegata_x_seconds_bucket{lane=\"0\",le=\"0.0001\"} 1\n");
	assert_has(text, "tegata_x_seconds_bucket{lane=\"0\",le=\"0.00025\"} 2\n");
	assert_has(text, "tegata_x_seconds_bucket{lane=\"0\",le=\"10\"} 2\n");
	assert_has(text, "tegata_x_seconds_bucket{lane=\"0\",le=\"+Inf\"} 3\n");
	assert_has(text, "tegata_x_seconds_count{lane=\"0\"} 3\n"
			 "tegata_x_seconds_bucket{lane=\"1\",le=\"0.0001\"} 0\n");
	assert_has(text, "tegata_y_seconds_count{} 0\n");
	talloc_free(h);
	talloc_free(i);
	talloc_free(other);
	assert_null(strstr(page(), "tegata_x_seconds"));
}

static double read_gauge(void *data)
{
	return *(double *)data;
}

static void test_gauge(void **state)
{
	void *owner = talloc_new(ctx);
	double value = 1.5;

	metrics_gauge_register(owner, "tegata_g", "g", "", read_gauge, &value);
	assert_has(page(), "# TYPE tegata_g gauge\ntegata_g 1.5\n");
	value = 2;
	assert_has(page(), "tegata_g 2\n");
	talloc_free(owner);
	assert_null(strstr(page(), "tegata_g"));
}

/* Each lane has several gauges: a family may be told once, with all its samples together. */
static void test_gauges_of_two_families(void **state)
{
	void *owner = talloc_new(ctx);
	double value = 1;

	metrics_gauge_register(owner, "tegata_g", "g", "lane=\"0\"", read_gauge, &value);
	metrics_gauge_register(owner, "tegata_h", "h", "lane=\"0\"", read_gauge, &value);
	metrics_gauge_register(owner, "tegata_g", "g", "lane=\"1\"", read_gauge, &value);
	metrics_gauge_register(owner, "tegata_h", "h", "lane=\"1\"", read_gauge, &value);
	assert_has(page(), "# HELP tegata_g g\n# TYPE tegata_g gauge\n"
			   "tegata_g{lane=\"0\"} 1\ntegata_g{lane=\"1\"} 1\n"
			   "# HELP tegata_h h\n# TYPE tegata_h gauge\n"
			   "tegata_h{lane=\"0\"} 1\ntegata_h{lane=\"1\"} 1\n");
	talloc_free(owner);
}

static void test_process(void **state)
{
	char *text;
	double start_s;

	sleep(2);
	text = page();
	assert_has(text, "process_resident_memory_bytes ");
	assert_null(strstr(text, "process_resident_memory_bytes 0\n"));
	assert_null(strstr(text, "process_open_fds 0\n"));
	/* This test started a moment ago, however long the page took to be asked for. */
	start_s = strtod(strstr(text, "\nprocess_start_time_seconds ") + 28, NULL);
	assert_true(start_s > began_s - 5 && start_s < began_s + 1);
}

/* A page that would grow past its bound is cut at a line, not in one. */
static void test_bound(void **state)
{
	void *owner = talloc_new(ctx);
	char *text;
	size_t i, len;

	for (i = 0; i < 2000; i++)
		metrics_histogram_new(owner, "tegata_many_seconds", "many", "x=\"0123456789\"");
	text = metrics_page(ctx, &len);
	assert_true(len > METRICS_MAX / 2 && len <= METRICS_MAX);
	assert_int_equal(text[len - 1], '\n');
	talloc_free(owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_gauge),
		cmocka_unit_test(test_gauges_of_two_families),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_bound),
	};

	began_s = time(NULL);
	ctx = talloc_named_const(NULL, 0, "test");
	osmo_init_logging2(ctx, &tegata_log_info);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(ctx);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
