/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How much the ledger's lanes carry: keeps a number of requests outstanding
 * against a database that tests/bench/lib.sh made, and prints one line of JSON.
 * Closed loop: with 1 outstanding it measures the time of a lone request.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/db_time.h"
#include "manager/ledger.h"
#include "manager/ledger_priv.h"

#define SAMPLES_MAX 4000000
#define VALUES_MAX 50000

struct slot {
	int64_t asked_us;
	int64_t terminal_id;
};

static struct ledger *ledger;
static unsigned int window = 1024, seconds = 5, n_terminals = 10000;
static bool checking;
static int64_t end_us;
static uint64_t n_done, n_failed;
static uint32_t *samples; /* microseconds */
static size_t n_values;
static struct {
	int64_t value_id, terminal_id;
} values[VALUES_MAX];

static void ask(struct slot *slot);

static void done(struct slot *slot, enum outcome outcome)
{
	int64_t now_us = db_now_us();

	if (outcome != OUTCOME_OK)
		n_failed++;
	if (n_done < SAMPLES_MAX)
		samples[n_done] = now_us - slot->asked_us;
	n_done++;
	if (now_us < end_us)
		ask(slot);
}

static void issued(void *data, const struct issue_result *result)
{
	struct slot *slot = data;

	if (n_values < VALUES_MAX && result->outcome == OUTCOME_OK) {
		values[n_values].value_id = result->value_id;
		values[n_values++].terminal_id = slot->terminal_id;
	}
	done(slot, result->outcome);
}

static void checked(void *data, const struct check_result *result)
{
	enum outcome outcome = result->outcome;

	if (outcome == OUTCOME_OK && !result->items[0].owner)
		outcome = OUTCOME_NOT_OWNER;
	done(data, outcome);
}

static void ask_issue(struct slot *slot)
{
	struct issue_args args = { .product = "coupon", .amount_minor = 500, .link = "bench" };
	int64_t n = 1 + random() % n_terminals;

	args.terminal_id = slot->terminal_id = n * 64 + n % 64;
	OSMO_ASSERT(request_id_mint(&args.request_id) == 0);
	ledger_issue(ledger, &args, issued, slot);
}

static void ask_check(struct slot *slot)
{
	size_t i = random() % n_values;
	struct check_asker asker = { .terminal_id = values[i].terminal_id };
	struct request_id id = { { 0 } };

	ledger_check(ledger, &asker, &values[i].value_id, 1, &id, checked, slot);
}

static void ask(struct slot *slot)
{
	slot->asked_us = db_now_us();
	if (checking)
		ask_check(slot);
	else
		ask_issue(slot);
}

static double run(unsigned int for_seconds)
{
	struct slot *slots = talloc_zero_array(ledger, struct slot, window);
	int64_t begin_us = db_now_us();
	unsigned int i;

	n_done = n_failed = 0;
	end_us = begin_us + for_seconds * INT64_C(1000000);
	for (i = 0; i < window; i++)
		ask(&slots[i]);
	while (ledger_in_flight(ledger) > 0)
		osmo_select_main_ctx(0);
	talloc_free(slots);
	return (db_now_us() - begin_us) / 1e6;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double percentile_ms(double p)
{
	size_t n = OSMO_MIN(n_done, SAMPLES_MAX);

	return n ? samples[(size_t)(p * (n - 1))] / 1e3 : 0;
}

static double batch_mean(void)
{
	uint64_t batches = 0, requests = 0;
	unsigned int i;

	for (i = 1; i < ledger->n_lanes; i++) {
		batches += db_lane_stats(ledger->lanes[i])->batches;
		requests += db_lane_stats(ledger->lanes[i])->requests;
	}
	return batches ? (double)requests / batches : 0;
}

static int options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "w:s:t:l:b:g:c")) != -1) {
		switch (c) {
		case 'w':
			window = atoi(optarg);
			break;
		case 's':
			seconds = atoi(optarg);
			break;
		case 't':
			n_terminals = atoi(optarg);
			break;
		case 'l':
			ledger->config.n_write = ledger->config.n_read = atoi(optarg);
			break;
		case 'b':
			ledger->config.limits.batch_max = atoi(optarg);
			break;
		case 'g':
			ledger->config.limits.linger_us = atoi(optarg);
			break;
		case 'c':
			checking = true;
			break;
		default:
			return -1;
		}
	}
	return optind + 1 == argc && window > 0 && n_terminals > 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	bool then_check;
	double took_s;

	osmo_init_logging2(NULL, &tegata_log_info);
	log_set_log_level(osmo_stderr_target, LOGL_ERROR);
	ledger = ledger_new(NULL);
	if (options(argc, argv) < 0) {
		fprintf(stderr,
			"usage: ledger_bench [-w outstanding] [-s seconds] [-t terminals] [-l "
			"lanes]\n"
			"                    [-b batch] [-g linger] [-c (checks)] ADDRESS\n");
		return 2;
	}
	osmo_talloc_replace_string(ledger, &ledger->config.db.address, argv[optind]);
	samples = talloc_array(ledger, uint32_t, SAMPLES_MAX);
	if (!samples || ledger_start(ledger) < 0)
		return 1;
	while (!ledger_ready(ledger))
		osmo_select_main_ctx(0);
	then_check = checking;
	checking = false;
	if (then_check)
		run(1);
	checking = then_check;
	took_s = run(seconds);
	qsort(samples, OSMO_MIN(n_done, SAMPLES_MAX), sizeof(*samples), by_size);
	printf("{\"per_s\": %.0f, \"failed\": %llu, \"outstanding\": %u, \"batch\": %.1f,"
	       " \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"p999_ms\": %.2f}\n",
	       n_done / took_s, (unsigned long long)n_failed, window, batch_mean(),
	       percentile_ms(0.5), percentile_ms(0.99), percentile_ms(0.999));
	talloc_free(ledger);
	return n_failed ? 1 : 0;
}
