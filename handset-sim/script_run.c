/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/options.h"
#include "handset-sim/script_report.h"
#include "handset-sim/script_run_private.h"
#include "handset-sim/script_shell.h"
#include "lib/monotonic.h"

enum step_result script_run_fail(struct script_run *r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(r->why, sizeof(r->why), format, ap);
	va_end(ap);
	return STEP_FAILED;
}

void script_run_kick(struct script_run *r)
{
	osmo_timer_schedule(&r->kick, 0, 0);
}

void script_run_timer(struct script_run *r, uint32_t ms)
{
	osmo_timer_schedule(&r->timer, ms / 1000, (ms % 1000) * 1000);
}

static const struct script_test *test_now(const struct script_run *r)
{
	return &r->script->tests[r->test];
}

/* Which phones' SMS this test is about. */
static void sms_attend(struct script_run *r)
{
	const struct script_step *step = r->script->steps + test_now(r)->first_step, *end;
	size_t i;

	for (i = 0; i < r->script->n_phones; i++)
		r->phones[i].takes_sms = false;
	for (end = step + test_now(r)->n_steps; step < end; step++)
		if (step->kind == STEP_SMS || step->kind == STEP_SMS_TEXT)
			r->phones[step->phone].takes_sms = true;
}

static void test_begin(struct script_run *r)
{
	r->test_began_us = monotonic_us();
	r->test_updated = false;
	r->step = test_now(r)->first_step;
	sms_attend(r);
}

/* What stands before the first test is a test of its own only where it fails, or is all. */
static bool test_is_reported(const struct script_run *r, bool passed)
{
	return !passed || r->test > 0 || r->script->n_tests == 1;
}

static void test_end(struct script_run *r, bool passed, unsigned int line)
{
	const struct script_test *test = test_now(r);
	int64_t now_us = monotonic_us();
	size_t i;

	if (test_is_reported(r, passed)) {
		const struct script_result result = {
			.file = r->script->path,
			.test = r->test > 0		 ? test->name
				: r->script->n_tests > 1 ? "(before)"
							 : "(all)",
			.seconds = (double)(now_us - r->test_began_us) / 1e6,
			.passed = passed,
			.updated = r->test_updated,
			.line = line,
			.why = r->why,
			.expected = r->expected,
			.actual = r->actual,
		};

		script_report_add(r->env.report, &result);
	}
	for (i = 0; i < r->script->n_phones; i++)
		script_phone_reset(&r->phones[i]);
	script_shell_free(r->shell);
	r->shell = NULL;
	TALLOC_FREE(r->expected);
	TALLOC_FREE(r->actual);
	r->test++;
}

/* Of the step that was run; of the last one where the test is over. */
static unsigned int step_line(const struct script_run *r)
{
	const struct script_test *test = test_now(r);

	if (test->n_steps == 0)
		return test->line;
	return r->script->steps[OSMO_MIN(r->step, test->first_step + test->n_steps - 1)].line;
}

/* Steps until one waits.  true: the script is through. */
static bool steps_run(struct script_run *r)
{
	while (r->test < r->script->n_tests) {
		const struct script_test *test = test_now(r);
		bool over = r->step == test->first_step + test->n_steps;
		enum step_result result = over ? script_test_finish(r)
					       : script_step_run(r, &r->script->steps[r->step]);

		r->entered = result == STEP_WAITS;
		if (result == STEP_WAITS)
			return false;
		osmo_timer_del(&r->timer);
		r->expired = false;
		if (result == STEP_DONE && !over) {
			r->step++;
			continue;
		}
		test_end(r, result == STEP_DONE, step_line(r));
		if (result == STEP_FAILED && r->test == 1)
			return true; /* without what is set up there, nothing else makes sense */
		if (r->test < r->script->n_tests)
			test_begin(r);
	}
	return true;
}

static void on_kick(void *data)
{
	struct script_run *r = data;

	if (r->over)
		return;
	r->over = steps_run(r);
	if (r->over)
		r->ended(r->data);
}

static void on_timer(void *data)
{
	struct script_run *r = data;

	r->expired = true;
	on_kick(r);
}

static void on_phone_changed(void *data)
{
	script_run_kick(data);
}

static int run_destroy(struct script_run *r)
{
	size_t i;

	osmo_timer_del(&r->timer);
	osmo_timer_del(&r->kick);
	for (i = 0; i < r->script->n_phones; i++)
		script_phone_close(&r->phones[i]);
	return 0;
}

static void sets_take(struct script_run *r)
{
	const struct option_list *sets = &r->env.options->sets;
	size_t i;

	for (i = 0; i < sets->n; i++) {
		const char *eq = strchr(sets->items[i], '=');
		char name[SCRIPT_NAME_SIZE];

		osmo_strlcpy(name, sets->items[i],
			     OSMO_MIN(sizeof(name), (size_t)(eq - sets->items[i]) + 1));
		if (script_vars_set(r->vars, name, eq + 1, strlen(eq + 1), true) < 0)
			fprintf(stderr, "tegata-handset: --set %s is too long\n", name);
	}
}

struct script_run *script_run_start(void *ctx, const struct script *script,
				    const struct script_env *env, void (*ended)(void *data),
				    void *data)
{
	struct script_run *r = talloc_zero(ctx, struct script_run);
	size_t i;

	OSMO_ASSERT(r);
	r->script = script;
	r->env = *env;
	r->ended = ended;
	r->data = data;
	r->timeout_ms = SCRIPT_TIMEOUT_DEFAULT_MS;
	r->vars = talloc_zero(r, struct script_vars);
	r->phones = talloc_zero_array(r, struct script_phone, script->n_phones);
	OSMO_ASSERT(r->vars && r->phones);
	for (i = 0; i < script->n_phones; i++)
		r->phones[i] = (struct script_phone){
			.purse = { .ctx = r, .dir = env->wallet_dir, .rules = env->rules },
			.changed = on_phone_changed,
			.data = r,
		};
	osmo_timer_setup(&r->timer, on_timer, r);
	osmo_timer_setup(&r->kick, on_kick, r);
	talloc_set_destructor(r, run_destroy);
	sets_take(r);
	test_begin(r);
	script_run_kick(r);
	return r;
}

void script_run_free(struct script_run *r)
{
	talloc_free(r);
}
