/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Business results: the third class of result beside asserts (a programmer's
 * error) and negative errno (a local failure).  See outcome.def.
 */
#include <stdbool.h>

enum outcome {
#define OUTCOME(code, NAME, name, http, retryable, title) OUTCOME_##NAME = code,
#include "lib/outcome.def"
#undef OUTCOME
};

/* The stable name ("not_owner"), or NULL where code is not in the registry. */
const char *outcome_name(int code);

/* The English title of the problem, or NULL where code is not in the registry. */
const char *outcome_title(int code);

/* HTTP status; 500 where code is not in the registry. */
int outcome_http_status(int code);

/* May the same request succeed later? */
bool outcome_retryable(int code);

/* Code for a name; -ENOENT where there is none. */
int outcome_by_name(const char *name);
