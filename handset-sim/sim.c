/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "handset-sim/messaging.h"
#include "handset-sim/sim.h"
#include "handset-sim/terminal.h"

static void on_up(void *data)
{
	struct sim *s = data;

	if (s->network)
		s->network(s->data);
}

static void on_down(void *data, int error, const char *why)
{
	on_up(data);
}

static const struct exchange_handler exchange_handler = { .up = on_up, .down = on_down };

struct exchange_config sim_exchange_config(const struct options *o)
{
	return (struct exchange_config){
		.via = strcmp(o->via, "hlr") == 0 ? EXCHANGE_VIA_HLR : EXCHANGE_VIA_DIRECT,
		.address = o->address,
		.local = o->local_address,
		.name = o->name,
		.sms_name = o->sms_name,
		.connect_timeout_ms = o->connect_timeout_ms,
		.answer_timeout_ms = o->answer_timeout_ms,
		.faults = o->faults,
		.faults_seed = o->seed,
	};
}

const char *sim_wallet_dir(void *ctx, const struct options *o)
{
	return o->wallet_dir ? o->wallet_dir : purse_default_dir(ctx);
}

static void on_event(void *data, struct terminal *t, const struct terminal_event *event)
{
	struct sim *s = data;
	struct text_note notes[TEXT_NOTES_MAX];
	size_t n_notes = 0;

	if (event->kind != TERMINAL_FAILED && event->kind != TERMINAL_SMS_FAILED)
		n_notes = purse_learn(&s->purse, t, event->from, event->text, notes);
	s->event(s->data, event, notes, n_notes);
}

static const struct terminal_handler terminal_handler = { .event = on_event };

static int messaging_start(struct sim *s)
{
	const struct options *o = s->options;

	if (!o->smsc)
		return EXIT_OK;
	s->messaging = messaging_open(s->ctx, o->smsc, o->sms_faults);
	if (!s->messaging) {
		sim_close(s);
		return EXIT_USAGE;
	}
	terminal_join(s->terminal, s->messaging);
	return EXIT_OK;
}

int sim_open(struct sim *s, void *ctx, const struct options *o)
{
	const struct exchange_config config = sim_exchange_config(o);
	int rc;

	memset(s, 0, sizeof(*s));
	s->ctx = ctx;
	s->options = o;
	if (!o->imsi) {
		fprintf(stderr, "tegata-handset: --imsi is needed\n");
		return EXIT_USAGE;
	}
	s->rules = text_rules_new(ctx, &o->patterns);
	if (!s->rules)
		return EXIT_USAGE;
	s->purse = (struct purse){ .ctx = ctx, .dir = sim_wallet_dir(ctx, o), .rules = s->rules };
	s->exchange = exchange_open(ctx, &config, &exchange_handler, s, &rc);
	if (!s->exchange) {
		fprintf(stderr, "tegata-handset: --address %s: %s\n", o->address, strerror(-rc));
		return EXIT_USAGE;
	}
	s->terminal = terminal_open(ctx, s->exchange, o->imsi, o->msisdn, o->network_timeout_ms,
				    &terminal_handler, s, &rc);
	if (s->terminal)
		return messaging_start(s);
	fprintf(stderr, "tegata-handset: --imsi %s%s%s: not such numbers\n", o->imsi,
		o->msisdn ? " --msisdn " : "", o->msisdn ? o->msisdn : "");
	sim_close(s);
	return EXIT_USAGE;
}

void sim_close(struct sim *s)
{
	terminal_close(s->terminal);
	exchange_close(s->exchange);
	messaging_close(s->messaging); /* turns the loop: nothing else may be left on it */
	purse_close(&s->purse);
}

int sim_run(struct sim *s)
{
	while (!s->ended)
		osmo_select_main_ctx(0);
	return s->exit_code;
}

void sim_end(struct sim *s, int exit_code)
{
	s->ended = true;
	s->exit_code = exit_code;
}

int sim_number_need(struct sim *s)
{
	if (terminal_number(s->terminal)[0])
		return 1;
	if (exchange_via(s->exchange) == EXCHANGE_VIA_HLR)
		return terminal_attach(s->terminal);
	return -EINVAL;
}

int sim_failure_exit(const struct terminal_event *event)
{
	switch (event->failure) {
	case TERMINAL_NO_NETWORK:
	case TERMINAL_NOT_ADMITTED:
		return EXIT_NO_NETWORK;
	case TERMINAL_TIMEOUT:
		return EXIT_TIMEOUT;
	case TERMINAL_UNSENDABLE:
		return EXIT_USAGE;
	default:
		return EXIT_DIALOGUE;
	}
}
