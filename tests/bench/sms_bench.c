/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The manager's ESME without a ledger: how many texts it moves against a given SMSC.
 *
 *   sms_bench ADDRESS WINDOW SECONDS    submits for so long, then says how many a second
 *   sms_bench ADDRESS WINDOW 0          accepts what is delivered until it is stopped
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/application.h>
#include <osmocom/core/fsm.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/exchange_smpp.h"

struct bench {
	struct sms_route *route;
	struct osmo_timer_list end;
	bool sends, over;
	long n_sent, n_failed;
	struct timespec began;
};

struct received {
	sms_received_cb done;
	void *data;
	struct osmo_timer_list timer;
};

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - then->tv_sec + (now.tv_nsec - then->tv_nsec) / 1e9;
}

static void on_sent(void *data, const struct sms_sent_result *result)
{
	struct bench *b = data;

	if (result->sent == SMS_SENT_OK)
		b->n_sent++;
	else
		b->n_failed++;
}

static const struct sms_out text = {
	.msisdn = "819012345678",
	.imsi = "",
	.text = "Bought 500 JPY, value 0708 6446 3809 4485 5501\nUntil 2027-05-21",
};

static void fill(struct bench *b)
{
	while (b->sends && !b->over && sms_route_room(b->route) > 0)
		if (sms_route_send(b->route, &text, on_sent, b) < 0)
			return;
}

static void on_verdict(void *data)
{
	struct received *r = data;

	r->done(r->data, SMS_ACCEPTED);
	talloc_free(r);
}

static void on_receive(void *data, const struct sms_in *in, sms_received_cb done, void *done_data)
{
	struct received *r = talloc_zero(NULL, struct received);

	OSMO_ASSERT(r);
	r->done = done;
	r->data = done_data;
	osmo_timer_setup(&r->timer, on_verdict, r);
	osmo_timer_schedule(&r->timer, 0, 0);
}

static void on_receipt(void *data, const struct sms_receipt *receipt, sms_receipt_cb done,
		       void *done_data)
{
	done(done_data, SMS_ACCEPTED);
}

static void on_room(void *data)
{
	struct bench *b = data;

	if (b->began.tv_sec == 0)
		clock_gettime(CLOCK_MONOTONIC, &b->began);
	fill(b);
}

static const struct sms_sink sink = { on_receive, on_receipt, on_room };

static void on_end(void *data)
{
	((struct bench *)data)->over = true;
}

int main(int argc, char **argv)
{
	void *ctx = talloc_named_const(NULL, 0, "bench");
	const struct number_plan plan = { .country_code = "81", .national_prefix = "0" };
	struct exchange_smpp_config config;
	struct bench b = { 0 };

	if (argc != 4)
		return 2;
	osmo_select_init();
	if (log_init(&tegata_log_info, ctx) < 0)
		return 1;
	osmo_fsm_term_safely(true);
	osmo_fsm_set_dealloc_ctx(OTC_SELECT);
	exchange_smpp_config_default(&config);
	OSMO_STRLCPY_ARRAY(config.address, argv[1]);
	OSMO_STRLCPY_ARRAY(config.system_id, "tegata");
	OSMO_STRLCPY_ARRAY(config.source, "188");
	config.window = atoi(argv[2]);
	b.sends = atoi(argv[3]) > 0;
	b.route = sms_route_new(ctx);
	sms_route_set_sink(b.route, &sink, &b);
	if (!exchange_smpp_new(ctx, "smpp:bench", &config, &plan, b.route))
		return 1;
	osmo_timer_setup(&b.end, on_end, &b);
	if (b.sends)
		osmo_timer_schedule(&b.end, atoi(argv[3]), 0);
	while (!b.over)
		osmo_select_main_ctx(0);
	printf("{\"done\":%ld,\"failed\":%ld,\"per_s\":%.0f}\n", b.n_sent, b.n_failed,
	       b.n_sent / seconds_since(&b.began));
	return 0;
}
