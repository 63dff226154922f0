/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One connection to PostgreSQL on the select loop; libpq without blocking.
 *
 *   owner                       db_conn                      PostgreSQL
 *     | db_conn_start() ---------> | PQconnectPoll ... -----------> | or the next server
 *     |                            | prepares every statement ----> |
 *     |                            | the guard, where demanded ---> |
 *     | <------------------- up()  |                                |
 *     | db_conn_send() ----------> | one statement, binary -------> |
 *     | <------------- result()    | <-- rows, then ReadyForQuery   |
 *     | <---------------- down()   |     connection lost; tried again with
 *     |                            |     back-off until it is up: up()
 *
 * One statement is under way at a time, each a transaction of its own.  Its
 * result is told when the server says ReadyForQuery, which is after the commit:
 * rows that came before a COMMIT that failed are never shown.  down() after
 * db_conn_send() instead of result(): the server may have done it or not.
 *
 * A statement is never cancelled and the connection never given up because an
 * answer takes long: a COMMIT may be waiting for a standby.  A server that is
 * gone is found out by the kernel (db_settings.c), or by whoever knows that it
 * must have answered (ledger_state.c), with db_conn_leave().
 *
 * An attempt goes to one server.  Where it fails, or that server does not take
 * writes, the next one goes to the next, at once, until all of them were tried.
 *
 * No callback is called from inside a function of this module.  The object is a
 * talloc child of ctx; freeing it closes the connection without down().
 *
 * Unit tests link a scripted connection with these functions in its place.
 */
#include <stdbool.h>
#include <stddef.h>

#include <libpq-fe.h>

#include "manager/db_settings.h"

struct db_conn;
struct db_params;

struct db_statement {
	const char *name;
	const char *sql;
	const Oid *types; /* of its parameters */
	size_t n_types;
};

struct db_result {
	const PGresult *rows; /* NULL: an error, and the transaction was rolled back */
	char sqlstate[6];
	const char *message;
};

struct db_conn_handler {
	void (*up)(void *data);
	/* result lives for the duration of the call. */
	void (*result)(void *data, const struct db_result *result);
	void (*down)(void *data);
};

/* name: for logs.  statements and settings are not copied; settings are read at each attempt.
 * session's fields are copied, application_name is not. */
struct db_conn *db_conn_new(void *ctx, const char *name, const struct db_settings *settings,
			    const struct db_session *session, const struct db_statement *statements,
			    size_t n_statements, const struct db_conn_handler *handler, void *data);
void db_conn_start(struct db_conn *c);

/* statement counts from 0.  -ENOTCONN: not up; -EBUSY: one is under way.  After 0 either
 * result() or down() comes. */
int db_conn_send(struct db_conn *c, size_t statement, const struct db_params *params)
	__attribute__((warn_unused_result));

#ifdef TEGATA_FAULT
/* For tests: waits until the answer has come, and loses it with the connection. */
void db_conn_answer_lose(struct db_conn *c);
#endif

/* Closes and connects anew; down() comes where it was up. */
void db_conn_reset(struct db_conn *c, const char *why);
/* The same, and where there are several servers the next one is tried first. */
void db_conn_leave(struct db_conn *c, const char *why);

bool db_conn_is_up(const struct db_conn *c);
/* "connecting", "up", ... and why the last attempt or session ended ("" where none did). */
const char *db_conn_state_name(const struct db_conn *c);
const char *db_conn_last_error(const struct db_conn *c);
/* Address and port of the server while it is up, else "". */
const char *db_conn_server_name(const struct db_conn *c);
