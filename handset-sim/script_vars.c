/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/script_vars.h"
#include "lib/value_id.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"

bool script_name_is_one(const char *name)
{
	size_t len = strspn(name, NAME_CHARS);

	return len > 0 && len < SCRIPT_NAME_SIZE && name[len] == '\0' && name[0] >= 'a' &&
	       name[0] <= 'z';
}

static struct script_var *var_find(struct script_vars *v, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (strlen(v->vars[i].name) == len && memcmp(v->vars[i].name, name, len) == 0)
			return &v->vars[i];
	return NULL;
}

const struct script_var *script_vars_find(const struct script_vars *v, const char *name, size_t len)
{
	return var_find((struct script_vars *)v, name, len);
}

int script_vars_set(struct script_vars *v, const char *name, const char *value, size_t len,
		    bool fixed)
{
	struct script_var *var = var_find(v, name, strlen(name));
	char digits[VALUE_ID_STR_SIZE];
	int64_t id;

	if (len > SCRIPT_VAR_VALUE_MAX)
		return -EMSGSIZE;
	if (var && var->fixed)
		return 0;
	if (!var && v->n == SCRIPT_VARS_MAX)
		return -ENOSPC;
	if (!var) {
		var = &v->vars[v->n++];
		memset(var, 0, sizeof(*var));
		OSMO_STRLCPY_ARRAY(var->name, name);
	}
	var->is_value_id = value_id_parse(&id, value, len) == 0;
	talloc_free((void *)var->value);
	var->value = var->is_value_id ? talloc_strdup(v, value_id_format(digits, id))
				      : talloc_strndup(v, value, len);
	var->fixed = fixed;
	return 0;
}

static bool wrong(char why[SCRIPT_WHY_SIZE], const char *what, const char *text, size_t len)
{
	snprintf(why, SCRIPT_WHY_SIZE, "%s: %.*s", what, (int)OSMO_MIN(len, 80), text);
	return false;
}

/* A regular expression as kind may hold braces: it goes on to "/}". */
static const char *kind_end(const char *kind)
{
	const char *end;

	if (*kind != '/')
		return strchr(kind, '}');
	end = strstr(kind + 1, "/}");
	return end ? end + 1 : NULL;
}

bool script_brace_take(struct script_brace *brace, const char *text, char why[SCRIPT_WHY_SIZE])
{
	const char *at = text + 1, *end;

	memset(brace, 0, sizeof(*brace));
	brace->name = at;
	if (*at == '$')
		brace->name_len = 1 + strspn(at + 1, NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	else
		brace->name_len = strspn(at, NAME_CHARS);
	if (brace->name_len >= SCRIPT_NAME_SIZE)
		return wrong(why, "the name is too long", at, brace->name_len);
	end = at + brace->name_len;
	if (*end == ':') {
		brace->kind = end + 1;
		end = kind_end(brace->kind);
		brace->kind_len = end ? end - brace->kind : 0;
	}
	if (!end || *end != '}' || (brace->name_len == 0 && brace->kind_len == 0))
		return wrong(why, "not {name}, {name:kind} or {:kind} ('{{' stands for '{')", text,
			     strlen(text));
	brace->len = end + 1 - text;
	return true;
}

const char *script_brace_value(const struct script_vars *v, const struct script_brace *brace,
			       char why[SCRIPT_WHY_SIZE])
{
	const struct script_var *var;
	char name[SCRIPT_NAME_SIZE];
	const char *value;
	size_t len;

	osmo_strlcpy(name, brace->name, OSMO_MIN(sizeof(name), brace->name_len + 1));
	if (name[0] == '$') {
		value = getenv(name + 1);
		if (!value)
			wrong(why, "not in the environment", name, strlen(name));
		return value;
	}
	var = script_vars_find(v, name, brace->name_len);
	if (!var) {
		wrong(why, "not set or captured yet", name, strlen(name));
		return NULL;
	}
	if (!brace->kind)
		return var->value;
	if (brace->kind_len != 4 || memcmp(brace->kind, "tail", 4) != 0) {
		wrong(why, "only {name} and {name:tail} have a value", name, strlen(name));
		return NULL;
	}
	len = strlen(var->value);
	return var->value + (len > SCRIPT_TAIL_DIGITS ? len - SCRIPT_TAIL_DIGITS : 0);
}

char *script_vars_expand(void *ctx, const struct script_vars *v, const char *text,
			 char why[SCRIPT_WHY_SIZE])
{
	char *out = talloc_strdup(ctx, "");

	while (*text) {
		size_t plain = strcspn(text, "{");
		struct script_brace brace;
		const char *value;

		out = talloc_strndup_append_buffer(out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		if (text[1] == '{') {
			out = talloc_strdup_append_buffer(out, "{");
			text += 2;
			continue;
		}
		value = script_brace_take(&brace, text, why) ? script_brace_value(v, &brace, why)
							     : NULL;
		if (!value) {
			talloc_free(out);
			return NULL;
		}
		out = talloc_strdup_append_buffer(out, value);
		text += brace.len;
	}
	return out;
}
