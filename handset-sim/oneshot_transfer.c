/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "handset-sim/json.h"
#include "handset-sim/oneshot.h"
#include "handset-sim/sim.h"
#include "handset-sim/terminal.h"
#include "handset-sim/transfer.h"

struct oneshot {
	struct sim sim;
	struct json json;
	struct transfer_order order;
	struct transfer *transfer;
};

static void on_progress(void *data, const char *line)
{
	struct oneshot *s = data;

	if (s->sim.options->json)
		json_string(&s->json, NULL, line);
	else
		printf("%s\n", line);
	fflush(stdout);
}

static void on_done(void *data, int exit_code, const char *text)
{
	struct oneshot *s = data;

	s->transfer = NULL;
	if (s->sim.options->json) {
		json_array_end(&s->json);
		json_string(&s->json, "final", text);
		json_bool(&s->json, "confirmed", exit_code == EXIT_OK);
		json_int(&s->json, "exit_code", exit_code);
		json_object_end(&s->json);
		json_end(&s->json);
	} else {
		fprintf(exit_code == EXIT_OK ? stdout : stderr, "%s\n", text);
	}
	sim_end(&s->sim, exit_code);
}

static const struct transfer_handler handler = {
	.progress = on_progress,
	.done = on_done,
};

static void begin(struct oneshot *s)
{
	s->transfer = transfer_start(s->sim.ctx, s->sim.terminal, &s->sim.purse, s->sim.options,
				     &s->order, &handler, s);
}

static void on_event(void *data, const struct terminal_event *event, const struct text_note *notes,
		     size_t n_notes)
{
	struct oneshot *s = data;

	if (s->transfer)
		transfer_event(s->transfer, event);
	else if (event->kind == TERMINAL_READY && terminal_number(s->sim.terminal)[0])
		begin(s);
	else if (event->kind == TERMINAL_READY)
		on_done(s, EXIT_USAGE, "the HLR has no number for this IMSI; --msisdn is needed");
	else if (event->kind == TERMINAL_FAILED)
		on_done(s, sim_failure_exit(event), event->text);
}

int oneshot_transfer(void *ctx, const struct options *o)
{
	struct oneshot s = { 0 };
	const char *wrong;
	int rc;

	if (o->n_args != 3) {
		fprintf(stderr, "tegata-handset: transfer VALUE TO\n");
		return EXIT_USAGE;
	}
	s.order.reference = o->reference ? o->reference : "";
	s.order.shop_url = o->shop_url;
	wrong = transfer_order_parse(&s.order, o->args[1], o->args[2], o);
	if (wrong) {
		fprintf(stderr, "tegata-handset: %s\n", wrong);
		return EXIT_USAGE;
	}
	rc = sim_open(&s.sim, ctx, o);
	if (rc != EXIT_OK)
		return rc;
	s.sim.event = on_event;
	s.sim.data = &s;
	/* Own terminal id goes along, so it must be known first. */
	rc = sim_number_need(&s.sim);
	if (rc < 0) {
		fprintf(stderr, "tegata-handset: --msisdn is needed\n");
		sim_close(&s.sim);
		return EXIT_USAGE;
	}
	if (o->json) {
		json_begin(&s.json, stdout);
		json_object(&s.json, NULL);
		json_array(&s.json, "progress");
	}
	if (rc > 0)
		begin(&s);
	rc = sim_run(&s.sim);
	sim_close(&s.sim);
	return rc;
}
