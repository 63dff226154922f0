/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Steps of a script that look at what came to a phone. */
#include <stdio.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/script_pattern.h"
#include "handset-sim/script_run_private.h"
#include "handset-sim/script_update.h"

struct script_phone *script_step_phone(struct script_run *r, const struct script_step *step)
{
	return &r->phones[step->phone];
}

const char *script_step_name(const struct script_run *r, const struct script_step *step)
{
	return r->script->phones[step->phone];
}

void script_run_texts(struct script_run *r, const char *expected, const char *actual)
{
	r->expected = talloc_strdup(r, expected);
	r->actual = talloc_strdup(r, actual);
}

enum step_result script_step_unexpected(struct script_run *r, const struct script_step *step,
					const struct script_message *m, const char *what)
{
	script_run_texts(r, "", m->text);
	return script_run_fail(r, "%s: %s '%c'", script_step_name(r, step), what,
			       script_message_sign(m->kind));
}

static char step_sign(enum script_step_kind kind)
{
	switch (kind) {
	case STEP_QUESTION:
		return '<';
	case STEP_FINAL:
		return '=';
	case STEP_PUSH:
		return '!';
	default:
		return '~';
	}
}

/* The text that came is the expected one from now on, and captures what that captures. */
static void update(struct script_run *r, const struct script_step *step,
		   const struct script_message *m, bool insert)
{
	char sign = script_message_sign(m->kind);
	char *text = script_text_generalise(r, r->vars, insert ? NULL : step->text, m->text);

	if (insert)
		script_edits_insert(r->env.edits, step, script_step_name(r, step), sign, text);
	else
		script_edits_replace(r->env.edits, step, script_step_name(r, step), sign, text);
	/* Its captures are set; that it fits was made so. */
	if (script_pattern_match(r->vars, text, m->text, r->why) != SCRIPT_MATCH)
		fprintf(stderr, "tegata-handset: line %u was updated, but does not fit: %s\n",
			step->line, text);
	talloc_free(text);
	r->test_updated = true;
}

enum step_result script_step_expect(struct script_run *r, const struct script_step *step)
{
	struct script_phone *p = script_step_phone(r, step);
	const struct script_message *m = script_phone_peek(p, step->kind == STEP_PUSH);
	enum script_match match;

	if (!m && r->expired)
		return script_run_fail(r, "%s: nothing came in %u ms", script_step_name(r, step),
				       r->timeout_ms);
	if (!m) {
		if (!r->entered)
			script_run_timer(r, r->timeout_ms);
		return STEP_WAITS;
	}
	match = script_pattern_match(r->vars, step->text, m->text, r->why);
	if (match == SCRIPT_BAD_PATTERN)
		return STEP_FAILED;
	if (match == SCRIPT_NO_MATCH || script_message_sign(m->kind) != step_sign(step->kind)) {
		if (!r->env.edits) {
			script_run_texts(r, step->text, m->text);
			return script_run_fail(
				r, "%s: expected '%c', came '%c'%s", script_step_name(r, step),
				step_sign(step->kind), script_message_sign(m->kind),
				match == SCRIPT_NO_MATCH ? " with another text" : "");
		}
		update(r, step, m, false);
	}
	script_phone_drop(p, m);
	return STEP_DONE;
}

/* While recording: what came after this step, if nothing in the script expects it. */
enum step_result script_step_record(struct script_run *r, const struct script_step *step)
{
	const struct script_step *next, *end = r->script->steps +
					       r->script->tests[r->test].first_step +
					       r->script->tests[r->test].n_steps;
	struct script_phone *p = script_step_phone(r, step);
	const struct script_message *m = script_phone_peek(p, false);

	for (next = step + 1; next < end; next++) {
		if (next->phone != step->phone)
			continue;
		if (next->kind != STEP_DIAL)
			return STEP_DONE;
		break;
	}
	if (m) {
		update(r, step, m, true);
		script_phone_drop(p, m);
		return STEP_DONE;
	}
	if (r->expired)
		return script_run_fail(r, "%s: nothing came in %u ms", script_step_name(r, step),
				       r->timeout_ms);
	if (!r->entered)
		script_run_timer(r, r->timeout_ms);
	return STEP_WAITS;
}

static enum step_result phone_finish(struct script_run *r, size_t i)
{
	const struct script_phone *p = &r->phones[i];

	if (!p->terminal)
		return STEP_DONE;
	if (p->n_messages > 0) {
		script_run_texts(r, "", p->messages[0].text);
		return script_run_fail(r, "%s: nothing expects this '%c'", r->script->phones[i],
				       script_message_sign(p->messages[0].kind));
	}
	if (p->terminal->state == TERMINAL_IDLE)
		return STEP_DONE;
	if (p->terminal->state != TERMINAL_ASKED && !r->expired)
		return STEP_WAITS;
	return script_run_fail(r, "%s: a dialogue is left open (answer, or hangup)",
			       r->script->phones[i]);
}

enum step_result script_test_finish(struct script_run *r)
{
	enum step_result result = STEP_DONE;
	size_t i;

	for (i = 0; i < r->script->n_phones && result == STEP_DONE; i++)
		result = phone_finish(r, i);
	if (result == STEP_WAITS && !r->entered)
		script_run_timer(r, r->timeout_ms);
	return result;
}
