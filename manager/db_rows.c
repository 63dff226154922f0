/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_rows.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/bits.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/db_params.h"

/* timestamptz counts microseconds from 2000-01-01 (src/include/datatype/timestamp.h). */
#define POSTGRES_EPOCH_S 946684800
#define US_PER_S 1000000

int db_rows_check(const PGresult *res, const Oid *types, size_t n)
{
	size_t i;

	if (PQresultStatus(res) != PGRES_TUPLES_OK || PQnfields(res) != (int)n)
		return -EPROTO;
	for (i = 0; i < n; i++) {
		if (PQftype(res, i) != types[i] || PQfformat(res, i) != 1)
			return -EPROTO;
	}
	return 0;
}

static int *ints_grow(void *ctx, int *v, size_t *size, size_t need)
{
	if (v && need <= *size)
		return v;
	*size = need ? need * 2 : 1; /* an answer without rows has an index too */
	v = talloc_realloc(ctx, v, int, *size);
	OSMO_ASSERT(v);
	return v;
}

void db_index_begin(struct db_index *index, void *ctx, size_t n, size_t n_rows)
{
	index->n = n;
	index->first = ints_grow(ctx, index->first, &index->first_size, n + 2);
	index->rows = ints_grow(ctx, index->rows, &index->rows_size, n_rows);
}

/* Counting sort: stable, and linear in the number of rows. */
int db_index_build(struct db_index *index, void *ctx, const PGresult *res, int column, size_t n)
{
	struct db_rows all = { .res = res, .n = PQntuples(res) };
	size_t i;
	int row;

	db_index_begin(index, ctx, n, all.n);
	memset(index->first, 0, (n + 2) * sizeof(*index->first));
	for (row = 0; row < all.n; row++) {
		int32_t ord = db_rows_int4(&all, row, column);

		if (ord < 1 || (size_t)ord > n)
			return -EPROTO;
		index->first[ord + 1]++;
	}
	for (i = 2; i < n + 2; i++)
		index->first[i] += index->first[i - 1];
	/* first[ord] moves from where ord's rows begin to where they end, which is where those of
	 * ord + 1 begin: counted from 0 that is the index. */
	for (row = 0; row < all.n; row++)
		index->rows[index->first[db_rows_int4(&all, row, column)]++] = row;
	return 0;
}

void db_index_rows(const struct db_index *index, const PGresult *res, size_t request,
		   struct db_rows *rows)
{
	int first = index->first[request];

	*rows = (struct db_rows){
		.res = res,
		.rows = index->rows + first,
		.n = index->first[request + 1] - first,
	};
}

static int row_of(const struct db_rows *rows, int row)
{
	return rows->rows ? rows->rows[row] : row;
}

bool db_rows_null(const struct db_rows *rows, int row, int column)
{
	return PQgetisnull(rows->res, row_of(rows, row), column);
}

/* The cell, or NULL where it is NULL or not of this length. */
static const uint8_t *cell(struct db_rows *rows, int row, int column, int len)
{
	row = row_of(rows, row);
	if (PQgetisnull(rows->res, row, column))
		return NULL;
	if (PQgetlength(rows->res, row, column) != len) {
		rows->bad = true;
		return NULL;
	}
	return (const uint8_t *)PQgetvalue(rows->res, row, column);
}

bool db_rows_bool(struct db_rows *rows, int row, int column)
{
	const uint8_t *at = cell(rows, row, column, 1);

	return at && *at;
}

int16_t db_rows_int2(struct db_rows *rows, int row, int column)
{
	const uint8_t *at = cell(rows, row, column, 2);

	return at ? osmo_load16be(at) : 0;
}

int32_t db_rows_int4(struct db_rows *rows, int row, int column)
{
	const uint8_t *at = cell(rows, row, column, 4);

	return at ? osmo_load32be(at) : 0;
}

int64_t db_rows_int8(struct db_rows *rows, int row, int column)
{
	const uint8_t *at = cell(rows, row, column, 8);

	return at ? osmo_load64be(at) : 0;
}

int64_t db_rows_time(struct db_rows *rows, int row, int column)
{
	const uint8_t *at = cell(rows, row, column, 8);
	int64_t us;

	if (!at)
		return 0;
	us = osmo_load64be(at);
	if (us == INT64_MAX || us == INT64_MIN)
		return 0;
	return us / US_PER_S - (us % US_PER_S < 0) + POSTGRES_EPOCH_S;
}

static void text(struct db_rows *rows, int row, int column, char *buf, size_t size, bool cut)
{
	const char *at = PQgetvalue(rows->res, row_of(rows, row), column);
	size_t len = PQgetlength(rows->res, row_of(rows, row), column);

	if (len >= size) {
		if (!cut) {
			rows->bad = true;
			len = 0;
		} else {
			len = size - 1;
			/* 10xxxxxx goes on with a character that would be cut in two */
			while (len > 0 && (at[len] & 0xc0) == 0x80)
				len--;
		}
	}
	memcpy(buf, at, len);
	buf[len] = '\0';
}

void db_rows_text(struct db_rows *rows, int row, int column, char *buf, size_t size)
{
	text(rows, row, column, buf, size, false);
}

void db_rows_text_cut(struct db_rows *rows, int row, int column, char *buf, size_t size)
{
	text(rows, row, column, buf, size, true);
}

void db_rows_uuid(struct db_rows *rows, int row, int column, struct request_id *id)
{
	const uint8_t *at = cell(rows, row, column, REQUEST_ID_SIZE);

	memset(id, 0, sizeof(*id));
	if (at)
		memcpy(id->octets, at, sizeof(id->octets));
}

size_t db_rows_int8_array(struct db_rows *rows, int row, int column, int64_t *v, size_t max)
{
	const uint8_t *at = (const uint8_t *)PQgetvalue(rows->res, row_of(rows, row), column);
	size_t len = PQgetlength(rows->res, row_of(rows, row), column);
	size_t n, i;

	if (len == 0)
		return 0; /* NULL */
	if (len == 12 && osmo_load32be(at) == 0)
		return 0;
	if (len < 20 || osmo_load32be(at) != 1 || osmo_load32be(at + 8) != DB_OID_INT8)
		goto bad;
	n = osmo_load32be(at + 12);
	if (n > (len - 20) / 12 || len != 20 + n * 12)
		goto bad;
	if (n > max)
		n = max;
	for (i = 0; i < n; i++) {
		if (osmo_load32be(at + 20 + i * 12) != 8)
			goto bad;
		v[i] = osmo_load64be(at + 24 + i * 12);
	}
	return n;
bad:
	rows->bad = true;
	return 0;
}
