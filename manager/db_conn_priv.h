/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Inside of a connection.
 *
 *   db_conn.c          its life: attempts, back-off, statements and their results
 *   db_conn_connect.c  one attempt: dialling, preparing, the guard, until it is up
 */
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "manager/db_conn.h"

#define DB_CONN_ERROR_SIZE 256
#define DB_CONN_SERVER_SIZE 128

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
	char server_name[DB_CONN_SERVER_SIZE];
	PGresult *result; /* of the statement under way: rows, or its first error */
	char why_reset[DB_CONN_ERROR_SIZE];
	char last_error[DB_CONN_ERROR_SIZE];
};

/* Without detail and context, which quote statements and keys. */
static inline const char *db_conn_message(const PGresult *res)
{
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	return message ? message : PQresultErrorMessage(res);
}

/* There is one at least, whatever the settings say: they may be wrong. */
static inline unsigned int db_conn_servers(const struct db_conn *c)
{
	return OSMO_MAX(db_settings_addresses(c->settings), 1u);
}

/* --- db_conn.c -------------------------------------------------------------- */

/* The end of a session or of an attempt. */
void db_conn_fail(struct db_conn *c, const char *why);
void db_conn_timer(struct db_conn *c, unsigned int ms);
void db_conn_socket_register(struct db_conn *c, unsigned int when);
/* 0: sent, or waiting for the socket to take more. */
int db_conn_flush(struct db_conn *c) __attribute__((warn_unused_result));

/* --- db_conn_connect.c ------------------------------------------------------- */

void db_conn_connect_begin(struct db_conn *c);
void db_conn_connect_poll(struct db_conn *c);
/* What came for the statement that was prepared, or for the guard. */
void db_conn_prepared(struct db_conn *c, const PGresult *res);
void db_conn_guarded(struct db_conn *c, const PGresult *res);
