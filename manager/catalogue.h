/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Text catalogues: what a subscriber reads, one file a language.
 *
 *   etc/texts/en.txt     name of the file = name of the language
 *
 *     # comment
 *     buy.done = Bought {amount}.\nValue {value}
 *     currency.JPY = {amount} yen
 *
 * In a text \n is a line break, \\ a backslash, {name} a placeholder.  Every key
 * of catalogue_keys.def must be there once, with the placeholders given there, all
 * of them and no others; "currency.<ISO 4217 code>" is optional and says how amounts of that
 * currency are written ("{amount} <code>" where it is missing).  Anything else
 * is an error that names the file and the line, and the whole catalogue is
 * refused, so that a subscriber never meets half a language.
 *
 * Texts belong to the catalogue and live as long as it.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/outcome.h"

#define CATALOGUE_LANGUAGES_MAX 32
#define CATALOGUE_CURRENCIES_MAX 32 /* a language */
#define CATALOGUE_FILE_MAX_SIZE 65536
#define CATALOGUE_LINE_MAX_SIZE 1200
#define CATALOGUE_TEXT_MAX_SIZE 1024 /* UTF-8 with NUL, before placeholders are filled in */

enum text_id {
#define TEXT(NAME, key, placeholders) TEXT_##NAME,
#include "manager/catalogue_keys.def"
#undef TEXT
	TEXT_COUNT
};

struct catalogue;
struct language;

/* One placeholder's value; arrays of them end with a NULL name. */
struct text_var {
	const char *name;
	const char *value;
};

/* Loads every *.txt of a directory.  0; -ENOENT: no directory or no catalogue in it; -EINVAL: a
 * file is wrong; -E2BIG: more than CATALOGUE_LANGUAGES_MAX; logged in each case. */
int catalogue_load(struct catalogue **catalogue, void *ctx, const char *dir)
	__attribute__((warn_unused_result));

/* Languages in the order of their names. */
size_t catalogue_count(const struct catalogue *catalogue);
const struct language *catalogue_at(const struct catalogue *catalogue, size_t i);
/* NULL where there is no such language. */
const struct language *catalogue_language(const struct catalogue *catalogue, const char *name);

const char *language_name(const struct language *language);
const char *language_text(const struct language *language, enum text_id id);
/* How amounts of a currency are written, with {amount}; NULL: not said. */
const char *language_currency(const struct language *language, const char *currency);

/* The text of an outcome; that of INTERNAL for what no subscriber can meet. */
enum text_id catalogue_outcome_text(enum outcome outcome);
const char *catalogue_key(enum text_id id);
const char *catalogue_placeholders(enum text_id id);

/* Fills in placeholders; what does not fit is left out at a character's boundary.  Control
 * characters in values become spaces.  Returns octets written without NUL; size is 1 at least. */
size_t text_render(char *out, size_t size, const char *text, const struct text_var *vars);
