/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "handset-sim/load_private.h"
#include "handset-sim/options.h"
#include "handset-sim/sim.h"
#include "lib/monotonic.h"

#define TURN_TRIES 16
#define SETTLE_TRIES 3
#define STEP_US 1000 /* of an open loop: waits are not shorter */

static volatile sig_atomic_t stop_asked;
static struct load *the_load; /* lines have no room for a pointer each */

static double cpu_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec + used.tv_nsec / 1e9;
}

static bool is_past(uint64_t us)
{
	return (uint64_t)monotonic_us() >= us;
}

static uint32_t open_count(const struct load *l)
{
	return l->options->terminals - l->n_idle;
}

static struct load_phone *idle_take(struct load *l)
{
	struct load_phone *p;

	if (l->n_idle == 0)
		return NULL;
	p = &l->phones[l->idle[l->idle_at]];
	l->idle_at = (l->idle_at + 1) % l->options->terminals;
	l->n_idle--;
	return p;
}

static void idle_put(struct load *l, struct load_phone *p)
{
	l->idle[(l->idle_at + l->n_idle++) % l->options->terminals] = p - l->phones;
}

/* Whose turn it is.  Phones that own nothing to ask about or hand on let some others go first, so
 * that a mix of transfers alone soon buys next to nothing. */
static struct load_phone *turn_take(struct load *l, enum load_op op)
{
	struct load_phone *p = idle_take(l);
	int tries = load_op_needs_value(op) ? TURN_TRIES : 0;

	while (p && p->value_id == 0 && tries-- > 0) {
		idle_put(l, p);
		p = idle_take(l);
	}
	return p;
}

bool load_is_counted(const struct load *l, uint64_t due_us)
{
	return due_us >= l->start_us && due_us < l->stop_us;
}

static void window_fill(struct load *l)
{
	while (l->running && open_count(l) < l->options->window && exchange_is_up(l->exchange)) {
		enum load_op op = load_mix_draw(&l->mix);
		struct load_phone *p = turn_take(l, op);

		if (!p)
			return;
		if (!load_phone_dial(l, p, op, monotonic_us())) {
			idle_put(l, p);
			return; /* goes on when the link is up again */
		}
	}
}

/* Phones that are due soon after each other dial together: a wake-up for each would cost this
 * program and those that it drives more than a dialogue does.  Latency counts from when each was
 * due. */
static void clock_set(struct load *l)
{
	uint64_t now = monotonic_us(), due_us = l->next_due_us;
	uint64_t wait_us = due_us > now + STEP_US ? due_us - now : STEP_US;
	static const struct timespec once = { 0 };
	struct timespec first = { .tv_sec = wait_us / 1000000,
				  .tv_nsec = wait_us % 1000000 * 1000 };

	osmo_timerfd_schedule(&l->clock, &first, &once);
}

/* Begins what is due.  While every phone is busy nothing is skipped: it begins later, and its
 * latency has the waiting in it. */
static void schedule_follow(struct load *l)
{
	uint64_t now = monotonic_us();

	while (l->running && l->next_due_us <= now) {
		uint64_t due_us = l->next_due_us;
		enum load_op op = load_mix_draw(&l->mix);
		struct load_phone *p = turn_take(l, op);

		if (!p) {
			l->result.late++;
			return; /* phone_ended() comes back here */
		}
		if (!load_phone_dial(l, p, op, due_us)) {
			idle_put(l, p);
			l->result.unsent += load_is_counted(l, due_us);
		}
		l->next_due_us += -log(load_mix_random(&l->mix)) * 1e6 / l->options->rate;
	}
	if (l->running)
		clock_set(l);
}

static void go_on(struct load *l)
{
	if (l->options->rate)
		schedule_follow(l);
	else
		window_fill(l);
}

static int on_clock(struct osmo_fd *ofd, unsigned int what)
{
	struct load *l = ofd->data;

	osmo_timerfd_disable(ofd);
	schedule_follow(l);
	return 0;
}

/* One more phone is idle. */
static void phone_rest(struct load *l, struct load_phone *p)
{
	idle_put(l, p);
	if (!l->options->rate)
		window_fill(l);
	else if (l->n_idle == 1)
		schedule_follow(l);
}

/* What it was told is written down before it does anything with it. */
static void phone_ended(struct load *l, struct load_phone *p)
{
	if (l->record)
		load_record_hold(l->record, p - l->phones);
	else
		phone_rest(l, p);
}

static void on_durable(void *data, uint32_t phone)
{
	struct load *l = data;

	phone_rest(l, &l->phones[phone]);
}

