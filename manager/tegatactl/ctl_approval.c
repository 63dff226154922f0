/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What waits for a second operator: sql/function/operator_approve.sql and its neighbours. */
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

int ctl_approvals(struct ctl *ctl)
{
	PGresult *res = ctl_query(ctl, "SELECT * FROM tegata.operator_approvals()", 0, NULL);

	if (!res)
		return CTL_DATABASE;
	ctl_print(ctl, NULL, res);
	PQclear(res);
	return CTL_OK;
}

int ctl_approve(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->reason };

	return ctl_outcome(ctl_query(ctl,
				     "SELECT outcome, note FROM tegata.operator_approve($1, $2)", 2,
				     values),
			   "approved and done");
}

int ctl_reject(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->reason };

	return ctl_outcome(ctl_query(ctl,
				     "SELECT outcome, note FROM tegata.operator_reject($1, $2)", 2,
				     values),
			   "rejected");
}
