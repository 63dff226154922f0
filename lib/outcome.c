/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/outcome.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <osmocom/core/utils.h>

struct outcome_entry {
	const char *name; /* NULL: no such code */
	const char *title;
	short http_status;
	bool retryable;
};

static const struct outcome_entry entries[] = {
#define OUTCOME(code, NAME, name, http, retryable, title) [code] = { name, title, http, retryable },
#include "lib/outcome.def"
#undef OUTCOME
};

static const struct outcome_entry *outcome_find(int code)
{
	if (code < 0 || code >= (int)ARRAY_SIZE(entries) || !entries[code].name)
		return NULL;
	return &entries[code];
}

const char *outcome_name(int code)
{
	const struct outcome_entry *e = outcome_find(code);

	return e ? e->name : NULL;
}

const char *outcome_title(int code)
{
	const struct outcome_entry *e = outcome_find(code);

	return e ? e->title : NULL;
}

int outcome_http_status(int code)
{
	const struct outcome_entry *e = outcome_find(code);

	return e ? e->http_status : 500;
}

bool outcome_retryable(int code)
{
	const struct outcome_entry *e = outcome_find(code);

	return e && e->retryable;
}

int outcome_by_name(const char *name)
{
	for (size_t code = 0; code < ARRAY_SIZE(entries); code++) {
		if (entries[code].name && strcmp(entries[code].name, name) == 0)
			return (int)code;
	}
	return -ENOENT;
}
