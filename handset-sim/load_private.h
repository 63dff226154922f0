/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What the files of load share: load.c (who dials when) and load_phone.c (what a phone does with
 * its turn). */
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "handset-sim/load.h"
#include "handset-sim/load_record.h"
#include "lib/ussd_ss.h"

#define LOAD_AMOUNTS_MAX 8

struct load_phone {
	struct line line;
	uint64_t due_us;
	int64_t value_id; /* the last one it got; 0: none */
	int64_t moving_id; /* of the transfer under way, and to which phone */
	uint32_t transferee;
	uint32_t dialogue; /* its number in the record */
	uint8_t op; /* enum load_op */
	uint8_t n_answers;
	bool unsure; /* does not know what became of what it did last */
};

struct load {
	const struct options *options;
	struct exchange *exchange;
	struct load_mix mix;
	struct load_texts *texts;
	struct load_record *record; /* or NULL */
	struct load_result result;
	struct load_phone *phones;
	uint32_t *idle; /* ring of indices: phones take turns */
	uint32_t idle_at, n_idle;
	uint64_t start_us, stop_us; /* of counting */
	double next_due_us; /* open loop; whole microseconds would add up to a wrong rate */
	struct osmo_fd clock; /* fires when dialogues are due */
	struct osmo_timer_list progress;
	uint64_t ended_before;
	bool follows; /* the mix needs to know who owns what */
	bool running; /* new dialogues begin */
	bool failed; /* no network in time */
	char *amounts[LOAD_AMOUNTS_MAX];
	uint32_t n_amounts;
	uint32_t n_paid; /* makes references */
};

/* Is counted in the result what was to begin then? */
bool load_is_counted(const struct load *l, uint64_t due_us);

/* --- load_phone.c */

/* The base plus i, in as many digits. */
bool load_number_make(char *out, size_t size, const char *base, uint32_t i);
/* Is its turn better given to a phone that owns something? */
bool load_op_needs_value(enum load_op op);
/* Dials; false: the link does not take it. */
bool load_phone_dial(struct load *l, struct load_phone *p, enum load_op op, uint64_t due_us);
/* The dialogue is over with this text. */
void load_phone_final(struct load *l, struct load_phone *p, const char *text);
/* false: it was hung up, the dialogue is over. */
bool load_phone_question(struct load *l, struct load_phone *p, const char *text);
/* The dialogue is over without a text. */
void load_phone_end(struct load *l, struct load_phone *p, enum line_end end);
