/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What script_run.c (order, time-outs, results) and script_steps.c (what each step does) share. */
#include <stdint.h>

#include <osmocom/core/timer.h>

#include "handset-sim/script_phone.h"
#include "handset-sim/script_run.h"
#include "handset-sim/script_vars.h"

#define SCRIPT_TIMEOUT_DEFAULT_MS 10000

enum step_result {
	STEP_DONE,
	STEP_WAITS, /* it is asked again when something changed or its time is over */
	STEP_FAILED, /* why, and where it is a matter of texts expected and actual, are set */
};

struct script_run {
	const struct script *script;
	struct script_env env;
	struct script_vars *vars;
	struct script_phone *phones;
	void (*ended)(void *data);
	void *data;

	bool over;
	size_t test; /* index */
	size_t step; /* index */
	int64_t test_began_us;
	bool test_updated;

	bool entered; /* the step was asked before */
	bool expired; /* its time is over */
	bool sent; /* it has sent, and waits for what is to be written down */
	uint32_t timeout_ms;
	struct osmo_timer_list timer; /* of the step */
	struct osmo_timer_list kick; /* fires at once */

	struct script_shell *shell;
	bool shell_ended;
	int shell_status;
	char *shell_output;

	bool transfer_ended;
	int transfer_exit;
	char *transfer_text;

	char why[SCRIPT_WHY_SIZE];
	char *expected, *actual;
};

enum step_result script_step_run(struct script_run *r, const struct script_step *step);
/* script_expect.c */
struct script_phone *script_step_phone(struct script_run *r, const struct script_step *step);
const char *script_step_name(const struct script_run *r, const struct script_step *step);
/* '<', '=', '!', '~' and those of SMS. */
enum step_result script_step_expect(struct script_run *r, const struct script_step *step);
/* While recording: what came after this, if nothing in the script expects it. */
enum step_result script_step_record(struct script_run *r, const struct script_step *step);
/* Fails because of a message. */
enum step_result script_step_unexpected(struct script_run *r, const struct script_step *step,
					const struct script_message *m, const char *what);
/* For the report of a failure. */
void script_run_texts(struct script_run *r, const char *expected, const char *actual);
/* Nothing may be left of a test that nothing expected; what is under way is waited for. */
enum step_result script_test_finish(struct script_run *r);
/* Asks the step again from the select loop. */
void script_run_kick(struct script_run *r);
/* The step's time; entered only. */
void script_run_timer(struct script_run *r, uint32_t ms);
/* Sets why; returns STEP_FAILED. */
enum step_result script_run_fail(struct script_run *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
