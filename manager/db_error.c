/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_error.h"

#include <stddef.h>
#include <string.h>

#include <osmocom/core/utils.h>

struct error_class {
	const char *prefix; /* two characters are a class, five a state */
	enum db_error error;
};

static const struct error_class error_classes[] = {
	{ "40001", DB_ERROR_RACE }, /* serialization_failure */
	{ "40P01", DB_ERROR_RACE }, /* deadlock_detected */
	{ "55P03", DB_ERROR_BLOCKED }, /* lock_not_available */
	{ "57014", DB_ERROR_BLOCKED }, /* query_canceled: statement_timeout */
	{ "53", DB_ERROR_LATER }, /* insufficient resources */
	{ "58", DB_ERROR_LATER }, /* system error */
	{ "08", DB_ERROR_LOST }, /* connection exception */
	{ "57", DB_ERROR_LOST }, /* operator intervention */
	{ "25", DB_ERROR_LOST }, /* invalid transaction state: no longer the primary */
	{ "26000", DB_ERROR_LOST }, /* invalid_sql_statement_name: prepare again */
	{ "0A000", DB_ERROR_LOST }, /* cached plan must not change result type: prepare again */
	{ "42883", DB_ERROR_LOST }, /* undefined_function: replaced by an upgrade */
	{ "XX000", DB_ERROR_BLOCKED }, /* internal_error: a function was replaced under it */
};

enum db_error db_error_class(const char *sqlstate)
{
	size_t i;

	if (!sqlstate || !*sqlstate)
		return DB_ERROR_LOST;
	for (i = 0; i < ARRAY_SIZE(error_classes); i++) {
		const struct error_class *c = &error_classes[i];

		if (strncmp(sqlstate, c->prefix, strlen(c->prefix)) == 0)
			return c->error;
	}
	return DB_ERROR_DATA;
}

const char *db_error_name(enum db_error error)
{
	static const char *const names[] = {
		[DB_ERROR_RACE] = "race",   [DB_ERROR_BLOCKED] = "blocked",
		[DB_ERROR_LATER] = "later", [DB_ERROR_LOST] = "lost",
		[DB_ERROR_DATA] = "data",
	};

	return names[error];
}
