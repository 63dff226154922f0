/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Values, money, answers and messages against each other.  For monitoring: the
 * exit code says whether everything agreed, and nothing else is 0 or 1.
 */
#include <stdlib.h>
#include <string.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

#define RECONCILE_AGREES 0
#define RECONCILE_DIFFERS 1
#define RECONCILE_FAILED 2

#define RECONCILE_SQL "SELECT kind, currency, expected, found, difference, objects FROM "

static bool differs(const PGresult *res)
{
	int objects = PQfnumber(res, "objects"), row;

	for (row = 0; row < PQntuples(res); row++)
		if (strcmp(PQgetvalue(res, row, objects), "0"))
			return true;
	return false;
}

int ctl_reconcile(struct ctl *ctl)
{
	PGresult *res;
	int rc;

	if (!ctl_connect(ctl))
		return RECONCILE_FAILED;
	/* One statement is one snapshot. */
	res = ctl_query(ctl,
			ctl->record ? RECONCILE_SQL "tegata.reconcile_record()"
				    : RECONCILE_SQL "audit.reconcile()",
			0, NULL);
	if (!res)
		return RECONCILE_FAILED;
	ctl_print(ctl, NULL, res);
	rc = differs(res) ? RECONCILE_DIFFERS : RECONCILE_AGREES;
	PQclear(res);
	return rc;
}
