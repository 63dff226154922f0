/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_params.h"

#include <string.h>

#include <osmocom/core/bits.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define ARRAY_HEADER_SIZE 20
#define ARRAY_EMPTY_SIZE 12 /* no dimension, so none follows */
#define ARRAY_NULLS_AT 4
#define FIRST_SIZE 4096

struct db_params {
	uint8_t *buf;
	size_t size;
	size_t used;
	int n;
	size_t start[DB_PARAMS_MAX + 1]; /* of each parameter; the last: where the next begins */
	size_t elements_left; /* of the array that is being written */
};

struct db_params *db_params_new(void *ctx)
{
	struct db_params *p = talloc_zero(ctx, struct db_params);

	OSMO_ASSERT(p);
	p->size = FIRST_SIZE;
	p->buf = talloc_size(p, p->size);
	OSMO_ASSERT(p->buf);
	return p;
}

void db_params_reset(struct db_params *p)
{
	p->used = 0;
	p->n = 0;
	p->elements_left = 0;
}

static uint8_t *take(struct db_params *p, size_t len)
{
	uint8_t *at;

	if (len > p->size - p->used) {
		OSMO_ASSERT(len <= DB_PARAMS_SIZE_MAX - p->used);
		while (p->size - p->used < len)
			p->size *= 2;
		p->buf = talloc_realloc_size(p, p->buf, p->size);
		OSMO_ASSERT(p->buf);
	}
	at = p->buf + p->used;
	p->used += len;
	return at;
}

static void param_begin(struct db_params *p)
{
	OSMO_ASSERT(p->elements_left == 0);
	OSMO_ASSERT(p->n < DB_PARAMS_MAX);
	p->start[p->n++] = p->used;
}

void db_params_get(const struct db_params *p, struct db_params_view *view)
{
	int i;

	OSMO_ASSERT(p->elements_left == 0);
	view->n = p->n;
	for (i = 0; i < p->n; i++) {
		size_t end = i + 1 < p->n ? p->start[i + 1] : p->used;

		view->values[i] = (const char *)p->buf + p->start[i];
		view->lengths[i] = end - p->start[i];
		view->formats[i] = 1;
	}
}

void db_array_begin(struct db_params *p, enum db_oid element, size_t n)
{
	uint8_t *at;

	param_begin(p);
	p->elements_left = n;
	at = take(p, n ? ARRAY_HEADER_SIZE : ARRAY_EMPTY_SIZE);
	osmo_store32be(n ? 1 : 0, at);
	osmo_store32be(0, at + ARRAY_NULLS_AT);
	osmo_store32be(element, at + 8);
	if (n) {
		osmo_store32be(n, at + 12);
		osmo_store32be(1, at + 16); /* the first subscript */
	}
}

static uint8_t *element(struct db_params *p, size_t len)
{
	uint8_t *at;

	OSMO_ASSERT(p->elements_left > 0);
	p->elements_left--;
	at = take(p, 4 + len);
	osmo_store32be(len, at);
	return at + 4;
}

void db_array_null(struct db_params *p)
{
	OSMO_ASSERT(p->elements_left > 0);
	p->elements_left--;
	osmo_store32be(UINT32_MAX, take(p, 4));
	osmo_store32be(1, p->buf + p->start[p->n - 1] + ARRAY_NULLS_AT);
}

void db_array_bool(struct db_params *p, bool v)
{
	*element(p, 1) = v;
}

void db_array_int4(struct db_params *p, int32_t v)
{
	osmo_store32be(v, element(p, 4));
}

void db_array_int8(struct db_params *p, int64_t v)
{
	osmo_store64be(v, element(p, 8));
}

void db_array_bytea(struct db_params *p, const void *octets, size_t len)
{
	memcpy(element(p, len), octets, len);
}

void db_array_text(struct db_params *p, const char *s)
{
	db_array_bytea(p, s, strlen(s));
}

void db_array_uuid(struct db_params *p, const struct request_id *id)
{
	db_array_bytea(p, id->octets, sizeof(id->octets));
}

void db_param_int4(struct db_params *p, int32_t v)
{
	param_begin(p);
	osmo_store32be(v, take(p, 4));
}

void db_param_int8(struct db_params *p, int64_t v)
{
	param_begin(p);
	osmo_store64be(v, take(p, 8));
}

void db_param_text(struct db_params *p, const char *s)
{
	size_t len = strlen(s);

	param_begin(p);
	memcpy(take(p, len), s, len);
}