static void on_text(struct line *line, enum line_text kind, const char *utf8)
{
	struct load_phone *p = container_of(line, struct load_phone, line);
	struct load *l = the_load;

	if (kind == LINE_PUSH) {
		if (l->record)
			load_record_push(l->record, line->msisdn, utf8);
		return;
	}
	if (kind == LINE_QUESTION) {
		if (!load_phone_question(l, p, utf8))
			phone_ended(l, p);
		return;
	}
	load_phone_final(l, p, utf8);
	phone_ended(l, p);
}

static void on_ended(struct line *line, enum line_end end, int code)
{
	struct load_phone *p = container_of(line, struct load_phone, line);

	load_phone_end(the_load, p, end);
	phone_ended(the_load, p);
}

static const struct line_handler line_handler = { .text = on_text, .ended = on_ended };

static void begin(struct load *l)
{
	uint64_t now = monotonic_us();

	if (l->running)
		return;
	l->running = true;
	l->start_us = now + l->options->warmup_s * 1000000ULL;
	l->stop_us = l->start_us + l->options->seconds * 1000000ULL;
	l->next_due_us = now;
	osmo_timer_schedule(&l->progress, 1, 0);
}

static void on_up(void *data)
{
	struct load *l = data;

	if (l->stop_us == 0)
		begin(l);
	go_on(l);
}

static void on_down(void *data, int error, const char *why)
{
	fprintf(stderr, "tegata-handset: %s\n", why);
}

static const struct exchange_handler exchange_handler = { .up = on_up, .down = on_down };

static void on_progress(void *data)
{
	struct load *l = data;

	if (l->stop_us == 0) { /* no link in all that time */
		l->failed = true;
		return;
	}
	load_progress_print(&l->result, l->ended_before,
			    ((double)monotonic_us() - l->start_us) / 1e6, open_count(l));
	l->ended_before = l->result.ended;
	osmo_timer_schedule(&l->progress, 1, 0);
}

static bool phones_open(struct load *l, void *ctx)
{
	const struct options *o = l->options;
	char imsi[GSUP_IMSI_SIZE], msisdn[GSUP_MSISDN_SIZE];
	uint32_t i;

	l->phones = talloc_zero_array(ctx, struct load_phone, o->terminals);
	l->idle = talloc_array(ctx, uint32_t, o->terminals);
	if (!l->phones || !l->idle)
		return false;
	for (i = 0; i < o->terminals; i++) {
		if (!load_number_make(imsi, sizeof(imsi), o->imsi_base, i) ||
		    !load_number_make(msisdn, sizeof(msisdn), o->msisdn_base, i) ||
		    line_open(&l->phones[i].line, l->exchange, imsi, msisdn, &line_handler) < 0)
			return false;
		idle_put(l, &l->phones[i]);
	}
	return true;
}

static bool amounts_parse(struct load *l, void *ctx)
{
	char *rest = talloc_strdup(ctx, l->options->amount), *one;

	while ((one = strsep(&rest, ",")) != NULL) {
		if (l->n_amounts == LOAD_AMOUNTS_MAX || strspn(one, "0123456789.") != strlen(one) ||
		    !*one)
			return false;
		l->amounts[l->n_amounts++] = one;
	}
	return true;
}

static int record_open(struct load *l, void *ctx)
{
	const struct options *o = l->options;
	int rc;

	if (!o->record)
		return EXIT_OK;
	l->record = load_record_open(ctx, o->record, o->terminals, on_durable, l, &rc);
	if (l->record)
		return EXIT_OK;
	fprintf(stderr, "tegata-handset: --record %s: %s\n", o->record, strerror(-rc));
	return EXIT_LOCAL;
}

/* What the configuration of the load says; phones and exchange follow. */
static int mix_open(struct load *l, void *ctx)
{
	const struct options *o = l->options;

	if (load_mix_parse(&l->mix, o->mix, o->seed) < 0) {
		fprintf(stderr, "tegata-handset: --mix cannot be %s\n", o->mix);
		return EXIT_USAGE;
	}
	if (!amounts_parse(l, ctx)) {
		fprintf(stderr, "tegata-handset: --amount cannot be %s\n", o->amount);
		return EXIT_USAGE;
	}
	if (load_mix_has(&l->mix, LOAD_PAY) && !o->shop[0]) {
		fprintf(stderr, "tegata-handset: to pay needs --shop\n");
		return EXIT_USAGE;
	}
	l->follows = load_mix_has(&l->mix, LOAD_CHECK) || load_mix_has(&l->mix, LOAD_TRANSFER) ||
		     load_mix_has(&l->mix, LOAD_PAY);
	l->texts = talloc_zero(ctx, struct load_texts);
	l->texts->rules = text_rules_new(ctx, &o->patterns);
	return l->texts->rules ? record_open(l, ctx) : EXIT_USAGE;
}

