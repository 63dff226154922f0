/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Is a text the one expected?  An expected text is literal but for
 *
 *   {name:kind}  something of this kind, kept under this name
 *   {:kind}      something of this kind
 *   {name}       the variable; a value id also in its groups of four
 *   {name:tail}  the last eight digits of the variable
 *   {$NAME}      from the environment
 *   {{           one '{'
 *
 * kinds: value_id (check digit verified), amount, number, int, time, date,
 * moment (day, month and time), word, line, any (also over lines), or a regular
 * expression between slashes (POSIX extended).  Blanks at the ends of lines do
 * not count.
 */
#include <stdbool.h>

#include "handset-sim/script.h"

struct script_vars;

enum script_match {
	SCRIPT_MATCH,
	SCRIPT_NO_MATCH,
	SCRIPT_BAD_PATTERN, /* why says what is wrong with it */
};

/* On a match the captures are set in vars. */
enum script_match script_pattern_match(struct script_vars *vars, const char *expected,
				       const char *actual, char why[SCRIPT_WHY_SIZE]);

/* Checks what can be checked without variables. */
bool script_pattern_is_one(const char *expected, char why[SCRIPT_WHY_SIZE]);
