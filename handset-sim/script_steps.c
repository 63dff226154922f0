/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/options.h"
#include "handset-sim/script_pattern.h"
#include "handset-sim/script_run_private.h"
#include "handset-sim/script_shell.h"
#include "handset-sim/script_update.h"
#include "handset-sim/transfer.h"
#include "handset-sim/wallet.h"
#include "lib/value_id.h"

/* NULL where a variable is missing; the step has failed then. */
static char *expand(struct script_run *r, const char *text)
{
	return script_vars_expand(r, r->vars, text, r->why);
}

/* Expands up to n args into out[]; NULL args stay NULL. */
static bool args_expand(struct script_run *r, const struct script_step *step, char *out[4])
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(step->args); i++) {
		out[i] = step->args[i] ? expand(r, step->args[i]) : NULL;
		if (step->args[i] && !out[i])
			return false;
	}
	return true;
}

static enum step_result phone_step(struct script_run *r, const struct script_step *step)
{
	char *args[4];
	int rc;

	if (!args_expand(r, step, args))
		return STEP_FAILED;
	rc = script_phone_open(script_step_phone(r, step), r->env.exchange, r->env.messaging,
			       args[0], args[1], r->env.options->network_timeout_ms);
	if (rc == -EEXIST)
		return script_run_fail(r, "another phone has IMSI %s", args[0]);
	return rc < 0 ? script_run_fail(r, "not an IMSI or MSISDN") : STEP_DONE;
}

static enum step_result let_step(struct script_run *r, const struct script_step *step)
{
	char *value = expand(r, step->args[1]);
	int rc = value ? script_vars_set(r->vars, step->args[0], value, strlen(value), false) : 0;

	if (rc < 0)
		return script_run_fail(r, "%s: %s", step->args[0], strerror(-rc));
	return value ? STEP_DONE : STEP_FAILED;
}

static enum step_result dial_step(struct script_run *r, const struct script_step *step)
{
	struct script_phone *p = script_step_phone(r, step);
	const struct script_message *left = script_phone_peek(p, TRAY_DIALOGUE);
	char *text;
	int rc;

	if (left)
		return script_step_unexpected(r, step, left, "nothing expects this");
	text = expand(r, step->text);
	if (!text)
		return STEP_FAILED;
	rc = p->terminal->state == TERMINAL_ASKED ? terminal_answer(p->terminal, text)
						  : terminal_dial(p->terminal, text);
	talloc_free(text);
	if (rc == -EBUSY)
		return script_run_fail(r, "%s waits for the network and cannot send",
				       script_step_name(r, step));
	return rc < 0 ? script_run_fail(r, "cannot be sent: %s", strerror(-rc)) : STEP_DONE;
}

static enum step_result quiet_step(struct script_run *r, const struct script_step *step)
{
	const struct script_phone *p = step->phone < 0 ? NULL : script_step_phone(r, step);

	if (p && p->n_messages > 0)
		return script_step_unexpected(r, step, &p->messages[0],
					      "came although it should be quiet:");
	if (r->expired)
		return STEP_DONE;
	if (!r->entered)
		script_run_timer(r, step->ms);
	return STEP_WAITS;
}

static enum step_result hangup_step(struct script_run *r, const struct script_step *step)
{
	struct script_phone *p = script_step_phone(r, step);
	const struct script_message *left = script_phone_peek(p, TRAY_DIALOGUE);
	int rc;

	if (left)
		return script_step_unexpected(r, step, left, "nothing expects this");
	rc = terminal_hangup(p->terminal);
	return rc < 0 ? script_run_fail(r, "%s cannot hang up: %s", script_step_name(r, step),
					strerror(-rc))
		      : STEP_DONE;
}

static void on_shell_ended(void *data, int status)
{
	struct script_run *r = data;

	r->shell_ended = true;
	r->shell_status = status;
	script_run_kick(r);
}

static enum step_result shell_step(struct script_run *r, const struct script_step *step)
{
	int rc = 0;

