/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/tegatactl/ctl_csv.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static int csv_fault(struct csv *csv, const char *format, ...)
{
	va_list ap;
	int n = snprintf(csv->fault, sizeof(csv->fault), "line %lu: ", csv->line);

	va_start(ap, format);
	vsnprintf(csv->fault + n, sizeof(csv->fault) - n, format, ap);
	va_end(ap);
	return -EINVAL;
}

/* One field into out, with NUL.  *end is the separator that was met: ',', '\n' or EOF. */
static int field_read(struct csv *csv, char *out, size_t size, int *end)
{
	size_t n = 0;
	bool quoted = false, closed = false;
	int c;

	for (;;) {
		c = getc(csv->file);
		if (c == '\r') {
			c = getc(csv->file);
			if (c != '\n')
				return csv_fault(csv, "a CR that no LF follows");
		}
		if (c == '\n')
			csv->next_line++;
		if (c == EOF && quoted && !closed)
			return csv_fault(csv, "the file ends inside a quoted field");
		if (c == EOF || ((!quoted || closed) && (c == ',' || c == '\n'))) {
			out[n] = '\0';
			*end = c;
			return 0;
		}
		if (c == '\0')
			return csv_fault(csv, "a NUL octet");
		if (closed) {
			if (c != '"')
				return csv_fault(csv, "text behind a closing quote");
			closed = false; /* a doubled quote stands for one */
		} else if (c == '"' && quoted) {
			closed = true;
			continue;
		} else if (c == '"' && n == 0) {
			quoted = true;
			continue;
		} else if (c == '"') {
			return csv_fault(csv,
					 "a quote inside a field that does not begin with one");
		}
		if (n + 1 >= size)
			return csv_fault(csv, "longer than %d octets", CSV_LINE_MAX);
		out[n++] = c;
	}
}

/* The fields of one line, NUL after each, in record[].  Their number; *end: what ended the line. */
static int line_read(struct csv *csv, char *fields[CSV_COLUMNS_MAX], int *end)
{
	char *p = csv->record;
	int n = 0, rc;

	csv->line = csv->next_line;
	do {
		if (n == CSV_COLUMNS_MAX)
			return csv_fault(csv, "more than %d fields", CSV_COLUMNS_MAX);
		if (p == csv->record + sizeof(csv->record))
			return csv_fault(csv, "longer than %d octets", CSV_LINE_MAX);
		rc = field_read(csv, p, csv->record + sizeof(csv->record) - p, end);
		if (rc < 0)
			return rc;
		fields[n++] = p;
		p += strlen(p) + 1;
	} while (*end == ',');
	return n;
}

/* The next line that is not empty; 0 at the end of the file. */
static int record_read(struct csv *csv, char *fields[CSV_COLUMNS_MAX])
{
	int n, end = EOF;

	do {
		n = line_read(csv, fields, &end);
		if (n < 0 || n > 1 || fields[0][0] != '\0')
			return n;
	} while (end != EOF);
	return 0;
}

static int column_find(const struct csv *csv, const char *name)
{
	size_t i;

	for (i = 0; i < csv->n_columns; i++)
		if (!strcmp(csv->columns[i].name, name))
			return i;
	return -1;
}

static int header_read(struct csv *csv)
{
	bool seen[CSV_COLUMNS_MAX] = { false };
	char *fields[CSV_COLUMNS_MAX];
	int n = record_read(csv, fields), i;
	size_t c;

	if (n < 0)
		return n;
	if (n > 0 && !strncmp(fields[0], "\xef\xbb\xbf", 3))
		fields[0] += 3;
	csv->n_fields = n;
	for (i = 0; i < n; i++) {
		csv->place[i] = column_find(csv, fields[i]);
		if (csv->place[i] < 0)
			return csv_fault(csv, "there is no column '%.64s'", fields[i]);
		if (seen[csv->place[i]])
			return csv_fault(csv, "column '%s' twice", fields[i]);
		seen[csv->place[i]] = true;
	}
	for (c = 0; c < csv->n_columns; c++)
		if (csv->columns[c].needed && !seen[c])
			return csv_fault(csv, "column '%s' is missing", csv->columns[c].name);
	return 0;
}

int csv_open(struct csv *csv, const char *path, const struct csv_column *columns)
{
	int rc;

	memset(csv, 0, offsetof(struct csv, record));
	csv->fault[0] = '\0';
	csv->columns = columns;
	while (columns[csv->n_columns].name)
		csv->n_columns++;
	csv->next_line = 1;
	csv->file = !strcmp(path, "-") ? stdin : fopen(path, "re");
	if (!csv->file)
		return -errno;
	rc = header_read(csv);
	if (rc < 0)
		csv_close(csv);
	return rc;
}

int csv_row(struct csv *csv)
{
	char *fields[CSV_COLUMNS_MAX];
	int n = record_read(csv, fields), i;
	size_t c;

	if (n <= 0)
		return n;
	if ((size_t)n != csv->n_fields)
		return csv_fault(csv, "%d fields, the header has %zu", n, csv->n_fields);
	memset(csv->value, 0, sizeof(csv->value));
	for (i = 0; i < n; i++)
		csv->value[csv->place[i]] = fields[i][0] ? fields[i] : NULL;
	for (c = 0; c < csv->n_columns; c++)
		if (csv->columns[c].needed && !csv->value[c])
			return csv_fault(csv, "'%s' is empty", csv->columns[c].name);
	return 1;
}

void csv_close(struct csv *csv)
{
	if (csv->file && csv->file != stdin)
		fclose(csv->file);
	csv->file = NULL;
}
