/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Runs a parsed script over an exchange.  Steps are taken in the order of the
 * file; a step that waits for something (a text, a time, a command) leaves the
 * phones to go on meanwhile, and what comes to a phone is kept for it until a
 * step expects it.  Every wait ends: by what is waited for, or by the script's
 * time-out.
 *
 * A step that fails ends its test; the phones hang up, and the next test goes on.
 */
#include <stdbool.h>

#include "handset-sim/script.h"

struct exchange;
struct messaging;
struct options;
struct script_edits;
struct script_report;
struct script_run;
struct text_rules;

struct script_env {
	const struct options *options;
	struct exchange *exchange;
	struct messaging *messaging; /* NULL: no SMSC here */
	const struct text_rules *rules;
	const char *wallet_dir;
	struct script_report *report;
	struct script_edits *edits; /* NULL: texts that differ are failures */
};

/* ended is called once, from the select loop. */
struct script_run *script_run_start(void *ctx, const struct script *script,
				    const struct script_env *env, void (*ended)(void *data),
				    void *data) __attribute__((warn_unused_result));
void script_run_free(struct script_run *r);
