/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What an error of the database means for the statement that got it
 * (PostgreSQL 15 manual, appendix A).  In all classes but DB_ERROR_LOST the
 * transaction was rolled back: nothing has happened.
 */

enum db_error {
	/* Lost a race against another transaction: the same again, at once. */
	DB_ERROR_RACE,
	/* A lock or time limit: somebody holds a row; one request must not hold up the others. */
	DB_ERROR_BLOCKED,
	/* Out of disk, memory or connections, or not writable now: the same again, later. */
	DB_ERROR_LATER,
	/* The session is over or no longer fits the schema: a new connection, then the same. */
	DB_ERROR_LOST,
	/* Something in the statement's data: find out which request it is. */
	DB_ERROR_DATA,
};

/* sqlstate: five characters; NULL or empty where libpq itself made the error. */
enum db_error db_error_class(const char *sqlstate);
const char *db_error_name(enum db_error error);
