/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/catalogue_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/gsm_text.h"
#include "lib/log_category.h"

struct reader {
	const char *path;
	unsigned int line; /* from 1 */
	struct language *language;
};

#define REFUSE(reader, fmt, args...)                                                       \
	({                                                                                 \
		LOGP(DDLG, LOGL_ERROR, "%s:%u: " fmt "\n", (reader)->path, (reader)->line, \
		     ##args);                                                              \
		-EINVAL;                                                                   \
	})

/* --- one text -------------------------------------------------------------- */

/* \n and \\ in place. */
static int unescape(struct reader *r, char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		if (*in != '\\') {
			*out++ = *in;
			continue;
		}
		in++;
		if (*in != 'n' && *in != '\\')
			return REFUSE(r, "a backslash is followed by n or by another one");
		*out++ = *in == 'n' ? '\n' : '\\';
	}
	*out = '\0';
	return 0;
}

static bool word_in(const char *words, const char *word, size_t len)
{
	for (const char *at = words; *at;) {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, word, len) == 0)
			return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}

static bool has_placeholder(const char *text, const char *name, size_t len)
{
	for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
		if (strncmp(at + 1, name, len) == 0 && at[1 + len] == '}')
			return true;
	}
	return false;
}

static int check_each_is_there(struct reader *r, const char *text, const char *expected)
{
	for (const char *at = expected; *at;) {
		size_t len = strcspn(at, " ");

		if (!has_placeholder(text, at, len))
			return REFUSE(r, "placeholder {%.*s} is missing", (int)len, at);
		at += len + strspn(at + len, " ");
	}
	return 0;
}

/* Every placeholder is expected, and each expected one is there. */
static int check_placeholders(struct reader *r, const char *text, const char *expected)
{
	for (const char *at = text; *at; at++) {
		const char *close;
		size_t len;

		if (*at == '}')
			return REFUSE(r, "'}' without '{'");
		if (*at != '{')
			continue;
		close = strchr(at, '}');
		if (!close)
			return REFUSE(r, "'{' without '}'");
		len = close - at - 1;
		if (!word_in(expected, at + 1, len))
			return REFUSE(r, "no placeholder {%.*s} here; expected: \"%s\"", (int)len,
				      at + 1, expected);
		at = close;
	}
	return check_each_is_there(r, text, expected);
}

/* Formats of time get every character through to strftime: only some conversions are allowed. */
static int check_time_format(struct reader *r, const char *text)
{
	for (const char *at = strchr(text, '%'); at; at = strchr(at + 2, '%')) {
		if (at[1] == '\0' || !strchr("YymdeHIMSp", at[1]))
			return REFUSE(r,
				      "in a format of time: only %%Y %%y %%m %%d %%e %%H %%I %%M "
				      "%%S %%p");
	}
	return 0;
}

/* --- one line -------------------------------------------------------------- */

static int take_currency(struct reader *r, const char *code, const char *text)
{
	struct language *l = r->language;

	if (currency_decimals(code) < 0)
		return REFUSE(r, "\"%s\" is no ISO 4217 code", code);
	if (language_currency(l, code))
		return REFUSE(r, "currency.%s is there already", code);
	if (l->n_currencies == CATALOGUE_CURRENCIES_MAX)
		return REFUSE(r, "more than %d currencies", CATALOGUE_CURRENCIES_MAX);
	if (check_placeholders(r, text, "amount") < 0)
		return -EINVAL;
	OSMO_STRLCPY_ARRAY(l->currencies[l->n_currencies].code, code);
	l->currencies[l->n_currencies++].text = talloc_strdup(l, text);
	return 0;
}

