/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/script_update.h"
#include "handset-sim/script_vars.h"
#include "handset-sim/text_rules.h"
#include "lib/value_id.h"

#define NAMES_MAX 16

struct edit {
	unsigned int from_line, n_lines; /* taken out */
	char *lines; /* put in, each with its end */
};

struct script_edits {
	size_t n;
	struct edit *edits;
};

struct script_edits *script_edits_new(void *ctx)
{
	struct script_edits *e = talloc_zero(ctx, struct script_edits);

	OSMO_ASSERT(e);
	return e;
}

size_t script_edits_count(const struct script_edits *e)
{
	return e->n;
}

static char *lines_make(void *ctx, const char *head, const char *text)
{
	char *out = talloc_strdup(ctx, head);
	const char *from = text;

	while (from) {
		size_t len = strcspn(from, "\n");

		out = talloc_asprintf_append_buffer(out, "%s%s%.*s\n", from == text ? "" : "|",
						    len ? " " : "", (int)len, from);
		from = from[len] ? from + len + 1 : NULL;
	}
	return out;
}

static void edit_add(struct script_edits *e, unsigned int line, unsigned int n_lines,
		     const char *phone, const char *sign, const char *text)
{
	char head[2 * SCRIPT_NAME_SIZE + 16];

	snprintf(head, sizeof(head), "%s%s", phone, sign);
	e->edits = talloc_realloc(e, e->edits, struct edit, e->n + 1);
	OSMO_ASSERT(e->edits);
	e->edits[e->n++] = (struct edit){ line, n_lines, lines_make(e, head, text) };
}

void script_edits_replace(struct script_edits *e, const struct script_step *step, const char *phone,
			  const char *sign, const char *text)
{
	edit_add(e, step->line, step->n_lines, phone, sign, text);
}

void script_edits_insert(struct script_edits *e, const struct script_step *step, const char *phone,
			 const char *sign, const char *text)
{
	edit_add(e, step->line + step->n_lines, 0, phone, sign, text);
}

char *script_edits_apply(void *ctx, const struct script_edits *e, const char *content)
{
	char *out = talloc_strdup(ctx, "");
	unsigned int line = 1, skip = 0;
	size_t i = 0;

	while (*content || i < e->n) {
		size_t len = strcspn(content, "\n");

		while (i < e->n && (e->edits[i].from_line <= line || *content == '\0')) {
			out = talloc_strdup_append_buffer(out, e->edits[i].lines);
			skip = OSMO_MAX(skip, e->edits[i].n_lines);
			i++;
		}
		if (*content == '\0')
			break;
		if (skip > 0)
			skip--;
		else
			out = talloc_asprintf_append_buffer(out, "%.*s\n", (int)len, content);
		content += len + (content[len] == '\n');
		line++;
	}
	return out;
}

/* The names under which the expected text captured value ids, in their order. */
static size_t names_take(char names[NAMES_MAX][SCRIPT_NAME_SIZE], const char *expected)
{
	char why[SCRIPT_WHY_SIZE];
	size_t n = 0;

	while (expected && n < NAMES_MAX && (expected = strchr(expected, '{'))) {
		struct script_brace b;

		if (expected[1] == '{' || !script_brace_take(&b, expected, why)) {
			expected += 2;
			continue;
		}
		if (b.kind_len == 8 && memcmp(b.kind, "value_id", 8) == 0 && b.name_len > 0)
			osmo_strlcpy(names[n++], b.name, b.name_len + 1);
		expected += b.len;
	}
	return n;
}

struct generaliser {
	const struct script_vars *vars;
	char names[NAMES_MAX][SCRIPT_NAME_SIZE];
	size_t n_names, next_name, n_new;
	char *out;
};

static const struct script_var *holder_find(const struct script_vars *vars, const char *digits)
{
	size_t i;

	for (i = 0; i < vars->n; i++)
		if (vars->vars[i].is_value_id && strcmp(vars->vars[i].value, digits) == 0)
			return &vars->vars[i];
	return NULL;
}

