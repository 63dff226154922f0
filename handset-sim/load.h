/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Load: many phones with one-step dialogues over one link.
 *
 *   --window W   closed loop: W dialogues are open at any time
 *   --rate R     open loop: dialogues are due at random times (a Poisson process of
 *                rate R, from the seed), whether earlier ones have ended or not;
 *                the latency counts from when one was due, so a stall of the
 *                system is seen by all who would have come meanwhile; those that
 *                are due within a millisecond begin together
 *
 * A phone has 200 octets, whatever it does; nothing is allocated while it runs.
 *
 *   --record FILE   what each phone said and was told is written down (load_record.h);
 *                   a phone that does not know how something ended then looks at its
 *                   last operations before it does anything else
 */
#include <stdbool.h>
#include <stdint.h>

#include "handset-sim/exchange.h"
#include "handset-sim/load_histogram.h"
#include "handset-sim/load_mix.h"
#include "handset-sim/load_texts.h"

#define LOAD_ENDS 6 /* enum line_end */

struct options;

struct load_result {
	double seconds; /* counted */
	double cpu_s; /* of this process in that time */
	uint64_t begun, ended; /* of those counted */
	uint64_t kinds[TEXT_KINDS];
	uint64_t ends[LOAD_ENDS];
	uint64_t unanswered; /* questions that are not confirmations: hung up */
	uint64_t unsent; /* due while there was no link */
	uint64_t late; /* due while every phone was busy; they began later */
	struct load_histogram all, ops[LOAD_OPS];
};

/* Dialogues that did not end with a good text. */
uint64_t load_result_errors(const struct load_result *r);

/* "load": 0, 1 where a limit was passed, 3 without network. */
int load_main(void *ctx, const struct options *o);

/* load_report.c */
const char *load_end_name(enum line_end end);
void load_progress_print(const struct load_result *r, uint64_t ended_before, double seconds,
			 uint32_t open);
void load_report_print(const struct options *o, const struct load_result *r,
		       const struct load_texts *texts);
void load_report_json(const struct options *o, const struct load_result *r,
		      const struct load_texts *texts);
