/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "lib/amount.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

static int terminal_status(struct ctl *ctl, const char *action, const char *done)
{
	const char *values[] = { ctl->argv[0], action, ctl->reason };

	return ctl_outcome(ctl_query(ctl,
				     "SELECT outcome, note FROM "
				     "tegata.operator_terminal_status(ARRAY[$1::text], $2, $3)",
				     3, values),
			   done);
}

int ctl_terminal_block(struct ctl *ctl)
{
	return terminal_status(ctl, "block", "blocked");
}

int ctl_terminal_unblock(struct ctl *ctl)
{
	return terminal_status(ctl, "unblock", "unblocked");
}

int ctl_terminal_retire(struct ctl *ctl)
{
	return terminal_status(ctl, "retire", "retired");
}

int ctl_terminal_swap(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->argc > 1 ? ctl->argv[1] : NULL, ctl->reason };

	return ctl_outcome(ctl_query(ctl,
				     "SELECT outcome, note FROM tegata.operator_terminal_swap("
				     "ARRAY[$1::text], ARRAY[$2::text], $3)",
				     3, values),
			   "the new SIM is bound");
}

int ctl_terminal_recycle(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->argv[1], ctl->reason };

	return ctl_outcome(ctl_query(ctl,
				     "SELECT outcome, note FROM tegata.operator_terminal_recycle("
				     "ARRAY[$1::text], ARRAY[$2::text], $3)",
				     3, values),
			   "the number is free of its old subscriber");
}

int ctl_terminal_settle(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->argc > 1 ? ctl->argv[1] : NULL, ctl->reference,
				 ctl->reason };

	if (!ctl->reference) {
		ctl_error("a settlement needs --reference: by it it happens once");
		return CTL_USAGE;
	}
	return ctl_outcome(ctl_query(ctl,
				     "SELECT outcome, CASE WHEN repeated THEN note || "
				     "'; nothing was done now' ELSE note END AS note "
				     "FROM tegata.operator_account_settle(ARRAY[$1::text], "
				     "ARRAY[$2::text], ARRAY[$3::text], $4)",
				     4, values),
			   "settled");
}

int ctl_terminal_top_up(struct ctl *ctl)
{
	const char *number = ctl->argv[0], *amount = ctl->argv[1], *currency = ctl->argv[2];
	char minor[24], done[128];
	const char *values[] = { number, currency, minor, ctl->reference, ctl->reason };
	int64_t amount_minor;

	if (!ctl->reference) {
		ctl_error("a top-up needs --reference: the payment's, by which it happens once");
		return CTL_USAGE;
	}
	if (amount_parse(&amount_minor, amount, strlen(amount), currency) < 0) {
		ctl_error("'%s' is not an amount of %s", amount, currency);
		return CTL_USAGE;
	}
	snprintf(minor, sizeof(minor), "%" PRId64, amount_minor);
	snprintf(done, sizeof(done), "%s %s booked", amount, currency);
	return ctl_outcome(
		ctl_query(ctl,
			  "SELECT outcome, coalesce(note, CASE WHEN repeated THEN 'this "
			  "reference was booked before; nothing was done' END) AS note "
			  "FROM tegata.operator_top_up(ARRAY[$1::text], ARRAY[$2::text], "
			  "ARRAY[$3::bigint], ARRAY[$4::text], $5)",
			  5, values),
		done);
}

int ctl_terminal_top_up_reverse(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->reason };

	return ctl_outcome(
		ctl_query(ctl, "SELECT outcome, note FROM tegata.operator_top_up_reverse($1, $2)",
			  2, values),
		"taken back");
}

int ctl_terminal_show(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0] };
	PGresult *res = ctl_query(ctl, "SELECT tegata.operator_show_terminal($1)", 1, values);
	int rc;

	if (!res)
		return CTL_DATABASE;
	if (PQgetisnull(res, 0, 0)) {
		ctl_error("there is no terminal '%s'", ctl->argv[0]);
		PQclear(res);
		return CTL_REFUSED;
	}
	rc = ctl_print_document(ctl, PQgetvalue(res, 0, 0));
	PQclear(res);
	return rc;
}
