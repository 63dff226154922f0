/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/amount.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

int ctl_value_show(struct ctl *ctl)
{
	char id_text[CTL_VALUE_ID_SIZE];
	const char *values[] = { id_text };
	PGresult *res;
	int rc;

	if (!ctl_value_id(id_text, ctl->argv[0]))
		return CTL_USAGE;
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

/* Limits are of a currency, and typed as its amounts. */
static const char *const limits[] = { "approval_", "top_up_max_" };

/* The currency of a limit; NULL: another setting. */
static const char *limit_currency(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++)
		if (!strncmp(name, limits[i], strlen(limits[i])) &&
		    strlen(name + strlen(limits[i])) == 3)
			return name + strlen(limits[i]);
	return NULL;
}

int ctl_setting(struct ctl *ctl)
{
	const char *name = ctl->argv[0], *value = ctl->argv[1], *currency = limit_currency(name);
	const char *values[] = { name, value, ctl->reason };
	char minor_text[24];
	int64_t minor;

	if (currency && strcmp(value, "off")) {
		if (amount_parse(&minor, value, strlen(value), currency) < 0) {
			ctl_error("'%s' is not an amount of %s, nor off", value, currency);
			return CTL_USAGE;
		}
		snprintf(minor_text, sizeof(minor_text), "%" PRId64, minor);
		values[1] = minor_text;
	}
	return ctl_outcome(
		ctl_query(ctl, "SELECT outcome, note FROM tegata.operator_setting($1, $2, $3)", 3,
			  values),
		"set");
}
