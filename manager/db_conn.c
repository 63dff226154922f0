/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/random.h"
#include "manager/db_params.h"

#define CONNECT_TIMEOUT_S 3 /* until the last statement is prepared */
#define RECONNECT_MIN_MS 20
#define RECONNECT_MAX_MS 1000
#define LAST_ERROR_SIZE 256

enum conn_state { CONN_IDLE, CONN_WAITING, CONN_CONNECTING, CONN_PREPARING, CONN_UP, CONN_BUSY };

struct db_conn {
	const char *name;
	const struct db_settings *settings;
	struct db_session session;
	const struct db_statement *statements;
	size_t n_statements;
	const struct db_conn_handler *handler;
	void *data;

	enum conn_state state;
	PGconn *pg;
	struct osmo_fd fd;
	struct osmo_timer_list timer; /* the next attempt, the end of this one, or a reset */
	size_t n_prepared;
	unsigned int n_failed; /* attempts since it was up */
	PGresult *result; /* of the statement under way: rows, or its first error */
	char why_reset[LAST_ERROR_SIZE];
	char last_error[LAST_ERROR_SIZE];
};

static void fail(struct db_conn *c, const char *why);
static void connect_begin(struct db_conn *c);
static int socket_cb(struct osmo_fd *fd, unsigned int what);

/* One line: what libpq says goes over several. */
static void message_copy(char *buf, size_t size, const char *message)
{
	size_t len = 0;

	for (; *message && len + 1 < size; message++) {
		if (!strchr(" \n\t", *message))
			buf[len++] = *message;
		else if (len > 0 && buf[len - 1] != ' ')
			buf[len++] = ' ';
	}
	while (len > 0 && buf[len - 1] == ' ')
		len--;
	buf[len] = '\0';
}

/* Without detail and context, which quote statements and keys. */
static const char *result_message(const PGresult *res)
{
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	return message ? message : PQresultErrorMessage(res);
}

static void notice_cb(void *data, const PGresult *res)
{
	struct db_conn *c = data;

	LOGP(DDB, LOGL_NOTICE, "%s: server says: %s\n", c->name, result_message(res));
}

static void session_close(struct db_conn *c)
{
	osmo_timer_del(&c->timer);
	if (osmo_fd_is_registered(&c->fd))
		osmo_fd_unregister(&c->fd);
	PQclear(c->result);
	c->result = NULL;
	if (c->pg)
		PQfinish(c->pg);
	c->pg = NULL;
	c->n_prepared = 0;
}

static int conn_destruct(struct db_conn *c)
{
	session_close(c);
	return 0;
}

static unsigned int backoff_ms(const struct db_conn *c)
{
	unsigned int doubled = c->n_failed < 6 ? c->n_failed : 6;
	unsigned int ms = RECONNECT_MIN_MS << doubled;
	uint16_t jitter;

	if (ms > RECONNECT_MAX_MS)
		ms = RECONNECT_MAX_MS;
	/* Without it all lanes of all managers would come back in the same moment. */
	if (random_fill(&jitter, sizeof(jitter)) == 0)
		ms = ms * 3 / 4 + ms * (jitter % 512) / 1024;
	return ms;
}

/* The end of a session or of an attempt. */
static void fail(struct db_conn *c, const char *why)
{
	bool was_up = c->state >= CONN_UP;
	unsigned int ms;

	message_copy(c->last_error, sizeof(c->last_error), why);
	session_close(c);
	ms = backoff_ms(c);
	LOGP(DDB, was_up || c->n_failed == 0 ? LOGL_ERROR : LOGL_INFO,
	     "%s: %s (%s); next attempt in %u ms\n", c->name,
	     was_up ? "connection lost" : "cannot connect", c->last_error, ms);
	c->n_failed++;
	c->state = CONN_WAITING;
	osmo_timer_schedule(&c->timer, ms / 1000, ms % 1000 * 1000);
	if (was_up)
		c->handler->down(c->data);
}

static void timer_cb(void *data)
{
	struct db_conn *c = data;

	switch (c->state) {
	case CONN_IDLE:
	case CONN_WAITING:
		connect_begin(c);
		break;
	case CONN_CONNECTING:
	case CONN_PREPARING:
		fail(c, "no answer in time");
		break;
	case CONN_UP:
	case CONN_BUSY:
		fail(c, c->why_reset);
		break;
	}
}

