/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A dump of pg_dump in plain text: what COPY statements bring.  What else is in it
 * is read over, but not blindly: a COPY inside of a function's body or a string is
 * text, and whoever owns the schema could put one there.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_verify.h"

#define TAG_SIZE 80

/* Where SQL text stands at the end of a line. */
struct lexer {
	enum { PLAIN, SINGLE, ESCAPE_STRING, DOUBLE, DOLLAR, COMMENT } in;
	char tag[TAG_SIZE]; /* "$$", "$_$" */
	unsigned int depth; /* of comments */
	bool statement; /* one has begun */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The tag that begins at p, "$...$"; its length, or 0. */
static size_t tag_len(const char *p)
{
	size_t n = 1;

	if (isdigit((unsigned char)p[1]))
		return 0;
	while (is_word(p[n]))
		n++;
	return p[n] == '$' && n + 1 < TAG_SIZE ? n + 1 : 0;
}

/* One step in plain SQL; where it goes on. NULL: the rest of the line is a comment. */
static const char *plain_step(struct lexer *x, const char *begin, const char *p)
{
	size_t n;

	if (p[0] == '-' && p[1] == '-')
		return NULL;
	if (!isspace((unsigned char)*p))
		x->statement = *p != ';';
	switch (*p) {
	case '\'':
		x->in = p > begin && (p[-1] == 'E' || p[-1] == 'e') &&
					(p - 1 == begin || !is_word(p[-2]))
				? ESCAPE_STRING
				: SINGLE;
		break;
	case '"':
		x->in = DOUBLE;
		break;
	case '/':
		if (p[1] != '*')
			break;
		x->in = COMMENT;
		x->depth = 1;
		return p + 2;
	case '$':
		n = p > begin && is_word(p[-1]) ? 0 : tag_len(p);
		if (!n)
			break;
		memcpy(x->tag, p, n);
		x->tag[n] = '\0';
		x->in = DOLLAR;
		return p + n;
	}
	return p + 1;
}

static const char *comment_step(struct lexer *x, const char *p)
{
	if (p[0] == '/' && p[1] == '*') {
		x->depth++;
		return p + 2;
	}
	if (p[0] == '*' && p[1] == '/') {
		if (--x->depth == 0)
			x->in = PLAIN;
		return p + 2;
	}
	return p + 1;
}

static void lex(struct lexer *x, const char *line)
{
	const char *p = line;

	while (p && *p) {
		switch (x->in) {
		case PLAIN:
			p = plain_step(x, line, p);
			break;
		case SINGLE:
		case DOUBLE:
			if (*p == (x->in == SINGLE ? '\'' : '"'))
				x->in = PLAIN; /* a doubled one opens it again */
			p++;
			break;
		case ESCAPE_STRING:
			if (*p == '\'')
				x->in = PLAIN;
			p += *p == '\\' && p[1] ? 2 : 1;
			break;
		case DOLLAR:
			if (strncmp(p, x->tag, strlen(x->tag)) == 0) {
				x->in = PLAIN;
				p += strlen(x->tag);
			} else {
				p++;
			}
			break;
		case COMMENT:
			p = comment_step(x, p);
		}
	}
}

struct dump {
	struct verify *v;
	FILE *file;
	char *line;
	size_t size;
	ssize_t len; /* without newline */
	struct lexer lexer;
};

static bool next_line(struct dump *d)
{
	d->len = getline(&d->line, &d->size, d->file);
	if (d->len > 0 && d->line[d->len - 1] == '\n')
		d->line[--d->len] = '\0';
	return d->len >= 0;
}

/* "a, b, "c") FROM stdin;": names in place. */
static int columns_split(char *text, const char *columns[VERIFY_COLUMNS_MAX])
{
	char *end = strstr(text, ") FROM stdin"), *save, *name;
	int n = 0;

	if (!end)
		return -EINVAL;
	*end = '\0';
	for (name = strtok_r(text, ", ", &save); name; name = strtok_r(NULL, ", ", &save)) {
		size_t len = strlen(name);

		if (n == VERIFY_COLUMNS_MAX)
			return -E2BIG;
		if (len >= 2 && name[0] == '"' && name[len - 1] == '"') {
			name[len - 1] = '\0';
			name++;
		}
		columns[n++] = name;
	}
	return n;
}

/* Of "COPY tegata.journal_default (...) FROM stdin;".  1: its rows count; 0: they do not. */
static int copy_begin(struct dump *d, struct verify_reader *r)
{
	const char *columns[VERIFY_COLUMNS_MAX];
	char *table = d->line + strlen("COPY "), *list = strstr(table, " (");
	int n, rc;

	if (strncmp(table, "tegata.", 7) || !list)
		return 0;
	table += 7;
	*list = '\0';
	n = columns_split(list + 2, columns);
	if (n < 0) {
		verify_break(d->v, "COPY of %s is not as pg_dump writes it", table);
		return n;
	}
	rc = verify_table_begin(d->v, r, table, columns, n);
	return rc == 0 ? 1 : rc == -ENOENT ? 0 : rc;
}

static bool copy_read(struct dump *d)
{
	struct verify_reader r;
	int counts = copy_begin(d, &r);

	while (counts >= 0 && next_line(d)) {
		if (!strcmp(d->line, "\\."))
			return true;
		if (counts && verify_table_line(d->v, &r, d->line, d->len) < 0)
			return false;
	}
	if (!d->v->broken)
		verify_break(d->v, "the dump ends in the middle of a table");
	return false;
}

/* Rows of a table that stand under a name that is not read. */
static void part_check(struct dump *d, const char *table, const char *part)
{
	if (verify_table_has(table, part) == 0)
		verify_find_text(d->v, 0, "%.64s belongs to %.64s, and is none of its months", part,
				 table);
}

/* "ALTER TABLE ONLY tegata.journal ATTACH PARTITION tegata.journal_2026_11 FOR ..." */
static void attach_look(struct dump *d, const char *line)
{
	char table[128], part[128];

	if (sscanf(line, "ALTER TABLE ONLY %127s ATTACH PARTITION %127s", table, part) == 2)
		part_check(d, table, part);
}

/* "INHERITS (tegata.operator_act);", the end of a CREATE TABLE. */
static void inherits_look(struct dump *d, const char *line)
{
	static const char head[] = "INHERITS (", between[] = ", );";
	char table[128];
	size_t len;

	if (strncmp(line, head, strlen(head)))
		return;
	for (line += strlen(head); *line; line += len) {
		line += strspn(line, between);
		len = strcspn(line, between);
		snprintf(table, sizeof(table), "%.*s", (int)OSMO_MIN(len, sizeof(table) - 1), line);
		part_check(d, table, "a table that inherits");
	}
}

static bool lines_read(struct dump *d)
{
	bool begins;

	while (next_line(d)) {
		begins = d->lexer.in == PLAIN && !d->lexer.statement;
		if (begins && !strncmp(d->line, "COPY ", 5) && strstr(d->line, " FROM stdin")) {
			if (!copy_read(d))
				return false;
		} else if (begins && !strncmp(d->line, "INSERT INTO tegata.", 19)) {
			verify_break(d->v, "the dump was made with --inserts; it needs COPY");
			return false;
		} else if (!begins || d->line[0] != '\\') {
			if (begins)
				attach_look(d, d->line);
			else if (d->lexer.in == PLAIN)
				inherits_look(d, d->line);
			lex(&d->lexer, d->line);
		}
	}
	return true;
}

bool verify_dump_read(struct verify *v, const char *path)
{
	struct dump d = { .v = v };
	bool ok;
	int t;

	d.file = !strcmp(path, "-") ? stdin : fopen(path, "re");
	if (!d.file) {
		verify_break(v, "%s: %s", path, strerror(errno));
		return false;
	}
	ok = lines_read(&d);
	if (ok && ferror(d.file)) {
		verify_break(v, "%s: cannot be read to its end", path);
		ok = false;
	}
	for (t = 0; ok && t < VERIFY_TABLES; t++) {
		if (v->tables_seen & 1ULL << t)
			continue;
		verify_break(v,
			     "there is no table %s in it: plain text of pg_dump is needed "
			     "(pg_restore -f - makes it of the other formats)",
			     verify_table_name(t));
		ok = false;
	}
	free(d.line);
	if (d.file != stdin)
		fclose(d.file);
	return ok;
}
