/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Writes what a subscriber reads, on a page or in a text: lines in his language,
 * with amounts and times as people there write them.  What does not fit is left
 * out, at a character's boundary.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/number.h"
#include "manager/catalogue.h"
#include "manager/ledger.h"

#define MOMENT_STR_SIZE 40
#define MONEY_STR_SIZE 64
#define TAIL_STR_SIZE 9
#define PEER_STR_SIZE (NUMBER_SIZE + TERMINAL_NAME_SIZE + 4)

#define VARS(...) ((const struct text_var[]){ __VA_ARGS__, { 0 } })

/* For whom: good until the catalogues are loaded again. */
struct text_style {
	const struct language *language;
	bool local_time; /* as the process's TZ says; else east of UTC by: */
	int offset_s;
};

struct text_writer {
	struct text_style style;
	char *out;
	size_t size, len; /* of out; what is written in it */
};

/* Empties out. */
void writer_begin(struct text_writer *w, const struct text_style *style, char *out, size_t size);
/* Adds a line. */
void writer_add(struct text_writer *w, enum text_id id, const struct text_var *vars);
/* Adds a line as it is; control characters become spaces. */
void writer_line(struct text_writer *w, const char *line);
void writer_outcome(struct text_writer *w, enum outcome outcome);

char *style_money(char buf[MONEY_STR_SIZE], const struct text_style *style, int64_t amount_minor,
		  const char *currency);
/* at in the terminals' time of day, by a text that is a format of strftime. */
char *style_moment(char buf[MOMENT_STR_SIZE], const struct text_style *style, enum text_id format,
		   int64_t at);
/* The time where it was today, else with its day. */
char *style_when(char buf[MOMENT_STR_SIZE], const struct text_style *style, int64_t at);

/* The last eight digits of a value id: enough to tell one's own apart. */
char *tail_format(char buf[TAIL_STR_SIZE], int64_t value_id);
/* "+819012345678" */
char *number_international(char buf[NUMBER_SIZE + 1], const char *number);
/* The same, or "Book shop (4711)". */
char *peer_format(char buf[PEER_STR_SIZE], const char *address, const char *name);
/* State as it is now: what has passed its expiry is expired, whoever has not noted it yet. */
enum text_id state_text(int state, int64_t expires_at);
