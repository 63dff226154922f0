/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Reads the binary rows that PostgreSQL answers.  Nothing is taken on trust:
 * db_rows_check() compares number and types of the columns, every getter the
 * length of its cell; what does not fit makes the reader bad and reads as zero,
 * so that a decoder reads everything and asks once, at the end, with
 * db_rows_bad().
 *
 * A batch's answer has one row or more a request, in any order; the index sorts
 * them by the column that counts the requests from 1.
 *
 * NULL reads as zero, false or the empty string.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "lib/request_id.h"

#define DB_COLUMNS_MAX 24

/* Rows of all requests of a batch; belongs to its lane. */
struct db_index {
	size_t n; /* requests */
	int *first; /* n + 1: where a request's rows begin in rows */
	int *rows;
	size_t first_size, rows_size;
};

/* The rows of one request. */
struct db_rows {
	const PGresult *res;
	const int *rows; /* NULL: all of them, in the order they came */
	int n;
	bool bad;
};

/* -EPROTO where the columns are not n of these types in binary. */
int db_rows_check(const PGresult *res, const Oid *types, size_t n)
	__attribute__((warn_unused_result));

/* Sorts the rows by column (int4, 1..n); ctx owns what the index needs.
 * -EPROTO: a row that belongs to no request. */
int db_index_build(struct db_index *index, void *ctx, const PGresult *res, int column, size_t n)
	__attribute__((warn_unused_result));
/* Room for n requests with n_rows rows in all, a row counted for each request that it is of.  The
 * caller fills in first (n + 1 places, the last one says where the rows end) and rows. */
void db_index_begin(struct db_index *index, void *ctx, size_t n, size_t n_rows);
void db_index_rows(const struct db_index *index, const PGresult *res, size_t request,
		   struct db_rows *rows);

/* row counts from 0 within rows. */
bool db_rows_null(const struct db_rows *rows, int row, int column);
bool db_rows_bool(struct db_rows *rows, int row, int column);
int16_t db_rows_int2(struct db_rows *rows, int row, int column);
int32_t db_rows_int4(struct db_rows *rows, int row, int column);
int64_t db_rows_int8(struct db_rows *rows, int row, int column);
/* timestamptz in seconds since 1970, rounded down; "infinity" and NULL are 0. */
int64_t db_rows_time(struct db_rows *rows, int row, int column);
/* With NUL; a text that is longer makes the reader bad. */
void db_rows_text(struct db_rows *rows, int row, int column, char *buf, size_t size);
/* The same for names that are only shown: a longer one is cut between characters of UTF-8. */
void db_rows_text_cut(struct db_rows *rows, int row, int column, char *buf, size_t size);
void db_rows_uuid(struct db_rows *rows, int row, int column, struct request_id *id);
/* bigint[] without NULLs; at most max elements are stored.  Returns how many. */
size_t db_rows_int8_array(struct db_rows *rows, int row, int column, int64_t *v, size_t max);

static inline bool db_rows_bad(const struct db_rows *rows)
{
	return rows->bad;
}
