/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * --update: the texts that came become the texts that are expected.  What will
 * be another next time is written as a pattern: a value id as the variable that
 * holds it, else as a capture, and times and dates as their kinds.
 */
#include <stddef.h>

#include "handset-sim/script.h"

struct script_edits;
struct script_vars;

struct script_edits *script_edits_new(void *ctx);
size_t script_edits_count(const struct script_edits *e);
/* The expectation of a step is replaced by what came; sign: as of script_message_sign(). */
void script_edits_replace(struct script_edits *e, const struct script_step *step, const char *phone,
			  const char *sign, const char *text);
/* What came is expected from now on behind the step. */
void script_edits_insert(struct script_edits *e, const struct script_step *step, const char *phone,
			 const char *sign, const char *text);
/* The file with all edits, which must have come in the order of its lines.  talloc'd. */
char *script_edits_apply(void *ctx, const struct script_edits *e, const char *content);

/* An expected text for what came.  expected: the one that did not fit, whose names of captured
 * value ids are kept; NULL: none.  talloc'd. */
char *script_text_generalise(void *ctx, const struct script_vars *vars, const char *expected,
			     const char *actual);