static int take_text(struct reader *r, const char *key, const char *text)
{
	for (int id = 0; id < TEXT_COUNT; id++) {
		if (strcmp(catalogue_key(id), key) != 0)
			continue;
		if (r->language->texts[id])
			return REFUSE(r, "%s is there already", key);
		if (check_placeholders(r, text, catalogue_placeholders(id)) < 0)
			return -EINVAL;
		if (strncmp(key, "format.", 7) == 0 && check_time_format(r, text) < 0)
			return -EINVAL;
		r->language->texts[id] = talloc_strdup(r->language, text);
		return 0;
	}
	return REFUSE(r, "there is no text \"%s\"", key);
}

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n > 0 && strchr(" \t\r", s[n - 1]); n--)
		;
	s[n] = '\0';
	return s;
}

static int take_line(struct reader *r, char *line)
{
	char *key = trim(line), *text = strchr(key, '=');
	uint8_t dcs;

	if (*key == '\0' || *key == '#')
		return 0;
	if (!text)
		return REFUSE(r, "not \"key = text\"");
	*text++ = '\0';
	key = trim(key);
	text = trim(text);
	if (*text == '\0')
		return REFUSE(r, "%s has no text", key);
	if (strlen(text) >= CATALOGUE_TEXT_MAX_SIZE)
		return REFUSE(r, "the text is longer than %d octets", CATALOGUE_TEXT_MAX_SIZE - 1);
	if (gsm_text_ussd_octets(text, strlen(text), &dcs) < 0)
		return REFUSE(r, "not UTF-8");
	if (unescape(r, text) < 0)
		return -EINVAL;
	if (strncmp(key, "currency.", 9) == 0)
		return take_currency(r, key + 9, text);
	return take_text(r, key, text);
}

/* --- the file -------------------------------------------------------------- */

static int take_lines(struct reader *r, FILE *file)
{
	char line[CATALOGUE_LINE_MAX_SIZE];
	size_t total = 0;

	while (fgets(line, sizeof(line), file)) {
		size_t len = strlen(line);

		r->line++;
		total += len;
		if (total > CATALOGUE_FILE_MAX_SIZE)
			return REFUSE(r, "the file has more than %d octets",
				      CATALOGUE_FILE_MAX_SIZE);
		if (len > 0 && line[len - 1] == '\n')
			line[--len] = '\0';
		else if (!feof(file))
			return REFUSE(r, "a line of %d octets or more, or one with a NUL",
				      CATALOGUE_LINE_MAX_SIZE);
		if (take_line(r, line) < 0)
			return -EINVAL;
	}
	return ferror(file) ? REFUSE(r, "%s", strerror(errno)) : 0;
}

static int take_file(struct reader *r)
{
	FILE *file = fopen(r->path, "re");
	int rc;

	if (!file)
		return REFUSE(r, "%s", strerror(errno));
	rc = take_lines(r, file);
	fclose(file);
	if (rc < 0)
		return rc;
	for (int id = 0; id < TEXT_COUNT; id++) {
		if (!r->language->texts[id])
			return REFUSE(r, "%s is missing", catalogue_key(id));
	}
	return 0;
}

/* "…/pt-br.txt" is "pt-br". */
static int take_name(struct reader *r)
{
	const char *base = strrchr(r->path, '/');
	char name[64];
	int len;

	base = base ? base + 1 : r->path;
	len = snprintf(name, sizeof(name), "%.*s", (int)(strlen(base) - strlen(".txt")), base);
	if (len < 1 || len >= LANGUAGE_SIZE ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != (size_t)len)
		return REFUSE(r, "a language has 1 to %d of a-z, 0-9 and '-' as its name",
			      LANGUAGE_SIZE - 1);
	OSMO_STRLCPY_ARRAY(r->language->name, name);
	return 0;
}

int catalogue_file_read(struct language **language, void *ctx, const char *path)
{
	struct reader r = { .path = path, .language = talloc_zero(ctx, struct language) };

	if (take_name(&r) < 0 || take_file(&r) < 0) {
		talloc_free(r.language);
		return -EINVAL;
	}
	*language = r.language;
	return 0;
}
