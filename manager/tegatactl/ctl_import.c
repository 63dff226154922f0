/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * CSV files to the database.  The whole file is read and checked for its form
 * before anything is sent; then it goes in chunks, each a transaction.  Rows
 * that a rule refuses are printed with their line; the others are done.  The
 * same file again does no harm: every row is idempotent.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "lib/amount.h"
#include "lib/outcome.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"
#include "manager/tegatactl/ctl_csv.h"

#define CHUNK_ROWS 1000
#define COLUMNS 6

enum import_column { NUMBER, IMSI, MODE, CREDIT_LIMIT, LANGUAGE, CURRENCY };
static const struct csv_column import_columns[] = {
	[NUMBER] = { "number", true },
	[IMSI] = { "imsi", false },
	[MODE] = { "mode", false },
	[CREDIT_LIMIT] = { "credit_limit", false },
	[LANGUAGE] = { "language", false },
	[CURRENCY] = { "currency", false },
	{ NULL, false },
};
#define IMPORT_SQL                                                                    \
	"SELECT ord, outcome, note FROM tegata.operator_terminal_import($1::text[], " \
	"$2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7)"

static const struct csv_column feed_columns[] = {
	{ "action", true },    { "number", true }, { "imsi", false },
	{ "argument", false }, { NULL, false },
};
#define FEED_SQL "SELECT ord, outcome, note FROM tegata.operator_feed($1, $2, $3, $4, $5)"

/* All rows of a file, column by column. */
struct rows {
	size_t n, size, n_columns;
	const char **value[COLUMNS];
	unsigned long *line;
};

static void rows_add(struct rows *rows, const struct csv *csv)
{
	size_t c;

	if (rows->n == rows->size) {
		rows->size = rows->size ? 2 * rows->size : CHUNK_ROWS;
		for (c = 0; c < rows->n_columns; c++)
			rows->value[c] =
				talloc_realloc(rows, rows->value[c], const char *, rows->size);
		rows->line = talloc_realloc(rows, rows->line, unsigned long, rows->size);
	}
	for (c = 0; c < rows->n_columns; c++)
		rows->value[c][rows->n] = csv->value[c] ? talloc_strdup(rows, csv->value[c]) : NULL;
	rows->line[rows->n++] = csv->line;
}

/* NULL after an error (printed). */
static struct rows *rows_read(const char *path, const struct csv_column *columns)
{
	struct csv *csv = talloc(NULL, struct csv);
	struct rows *rows = talloc_zero(NULL, struct rows);
	int rc = csv_open(csv, path, columns);

	if (rc == 0) {
		rows->n_columns = csv->n_columns;
		while ((rc = csv_row(csv)) == 1)
			rows_add(rows, csv);
	}
	csv_close(csv);
	if (rc < 0) {
		ctl_error("%s: %s; nothing was changed", path,
			  csv->fault[0] ? csv->fault : strerror(-rc));
		TALLOC_FREE(rows);
	}
	talloc_free(csv);
	return rows;
}

static void refusals_print(const struct rows *rows, size_t first, const PGresult *res,
			   size_t *n_refused)
{
	char where[32];
	int row;

	for (row = 0; row < PQntuples(res); row++) {
		int code = atoi(PQgetvalue(res, row, 1));

		if (code == OUTCOME_OK)
			continue;
		(*n_refused)++;
		snprintf(where, sizeof(where),
			 "line %lu: ", rows->line[first + atoi(PQgetvalue(res, row, 0)) - 1]);
		ctl_refusal(where, code, PQgetvalue(res, row, 2));
	}
}

static bool chunk_send(struct ctl *ctl, const struct rows *rows, size_t first, const char *sql,
		       size_t *n_refused)
{
	const char *values[COLUMNS + 1];
	void *ctx = talloc_new(NULL);
	size_t n = rows->n - first < CHUNK_ROWS ? rows->n - first : CHUNK_ROWS, c;
	PGresult *res;

	for (c = 0; c < rows->n_columns; c++)
		values[c] = ctl_array(ctx, rows->value[c] + first, n);
	values[c] = ctl->reason;
	res = ctl_query(ctl, sql, rows->n_columns + 1, values);
	talloc_free(ctx);
	if (!res) {
		ctl_error("stopped at line %lu; what stands before it is done", rows->line[first]);
		return false;
	}
	refusals_print(rows, first, res, n_refused);
	PQclear(res);
	return true;
}

static int rows_send(struct ctl *ctl, struct rows *rows, const char *sql)
{
	size_t first, n_refused = 0;

	for (first = 0; first < rows->n; first += CHUNK_ROWS)
		if (!chunk_send(ctl, rows, first, sql, &n_refused))
			return CTL_DATABASE;
	printf("%zu rows done, %zu refused\n", rows->n - n_refused, n_refused);
	return n_refused ? CTL_REFUSED : CTL_OK;
}

/* A credit limit is a decimal of its row's currency; minor units replace it in place. */
static bool limits_convert(struct rows *rows)
{
	int64_t minor;
	size_t i;

	for (i = 0; i < rows->n; i++) {
		const char *limit = rows->value[CREDIT_LIMIT][i];
		const char *currency = rows->value[CURRENCY][i];

		if (!limit)
			continue;
		if (!currency) {
			ctl_error(
				"line %lu: a credit limit needs its currency; nothing was changed",
				rows->line[i]);
			return false;
		}
		minor = 0;
		if (strcmp(limit, "0") &&
		    amount_parse(&minor, limit, strlen(limit), currency) < 0) {
			ctl_error("line %lu: '%s' is not an amount of %s; nothing was changed",
				  rows->line[i], limit, currency);
			return false;
		}
		rows->value[CREDIT_LIMIT][i] = talloc_asprintf(rows, "%" PRId64, minor);
	}
	return true;
}

int ctl_terminal_import(struct ctl *ctl)
{
	struct rows *rows = rows_read(ctl->argv[0], import_columns);
	int rc = CTL_REFUSED;

	if (rows && limits_convert(rows))
		rc = rows_send(ctl, rows, IMPORT_SQL);
	talloc_free(rows);
	return rc;
}

int ctl_terminal_feed(struct ctl *ctl)
{
	struct rows *rows = rows_read(ctl->argv[0], feed_columns);
	int rc = CTL_REFUSED;

	if (rows)
		rc = rows_send(ctl, rows, FEED_SQL);
	talloc_free(rows);
	return rc;
}
