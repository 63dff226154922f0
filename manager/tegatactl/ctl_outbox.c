/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts to terminals, and who gets them; PINs: sql/function/operator_outbox.sql,
 * operator_receipts.sql, operator_pin_unblock.sql, operator_pin_clear.sql. */
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

#define ROWS "100"

int ctl_outbox(struct ctl *ctl)
{
	const char *values[] = { ctl->argc > 0 ? ctl->argv[0] : NULL, ctl->dead ? "true" : "false",
				 ROWS };
	PGresult *res =
		ctl_query(ctl, "SELECT * FROM tegata.operator_outbox($1, $2, $3)", 3, values);

	if (!res)
		return CTL_DATABASE;
	ctl_print(ctl, NULL, res);
	PQclear(res);
	return CTL_OK;
}

int ctl_receipts(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->argv[1], ctl->reason };

	return ctl_outcome(ctl_query(ctl,
				     "SELECT outcome, note FROM"
				     " tegata.operator_receipts(ARRAY[$1::text], $2, $3)",
				     3, values),
			   "receipts are set");
}

int ctl_pin_unblock(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->reason };

	return ctl_outcome(ctl_query(ctl,
				     "SELECT outcome, note FROM"
				     " tegata.operator_pin_unblock(ARRAY[$1::text], $2)",
				     2, values),
			   "it can be tried again");
}

int ctl_pin_clear(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->reason };

	return ctl_outcome(ctl_query(ctl,
				     "SELECT outcome, note FROM"
				     " tegata.operator_pin_clear(ARRAY[$1::text], $2)",
				     2, values),
			   "there is no PIN any more");
}