static int load_open(struct load *l, void *ctx)
{
	const struct exchange_config config = sim_exchange_config(l->options);
	const struct options *o = l->options;
	int rc = mix_open(l, ctx);

	if (rc != EXIT_OK)
		return rc;
	l->exchange = exchange_open(ctx, &config, &exchange_handler, l, &rc);
	if (!l->exchange) {
		fprintf(stderr, "tegata-handset: --address %s: %s\n", o->address, strerror(-rc));
		return EXIT_USAGE;
	}
	if (!phones_open(l, ctx)) {
		fprintf(stderr,
			"tegata-handset: --imsi-base, --msisdn-base: not numbers for %u "
			"terminals\n",
			o->terminals);
		return EXIT_USAGE;
	}
	osmo_timer_setup(&l->progress, on_progress, l);
	osmo_timer_schedule(&l->progress, o->network_timeout_ms / 1000,
			    o->network_timeout_ms % 1000 * 1000);
	l->clock.fd = -1;
	rc = o->rate ? osmo_timerfd_setup(&l->clock, on_clock, l) : 0;
	return rc < 0 ? EXIT_LOCAL : EXIT_OK;
}

static void load_close(struct load *l)
{
	uint32_t i;

	osmo_timer_del(&l->progress);
	if (l->clock.fd >= 0)
		osmo_fd_close(&l->clock);
	for (i = 0; l->phones && i < l->options->terminals; i++)
		line_close(&l->phones[i].line);
	exchange_close(l->exchange);
}

static void on_terminate(int signal)
{
	stop_asked = 1;
}

static bool is_over(const struct load *l)
{
	return l->failed || (l->record && load_record_error(l->record) < 0);
}

/* Every dialogue ends by its time-out. */
static void dialogues_wait(struct load *l)
{
	while (!is_over(l) && open_count(l) > 0)
		osmo_select_main_ctx(0);
}

/* Who still does not know how something ended looks once more. */
static void unsure_settle(struct load *l)
{
	uint32_t n = l->n_idle;

	while (n-- > 0) {
		struct load_phone *p = idle_take(l);

		if (!p)
			break;
		if (!p->unsure || !load_phone_dial(l, p, LOAD_LOG, monotonic_us()))
			idle_put(l, p);
	}
	dialogues_wait(l);
}

static void load_loop(struct load *l)
{
	double begun_s = 0;
	int tries = SETTLE_TRIES;

	while (!is_over(l) && !stop_asked && (l->stop_us == 0 || !is_past(l->stop_us))) {
		osmo_select_main_ctx(0);
		if (begun_s == 0 && l->stop_us > 0 && is_past(l->start_us))
			begun_s = cpu_s();
	}
	l->result.cpu_s = cpu_s() - begun_s;
	l->running = false;
	dialogues_wait(l);
	while (l->record && !is_over(l) && tries-- > 0)
		unsure_settle(l);
	l->result.seconds = l->options->seconds;
}

static int verdict(const struct load *l)
{
	const struct options *o = l->options;
	uint64_t p99_us = load_histogram_permille(&l->result.all, 990);

	if (l->failed)
		return EXIT_NO_NETWORK;
	if (l->record && load_record_error(l->record) < 0) {
		fprintf(stderr, "tegata-handset: --record %s: %s\n", o->record,
			strerror(-load_record_error(l->record)));
		return EXIT_LOCAL;
	}
	if (o->has_max_p99_ms && p99_us > o->max_p99_ms * 1000ULL) {
		fprintf(stderr, "tegata-handset: p99 is above %u ms\n", o->max_p99_ms);
		return EXIT_REFUSED;
	}
	if (o->has_max_errors && load_result_errors(&l->result) > o->max_errors) {
		fprintf(stderr, "tegata-handset: more than %u errors\n", o->max_errors);
		return EXIT_REFUSED;
	}
	return EXIT_OK;
}

int load_main(void *ctx, const struct options *o)
{
	struct load *l = talloc_zero(ctx, struct load);
	int rc;

	OSMO_ASSERT(l);
	l->options = o;
	l->clock.fd = -1;
	the_load = l;
	signal(SIGTERM, on_terminate);
	rc = load_open(l, ctx);
	if (rc == EXIT_OK) {
		load_loop(l);
		rc = verdict(l);
		if (!l->failed && o->json)
			load_report_json(o, &l->result, l->texts);
		else if (!l->failed)
			load_report_print(o, &l->result, l->texts);
		else
			fprintf(stderr, "tegata-handset: no network\n");
	}
	if (l->exchange)
		load_close(l);
	return rc;
}
