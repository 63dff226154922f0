/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Steps of a script that look at what came to a phone. */
#include <stdio.h>
#include <string.h>

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
	return script_run_fail(r, "%s: %s '%s'", script_step_name(r, step), what,
			       script_message_sign(m->kind));
}

/* What must come. */
static enum terminal_event_kind step_message(enum script_step_kind kind)
{
	switch (kind) {
	case STEP_QUESTION:
		return TERMINAL_QUESTION;
	case STEP_FINAL:
		return TERMINAL_FINAL;
	case STEP_PUSH:
		return TERMINAL_PUSH;
	case STEP_SMS_TEXT:
		return TERMINAL_SMS;
	case STEP_SMS_FAILURE:
		return TERMINAL_SMS_FAILED;
	default:
		return TERMINAL_FAILED;
	}
}

static enum script_tray step_tray(enum script_step_kind kind)
{
	if (kind == STEP_SMS || kind == STEP_SMS_TEXT || kind == STEP_SMS_FAILURE)
		return TRAY_SMS;
	return kind == STEP_PUSH ? TRAY_PUSH : TRAY_DIALOGUE;
}

/* The text that came is the expected one from now on, and captures what that captures. */
static void update(struct script_run *r, const struct script_step *step,
		   const struct script_message *m, bool insert)
{
	const char *sign = script_message_sign(m->kind);
	char *numbered = NULL;
	char *text = script_text_generalise(r, r->vars, insert ? NULL : step->text, m->text);

	if (m->kind == TERMINAL_SMS && step->kind == STEP_SMS_TEXT && step->args[0])
		sign = numbered = talloc_asprintf(r, " sms %s<", step->args[0]);
	if (insert)
		script_edits_insert(r->env.edits, step, script_step_name(r, step), sign, text);
	else
		script_edits_replace(r->env.edits, step, script_step_name(r, step), sign, text);
	/* Its captures are set; that it fits was made so. */
	if (script_pattern_match(r->vars, text, m->text, r->why) != SCRIPT_MATCH)
		fprintf(stderr, "tegata-handset: line %u was updated, but does not fit: %s\n",
			step->line, text);
	talloc_free(numbered);
	talloc_free(text);
	r->test_updated = true;
}

/* An SMS from somebody else than the step says? */
static bool is_from_another(struct script_run *r, const struct script_step *step,
			    const struct script_message *m)
{
	char *from;
	bool other;

	if (m->kind != TERMINAL_SMS || !step->args[0])
		return false;
	from = script_vars_expand(r, r->vars, step->args[0], r->why);
	other = !from || strcmp(from, m->from) != 0;
	talloc_free(from);
	return other;
}

static enum step_result mismatch(struct script_run *r, const struct script_step *step,
				 const struct script_message *m, bool text_differs)
{
	script_run_texts(r, step->text, m->text);
	return script_run_fail(r, "%s: expected '%s', came '%s'%s", script_step_name(r, step),
			       script_message_sign(step_message(step->kind)),
			       script_message_sign(m->kind),
			       text_differs ? " with another text" : "");
}

enum step_result script_step_expect(struct script_run *r, const struct script_step *step)
{
	struct script_phone *p = script_step_phone(r, step);
	const struct script_message *m = script_phone_peek(p, step_tray(step->kind));
	enum script_match match;

	if (!m && r->expired)
		return script_run_fail(r, "%s: nothing came in %u ms", script_step_name(r, step),
				       r->timeout_ms);
	if (!m) {
		if (!r->entered)
			script_run_timer(r, r->timeout_ms);
		return STEP_WAITS;
	}
	if (is_from_another(r, step, m))
		return script_run_fail(r, "%s: this SMS came from %s", script_step_name(r, step),
				       m->from);
	match = script_pattern_match(r->vars, step->text, m->text, r->why);
	if (match == SCRIPT_BAD_PATTERN)
		return STEP_FAILED;
	if (match == SCRIPT_NO_MATCH || m->kind != step_message(step->kind)) {
		if (!r->env.edits)
			return mismatch(r, step, m, match == SCRIPT_NO_MATCH);
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
	const struct script_message *m = script_phone_peek(p, step_tray(step->kind));

	for (next = step + 1; next < end; next++) {
		if (next->phone != step->phone)
			continue;
		if (next->kind != STEP_DIAL && next->kind != STEP_SMS)
			return STEP_DONE;
		break;
	}
	if (m) {
		update(r, step, m, true);
		script_phone_drop(p, m);
		return STEP_DONE;
	}
	if (r->expired && step->kind == STEP_SMS) /* may well be without an answer */
		return STEP_DONE;
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
		return script_run_fail(r, "%s: nothing expects this '%s'", r->script->phones[i],
				       script_message_sign(p->messages[0].kind));
	}
	if (p->terminal->sms_state != TERMINAL_SMS_IDLE)
		return r->expired ? script_run_fail(r, "%s: an SMS is still on its way",
						    r->script->phones[i])
				  : STEP_WAITS;
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
