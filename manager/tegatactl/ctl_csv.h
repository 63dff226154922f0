/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * CSV files as RFC 4180 has them: a header line that names the columns, fields
 * with commas, quotes or line ends in double quotes, LF or CRLF.  UTF-8; a byte
 * order mark is skipped.
 *
 *   csv_open(columns known, some of them needed) -> csv_row() ... -> csv_close()
 *
 * Bounds: CSV_LINE_MAX octets a record, CSV_COLUMNS_MAX columns.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CSV_LINE_MAX 65536
#define CSV_COLUMNS_MAX 32
#define CSV_FAULT_SIZE 256

struct csv_column {
	const char *name;
	bool needed;
};

struct csv {
	FILE *file;
	const struct csv_column *columns; /* ends with a NULL name */
	size_t n_columns; /* known ones */
	int place[CSV_COLUMNS_MAX]; /* field number of the file -> known column */
	size_t n_fields; /* in the header */
	unsigned long line; /* where the last record began, from 1 */
	unsigned long next_line;
	const char
		*value[CSV_COLUMNS_MAX]; /* of the record, by known column; NULL: empty or absent */
	char record[CSV_LINE_MAX];
	char fault[CSV_FAULT_SIZE]; /* "line 3: ..." */
};

/* Reads the header.  -errno of the file; -EINVAL with fault set where the header is wrong (unknown
 * or repeated column, needed one missing). */
int csv_open(struct csv *csv, const char *path, const struct csv_column *columns)
	__attribute__((warn_unused_result));
/* The next record into value[]: 1; 0 at the end; -EINVAL with fault set where it is wrong (quote
 * out of place, too many or too few fields, a needed one empty, too long, NUL). */
int csv_row(struct csv *csv) __attribute__((warn_unused_result));
void csv_close(struct csv *csv);
