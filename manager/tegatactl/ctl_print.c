/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows as a table for people, as CSV (RFC 4180) or as JSON for programs. */
#include <stdlib.h>
#include <string.h>

#include "manager/tegatactl/ctl.h"

/* OIDs of pg_type that JSON writes without quotes. */
#define INT8_OID 20
#define INT2_OID 21
#define INT4_OID 23
#define BOOL_OID 16

#define ESCAPED_WIDTH 4 /* "\\x1b" */

/* Names and references are other people's; none of them moves the cursor or draws a line.  C0, DEL,
 * and C1 as UTF-8 has them: how many octets such a character has here, 0: it is another one. */
static int control_len(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	if (*c < ' ' || *c == 0x7f)
		return 1;
	return *c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0 ? 2 : 0;
}

/* Columns that a UTF-8 text takes on a terminal, to the accuracy of one a character. */
static int text_width(const char *text)
{
	int width = 0, control;

	while (*text) {
		control = control_len(text);
		width += control ? ESCAPED_WIDTH : (*text & 0xc0) != 0x80;
		text += control ? control : 1;
	}
	return width;
}

void ctl_print_text(const char *text)
{
	int control;

	while (*text) {
		control = control_len(text);
		if (control)
			printf("\\x%02x", (unsigned char)text[control - 1]);
		else
			putchar(*text);
		text += control ? control : 1;
	}
}

static void print_padded(const char *text, int width, bool right)
{
	int pad = width - text_width(text);

	if (right)
		printf("%*s", pad, "");
	ctl_print_text(text);
	if (!right)
		printf("%*s", pad, "");
}

static bool column_is_number(const PGresult *res, int column)
{
	Oid type = PQftype(res, column);

	return type == INT8_OID || type == INT4_OID || type == INT2_OID;
}

static int column_width(const PGresult *res, int column)
{
	int width = text_width(PQfname(res, column)), row, w;

	for (row = 0; row < PQntuples(res); row++) {
		w = text_width(PQgetvalue(res, row, column));
		if (w > width)
			width = w;
	}
	return width;
}

static void print_table(const char *title, const PGresult *res)
{
	int columns = PQnfields(res), row, column, *width = calloc(columns + 1, sizeof(*width));

	if (!width)
		return;
	if (title)
		printf("%s\n", title);
	for (column = 0; column < columns; column++) {
		width[column] = column_width(res, column);
		print_padded(PQfname(res, column), width[column], column_is_number(res, column));
		printf(column + 1 < columns ? "  " : "\n");
	}
	for (row = 0; row < PQntuples(res); row++)
		for (column = 0; column < columns; column++) {
			print_padded(PQgetvalue(res, row, column), width[column],
				     column_is_number(res, column));
			printf(column + 1 < columns ? "  " : "\n");
		}
	if (!PQntuples(res))
		printf("(none)\n");
	free(width);
}

static void print_csv_field(const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void print_csv(const PGresult *res)
{
	int columns = PQnfields(res), row, column;

	for (row = -1; row < PQntuples(res); row++)
		for (column = 0; column < columns; column++) {
			print_csv_field(row < 0 ? PQfname(res, column)
						: PQgetvalue(res, row, column));
			fputs(column + 1 < columns ? "," : "\r\n", stdout);
		}
}

static void print_json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			printf("\\u%04x", *text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void print_json_value(const PGresult *res, int row, int column)
{
	const char *text = PQgetvalue(res, row, column);

	if (PQgetisnull(res, row, column))
		fputs("null", stdout);
	else if (PQftype(res, column) == BOOL_OID)
		fputs(*text == 't' ? "true" : "false", stdout);
	/* Ids have 63 bits; a program that reads numbers as doubles would spoil them. */
	else if (column_is_number(res, column) && PQftype(res, column) != INT8_OID)
		fputs(text, stdout);
	else
		print_json_string(text);
}

static void print_json(const PGresult *res)
{
	int columns = PQnfields(res), row, column;

	putchar('[');
	for (row = 0; row < PQntuples(res); row++) {
		fputs(row ? ",\n {" : "{", stdout);
		for (column = 0; column < columns; column++) {
			print_json_string(PQfname(res, column));
			putchar(':');
			print_json_value(res, row, column);
			fputs(column + 1 < columns ? "," : "}", stdout);
		}
	}
	fputs("]\n", stdout);
}

void ctl_print(const struct ctl *ctl, const char *title, const PGresult *minor)
{
	PGresult *res = ctl_amounts_decimal(minor);

	if (!res) {
		ctl_error("out of memory");
		return;
	}
	switch (ctl->format) {
	case CTL_TABLE:
		print_table(title, res);
		break;
	case CTL_CSV:
		print_csv(res);
		break;
	case CTL_JSON:
		print_json(res);
		break;
	}
	PQclear(res);
}
