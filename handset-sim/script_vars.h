/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Variables of a script: set by --set and `let', or captured from a text.
 * What has the kind value_id is kept as 20 digits and found again in groups.
 */
#include <stdbool.h>
#include <stddef.h>

#include "handset-sim/script.h"

#define SCRIPT_VARS_MAX 512
#define SCRIPT_VAR_VALUE_MAX 1024
#define SCRIPT_TAIL_DIGITS 8 /* of a value id, as lists show them: "..12345678" */

struct script_var {
	char name[SCRIPT_NAME_SIZE];
	const char *value;
	bool is_value_id;
	bool fixed; /* by --set */
};

struct script_vars {
	size_t n;
	struct script_var vars[SCRIPT_VARS_MAX];
};

bool script_name_is_one(const char *name);

const struct script_var *script_vars_find(const struct script_vars *v, const char *name,
					  size_t len);
/* 20 digits with their check digit right become a value id.  0; -ENOSPC, -EMSGSIZE.  A fixed
 * variable stays as it is. */
int script_vars_set(struct script_vars *v, const char *name, const char *value, size_t len,
		    bool fixed) __attribute__((warn_unused_result));

/* What stands between '{' and '}': {name}, {name:kind}, {:kind}, {$NAME}. */
struct script_brace {
	const char *name, *kind; /* into the text; kind NULL: none */
	size_t name_len, kind_len;
	size_t len; /* of all, with both braces */
};

/* text begins with '{'.  false with why where it is not such an expression. */
bool script_brace_take(struct script_brace *brace, const char *text, char why[SCRIPT_WHY_SIZE]);
/* The value of {name}, {$NAME} and {name:tail}; NULL with why where there is none. */
const char *script_brace_value(const struct script_vars *v, const struct script_brace *brace,
			       char why[SCRIPT_WHY_SIZE]);

/* Replaces all of them, and "{{" by "{".  talloc'd; NULL with why. */
char *script_vars_expand(void *ctx, const struct script_vars *v, const char *text,
			 char why[SCRIPT_WHY_SIZE]);
