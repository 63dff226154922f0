/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A phone hands a value to somebody (claim 27): first the value and its id go to
 * the transferee's terminal, then the notice of it goes to the manager, and the
 * wallet remembers how far that came.
 *
 *   phone                        transferee              manager (by USSD)
 *     | POST, SMS, wallet inbox ---> |                       |
 *     | <------------------- taken   |                       |     handed over
 *     | *188*3*value*number# or *188*4*value*shop*ref# ----> |
 *     | <------------------------- "Send 500 JPY to ...?"    |
 *     | 1 -------------------------------------------------> |
 *     | <------------------------- "... now belongs to ..."  |     confirmed
 *
 * A shop is reached at its URL.  A phone of this program is reached by SMS where
 * the program is an SMSC, one that is simulated in the same wallet directory by
 * the inbox of its wallet; the owner of another is told in another way, and only
 * the notice is sent.
 *
 * The terminal's owner passes its events on while the transfer runs.
 */
#include <stdint.h>

#include "handset-sim/purse.h"
#include "lib/number.h"

struct options;
struct terminal;
struct terminal_event;
struct transfer;

struct transfer_handler {
	/* A line for a person. */
	void (*progress)(void *data, const char *line);
	/* Once, last; the transfer is gone after it.  text: the manager's last text, or what went
	 * wrong. */
	void (*done)(void *data, int exit_code, const char *text);
};

/* What a person types: value id, number or shop code. */
struct transfer_order {
	int64_t value_id;
	char to[NUMBER_SIZE];
	bool to_shop;
	const char *reference; /* "": none */
	const char *shop_url; /* NULL: none */
};

/* NULL, or what is wrong with it. */
const char *transfer_order_parse(struct transfer_order *order, const char *value, const char *to,
				 const struct options *o);

/* Starts; the terminal must be idle and its number known.  done() is not called from inside. */
struct transfer *transfer_start(void *ctx, struct terminal *t, struct purse *purse,
				const struct options *o, const struct transfer_order *order,
				const struct transfer_handler *handler, void *data)
	__attribute__((warn_unused_result));
void transfer_event(struct transfer *x, const struct terminal_event *event);
/* Gives up without done(); hangs up.  NULL is allowed. */
void transfer_cancel(struct transfer *x);
