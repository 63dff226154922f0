/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "handset-sim/json.h"
#include "handset-sim/oneshot.h"
#include "handset-sim/sim.h"
#include "handset-sim/terminal.h"
#include "lib/value_id.h"

struct oneshot {
	struct sim sim;
	struct json json;
	struct osmo_timer_list wait;
	bool taken; /* by the service centre */
	bool answered;
	enum text_kind kind; /* of the answer */
	struct text_note notes[OPTIONS_LIST_MAX];
	size_t n_notes;
};

static void notes_write(struct oneshot *s)
{
	char id[VALUE_ID_STR_SIZE];
	size_t i;

	json_array(&s->json, "received");
	for (i = 0; i < s->n_notes; i++) {
		json_object(&s->json, NULL);
		json_string(&s->json, "value_id", value_id_format(id, s->notes[i].value_id));
		json_string(&s->json, "amount", s->notes[i].amount);
		json_string(&s->json, "currency", s->notes[i].currency);
		json_object_end(&s->json);
	}
	json_array_end(&s->json);
}

static void end(struct oneshot *s, const char *outcome, int exit_code)
{
	if (s->sim.ended)
		return;
	osmo_timer_del(&s->wait);
	if (s->sim.options->json) {
		json_array_end(&s->json);
		json_string(&s->json, "outcome", outcome);
		json_int(&s->json, "exit_code", exit_code);
		notes_write(s);
		json_object_end(&s->json);
		json_end(&s->json);
	}
	sim_end(&s->sim, exit_code);
}

static void fail(struct oneshot *s, const char *outcome, int exit_code, const char *why)
{
	fprintf(stderr, "tegata-handset: %s\n", why);
	end(s, outcome, exit_code);
}

/* The reply often overtakes the news that the text was taken; both are waited for, so that it is
 * not sent again to nobody. */
static void end_if_over(struct oneshot *s)
{
	if (s->taken && s->sim.options->wait_ms == 0)
		end(s, "sent", EXIT_OK);
	else if (s->taken && s->answered)
		end(s, text_kind_name(s->kind), text_kind_exit(s->kind));
}

static void text_came(struct oneshot *s, const struct terminal_event *event)
{
	if (s->sim.options->json) {
		json_object(&s->json, NULL);
		json_string(&s->json, "from", event->from);
		json_string(&s->json, "text", event->text);
		json_object_end(&s->json);
	} else {
		printf("%s: %s\n", event->from, event->text);
		fflush(stdout);
	}
	if (s->answered || strcmp(event->from, s->sim.options->to) != 0)
		return;
	s->answered = true;
	s->kind = text_rules_kind(s->sim.rules, event->text);
	end_if_over(s);
}

static void on_wait_over(void *data)
{
	fail(data, "timeout", EXIT_TIMEOUT, "no reply in time");
}

static void begin(struct oneshot *s)
{
	const struct options *o = s->sim.options;
	const int rc = terminal_sms(s->sim.terminal, o->to, o->args[1]);

	if (rc < 0)
		fail(s, "unsendable", EXIT_USAGE, strerror(-rc));
	else if (o->wait_ms)
		osmo_timer_schedule(&s->wait, o->wait_ms / 1000, o->wait_ms % 1000 * 1000);
}

static void on_event(void *data, const struct terminal_event *event, const struct text_note *notes,
		     size_t n_notes)
{
	struct oneshot *s = data;
	size_t i;

	for (i = 0; i < n_notes && s->n_notes < OPTIONS_LIST_MAX; i++)
		s->notes[s->n_notes++] = notes[i];
	switch (event->kind) {
	case TERMINAL_SMS:
		text_came(s, event);
		return;
	case TERMINAL_SMS_SENT:
		s->taken = true;
		end_if_over(s);
		return;
	case TERMINAL_FAILED: /* the location update */
	case TERMINAL_SMS_FAILED:
		fail(s, terminal_failure_name(event->failure), sim_failure_exit(event),
		     event->text);
		return;
	case TERMINAL_READY:
		if (terminal_number(s->sim.terminal)[0])
			begin(s);
		else
			fail(s, "unsendable", EXIT_USAGE,
			     "the HLR has no number for this IMSI; --msisdn is needed");
		return;
	default:
		return;
	}
}

int oneshot_sms(void *ctx, const struct options *o)
{
	struct oneshot s = { 0 };
	int rc;

	if (o->n_args != 2) {
		fprintf(stderr, "tegata-handset: sms takes one text\n");
		return EXIT_USAGE;
	}
	rc = sim_open(&s.sim, ctx, o);
	if (rc != EXIT_OK)
		return rc;
	s.sim.event = on_event;
	s.sim.data = &s;
	osmo_timer_setup(&s.wait, on_wait_over, &s);
	if (o->json) {
		json_begin(&s.json, stdout);
		json_object(&s.json, NULL);
		json_string(&s.json, "sent", o->args[1]);
		json_string(&s.json, "to", o->to);
		json_array(&s.json, "texts");
	}
	/* Through an SMSC texts come from a number, so it must be known first. */
	rc = sim_number_need(&s.sim);
	if (rc > 0)
		begin(&s);
	else if (rc < 0)
		fail(&s, "unsendable", EXIT_USAGE, "--msisdn is needed");
	rc = sim_run(&s.sim);
	sim_close(&s.sim);
	return rc;
}
