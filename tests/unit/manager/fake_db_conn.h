/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A scripted connection in the place of manager/db_conn.c: the test says when
 * it comes up, what it answers, and when it breaks.  To be included once in a
 * program; the archive's db_conn.o is then not linked.
 */
#include <errno.h>
#include <string.h>

#include <osmocom/core/bits.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/db_conn.h"
#include "manager/db_params.h"

#define FAKE_IDS_MAX 1024
#define FAKE_CONNS_MAX 40

struct db_conn {
	const char *name;
	const struct db_statement *statements;
	const struct db_conn_handler *handler;
	void *data;
	bool started, up, busy;
	unsigned int n_sent, n_reset;
	size_t statement;
	struct db_params_view view; /* lengths and number only */
	size_t n_ids; /* of the first int8[] among the parameters */
	int64_t ids[FAKE_IDS_MAX];
};

static struct db_conn *fake_conns[FAKE_CONNS_MAX];
static size_t n_fake_conns;

static inline struct db_conn *fake_conn(const char *name)
{
	size_t i;

	for (i = 0; i < n_fake_conns; i++) {
		if (strcmp(fake_conns[i]->name, name) == 0)
			return fake_conns[i];
	}
	return NULL;
}

static int fake_destruct(struct db_conn *c)
{
	n_fake_conns = 0; /* a test frees all of its connections at once */
	return 0;
}

struct db_conn *db_conn_new(void *ctx, const char *name, const struct db_settings *settings,
			    const struct db_session *session, const struct db_statement *statements,
			    size_t n_statements, const struct db_conn_handler *handler, void *data)
{
	struct db_conn *c = talloc_zero(ctx, struct db_conn);

	c->name = name;
	c->statements = statements;
	c->handler = handler;
	c->data = data;
	talloc_set_destructor(c, fake_destruct);
	fake_conns[n_fake_conns++] = c;
	return c;
}

void db_conn_start(struct db_conn *c)
{
	c->started = true;
}

static void fake_ids(struct db_conn *c, const struct db_params_view *view)
{
	int i;
	size_t k;

	c->n_ids = 0;
	for (i = 0; i < view->n && c->n_ids == 0; i++) {
		const uint8_t *at = (const uint8_t *)view->values[i];

		if (view->lengths[i] < 20 || osmo_load32be(at) != 1 ||
		    osmo_load32be(at + 8) != DB_OID_INT8)
			continue;
		c->n_ids = osmo_load32be(at + 12);
		for (k = 0; k < c->n_ids; k++)
			c->ids[k] = osmo_load64be(at + 24 + 12 * k);
	}
}

int db_conn_send(struct db_conn *c, size_t statement, const struct db_params *params)
{
	if (!c->up)
		return -ENOTCONN;
	if (c->busy)
		return -EBUSY;
	c->busy = true;
	c->n_sent++;
	c->statement = statement;
	db_params_get(params, &c->view);
	fake_ids(c, &c->view);
	return 0;
}

void db_conn_reset(struct db_conn *c, const char *why)
{
	c->n_reset++;
}

void db_conn_leave(struct db_conn *c, const char *why)
{
	c->n_reset++;
}

const char *db_conn_server_name(const struct db_conn *c)
{
	return "";
}

bool db_conn_is_up(const struct db_conn *c)
{
	return c->up;
}

const char *db_conn_state_name(const struct db_conn *c)
{
	return c->up ? "up" : "down";
}

const char *db_conn_last_error(const struct db_conn *c)
{
	return "";
}

/* --- the script --------------------------------------------------------------- */

static inline void fake_up(struct db_conn *c)
{
	c->up = true;
	c->handler->up(c->data);
}

static inline void fake_down(struct db_conn *c)
{
	c->up = c->busy = false;
	c->handler->down(c->data);
}

static inline PGresult *fake_rows(const Oid *types, int n)
{
	PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc desc[DB_COLUMNS_MAX];
	int i;

	memset(desc, 0, sizeof(desc));
	for (i = 0; i < n; i++)
		desc[i] = (PGresAttDesc){ .name = (char *)"c", .format = 1, .typid = types[i] };
	PQsetResultAttrs(res, n, desc);
	return res;
}

static inline void fake_set(PGresult *res, int row, int column, const void *v, int len)
{
	PQsetvalue(res, row, column, (char *)v, len);
}

static inline void fake_set_int(PGresult *res, int row, int column, int64_t v, int len)
{
	uint8_t be[8];

	osmo_store64be(v, be);
	fake_set(res, row, column, be + 8 - len, len);
}

static inline void fake_set_null(PGresult *res, int row, int column)
{
	fake_set(res, row, column, NULL, -1);
}

/* Takes res over. */
static inline void fake_answer(struct db_conn *c, PGresult *res)
{
	struct db_result result = { .rows = res, .message = "" };

	c->busy = false;
	c->handler->result(c->data, &result);
	PQclear(res);
}

static inline void fake_error(struct db_conn *c, const char *sqlstate)
{
	struct db_result result = { .message = "scripted" };

	osmo_strlcpy(result.sqlstate, sqlstate, sizeof(result.sqlstate));
	c->busy = false;
	c->handler->result(c->data, &result);
}
