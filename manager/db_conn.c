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

/* Until a server has let us in.  The kernel repeats a SYN that got lost after 1 s, then after 2 s
 * more: to wait for that would be longer than to try anew. */
#define CONNECT_TIMEOUT_MS 2000
/* Where there are other servers to try, and each was tried once at most. */
#define CONNECT_TIMEOUT_FIRST_MS 1000
#define PREPARE_TIMEOUT_MS 3000 /* from then on, until the last statement is prepared */
#define RECONNECT_MIN_MS 20
#define RECONNECT_MAX_MS 1000
#define LAST_ERROR_SIZE 256
#define SERVER_NAME_SIZE 128

enum conn_state {
	CONN_IDLE,
	CONN_WAITING,
	CONN_CONNECTING,
	CONN_PREPARING,
	CONN_GUARDING,
	CONN_UP,
	CONN_BUSY,
};

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
	unsigned int server; /* which of the settings' addresses; counts on */
	bool leaves; /* the server that it is reset from is not tried first */
	char server_name[SERVER_NAME_SIZE];
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

static void timer_ms(struct db_conn *c, unsigned int ms)
{
	osmo_timer_schedule(&c->timer, ms / 1000, ms % 1000 * 1000);
}

/* There is one at least, whatever the settings say: they may be wrong. */
static unsigned int n_servers(const struct db_conn *c)
{
	return OSMO_MAX(db_settings_addresses(c->settings), 1u);
}

/* The end of a session or of an attempt. */
static void fail(struct db_conn *c, const char *why)
{
	bool was_up = c->state >= CONN_UP;
	unsigned int ms;

	message_copy(c->last_error, sizeof(c->last_error), why);
	session_close(c);
	if (!was_up || c->leaves)
		c->server++;
	c->leaves = false;
	ms = backoff_ms(c, n_servers(c));
	LOGP(DDB, was_up || c->n_failed == 0 ? LOGL_ERROR : LOGL_INFO,
	     "%s: %s (%s); next attempt in %u ms\n", c->name,
	     was_up ? "connection lost" : "cannot connect", c->last_error, ms);
	c->n_failed++;
	c->state = CONN_WAITING;
	timer_ms(c, ms);
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
	case CONN_GUARDING:
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

	if (db_keywords_make(&kw, c->settings, c->server, &c->session, why, sizeof(why)) < 0) {
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
	timer_ms(c, c->n_failed <= n_servers(c) && n_servers(c) > 1 ? CONNECT_TIMEOUT_FIRST_MS
								    : CONNECT_TIMEOUT_MS);
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
		if (!PQsendQuery(c->pg, c->session.guard_sql) || flush(c) < 0)
			fail(c, PQerrorMessage(c->pg));
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
		timer_ms(c, PREPARE_TIMEOUT_MS);
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

static void guarded(struct db_conn *c, const PGresult *res)
{
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		fail(c, result_message(res));
	else if (PQntuples(res) != 1 || PQnfields(res) != 1 || *PQgetvalue(res, 0, 0) != 't')
		fail(c, c->session.guard_why);
	else
		is_up(c);
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
	} else if (c->state == CONN_GUARDING) {
		guarded(c, res);
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
