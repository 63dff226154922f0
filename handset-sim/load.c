/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "handset-sim/load.h"
#include "handset-sim/options.h"
#include "handset-sim/sim.h"
#include "lib/value_id.h"

/* "again?", confirmation, what was not seen: no more questions belong to one purchase. */
#define ANSWERS_MAX 4
#define TRANSFEREE_TRIES 16
#define TURN_TRIES 16

struct load_phone {
	struct line line;
	uint64_t due_us;
	int64_t value_id; /* the last one it got; 0: none */
	int64_t moving_id; /* of the transfer under way, and to which phone */
	uint32_t transferee;
	uint8_t op; /* enum load_op */
	uint8_t n_answers;
};

struct load {
	const struct options *options;
	struct exchange *exchange;
	struct load_mix mix;
	struct load_texts *texts;
	struct load_result result;
	struct load_phone *phones;
	uint32_t *idle; /* ring of indices: phones take turns */
	uint32_t idle_at, n_idle;
	uint64_t start_us, stop_us; /* of counting */
	double next_due_us; /* open loop; whole microseconds would add up to a wrong rate */
	struct osmo_fd clock; /* fires when the next dialogue is due */
	struct osmo_timer_list progress;
	uint64_t ended_before;
	bool follows; /* the mix needs to know who owns what */
	bool running; /* new dialogues begin */
	bool failed; /* no network in time */
	char codes[LOAD_OPS][USSD_TEXT_SIZE];
};

static struct load *the_load; /* lines have no room for a pointer each */

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static double cpu_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec + used.tv_nsec / 1e9;
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

static bool needs_value(enum load_op op)
{
	return op == LOAD_CHECK || op == LOAD_TRANSFER;
}

/* Whose turn it is.  Phones that own nothing to ask about or hand on let some others go first, so
 * that a mix of transfers alone soon buys next to nothing. */
static struct load_phone *turn_take(struct load *l, enum load_op op)
{
	struct load_phone *p = idle_take(l);
	int tries = needs_value(op) ? TURN_TRIES : 0;

	while (p && p->value_id == 0 && tries-- > 0) {
		idle_put(l, p);
		p = idle_take(l);
	}
	return p;
}

/* The base plus i, in as many digits. */
static bool number_make(char *out, size_t size, const char *base, uint32_t i)
{
	unsigned long long n = strtoull(base, NULL, 10) + i;
	int width = strlen(base);

	return strspn(base, "0123456789") == strlen(base) && width < (int)size && width > 0 &&
	       snprintf(out, size, "%0*llu", width, n) == width;
}

/* To somebody who owns nothing, if a few draws find one: so values stay spread over the phones. */
static uint32_t transferee_draw(struct load *l, const struct load_phone *p)
{
	uint32_t i, n = l->options->terminals;
	int tries = TRANSFEREE_TRIES;

	do
		i = load_mix_below(&l->mix, n);
	while ((&l->phones[i] == p || l->phones[i].value_id != 0) && tries-- > 0);
	return &l->phones[i] == p ? (i + 1) % n : i;
}

/* What is dialled; a phone that owns nothing to ask about or hand on buys first. */
static const char *code_of(struct load *l, struct load_phone *p, char code[USSD_TEXT_SIZE])
{
	char id[VALUE_ID_STR_SIZE], number[GSUP_MSISDN_SIZE];

	if (!needs_value(p->op))
		return l->codes[p->op];
	if (p->value_id == 0) {
		p->op = LOAD_ISSUE;
		return l->codes[LOAD_ISSUE];
	}
	value_id_format(id, p->value_id);
	if (p->op == LOAD_CHECK) {
		snprintf(code, USSD_TEXT_SIZE, "%s*5*%s#", l->options->service_code, id);
		return code;
	}
	p->transferee = transferee_draw(l, p);
	p->moving_id = p->value_id;
	p->value_id = 0; /* while it is under way the phone may be given another */
	number_make(number, sizeof(number), l->options->msisdn_base, p->transferee);
	snprintf(code, USSD_TEXT_SIZE, "%s*3*%s*%s#", l->options->service_code, id, number);
	return code;
}

static bool is_counted(const struct load *l, uint64_t due_us)
{
	return due_us >= l->start_us && due_us < l->stop_us;
}

/* false: the link does not take it. */
static bool phone_dial(struct load *l, struct load_phone *p, enum load_op op, uint64_t due_us)
{
	char check[USSD_TEXT_SIZE];

	p->op = op;
	p->n_answers = 0;
	p->due_us = due_us;
	if (line_dial(&p->line, code_of(l, p, check)) < 0)
		return false;
	l->result.begun += is_counted(l, due_us);
	return true;
}

static void window_fill(struct load *l)
{
	while (l->running && open_count(l) < l->options->window && exchange_is_up(l->exchange)) {
		enum load_op op = load_mix_draw(&l->mix);
		struct load_phone *p = turn_take(l, op);

		if (!p)
			return;
		if (!phone_dial(l, p, op, now_us())) {
			idle_put(l, p);
			return; /* goes on when the link is up again */
		}
	}
}

static void clock_set(struct load *l)
{
	uint64_t now = now_us(), due_us = l->next_due_us;
	uint64_t wait_us = due_us > now ? due_us - now : 1;
	static const struct timespec once = { 0 };
	struct timespec first = { .tv_sec = wait_us / 1000000,
				  .tv_nsec = wait_us % 1000000 * 1000 };

	osmo_timerfd_schedule(&l->clock, &first, &once);
}

/* Begins what is due.  While every phone is busy nothing is skipped: it begins later, and its
 * latency has the waiting in it. */
