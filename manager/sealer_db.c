/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/sealer_db.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "lib/monotonic.h"

#define CONNECT_TIMEOUT_MS 5000
#define LOCK_TIMEOUT_MS 2000
#define PARAMS_MAX 20

/* Until the socket is ready, timeout_ms have passed (negative: no end), or we shall stop: then
 * -ECANCELED.  fd may be -1. */
static int wait_for(struct sealer_db *db, int fd, short events, int timeout_ms)
{
	struct pollfd fds[2] = { { .fd = db->wake_fd, .events = POLLIN },
				 { .fd = fd, .events = events } };
	uint64_t count;
	int n = poll(fds, 2, timeout_ms);

	if (n > 0 && fds[0].revents && read(db->wake_fd, &count, sizeof(count)) < 0)
		return -errno;
	if (atomic_load(db->stop))
		return -ECANCELED;
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

bool sealer_db_sleep(struct sealer_db *db, int ms)
{
	return wait_for(db, -1, 0, ms) == -ECANCELED;
}

void sealer_db_close(struct sealer_db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
}

/* libpq's messages end with a newline and may span several lines. */
static void why_set(struct sealer_db *db, const char *message)
{
	size_t i;

	osmo_strlcpy(db->why, message, sizeof(db->why));
	for (i = strlen(db->why); i > 0 && db->why[i - 1] == '\n'; i--)
		db->why[i - 1] = '\0';
	for (i = 0; db->why[i]; i++) {
		if (db->why[i] == '\n')
			db->why[i] = ' ';
	}
}

/* A warning with a COMMIT says that it did not wait for the standby to its end. */
static void notice(void *data, const PGresult *res)
{
	struct sealer_db *db = data;
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity && strcmp(severity, "WARNING") == 0)
		db->warned = true;
}

static int connect_poll(struct sealer_db *db)
{
	int64_t end_ms = monotonic_ms() + CONNECT_TIMEOUT_MS;
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	int rc = 0;

	while (rc == 0 && status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
		rc = wait_for(db, PQsocket(db->conn),
			      status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
			      OSMO_MAX(end_ms - monotonic_ms(), 0));
		if (rc == 0)
			status = PQconnectPoll(db->conn);
	}
	if (rc == 0 && status == PGRES_POLLING_OK)
		return 0;
	why_set(db, rc < 0 ? strerror(-rc) : PQerrorMessage(db->conn));
	return rc < 0 ? rc : -ECONNREFUSED;
}

int sealer_db_connect(struct sealer_db *db, const struct db_settings *settings,
		      const char *application_name)
{
	/* No limit to a statement's time: it would also end a COMMIT that waits for a standby. */
	const struct db_session session = {
		.application_name = application_name,
		.lock_timeout_ms = LOCK_TIMEOUT_MS,
	};
	struct db_keywords kw;
	int rc = db_keywords_make(&kw, settings, db->server++, &session, db->why, sizeof(db->why));

	if (rc < 0)
		return rc;
	db->conn = PQconnectStartParams(kw.keys, kw.values, 0);
	db_keywords_wipe(&kw);
	if (!db->conn)
		return -ENOMEM;
	PQsetNoticeReceiver(db->conn, notice, db);
	if (PQstatus(db->conn) == CONNECTION_BAD) {
		why_set(db, PQerrorMessage(db->conn));
		rc = -ECONNREFUSED;
	} else {
		rc = connect_poll(db);
	}
	if (rc == 0 && PQsetnonblocking(db->conn, 1) < 0)
		rc = -EIO;
	if (rc < 0)
		sealer_db_close(db);
	else
		db->server--; /* the one that took us is tried first again */
	return rc;
}

/* Sends what waits, and reads until a result is complete. */
static int result_wait(struct sealer_db *db)
{
	int rc, unsent;

	for (;;) {
		unsent = PQflush(db->conn);
		if (unsent < 0)
			return -EPIPE;
		if (!unsent && !PQisBusy(db->conn))
			return 0;
		rc = wait_for(db, PQsocket(db->conn), unsent ? POLLIN | POLLOUT : POLLIN, -1);
		if (rc < 0)
			return rc;
		if (!PQconsumeInput(db->conn))
			return -EPIPE;
	}
}

/* The last of a statement's results; NULL where the connection is to be given up. */
static PGresult *results_take(struct sealer_db *db)
{
	PGresult *res = NULL, *next;
	int rc;

	for (;;) {
		rc = result_wait(db);
		if (rc < 0) {
			why_set(db, rc == -EPIPE ? PQerrorMessage(db->conn) : strerror(-rc));
			PQclear(res);
			return NULL;
		}
		next = PQgetResult(db->conn);
		if (!next)
			return res;
		PQclear(res);
		res = next;
	}
}

PGresult *sealer_db_query(struct sealer_db *db, const char *sql, const struct sealer_param *params,
			  int n)
{
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX], i;
	const char *state;
	PGresult *res = NULL;

	OSMO_ASSERT(n <= PARAMS_MAX);
	/* It was lost with what was asked before, a ROLLBACK say, whose answer nobody needs. */
	if (!db->conn) {
		why_set(db, "the connection was lost");
		return NULL;
	}
	for (i = 0; i < n; i++) {
		values[i] = params[i].value;
		lengths[i] = params[i].len;
		formats[i] = params[i].len > 0;
	}
	db->warned = false;
	db->sqlstate[0] = '\0';
	if (PQsendQueryParams(db->conn, sql, n, NULL, values, lengths, formats, 0))
		res = results_take(db);
	else
		why_set(db, PQerrorMessage(db->conn));
	if (!res || PQstatus(db->conn) == CONNECTION_BAD) {
		if (res)
			why_set(db, PQresultErrorMessage(res));
		PQclear(res);
		sealer_db_close(db);
		return NULL;
	}
	if (PQresultStatus(res) == PGRES_TUPLES_OK || PQresultStatus(res) == PGRES_COMMAND_OK)
		return res;
	state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	osmo_strlcpy(db->sqlstate, state ? state : "", sizeof(db->sqlstate));
	why_set(db, PQresultErrorMessage(res));
	PQclear(res);
	return NULL;
}

bool sealer_db_run(struct sealer_db *db, const char *sql)
{
	PGresult *res = sealer_db_query(db, sql, NULL, 0);

	PQclear(res);
	return res != NULL;
}
