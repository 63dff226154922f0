/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What a text means to a program: a phone gets words for people, so that is
 * told by patterns (POSIX extended, case ignored).  The defaults fit the
 * catalogues in etc/texts and can be replaced on the command line.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/amount.h"

struct text_rules;

enum text_kind { /* in order of precedence */
		 TEXT_UNSURE, /* whether it was done will be known later */
		 TEXT_BUSY, /* nothing was done; the same may succeed later */
		 TEXT_REFUSED,
		 TEXT_OK,
};

#define TEXT_KINDS 4
#define TEXT_NOTES_MAX 4

/* A value as a text tells it. */
struct text_note {
	int64_t value_id;
	char amount[AMOUNT_STR_SIZE];
	char currency[CURRENCY_SIZE];
};

/* NULL: the default */
struct text_patterns {
	const char *refused, *busy, *unsure;
	const char *received; /* a text that brings values */
	const char *confirm; /* a question that is answered with 1 to go on */
};

/* NULL with a line on stderr where a pattern is not a regular expression. */
struct text_rules *text_rules_new(void *ctx, const struct text_patterns *patterns)
	__attribute__((warn_unused_result));

/* Of a last text. */
enum text_kind text_rules_kind(const struct text_rules *rules, const char *text);
/* "ok", "refused", "busy", "unsure" */
const char *text_kind_name(enum text_kind kind);
/* The exit code that stands for it. */
int text_kind_exit(enum text_kind kind);

/* Of a question: does 1 mean "go on"? */
bool text_rules_confirm(const struct text_rules *rules, const char *text);

/* The values that a text brings, in its order; 0: none. */
size_t text_rules_received(const struct text_rules *rules, const char *text,
			   struct text_note notes[TEXT_NOTES_MAX]);

/* The first value id in a text (with its check digit right); false where there is none.
 * *at and *len: its place in octets. */
bool text_find_value_id(const char *text, int64_t *value_id, size_t *at, size_t *len);
