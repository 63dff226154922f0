/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What the modes with one phone share: exchange, phone, wallet and rules from the options, and the
 * loop that runs until somebody says the exit code. */
#include <stdbool.h>

#include "handset-sim/exchange.h"
#include "handset-sim/options.h"
#include "handset-sim/purse.h"

struct terminal;
struct terminal_event;

struct sim {
	void *ctx;
	const struct options *options;
	struct exchange *exchange;
	struct messaging *messaging; /* NULL: no SMSC here */
	struct terminal *terminal;
	struct text_rules *rules;
	struct purse purse;
	bool ended;
	int exit_code;
	/* of the mode; the wallet has learnt from the event before */
	void (*event)(void *data, const struct terminal_event *event, const struct text_note *notes,
		      size_t n_notes);
	void (*network)(void *data); /* the link came or went; may be NULL */
	void *data;
};

/* The configuration of an exchange as the options say. */
struct exchange_config sim_exchange_config(const struct options *o);
const char *sim_wallet_dir(void *ctx, const struct options *o);

/* EXIT_OK, or the exit code after a line on stderr. */
int sim_open(struct sim *s, void *ctx, const struct options *o) __attribute__((warn_unused_result));
void sim_close(struct sim *s);
/* Runs until sim_end(). */
int sim_run(struct sim *s);
void sim_end(struct sim *s, int exit_code);

/* Is the number of the phone known?  1; 0: the HLR was asked, TERMINAL_READY tells; negative errno:
 * it cannot be asked. */
int sim_number_need(struct sim *s) __attribute__((warn_unused_result));

/* The exit code of a failed dial. */
int sim_failure_exit(const struct terminal_event *event);