	if (!r->entered) {
		r->shell_ended = false;
		r->shell = script_shell_start(r, step->text, r->vars, on_shell_ended, r, &rc);
		if (!r->shell)
			return script_run_fail(r, "cannot be started: %s", strerror(-rc));
		script_run_timer(r, r->timeout_ms);
		return STEP_WAITS;
	}
	if (!r->shell_ended && !r->expired)
		return STEP_WAITS;
	talloc_free(r->shell_output);
	r->shell_output = script_shell_output(r, r->shell);
	script_shell_free(r->shell);
	r->shell = NULL;
	if (!r->shell_ended)
		return script_run_fail(r, "the command did not end in %u ms", r->timeout_ms);
	if (WIFEXITED(r->shell_status) && WEXITSTATUS(r->shell_status) == 0)
		return STEP_DONE;
	script_run_texts(r, "", r->shell_output);
	return script_run_fail(r, "the command ended with status %d",
			       WIFEXITED(r->shell_status) ? WEXITSTATUS(r->shell_status)
							  : 128 + WTERMSIG(r->shell_status));
}

static enum step_result output_step(struct script_run *r, const struct script_step *step)
{
	if (!r->shell_output)
		return script_run_fail(r, "no command ran before");
	switch (script_pattern_match(r->vars, step->text, r->shell_output, r->why)) {
	case SCRIPT_MATCH:
		return STEP_DONE;
	case SCRIPT_BAD_PATTERN:
		return STEP_FAILED;
	default:
		script_run_texts(r, step->text, r->shell_output);
		return script_run_fail(r, "the command wrote something else");
	}
}

static void on_transfer_progress(void *data, const char *line)
{
}

static void on_transfer_done(void *data, int exit_code, const char *text)
{
	struct script_run *r = data;

	script_step_phone(r, &r->script->steps[r->step])->transfer = NULL;
	r->transfer_ended = true;
	r->transfer_exit = exit_code;
	talloc_free(r->transfer_text);
	r->transfer_text = talloc_strdup(r, text);
	script_run_kick(r);
}

static enum step_result transfer_begin(struct script_run *r, const struct script_step *step)
{
	static const struct transfer_handler handler = {
		.progress = on_transfer_progress,
		.done = on_transfer_done,
	};
	struct script_phone *p = script_step_phone(r, step);
	struct transfer_order order;
	const char *wrong;
	char *args[4];

	if (!args_expand(r, step, args))
		return STEP_FAILED;
	order.reference = args[2] ? args[2] : "";
	order.shop_url = args[3];
	wrong = transfer_order_parse(&order, args[0], args[1], r->env.options);
	if (wrong)
		return script_run_fail(r, "%s", wrong);
	if (p->terminal->state != TERMINAL_IDLE)
		return script_run_fail(r, "%s is in a dialogue", script_step_name(r, step));
	r->transfer_ended = false;
	p->transfer =
		transfer_start(r, p->terminal, &p->purse, r->env.options, &order, &handler, r);
	script_run_timer(r, r->timeout_ms);
	return STEP_WAITS;
}

/* An expected last text behind it says what the answer must be, also where that is a no. */
static enum step_result transfer_step(struct script_run *r, const struct script_step *step)
{
	const struct script_step *next = step + 1;
	struct script_phone *p = script_step_phone(r, step);
	bool looked_at = next < r->script->steps + r->script->n_steps && next->kind == STEP_FINAL &&
			 next->phone == step->phone;

	if (!r->entered)
		return transfer_begin(r, step);
	if (!r->transfer_ended && !r->expired)
		return STEP_WAITS;
	if (!r->transfer_ended)
		return script_run_fail(r, "the transfer did not end in %u ms", r->timeout_ms);
	if (looked_at && (r->transfer_exit == EXIT_OK || r->transfer_exit == EXIT_REFUSED)) {
		script_phone_put(p, TERMINAL_FINAL, NULL, r->transfer_text);
		return STEP_DONE;
	}
	return r->transfer_exit == EXIT_OK ? STEP_DONE
					   : script_run_fail(r, "not handed over (%d): %.200s",
							     r->transfer_exit, r->transfer_text);
}

