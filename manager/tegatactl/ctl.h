/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * tegatactl: what operators do, under their own PostgreSQL role.
 *
 *   command line -> command table (main.c) -> ctl_*.c -> operator_*() in SQL
 *
 * The rules are in SQL and so is the record of who did what (operator_act):
 * this program only asks, and prints.  It is no daemon and may block.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <libpq-fe.h>

/* Exit codes. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_REFUSED = 1, /* a rule said no, or a row of a file was refused */
	CTL_USAGE = 2,
	CTL_DATABASE = 3, /* no connection, or the database reported an error */
};

#define CTL_VALUE_ID_SIZE 24 /* an int8 in decimal */

enum ctl_format { CTL_TABLE, CTL_CSV, CTL_JSON };

struct ctl {
	PGconn *db;
	const char *conninfo;
	const char *sql_dir;
	enum ctl_format format;
	const char *reason; /* --reason, stored with what is done */
	const char *scopes, *expires, *reference; /* NULL: not given */
	const char *rate, *burst;
	bool test;
	bool record; /* of reconcile */
	bool dead; /* of outbox */
	/* Of verify; NULL: not given. */
	const char *public_key, *seals, *dump, *after, *until;
	int argc; /* what stands behind the command's words */
	char **argv;
};

struct ctl_command {
	const char *words; /* "terminal import" */
	const char *args; /* "FILE" */
	const char *help;
	int min_args, max_args;
	int (*run)(struct ctl *ctl); /* returns enum ctl_exit */
	bool offline; /* connects by itself, or not at all */
};

extern const struct ctl_command ctl_commands[];

/* Connects by --db and the PG* environment; prints the error and returns false where it fails. */
bool ctl_connect(struct ctl *ctl);

/* Runs sql with text parameters (NULL is SQL's NULL).  NULL where it failed: the server's message
 * was printed.  The caller clears the result. */
PGresult *ctl_query(struct ctl *ctl, const char *sql, int n, const char *const *values)
	__attribute__((warn_unused_result));

/* A copy in which amounts are decimals of their row's currency (ctl_amount.c); NULL without memory.
 * The caller clears it. */
PGresult *ctl_amounts_decimal(const PGresult *res);

/* Control characters as "\x1b": what others wrote does nothing to the operator's screen. */
void ctl_print_text(const char *text);
/* Prints rows in the chosen format, amounts as decimals.  title: of a table, or NULL. */
void ctl_print(const struct ctl *ctl, const char *title, const PGresult *minor);

/* For operator_*() of one row with columns outcome and note: prints what was done (done, or the
 * note of the function) or why not, clears res and returns the exit code. */
int ctl_outcome(PGresult *res, const char *done);

/* Prints why something was refused; where: in front of it, "line 3: ". */
void ctl_refusal(const char *where, int code, const char *note);

/* A JSON document (an object, or a list of them) for people; as it is with --json. */
int ctl_print_document(struct ctl *ctl, const char *document);

/* A value id as a person types it, made what SQL takes; false: it is none, which was said. */
bool ctl_value_id(char id_text[CTL_VALUE_ID_SIZE], const char *typed);

/* "{...}" of a PostgreSQL text array; a NULL element is NULL.  talloc'd from ctx. */
char *ctl_array(void *ctx, const char *const *elements, size_t n);

void ctl_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
