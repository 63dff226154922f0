/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What waits for a second operator: sql/function/operator_approve.sql and its neighbours. */
#include <string.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

#define ID_DIGITS_MAX 18 /* fits a bigint */

int ctl_approvals(struct ctl *ctl)
{
	PGresult *res = ctl_query(ctl, "SELECT * FROM tegata.operator_approvals()", 0, NULL);

	if (!res)
		return CTL_DATABASE;
	ctl_print(ctl, NULL, res);
	PQclear(res);
	return CTL_OK;
}

static int decide(struct ctl *ctl, const char *sql, const char *done)
{
	const char *id = ctl->argv[0];
	const char *values[] = { id, ctl->reason };

	if (strspn(id, "0123456789") != strlen(id) || !*id || strlen(id) > ID_DIGITS_MAX) {
		ctl_error("'%s' is not the number of an approval; \"approvals\" lists them", id);
		return CTL_USAGE;
	}
	return ctl_outcome(ctl_query(ctl, sql, 2, values), done);
}

int ctl_approve(struct ctl *ctl)
{
	return decide(ctl, "SELECT outcome, note FROM tegata.operator_approve($1, $2)",
		      "approved and done");
}

int ctl_reject(struct ctl *ctl)
{
	return decide(ctl, "SELECT outcome, note FROM tegata.operator_reject($1, $2)", "rejected");
}
