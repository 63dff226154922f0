/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "handset-sim/json.h"
#include "handset-sim/oneshot.h"
#include "handset-sim/sim.h"
#include "handset-sim/terminal.h"
#include "lib/value_id.h"

struct dial {
	struct sim sim;
	struct json json;
	size_t next_answer;
	struct text_note notes[OPTIONS_LIST_MAX]; /* received in the whole dialogue */
	size_t n_notes;
};

static bool is_json(const struct dial *d)
{
	return d->sim.options->json;
}

static void show(struct dial *d, const char *kind, const char *text)
{
	if (!is_json(d)) {
		if (strcmp(kind, "answer") == 0)
			printf("> %s\n", text);
		else
			printf("%s\n", text);
		fflush(stdout);
		return;
	}
	json_object(&d->json, NULL);
	json_string(&d->json, kind, text);
	json_object_end(&d->json);
}

static void end(struct dial *d, const char *outcome, int exit_code)
{
	char id[VALUE_ID_STR_SIZE];
	size_t i;

	if (is_json(d)) {
		json_array_end(&d->json);
		json_string(&d->json, "outcome", outcome);
		json_int(&d->json, "exit_code", exit_code);
		json_array(&d->json, "received");
		for (i = 0; i < d->n_notes; i++) {
			json_object(&d->json, NULL);
			json_string(&d->json, "value_id",
				    value_id_format(id, d->notes[i].value_id));
			json_string(&d->json, "amount", d->notes[i].amount);
			json_string(&d->json, "currency", d->notes[i].currency);
			json_object_end(&d->json);
		}
		json_array_end(&d->json);
		json_object_end(&d->json);
		json_end(&d->json);
	}
	sim_end(&d->sim, exit_code);
}

static void question(struct dial *d, const char *text)
{
	const struct option_list *answers = &d->sim.options->answers;
	const char *answer;
	int rc;

	show(d, "question", text);
	if (d->next_answer == answers->n) {
		if (!is_json(d))
			fprintf(stderr, "tegata-handset: no --answer left; hung up\n");
		end(d, "unanswered", EXIT_DIALOGUE);
		return;
	}
	answer = answers->items[d->next_answer++];
	rc = terminal_answer(d->sim.terminal, answer);
	if (rc == 0) {
		show(d, "answer", answer);
		return;
	}
	fprintf(stderr, "tegata-handset: %s cannot be sent: %s\n", answer, strerror(-rc));
	end(d, "unsendable", EXIT_USAGE);
}

static void on_event(void *data, const struct terminal_event *event, const struct text_note *notes,
		     size_t n_notes)
{
	struct dial *d = data;
	enum text_kind kind;
	size_t i;

	for (i = 0; i < n_notes && d->n_notes < OPTIONS_LIST_MAX; i++)
		d->notes[d->n_notes++] = notes[i];

	switch (event->kind) {
	case TERMINAL_READY:
	case TERMINAL_SMS_SENT:
	case TERMINAL_SMS_FAILED:
		return;
	case TERMINAL_SMS:
		show(d, "sms", event->text);
		return;
	case TERMINAL_QUESTION:
		question(d, event->text);
		return;
	case TERMINAL_PUSH:
		show(d, "push", event->text);
		return;
	case TERMINAL_FINAL:
		kind = text_rules_kind(d->sim.rules, event->text);
		show(d, "final", event->text);
		end(d, text_kind_name(kind), text_kind_exit(kind));
		return;
	case TERMINAL_FAILED:
		if (is_json(d))
			show(d, "failure", event->text);
		else
			fprintf(stderr, "tegata-handset: %s\n", event->text);
		end(d, terminal_failure_name(event->failure), sim_failure_exit(event));
		return;
	}
}

int oneshot_dial(void *ctx, const struct options *o)
{
	struct dial d = { 0 };
	int rc;

	if (o->n_args != 2) {
		fprintf(stderr, "tegata-handset: dial takes one code\n");
		return EXIT_USAGE;
	}
	rc = sim_open(&d.sim, ctx, o);
	if (rc != EXIT_OK)
		return rc;
	d.sim.event = on_event;
	d.sim.data = &d;
	if (o->json) {
		json_begin(&d.json, stdout);
		json_object(&d.json, NULL);
		json_string(&d.json, "dialled", o->args[1]);
		json_array(&d.json, "dialogue");
	}
	rc = terminal_dial(d.sim.terminal, o->args[1]);
	if (rc < 0) {
		fprintf(stderr, "tegata-handset: cannot be sent: %s\n", strerror(-rc));
		end(&d, "unsendable", EXIT_USAGE);
	}
	rc = sim_run(&d.sim);
	sim_close(&d.sim);
	return rc;
}
