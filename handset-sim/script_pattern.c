/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/script_pattern.h"
#include "handset-sim/script_vars.h"
#include "lib/value_id.h"

#define CAPTURES_MAX 32
#define GROUPS_MAX 128
#define FOUR "[0-9]{4}"
#define GAP "[ -]?"

static const struct {
	const char *name, *re;
} kinds[] = {
	{ "value_id", FOUR GAP FOUR GAP FOUR GAP FOUR GAP FOUR },
	{ "amount", "[0-9]+(\\.[0-9]+)?" },
	{ "number", "\\+?[0-9]{4,15}" },
	{ "int", "[0-9]+" },
	{ "time", "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?" },
	{ "date", "[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{4}" },
	{ "moment", "[0-9]{1,2}[/.][0-9]{1,2}\\.? [0-9]{1,2}:[0-9]{2}" },
	{ "word", "[^ \n]+" },
	{ "line", "[^\n]*" },
	{ "any", ".*" },
};

struct capture {
	char name[SCRIPT_NAME_SIZE]; /* empty: not kept */
	size_t group;
	bool is_value_id;
};

struct pattern {
	char *re; /* talloc'd */
	size_t n_groups;
	size_t n_captures;
	struct capture captures[CAPTURES_MAX];
	const struct script_vars *vars; /* NULL: only checked */
	char *why;
};

static bool wrong(struct pattern *p, const char *what, const char *text, size_t len)
{
	snprintf(p->why, SCRIPT_WHY_SIZE, "%s: %.*s", what, (int)OSMO_MIN(len, 80), text);
	return false;
}

static void literal_add(struct pattern *p, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p->re = talloc_asprintf_append_buffer(
			p->re, strchr("\\^$.[]|()?*+{}", text[i]) ? "\\%c" : "%c", text[i]);
}

/* A value id was read in groups or not; it is to be found again either way. */
static void value_add(struct pattern *p, const char *value, bool is_value_id)
{
	size_t i;

	if (!is_value_id) {
		literal_add(p, value, strlen(value));
		return;
	}
	for (i = 0; i < VALUE_ID_DIGITS; i += 4)
		p->re = talloc_asprintf_append_buffer(p->re, "%s%.4s", i ? GAP : "", value + i);
}

/* How many groups a kind has inside; -1 where it is not a regular expression. */
static int groups_count(struct pattern *p, const char *re)
{
	char why[128];
	regex_t compiled;
	int rc = regcomp(&compiled, re, REG_EXTENDED);

	if (rc != 0) {
		regerror(rc, &compiled, why, sizeof(why));
		wrong(p, why, re, strlen(re));
		return -1;
	}
	rc = compiled.re_nsub;
	regfree(&compiled);
	return rc;
}

static const char *kind_re(struct pattern *p, const struct script_brace *b)
{
	size_t i;

	if (b->kind_len > 2 && b->kind[0] == '/')
		return talloc_strndup(p->re, b->kind + 1, b->kind_len - 2);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == b->kind_len &&
		    memcmp(kinds[i].name, b->kind, b->kind_len) == 0)
			return kinds[i].re;
	wrong(p, "there is no such kind", b->kind, b->kind_len);
	return NULL;
}

static bool capture_add(struct pattern *p, const struct script_brace *b)
{
	const char *re = kind_re(p, b);
	int groups = re ? groups_count(p, re) : -1;
	struct capture *c = &p->captures[p->n_captures];

	if (groups < 0)
		return false;
	if (p->n_captures == CAPTURES_MAX || p->n_groups + 1 + groups >= GROUPS_MAX)
		return wrong(p, "too many patterns in one text", b->name, b->name_len);
	osmo_strlcpy(c->name, b->name, OSMO_MIN(sizeof(c->name), b->name_len + 1));
	c->group = p->n_groups + 1;
	c->is_value_id = b->kind_len == 8 && memcmp(b->kind, "value_id", 8) == 0;
	p->n_captures++;
	p->n_groups += 1 + groups;
	p->re = talloc_asprintf_append_buffer(p->re, "(%s)", re);
	return true;
}

