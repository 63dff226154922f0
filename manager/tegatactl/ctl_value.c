/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/value_id.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

int ctl_value_show(struct ctl *ctl)
{
	char id_text[24];
	const char *values[] = { id_text };
	PGresult *res;
	int64_t id;
	int rc = value_id_parse(&id, ctl->argv[0], strlen(ctl->argv[0]));

	if (rc < 0) {
		ctl_error("'%s' is not a value id: %s", ctl->argv[0],
			  rc == -EBADMSG ? "the check digit does not fit" : "20 digits");
		return CTL_USAGE;
	}
	snprintf(id_text, sizeof(id_text), "%" PRId64, id);
	res = ctl_query(ctl, "SELECT tegata.operator_show_value($1)", 1, values);
	if (!res)
		return CTL_DATABASE;
	if (PQgetisnull(res, 0, 0)) {
		ctl_error("there is no value %s", ctl->argv[0]);
		PQclear(res);
		return CTL_REFUSED;
	}
	rc = ctl_print_document(ctl, PQgetvalue(res, 0, 0));
	PQclear(res);
	return rc;
}

static int maintenance(struct ctl *ctl, const char *on, const char *done)
{
	const char *values[] = { on, ctl->reason };

	return ctl_outcome(
		ctl_query(ctl, "SELECT outcome, note FROM tegata.operator_maintenance($1, $2)", 2,
			  values),
		done);
}

int ctl_maintenance_on(struct ctl *ctl)
{
	return maintenance(ctl, "true", "maintenance is on: no value is moved, checks go on");
}

int ctl_maintenance_off(struct ctl *ctl)
{
	return maintenance(ctl, "false", "maintenance is off");
}

int ctl_maintenance_show(struct ctl *ctl)
{
	PGresult *res = ctl_query(ctl,
				  "SELECT CASE WHEN maintenance THEN 'on' ELSE 'off' END "
				  "FROM tegata.service_state()",
				  0, NULL);

	if (!res)
		return CTL_DATABASE;
	printf("%s\n", PQgetvalue(res, 0, 0));
	PQclear(res);
	return CTL_OK;
}

int ctl_setting(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->argv[1], ctl->reason };

	return ctl_outcome(
		ctl_query(ctl, "SELECT outcome, note FROM tegata.operator_setting($1, $2, $3)", 3,
			  values),
		"set");
}

/* Number of rows, -1 after an error. */
static int print_all(struct ctl *ctl, const char *sql)
{
	PGresult *res = ctl_query(ctl, sql, 0, NULL);
	int n;

	if (!res)
		return -1;
	ctl_print(ctl, NULL, res);
	n = PQntuples(res);
	PQclear(res);
	return n;
}

int ctl_leases(struct ctl *ctl)
{
	return print_all(ctl, "SELECT * FROM tegata.lease_list()") < 0 ? CTL_DATABASE : CTL_OK;
}

/* No row is good. */
static int print_findings(struct ctl *ctl, const char *sql)
{
	int n = print_all(ctl, sql);

	if (n < 0)
		return CTL_DATABASE;
	return n ? CTL_REFUSED : CTL_OK;
}

int ctl_audit(struct ctl *ctl)
{
	return print_findings(ctl, "SELECT * FROM audit.violations");
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
	return print_findings(ctl, "SELECT * FROM audit.watch");
}