static void value_id_put(struct generaliser *g, int64_t value_id)
{
	char digits[VALUE_ID_STR_SIZE], name[SCRIPT_NAME_SIZE];
	const struct script_var *holder = holder_find(g->vars, value_id_format(digits, value_id));

	if (g->next_name < g->n_names) {
		g->out = talloc_asprintf_append_buffer(g->out, "{%s:value_id}",
						       g->names[g->next_name++]);
		return;
	}
	if (holder) {
		g->out = talloc_asprintf_append_buffer(g->out, "{%s}", holder->name);
		return;
	}
	do
		snprintf(name, sizeof(name), "value%zu", g->vars->n + ++g->n_new);
	while (script_vars_find(g->vars, name, strlen(name)));
	g->out = talloc_asprintf_append_buffer(g->out, "{%s:value_id}", name);
}

/* "..12345678": the end of a value id that a variable holds.  Octets taken, 0: it is none. */
static size_t tail_put(struct generaliser *g, const char *text)
{
	const struct script_vars *vars = g->vars;
	size_t i;

	if (strncmp(text, "..", 2) != 0 || strspn(text + 2, "0123456789") != SCRIPT_TAIL_DIGITS)
		return 0;
	for (i = 0; i < vars->n; i++) {
		const struct script_var *v = &vars->vars[i];

		if (!v->is_value_id || strncmp(v->value + VALUE_ID_DIGITS - SCRIPT_TAIL_DIGITS,
					       text + 2, SCRIPT_TAIL_DIGITS) != 0)
			continue;
		g->out = talloc_asprintf_append_buffer(g->out, "..{%s:tail}", v->name);
		return 2 + SCRIPT_TAIL_DIGITS;
	}
	g->out = talloc_strdup_append_buffer(g->out, "..{:int}");
	return 2 + SCRIPT_TAIL_DIGITS;
}

/* The text's front where it is a moment, date or time.  Octets taken, 0: it is none. */
static size_t time_put(struct generaliser *g, const char *text)
{
	static const struct {
		const char *kind, *re;
	} kinds[] = { { "date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}" },
		      { "moment", "^[0-9]{1,2}[/.][0-9]{1,2}\\.? [0-9]{1,2}:[0-9]{2}" },
		      { "time", "^[0-9]{1,2}:[0-9]{2}" } };
	size_t i, taken = 0;

	for (i = 0; i < ARRAY_SIZE(kinds) && taken == 0; i++) {
		regmatch_t m;
		regex_t re;

		if (regcomp(&re, kinds[i].re, REG_EXTENDED) != 0)
			continue;
		if (regexec(&re, text, 1, &m, 0) == 0)
			taken = m.rm_eo;
		regfree(&re);
		if (taken > 0)
			g->out = talloc_asprintf_append_buffer(g->out, "{:%s}", kinds[i].kind);
	}
	return taken;
}

/* Text without whole value ids: what changes becomes its kind, '{' is doubled. */
static void plain_put(struct generaliser *g, const char *text, size_t len)
{
	char *copy = talloc_strndup(g->out, text, len), *at = copy;

	while (*at) {
		size_t taken = tail_put(g, at);

		if (taken == 0)
			taken = time_put(g, at);
		if (taken == 0) {
			g->out = talloc_asprintf_append_buffer(g->out, *at == '{' ? "{%c" : "%c",
							       *at);
			taken = 1;
		}
		at += taken;
	}
	talloc_free(copy);
}

char *script_text_generalise(void *ctx, const struct script_vars *vars, const char *expected,
			     const char *actual)
{
	struct generaliser g = { .vars = vars, .out = talloc_strdup(ctx, "") };
	int64_t value_id;
	size_t at, len;

	g.n_names = names_take(g.names, expected);
	while (text_find_value_id(actual, &value_id, &at, &len)) {
		plain_put(&g, actual, at);
		value_id_put(&g, value_id);
		actual += at + len;
	}
	plain_put(&g, actual, strlen(actual));
	return g.out;
}
