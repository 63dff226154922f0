/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One attempt to connect: to one server, until every statement is prepared and the guard is true.
 */
#include <stdio.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/db_conn_priv.h"

/* Until a server has let us in.  The kernel repeats a SYN that got lost after 1 s, then after 2 s
 * more: to wait for that would be longer than to try anew. */
#define CONNECT_TIMEOUT_MS 2000
/* Where there are other servers to try, and each was tried once at most. */
#define CONNECT_TIMEOUT_FIRST_MS 1000
#define PREPARE_TIMEOUT_MS 3000 /* from then on, until the last statement is prepared */

static void notice_cb(void *data, const PGresult *res)
{
	struct db_conn *c = data;

	LOGP(DDB, LOGL_NOTICE, "%s: server says: %s\n", c->name, db_conn_message(res));
}

void db_conn_connect_begin(struct db_conn *c)
{
	struct db_keywords kw;
	char why[DB_CONN_ERROR_SIZE];

	if (db_keywords_make(&kw, c->settings, c->server, &c->session, why, sizeof(why)) < 0) {
		db_conn_fail(c, why);
		return;
	}
	c->pg = PQconnectStartParams(kw.keys, kw.values, 0);
	db_keywords_wipe(&kw);
	OSMO_ASSERT(c->pg);
	if (PQstatus(c->pg) == CONNECTION_BAD) {
		db_conn_fail(c, PQerrorMessage(c->pg));
		return;
	}
	PQsetNoticeReceiver(c->pg, notice_cb, c);
	PQsetErrorVerbosity(c->pg, PQERRORS_TERSE);
	c->state = CONN_CONNECTING;
	db_conn_timer(c, c->n_failed <= db_conn_servers(c) && db_conn_servers(c) > 1
				 ? CONNECT_TIMEOUT_FIRST_MS
				 : CONNECT_TIMEOUT_MS);
	db_conn_socket_register(c, OSMO_FD_WRITE);
}

static void server_name_set(struct db_conn *c)
{
	const char *address = PQhostaddr(c->pg);

	/* Of a Unix socket there is only the directory. */
	if (!address || !*address)
		address = PQhost(c->pg);
	snprintf(c->server_name, sizeof(c->server_name), "%s port %s", address ? address : "?",
		 PQport(c->pg));
}

static void is_up(struct db_conn *c)
{
	osmo_timer_del(&c->timer);
	c->state = CONN_UP;
	c->n_failed = 0;
	server_name_set(c);
	LOGP(DDB, LOGL_NOTICE, "%s: connected to %s, backend %d\n", c->name, c->server_name,
	     PQbackendPID(c->pg));
	c->handler->up(c->data);
}

static void prepare_next(struct db_conn *c)
{
	const struct db_statement *s;

	if (c->n_prepared == c->n_statements) {
		if (!c->session.guard_sql || !c->settings->require_synchronous_standby) {
			is_up(c);
			return;
		}
		c->state = CONN_GUARDING;
		if (!PQsendQuery(c->pg, c->session.guard_sql) || db_conn_flush(c) < 0)
			db_conn_fail(c, PQerrorMessage(c->pg));
		return;
	}
	s = &c->statements[c->n_prepared];
	if (!PQsendPrepare(c->pg, s->name, s->sql, s->n_types, s->types) || db_conn_flush(c) < 0)
		db_conn_fail(c, PQerrorMessage(c->pg));
}

void db_conn_connect_poll(struct db_conn *c)
{
	switch (PQconnectPoll(c->pg)) {
	case PGRES_POLLING_READING:
		db_conn_socket_register(c, OSMO_FD_READ);
		break;
	case PGRES_POLLING_WRITING:
		db_conn_socket_register(c, OSMO_FD_WRITE);
		break;
	case PGRES_POLLING_OK:
		db_conn_socket_register(c, OSMO_FD_READ);
		if (PQsetnonblocking(c->pg, 1) < 0) {
			db_conn_fail(c, PQerrorMessage(c->pg));
			break;
		}
		c->state = CONN_PREPARING;
		db_conn_timer(c, PREPARE_TIMEOUT_MS);
		prepare_next(c);
		break;
	default:
		db_conn_fail(c, PQerrorMessage(c->pg));
		break;
	}
}

void db_conn_prepared(struct db_conn *c, const PGresult *res)
{
	const struct db_statement *s = &c->statements[c->n_prepared];

	if (PQresultStatus(res) == PGRES_COMMAND_OK) {
		c->n_prepared++;
		prepare_next(c);
		return;
	}
	if (c->n_failed == 0)
		LOGP(DDB, LOGL_ERROR,
		     "%s: statement %s does not fit the schema; run `tegatactl db upgrade`\n",
		     c->name, s->name);
	db_conn_fail(c, db_conn_message(res));
}

void db_conn_guarded(struct db_conn *c, const PGresult *res)
{
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		db_conn_fail(c, db_conn_message(res));
	else if (PQntuples(res) != 1 || PQnfields(res) != 1 || *PQgetvalue(res, 0, 0) != 't')
		db_conn_fail(c, c->session.guard_why);
	else
		is_up(c);
}