/* --- connecting ----------------------------------------------------------- */

/* libpq may close one socket and open another between two polls. */
static void socket_register(struct db_conn *c, unsigned int when)
{
	int fd = PQsocket(c->pg);

	if (osmo_fd_is_registered(&c->fd))
		osmo_fd_unregister(&c->fd);
	if (fd < 0)
		return;
	osmo_fd_setup(&c->fd, fd, when, socket_cb, c, 0);
	OSMO_ASSERT(osmo_fd_register(&c->fd) == 0);
}

static void connect_begin(struct db_conn *c)
{
	struct db_keywords kw;
	char why[LAST_ERROR_SIZE];

	if (db_keywords_make(&kw, c->settings, &c->session, why, sizeof(why)) < 0) {
		fail(c, why);
		return;
	}
	c->pg = PQconnectStartParams(kw.keys, kw.values, 0);
	db_keywords_wipe(&kw);
	OSMO_ASSERT(c->pg);
	if (PQstatus(c->pg) == CONNECTION_BAD) {
		fail(c, PQerrorMessage(c->pg));
		return;
	}
	PQsetNoticeReceiver(c->pg, notice_cb, c);
	PQsetErrorVerbosity(c->pg, PQERRORS_TERSE);
	c->state = CONN_CONNECTING;
	osmo_timer_schedule(&c->timer, CONNECT_TIMEOUT_S, 0);
	socket_register(c, OSMO_FD_WRITE);
}

/* 0: sent or waiting for the socket to take more. */
static int flush(struct db_conn *c)
{
	switch (PQflush(c->pg)) {
	case 0:
		osmo_fd_update_when(&c->fd, 0, OSMO_FD_READ);
		return 0;
	case 1:
		osmo_fd_update_when(&c->fd, 0, OSMO_FD_READ | OSMO_FD_WRITE);
		return 0;
	default:
		return -EIO;
	}
}

static void prepare_next(struct db_conn *c)
{
	const struct db_statement *s;

	if (c->n_prepared == c->n_statements) {
		osmo_timer_del(&c->timer);
		c->state = CONN_UP;
		c->n_failed = 0;
		LOGP(DDB, LOGL_NOTICE, "%s: connected, backend %d\n", c->name, PQbackendPID(c->pg));
		c->handler->up(c->data);
		return;
	}
	s = &c->statements[c->n_prepared];
	if (!PQsendPrepare(c->pg, s->name, s->sql, s->n_types, s->types) || flush(c) < 0)
		fail(c, PQerrorMessage(c->pg));
}

static void connect_poll(struct db_conn *c)
{
	switch (PQconnectPoll(c->pg)) {
	case PGRES_POLLING_READING:
		socket_register(c, OSMO_FD_READ);
		break;
	case PGRES_POLLING_WRITING:
		socket_register(c, OSMO_FD_WRITE);
		break;
	case PGRES_POLLING_OK:
		socket_register(c, OSMO_FD_READ);
		if (PQsetnonblocking(c->pg, 1) < 0) {
			fail(c, PQerrorMessage(c->pg));
			break;
		}
		c->state = CONN_PREPARING;
		prepare_next(c);
		break;
	default:
		fail(c, PQerrorMessage(c->pg));
		break;
	}
}

/* --- statements ----------------------------------------------------------- */

/* Of several results an error is the one that counts: it may come behind the rows, when the
 * commit fails. */
static void result_keep(struct db_conn *c, PGresult *res)
{
	if (!c->result || (PQresultStatus(res) == PGRES_FATAL_ERROR &&
			   PQresultStatus(c->result) != PGRES_FATAL_ERROR)) {
		PQclear(c->result);
		c->result = res;
	} else {
		PQclear(res);
	}
}

static void prepared(struct db_conn *c, const PGresult *res)
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
	fail(c, result_message(res));
}

static void answered(struct db_conn *c, const PGresult *res)
{
	const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	struct db_result result = { 0 };
	char message[LAST_ERROR_SIZE] = "";

	c->state = CONN_UP;
	if (PQresultStatus(res) == PGRES_TUPLES_OK) {
		result.rows = res;
	} else {
		message_copy(message, sizeof(message), result_message(res));
		if (sqlstate)
			osmo_strlcpy(result.sqlstate, sqlstate, sizeof(result.sqlstate));
	}
	result.message = message;
	c->handler->result(c->data, &result);
}

