/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What auditors ask.  The answers are views and functions of schema audit, for
 * which one needs no more than psql; these are the usual ones.
 */
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

/* A time as PostgreSQL reads it, or an age: "2 hours". */
#define TIME_OR_AGE(parameter)                                                       \
	"CASE WHEN " parameter "::text ~ '^[0-9]+ *[a-z]+$' THEN now() - " parameter \
	"::text::interval ELSE " parameter "::text::timestamptz END"

/* Number of rows, -1 after an error. */
static int print_rows(struct ctl *ctl, const char *sql, int n, const char *const *values)
{
	PGresult *res = ctl_query(ctl, sql, n, values);
	int rows;

	if (!res)
		return -1;
	ctl_print(ctl, NULL, res);
	rows = PQntuples(res);
	PQclear(res);
	return rows;
}

/* No row is good. */
static int print_findings(struct ctl *ctl, const char *sql, int n, const char *const *values)
{
	int rows = print_rows(ctl, sql, n, values);

	if (rows < 0)
		return CTL_DATABASE;
	return rows ? CTL_REFUSED : CTL_OK;
}

static int print_answer(struct ctl *ctl, const char *sql, int n, const char *const *values)
{
	return print_rows(ctl, sql, n, values) < 0 ? CTL_DATABASE : CTL_OK;
}

int ctl_leases(struct ctl *ctl)
{
	return print_answer(ctl, "SELECT * FROM tegata.lease_list()", 0, NULL);
}

int ctl_audit(struct ctl *ctl)
{
	const char *values[] = { ctl->argc ? ctl->argv[0] : NULL };

	if (ctl->argc)
		return print_findings(ctl,
				      "SELECT * FROM audit.violations_since(" TIME_OR_AGE("$1") ")",
				      1, values);
	return print_findings(ctl, "SELECT * FROM audit.violations", 0, NULL);
}

/* Whoever never turned sealing on breaks nothing, but shall know it. */
static void sealing_note(struct ctl *ctl)
{
	PGresult *res = ctl_query(
		ctl, "SELECT FROM audit.horizon WHERE NOT sealing AND number IS NULL", 0, NULL);

	if (res && PQntuples(res))
		fprintf(stderr, "Note: history is not sealed (docs/operations.md, Sealing).\n");
	PQclear(res);
}

int ctl_watch(struct ctl *ctl)
{
	sealing_note(ctl);
	return print_findings(ctl, "SELECT * FROM audit.watch", 0, NULL);
}

int ctl_value_owners(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0] };

	return print_answer(ctl, "SELECT * FROM audit.ownership($1)", 1, values);
}

int ctl_value_owner_at(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->argv[1] };

	return print_answer(ctl, "SELECT * FROM audit.owner_at($1, " TIME_OR_AGE("$2") ")", 2,
			    values);
}

int ctl_terminal_report(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->argv[1], ctl->argc > 2 ? ctl->argv[2] : "now" };

	return print_answer(ctl,
			    "SELECT * FROM audit.terminal_report($1, " TIME_OR_AGE(
				    "$2") ", " TIME_OR_AGE("$3") ")",
			    3, values);
}

int ctl_totals(struct ctl *ctl)
{
	const char *values[] = { ctl->argc ? ctl->argv[0] : "today" };

	return print_answer(ctl, "SELECT * FROM audit.day_total($1)", 1, values);
}
