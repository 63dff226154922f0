/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The sealer's connection to PostgreSQL, in its own thread: calls wait, but no
 * longer than until the sealer is told to stop.  Statements are never cancelled:
 * a COMMIT may be waiting for a standby.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include <libpq-fe.h>

#include "manager/db_settings.h"

#define SEALER_WHY_SIZE 256

struct sealer_db {
	PGconn *conn; /* NULL: not connected */
	unsigned int server; /* the next to be tried */
	int wake_fd; /* readable: look at stop */
	const atomic_bool *stop;
	bool warned; /* the server sent a warning with the last statement */
	char why[SEALER_WHY_SIZE]; /* of the last failure */
	char sqlstate[6];
};

/* 0 when connected; negative errno, and db->why. */
int sealer_db_connect(struct sealer_db *db, const struct db_settings *settings,
		      const char *application_name) __attribute__((warn_unused_result));
void sealer_db_close(struct sealer_db *db);

struct sealer_param {
	const char *value; /* NULL is SQL's NULL */
	int len; /* of a binary one; 0: text */
};

/* One statement; the caller clears the result.  NULL: db->why says why, and the connection is
 * closed where it can no longer be used. */
PGresult *sealer_db_query(struct sealer_db *db, const char *sql, const struct sealer_param *params,
			  int n) __attribute__((warn_unused_result));
/* The same without a result. */
bool sealer_db_run(struct sealer_db *db, const char *sql) __attribute__((warn_unused_result));
/* Sleeps; true: told to stop. */
bool sealer_db_sleep(struct sealer_db *db, int ms);