/* ReadyForQuery came, or the connection went. */
static void statement_done(struct db_conn *c)
{
	PGresult *res = c->result;

	c->result = NULL;
	if (PQstatus(c->pg) == CONNECTION_BAD || !res) {
		fail(c, res ? result_message(res) : PQerrorMessage(c->pg));
	} else if (c->state == CONN_PREPARING) {
		prepared(c, res);
	} else if (c->state == CONN_BUSY) {
		answered(c, res);
	} else {
		fail(c, "an answer to no question");
	}
	PQclear(res);
}

static void socket_read(struct db_conn *c)
{
	PGresult *res;

	if (!PQconsumeInput(c->pg)) {
		fail(c, PQerrorMessage(c->pg));
		return;
	}
	if (c->state == CONN_UP) {
		/* Nothing is asked: a notice or a parameter that changed, or the farewell of a
		 * server that shuts down. */
		if (PQisBusy(c->pg) || !(res = PQgetResult(c->pg)))
			return;
		result_keep(c, res);
	}
	while (!PQisBusy(c->pg)) {
		res = PQgetResult(c->pg);
		if (!res) {
			statement_done(c);
			return;
		}
		result_keep(c, res);
	}
}

static int socket_cb(struct osmo_fd *fd, unsigned int what)
{
	struct db_conn *c = fd->data;

	if (c->state == CONN_CONNECTING) {
		connect_poll(c);
		return 0;
	}
	if ((what & OSMO_FD_WRITE) && flush(c) < 0) {
		fail(c, PQerrorMessage(c->pg));
		return 0;
	}
	if (what & OSMO_FD_READ)
		socket_read(c);
	return 0;
}

int db_conn_send(struct db_conn *c, size_t statement, const struct db_params *params)
{
	struct db_params_view view;

	OSMO_ASSERT(statement < c->n_statements);
	if (c->state != CONN_UP)
		return c->state == CONN_BUSY ? -EBUSY : -ENOTCONN;
	db_params_get(params, &view);
	c->state = CONN_BUSY;
	if (!PQsendQueryPrepared(c->pg, c->statements[statement].name, view.n, view.values,
				 view.lengths, view.formats, 1) ||
	    flush(c) < 0)
		db_conn_reset(c, PQerrorMessage(c->pg));
	return 0;
}

void db_conn_reset(struct db_conn *c, const char *why)
{
	if (c->state < CONN_UP)
		return;
	message_copy(c->why_reset, sizeof(c->why_reset), why);
	osmo_timer_schedule(&c->timer, 0, 0);
}

/* --- life ----------------------------------------------------------------- */

struct db_conn *db_conn_new(void *ctx, const char *name, const struct db_settings *settings,
			    const struct db_session *session, const struct db_statement *statements,
			    size_t n_statements, const struct db_conn_handler *handler, void *data)
{
	struct db_conn *c = talloc_zero(ctx, struct db_conn);

	OSMO_ASSERT(c);
	c->name = talloc_strdup(c, name);
	c->settings = settings;
	c->session = *session;
	c->statements = statements;
	c->n_statements = n_statements;
	c->handler = handler;
	c->data = data;
	c->fd.fd = -1;
	osmo_timer_setup(&c->timer, timer_cb, c);
	talloc_set_destructor(c, conn_destruct);
	return c;
}

void db_conn_start(struct db_conn *c)
{
	OSMO_ASSERT(c->state == CONN_IDLE);
	osmo_timer_schedule(&c->timer, 0, 0);
}

bool db_conn_is_up(const struct db_conn *c)
{
	return c->state >= CONN_UP;
}

const char *db_conn_state_name(const struct db_conn *c)
{
	static const char *const names[] = {
		[CONN_IDLE] = "idle",
		[CONN_WAITING] = "waiting to connect",
		[CONN_CONNECTING] = "connecting",
		[CONN_PREPARING] = "preparing",
		[CONN_UP] = "up",
		[CONN_BUSY] = "up, asking",
	};

	return names[c->state];
}

const char *db_conn_last_error(const struct db_conn *c)
{
	return c->last_error;
}
