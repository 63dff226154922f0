/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/log_line.h"

#include <string.h>

#include <osmocom/core/utils.h>

void log_line_begin(struct log_line *l)
{
	l->len = 0;
	l->text[0] = '\0';
}

void log_line_put(struct log_line *l, const char *text)
{
	size_t len = OSMO_MIN(strlen(text), sizeof(l->text) - 1 - l->len);

	memcpy(l->text + l->len, text, len);
	l->len += len;
	l->text[l->len] = '\0';
}

void log_line_field(struct log_line *l, const char *name, const char *value)
{
	log_line_put(l, name);
	log_line_put(l, value);
}

void log_line_number(struct log_line *l, const char *name, uint64_t value)
{
	char digits[24], *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do
		*--first = '0' + value % 10;
	while (value /= 10);
	log_line_field(l, name, first);
}