static enum step_result wallet_step(struct script_run *r, const struct script_step *step)
{
	struct script_phone *p = script_step_phone(r, step);
	struct wallet *w = purse_wallet(&p->purse, p->terminal);
	const struct wallet_note *note;
	const char *state = "absent";
	char *args[4];
	int64_t id;

	if (!args_expand(r, step, args))
		return STEP_FAILED;
	if (!w)
		return script_run_fail(r, "%s has no wallet (is its MSISDN known?)",
				       script_step_name(r, step));
	if (value_id_parse(&id, args[0], strlen(args[0])) < 0)
		return script_run_fail(r, "not a value id: %.30s", args[0]);
	note = wallet_find(w, id);
	if (note)
		state = wallet_state_name(note->state);
	if (strcmp(state, step->args[1]) == 0)
		return STEP_DONE;
	script_run_texts(r, step->args[1], state);
	return script_run_fail(r, "another state in the wallet of %s", script_step_name(r, step));
}

/* Given to the network; what becomes of it comes as a message. */
static enum step_result sms_step(struct script_run *r, const struct script_step *step)
{
	struct terminal *t = script_step_phone(r, step)->terminal;
	char *args[4], *text;
	int rc;

	if (t->sms_state != TERMINAL_SMS_IDLE && r->expired)
		return script_run_fail(r, "%s: the SMS before is still on its way",
				       script_step_name(r, step));
	if (t->sms_state != TERMINAL_SMS_IDLE) {
		if (!r->entered)
			script_run_timer(r, r->timeout_ms);
		return STEP_WAITS;
	}
	text = expand(r, step->text);
	if (!text || !args_expand(r, step, args))
		return STEP_FAILED;
	rc = terminal_sms(t, args[0] ? args[0] : r->env.options->to, text);
	return rc < 0 ? script_run_fail(r, "cannot be sent: %s", strerror(-rc)) : STEP_DONE;
}

/* A step that sends is done once; then what comes of it is waited for, where it is written down. */
static enum step_result send_or_record(struct script_run *r, const struct script_step *step)
{
	enum step_result result = STEP_DONE;

	if (!r->sent)
		result = step->kind == STEP_SMS ? sms_step(r, step) : dial_step(r, step);
	r->sent = result == STEP_DONE && r->env.edits;
	if (r->sent)
		result = script_step_record(r, step);
	r->sent = result == STEP_WAITS && r->sent;
	return result;
}

enum step_result script_step_run(struct script_run *r, const struct script_step *step)
{
	if (step->phone >= 0 && step->kind != STEP_PHONE && script_step_phone(r, step)->overflowed)
		return script_run_fail(r, "%s got more than %d messages", script_step_name(r, step),
				       SCRIPT_INBOX_MAX);
	switch (step->kind) {
	case STEP_PHONE:
		return phone_step(r, step);
	case STEP_LET:
		return let_step(r, step);
	case STEP_TIMEOUT:
		r->timeout_ms = step->ms;
		return STEP_DONE;
	case STEP_DIAL:
	case STEP_SMS:
		return send_or_record(r, step);
	case STEP_QUESTION:
	case STEP_FINAL:
	case STEP_PUSH:
	case STEP_FAILURE:
	case STEP_SMS_TEXT:
	case STEP_SMS_FAILURE:
		return script_step_expect(r, step);
	case STEP_HANGUP:
		return hangup_step(r, step);
	case STEP_QUIET:
	case STEP_WAIT:
		return quiet_step(r, step);
	case STEP_TRANSFER:
		return transfer_step(r, step);
	case STEP_WALLET:
		return wallet_step(r, step);
	case STEP_SHELL:
		return shell_step(r, step);
	case STEP_SHELL_OUTPUT:
		return output_step(r, step);
	}
	return STEP_DONE;
}