static void schedule_follow(struct load *l)
{
	uint64_t now = now_us();

	while (l->running && l->next_due_us <= now) {
		uint64_t due_us = l->next_due_us;
		enum load_op op = load_mix_draw(&l->mix);
		struct load_phone *p = turn_take(l, op);

		if (!p) {
			l->result.late++;
			return; /* phone_ended() comes back here */
		}
		if (!phone_dial(l, p, op, due_us)) {
			idle_put(l, p);
			l->result.unsent += is_counted(l, due_us);
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
static void phone_ended(struct load *l, struct load_phone *p)
{
	idle_put(l, p);
	if (!l->options->rate)
		window_fill(l);
	else if (l->n_idle == 1)
		schedule_follow(l);
}

/* Who owns what now, as far as checks and transfers need it. */
static void value_follow(struct load *l, struct load_phone *p, enum text_kind kind,
			 const char *text)
{
	size_t at, len;

	if (p->op == LOAD_ISSUE && l->follows) {
		/* What an earlier dialogue completed may stand in front. */
		while (text_find_value_id(text, &p->value_id, &at, &len))
			text += at + len;
	} else if (p->op == LOAD_TRANSFER && kind == TEXT_OK) {
		l->phones[p->transferee].value_id = p->moving_id;
	}
}

static void final_count(struct load *l, struct load_phone *p, const char *text)
{
	const struct load_shape *shape = load_texts_look(l->texts, text, false);
	uint64_t us = now_us() - p->due_us;

	value_follow(l, p, shape->kind, text);
	if (!is_counted(l, p->due_us))
		return;
	l->result.ended++;
	l->result.kinds[shape->kind]++;
	load_histogram_add(&l->result.all, us);
	load_histogram_add(&l->result.ops[p->op], us);
}

static void question_answer(struct load *l, struct load_phone *p, const char *text)
{
	const struct load_shape *shape = load_texts_look(l->texts, text, true);

	if (shape->confirm && p->n_answers++ < ANSWERS_MAX && line_answer(&p->line, "1") == 0)
		return;
	if (is_counted(l, p->due_us)) {
		l->result.ended++;
		l->result.unanswered++;
	}
	if (line_hangup(&p->line) == 0)
		phone_ended(l, p);
}

static void on_text(struct line *line, enum line_text kind, const char *utf8)
{
	struct load_phone *p = container_of(line, struct load_phone, line);

	if (kind == LINE_PUSH)
		return;
	if (kind == LINE_QUESTION) {
		question_answer(the_load, p, utf8);
		return;
	}
	final_count(the_load, p, utf8);
	phone_ended(the_load, p);
}

static void on_ended(struct line *line, enum line_end end, int code)
{
	struct load_phone *p = container_of(line, struct load_phone, line);

	if (is_counted(the_load, p->due_us)) {
		the_load->result.ended++;
		the_load->result.ends[end]++;
	}
	phone_ended(the_load, p);
}

static const struct line_handler line_handler = { .text = on_text, .ended = on_ended };

static void begin(struct load *l)
{
	uint64_t now = now_us();

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
	load_progress_print(&l->result, l->ended_before, ((double)now_us() - l->start_us) / 1e6,
			    open_count(l));
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
		if (!number_make(imsi, sizeof(imsi), o->imsi_base, i) ||
		    !number_make(msisdn, sizeof(msisdn), o->msisdn_base, i) ||
		    line_open(&l->phones[i].line, l->exchange, imsi, msisdn, &line_handler) < 0)
			return false;
		idle_put(l, &l->phones[i]);
	}
	return true;
}

static int load_open(struct load *l, void *ctx)
{
	const struct exchange_config config = sim_exchange_config(l->options);
	const struct options *o = l->options;
	int rc;

	if (load_mix_parse(&l->mix, o->mix, o->seed) < 0) {
		fprintf(stderr, "tegata-handset: --mix cannot be %s\n", o->mix);
		return EXIT_USAGE;
	}
	l->follows = load_mix_has(&l->mix, LOAD_CHECK) || load_mix_has(&l->mix, LOAD_TRANSFER);
	l->texts = talloc_zero(ctx, struct load_texts);
	l->texts->rules = text_rules_new(ctx, &o->patterns);
	if (!l->texts->rules)
		return EXIT_USAGE;
	snprintf(l->codes[LOAD_ISSUE], USSD_TEXT_SIZE, "%s*1*%s#", o->service_code, o->amount);
	snprintf(l->codes[LOAD_LIST], USSD_TEXT_SIZE, "%s*2#", o->service_code);
	snprintf(l->codes[LOAD_BALANCE], USSD_TEXT_SIZE, "%s*6#", o->service_code);
	snprintf(l->codes[LOAD_HELP], USSD_TEXT_SIZE, "%s*0#", o->service_code);
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

static void load_loop(struct load *l)
{
	double begun_s = 0;

	while (!l->failed && (l->stop_us == 0 || now_us() < l->stop_us)) {
		osmo_select_main_ctx(0);
		if (begun_s == 0 && l->stop_us > 0 && now_us() >= l->start_us)
			begun_s = cpu_s();
	}
	l->result.cpu_s = cpu_s() - begun_s;
	l->running = false;
	/* Every dialogue ends by its time-out. */
	while (!l->failed && open_count(l) > 0)
		osmo_select_main_ctx(0);
	l->result.seconds = l->options->seconds;
}

static int verdict(const struct load *l)
{
	const struct options *o = l->options;
	uint64_t p99_us = load_histogram_permille(&l->result.all, 990);

	if (l->failed)
		return EXIT_NO_NETWORK;
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
