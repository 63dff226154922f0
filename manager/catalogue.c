/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/catalogue.h"

#include <errno.h>
#include <glob.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/catalogue_file.h"

#define OUTCOME_CODES_MAX 128

struct catalogue {
	size_t n_languages;
	struct language *languages[CATALOGUE_LANGUAGES_MAX];
};

static const struct {
	const char *key;
	const char *placeholders;
} keys[TEXT_COUNT] = {
#define TEXT(NAME, key, placeholders) [TEXT_##NAME] = { key, placeholders },
#include "manager/catalogue_keys.def"
#undef TEXT
};

/* --- loading --------------------------------------------------------------- */

static int load_file(struct catalogue *c, const char *path)
{
	struct language *language;
	int rc;

	if (c->n_languages == CATALOGUE_LANGUAGES_MAX) {
		LOGP(DDLG, LOGL_ERROR, "%s: more than %d languages\n", path,
		     CATALOGUE_LANGUAGES_MAX);
		return -E2BIG;
	}
	rc = catalogue_file_read(&language, c, path);
	if (rc < 0)
		return rc;
	c->languages[c->n_languages++] = language;
	return 0;
}

int catalogue_load(struct catalogue **catalogue, void *ctx, const char *dir)
{
	struct catalogue *c = talloc_zero(ctx, struct catalogue);
	char *pattern = talloc_asprintf(c, "%s/*.txt", dir);
	glob_t found = { 0 };
	int rc = 0;

	if (glob(pattern, 0, NULL, &found) != 0) {
		LOGP(DDLG, LOGL_ERROR, "%s: no text catalogue (*.txt)\n", dir);
		rc = -ENOENT;
	}
	for (size_t i = 0; i < found.gl_pathc && rc == 0; i++)
		rc = load_file(c, found.gl_pathv[i]);
	globfree(&found);
	talloc_free(pattern);
	if (rc < 0) {
		talloc_free(c);
		return rc;
	}
	*catalogue = c;
	return 0;
}

/* --- looking up ------------------------------------------------------------ */

size_t catalogue_count(const struct catalogue *catalogue)
{
	return catalogue->n_languages;
}

const struct language *catalogue_at(const struct catalogue *catalogue, size_t i)
{
	OSMO_ASSERT(i < catalogue->n_languages);
	return catalogue->languages[i];
}

const struct language *catalogue_language(const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->n_languages; i++) {
		if (strcmp(catalogue->languages[i]->name, name) == 0)
			return catalogue->languages[i];
	}
	return NULL;
}

const char *language_name(const struct language *language)
{
	return language->name;
}

const char *language_text(const struct language *language, enum text_id id)
{
	return language->texts[id];
}

const char *language_currency(const struct language *language, const char *currency)
{
	for (size_t i = 0; i < language->n_currencies; i++) {
		if (strcmp(language->currencies[i].code, currency) == 0)
			return language->currencies[i].text;
	}
	return NULL;
}

const char *catalogue_key(enum text_id id)
{
	return keys[id].key;
}

const char *catalogue_placeholders(enum text_id id)
{
	return keys[id].placeholders;
}

static const enum text_id *outcome_texts(void)
{
	static enum text_id texts[OUTCOME_CODES_MAX];
	static bool filled;

	if (filled)
		return texts;
	for (int code = 0; code < OUTCOME_CODES_MAX; code++)
		texts[code] = TEXT_OUTCOME_INTERNAL;
	for (int id = TEXT_OUTCOME_PENDING; id < TEXT_COUNT; id++) {
		int code = outcome_by_name(keys[id].key + strlen("outcome."));

		OSMO_ASSERT(code >= 0 && code < OUTCOME_CODES_MAX);
		texts[code] = id;
	}
	filled = true;
	return texts;
}

enum text_id catalogue_outcome_text(enum outcome outcome)
{
	if ((unsigned int)outcome >= OUTCOME_CODES_MAX)
		return TEXT_OUTCOME_INTERNAL;
	return outcome_texts()[outcome];
}

/* --- filling in ------------------------------------------------------------ */

/* The last character may have been cut in its middle. */
static size_t whole_characters(const char *text, size_t len)
{
	size_t start = len;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0 || (unsigned char)text[start - 1] < 0xc0)
		return start == len ? len : 0;
	unsigned char lead = text[--start];
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	return len - start == need ? len : start;
}

static const char *var_value(const struct text_var *vars, const char *name, size_t len)
{
	for (; vars && vars->name; vars++) {
		if (strlen(vars->name) == len && memcmp(vars->name, name, len) == 0)
			return vars->value;
	}
	return "";
}

/* As much as there is room for, with room left for a NUL; false: not all. */
static bool render_put(char *out, size_t size, size_t *n, const char *text, size_t len)
{
	size_t room = size - 1 - *n, fits = OSMO_MIN(len, room);

	memcpy(out + *n, text, fits);
	*n += fits;
	return fits == len;
}

static bool render_value(char *out, size_t size, size_t *n, const char *value)
{
	size_t start = *n, i;
	bool whole = render_put(out, size, n, value, strlen(value));

	/* A value does not change the lines of a text. */
	for (i = start; i < *n; i++) {
		if ((unsigned char)out[i] < ' ')
			out[i] = ' ';
	}
	return whole;
}

size_t text_render(char *out, size_t size, const char *text, const struct text_var *vars)
{
	size_t n = 0;
	bool whole = true;

	OSMO_ASSERT(size > 0);
	while (*text && whole) {
		const char *open = strchrnul(text, '{'), *close = *open ? strchr(open, '}') : NULL;

		if (!close)
			open = text + strlen(text);
		whole = render_put(out, size, &n, text, (size_t)(open - text));
		if (close && whole)
			whole = render_value(out, size, &n,
					     var_value(vars, open + 1, close - open - 1));
		text = close ? close + 1 : open;
	}
	if (!whole)
		n = whole_characters(out, n);
	out[n] = '\0';
	return n;
}
