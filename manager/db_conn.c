/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_conn.h"

#include <errno.h>
#ifdef TEGATA_FAULT
#include <poll.h>
#endif
#include <stdio.h>
#include <string.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/fault_point.h"
#include "lib/log_category.h"
#include "lib/random.h"
#include "manager/db_conn_priv.h"
#include "manager/db_params.h"

#define RECONNECT_MIN_MS 20
#define RECONNECT_MAX_MS 1000

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

/* All servers are tried before any of them is waited for longer. */
static unsigned int backoff_ms(const struct db_conn *c, unsigned int n_servers)
{
	unsigned int rounds = c->n_failed % n_servers ? 0 : c->n_failed / n_servers;
	unsigned int ms = RECONNECT_MIN_MS << OSMO_MIN(rounds, 6u);
	uint16_t jitter;

	if (ms > RECONNECT_MAX_MS)
		ms = RECONNECT_MAX_MS;
	/* Without it all lanes of all managers would come back in the same moment. */
	if (random_fill(&jitter, sizeof(jitter)) == 0)
		ms = ms * 3 / 4 + ms * (jitter % 512) / 1024;
	return ms;
}

void db_conn_timer(struct db_conn *c, unsigned int ms)
{
	osmo_timer_schedule(&c->timer, ms / 1000, ms % 1000 * 1000);
}

/* The end of a session or of an attempt. */
void db_conn_fail(struct db_conn *c, const char *why)
{
	bool was_up = c->state >= CONN_UP;
	unsigned int ms;

	message_copy(c->last_error, sizeof(c->last_error), why);
	session_close(c);
	if (!was_up || c->leaves)
		c->server++;
	c->leaves = false;
	ms = backoff_ms(c, db_conn_servers(c));
	LOGP(DDB, was_up || c->n_failed == 0 ? LOGL_ERROR : LOGL_INFO,
	     "%s: %s (%s); next attempt in %u ms\n", c->name,
	     was_up ? "connection lost" : "cannot connect", c->last_error, ms);
	c->n_failed++;
	c->state = CONN_WAITING;
	db_conn_timer(c, ms);
	if (was_up)
		c->handler->down(c->data);
}

static void timer_cb(void *data)
{
	struct db_conn *c = data;

	switch (c->state) {
	case CONN_IDLE:
	case CONN_WAITING:
		db_conn_connect_begin(c);
		break;
	case CONN_CONNECTING:
	case CONN_PREPARING:
	case CONN_GUARDING:
		db_conn_fail(c, "no answer in time");
		break;
	case CONN_UP:
	case CONN_BUSY:
		db_conn_fail(c, c->why_reset);
		break;
	}
}

/* --- its socket --------------------------------------------------------------- */

/* libpq may close one socket and open another between two polls. */
void db_conn_socket_register(struct db_conn *c, unsigned int when)
{
	int fd = PQsocket(c->pg);

	if (osmo_fd_is_registered(&c->fd))
		osmo_fd_unregister(&c->fd);
	if (fd < 0)
		return;
	osmo_fd_setup(&c->fd, fd, when, socket_cb, c, 0);
	OSMO_ASSERT(osmo_fd_register(&c->fd) == 0);
}

/* 0: sent or waiting for the socket to take more. */
int db_conn_flush(struct db_conn *c)
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

static void answered(struct db_conn *c, const PGresult *res)
{
	const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	struct db_result result = { 0 };
	char message[DB_CONN_ERROR_SIZE] = "";

	c->state = CONN_UP;
	if (PQresultStatus(res) == PGRES_TUPLES_OK) {
		result.rows = res;
	} else {
		message_copy(message, sizeof(message), db_conn_message(res));
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
		db_conn_fail(c, res ? db_conn_message(res) : PQerrorMessage(c->pg));
	} else if (c->state == CONN_PREPARING) {
		db_conn_prepared(c, res);
	} else if (c->state == CONN_GUARDING) {
		db_conn_guarded(c, res);
	} else if (c->state == CONN_BUSY) {
		answered(c, res);
	} else {
		db_conn_fail(c, "an answer to no question");
	}
	PQclear(res);
}

static void socket_read(struct db_conn *c)
{
	PGresult *res;

	if (!PQconsumeInput(c->pg)) {
		db_conn_fail(c, PQerrorMessage(c->pg));
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
		db_conn_connect_poll(c);
		return 0;
	}
	if ((what & OSMO_FD_WRITE) && db_conn_flush(c) < 0) {
		db_conn_fail(c, PQerrorMessage(c->pg));
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
	    db_conn_flush(c) < 0)
		db_conn_reset(c, PQerrorMessage(c->pg));
	return 0;
}

#ifdef TEGATA_FAULT
#define ANSWER_MAX_MS 4000

void db_conn_answer_lose(struct db_conn *c)
{
	struct pollfd fd = { .fd = PQsocket(c->pg), .events = POLLIN };

	if (poll(&fd, 1, ANSWER_MAX_MS) > 0)
		fault_point_socket_lose(fd.fd);
}
#endif

void db_conn_reset(struct db_conn *c, const char *why)
{
	if (c->state < CONN_UP)
		return;
	message_copy(c->why_reset, sizeof(c->why_reset), why);
	osmo_timer_schedule(&c->timer, 0, 0);
}

void db_conn_leave(struct db_conn *c, const char *why)
{
	if (c->state < CONN_UP)
		return;
	c->leaves = true;
	db_conn_reset(c, why);
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
		[CONN_GUARDING] = "preparing",
		[CONN_UP] = "up",
		[CONN_BUSY] = "up, asking",
	};

	return names[c->state];
}

const char *db_conn_last_error(const struct db_conn *c)
{
	return c->last_error;
}

const char *db_conn_server_name(const struct db_conn *c)
{
	return c->state >= CONN_UP ? c->server_name : "";
}
