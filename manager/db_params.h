/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The parameters of one statement in PostgreSQL's binary format: arrays of one
 * dimension (array_recv() in src/backend/utils/adt/arrayfuncs.c) and single
 * values, written one after the other into one buffer that is used again for
 * the next statement.
 *
 *   db_params_reset(p);
 *   db_array_begin(p, DB_OID_INT8, n);      the first parameter
 *   n times db_array_int8(p, v);
 *   db_array_begin(p, DB_OID_TEXT, n);      the second
 *   n times db_array_text(p, s);
 *   db_params_get(p, &view);                pointers for libpq
 *
 *   +------+-------+---------+---+-------+ +-----+-------+
 *   | ndim | nulls | element | n | lower | | len | value | ...  all int32, big-endian
 *   +------+-------+---------+---+-------+ +-----+-------+
 *
 * What is written comes from structures of fixed size in batches of bounded
 * length, so that passing DB_PARAMS_SIZE_MAX, or writing another number of
 * elements than was announced, is a programmer's error and asserts.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/request_id.h"

#define DB_PARAMS_MAX 16
#define DB_PARAMS_SIZE_MAX (16 * 1024 * 1024)

/* Types as in src/include/catalog/pg_type.dat: they never change. */
enum db_oid {
	DB_OID_BOOL = 16,
	DB_OID_BYTEA = 17,
	DB_OID_INT8 = 20,
	DB_OID_INT2 = 21,
	DB_OID_INT4 = 23,
	DB_OID_TEXT = 25,
	DB_OID_BOOL_ARRAY = 1000,
	DB_OID_BYTEA_ARRAY = 1001,
	DB_OID_INT4_ARRAY = 1007,
	DB_OID_TEXT_ARRAY = 1009,
	DB_OID_INT8_ARRAY = 1016,
	DB_OID_TIMESTAMPTZ = 1184,
	DB_OID_VOID = 2278,
	DB_OID_UUID = 2950,
	DB_OID_UUID_ARRAY = 2951,
};

struct db_params;

struct db_params_view {
	int n;
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX];
	int formats[DB_PARAMS_MAX]; /* all 1, binary */
};

struct db_params *db_params_new(void *ctx);
void db_params_reset(struct db_params *p);
/* The view lives until the next call for p. */
void db_params_get(const struct db_params *p, struct db_params_view *view);

void db_array_begin(struct db_params *p, enum db_oid element, size_t n);
void db_array_bool(struct db_params *p, bool v);
void db_array_int4(struct db_params *p, int32_t v);
void db_array_int8(struct db_params *p, int64_t v);
void db_array_text(struct db_params *p, const char *s);
void db_array_bytea(struct db_params *p, const void *octets, size_t len);
void db_array_uuid(struct db_params *p, const struct request_id *id);
void db_array_null(struct db_params *p);

void db_param_int4(struct db_params *p, int32_t v);
void db_param_int8(struct db_params *p, int64_t v);
void db_param_text(struct db_params *p, const char *s);