static bool brace_add(struct pattern *p, const char *text, size_t *len)
{
	const struct script_var *var;
	struct script_brace b;
	const char *value;
	bool tail;

	if (!script_brace_take(&b, text, p->why))
		return false;
	*len = b.len;
	tail = b.kind && b.kind_len == 4 && memcmp(b.kind, "tail", 4) == 0;
	if (b.kind && !tail)
		return capture_add(p, &b);
	if (!p->vars)
		return true;
	value = script_brace_value(p->vars, &b, p->why);
	if (!value)
		return false;
	var = script_vars_find(p->vars, b.name, b.name_len);
	value_add(p, value, var && var->is_value_id && !tail);
	return true;
}

static bool pattern_compile(struct pattern *p, const char *expected)
{
	p->re = talloc_strdup(NULL, "^");
	while (*expected) {
		size_t len = strcspn(expected, "{");

		literal_add(p, expected, len);
		expected += len;
		if (*expected == '\0')
			break;
		len = 2;
		if (expected[1] == '{')
			literal_add(p, "{", 1);
		else if (!brace_add(p, expected, &len))
			return false;
		expected += len;
	}
	p->re = talloc_strdup_append_buffer(p->re, "$");
	return true;
}

static bool captures_check(const struct pattern *p, const char *actual, const regmatch_t *m)
{
	size_t i;

	for (i = 0; i < p->n_captures; i++) {
		const struct capture *c = &p->captures[i];
		int64_t id;

		if (c->is_value_id && value_id_parse(&id, actual + m[c->group].rm_so,
						     m[c->group].rm_eo - m[c->group].rm_so) < 0)
			return false;
	}
	return true;
}

static enum script_match captures_set(struct pattern *p, struct script_vars *vars,
				      const char *actual, const regmatch_t *m)
{
	size_t i;

	if (!captures_check(p, actual, m))
		return SCRIPT_NO_MATCH;
	for (i = 0; i < p->n_captures; i++) {
		const struct capture *c = &p->captures[i];

		if (c->name[0] &&
		    script_vars_set(vars, c->name, actual + m[c->group].rm_so,
				    m[c->group].rm_eo - m[c->group].rm_so, false) < 0) {
			wrong(p, "too much to keep", c->name, strlen(c->name));
			return SCRIPT_BAD_PATTERN;
		}
	}
	return SCRIPT_MATCH;
}

static enum script_match pattern_exec(struct pattern *p, struct script_vars *vars,
				      const char *actual)
{
	enum script_match result = SCRIPT_NO_MATCH;
	regmatch_t m[GROUPS_MAX];
	regex_t compiled;

	if (regcomp(&compiled, p->re, REG_EXTENDED) != 0) {
		wrong(p, "cannot be compiled", p->re, strlen(p->re));
		return SCRIPT_BAD_PATTERN;
	}
	if (regexec(&compiled, actual, GROUPS_MAX, m, 0) == 0)
		result = captures_set(p, vars, actual, m);
	regfree(&compiled);
	return result;
}

static char *ends_trim(const char *text)
{
	char *out = talloc_strdup(NULL, text), *to = out, *from;

	OSMO_ASSERT(out);
	for (from = out; *from; from++) {
		if (*from == '\n')
			while (to > out && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r'))
				to--;
		*to++ = *from;
	}
	while (to > out && strchr(" \t\r\n", to[-1]))
		to--;
	*to = '\0';
	return out;
}

enum script_match script_pattern_match(struct script_vars *vars, const char *expected,
				       const char *actual, char why[SCRIPT_WHY_SIZE])
{
	struct pattern p = { .vars = vars, .why = why };
	char *e = ends_trim(expected), *a = ends_trim(actual);
	enum script_match result = SCRIPT_BAD_PATTERN;

	if (pattern_compile(&p, e))
		result = pattern_exec(&p, vars, a);
	talloc_free(p.re);
	talloc_free(e);
	talloc_free(a);
	return result;
}

bool script_pattern_is_one(const char *expected, char why[SCRIPT_WHY_SIZE])
{
	struct pattern p = { .why = why };
	bool is_one = pattern_compile(&p, expected);

	talloc_free(p.re);
	return is_one;
}
