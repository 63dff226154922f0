/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/config_text.h"

#include <errno.h>
#include <stdbool.h>

#include <osmocom/vty/vty.h>

_Static_assert(CONFIG_TEXT_LINE_MAX + 2 <= VTY_BUFSIZ, "the line end and a NUL follow a line");

struct scan {
	unsigned long line; /* from 1 */
	size_t len; /* of the line, so far */
	bool indented;
	bool begun; /* the line has something but blanks */
	bool commanded; /* a command stood before */
};

static const char *octet_fault(struct scan *s, int c)
{
	if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7f)
		return "a control character";
	if (++s->len > CONFIG_TEXT_LINE_MAX)
		return "longer than 510 octets";
	if (s->begun || c == '\r')
		return NULL;
	if (c == ' ' || c == '\t') {
		s->indented = true;
		return NULL;
	}
	s->begun = true;
	if (c == '!' || c == '#' || s->commanded)
		return NULL;
	s->commanded = true;
	return s->indented ? "the first command is indented" : NULL;
}

int config_text_check(FILE *file, char why[CONFIG_TEXT_WHY_SIZE])
{
	struct scan s = { .line = 1 };
	const char *fault;
	int c;

	while ((c = getc(file)) != EOF) {
		if (c == '\n') {
			s = (struct scan){ .line = s.line + 1, .commanded = s.commanded };
			continue;
		}
		fault = octet_fault(&s, c);
		if (fault) {
			snprintf(why, CONFIG_TEXT_WHY_SIZE, "line %lu: %s", s.line, fault);
			return -EINVAL;
		}
	}
	if (ferror(file)) {
		snprintf(why, CONFIG_TEXT_WHY_SIZE, "it cannot be read");
		return -EIO;
	}
	return 0;
}
