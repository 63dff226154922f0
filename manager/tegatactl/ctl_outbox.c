/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts to terminals, and who gets them; PINs: sql/function/operator_outbox.sql,
 * operator_receipts.sql, operator_pin_unblock.sql, operator_pin_clear.sql. */
#include <string.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

#define ROWS "100"

/* International, as the outbox has them. */
static bool is_number(const char *text)
{
	const size_t len = strlen(text);

	return len >= 7 && len <= 15 && *text != '0' && strspn(text, "0123456789") == len;
}

int ctl_outbox(struct ctl *ctl)
{
	const char *values[] = { ctl->argc > 0 ? ctl->argv[0] : NULL, ctl->dead ? "true" : "false",
				 ROWS };
	PGresult *res;

	if (values[0] && !is_number(values[0])) {
		ctl_error("'%s' is not a number: country code and number, 7 to 15 digits",
			  values[0]);
		return CTL_USAGE;
	}
	res = ctl_query(ctl, "SELECT * FROM tegata.operator_outbox($1, $2, $3)", 3, values);
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
