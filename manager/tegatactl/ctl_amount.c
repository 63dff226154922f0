/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Amounts as operators type them: a result that has a column "currency" gets
 * its columns of minor units rewritten as decimals of that currency.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/amount.h"
#include "manager/tegatactl/ctl.h"

#define LIST_SIZE 512 /* nine amounts of a product */

static const char *const amount_columns[] = {
	"amount", "amounts", "accrued",	 "balance",	  "credit_limit", "fee",   "min",
	"max",	  "step",    "held_max", "pin_threshold", "expected",	  "found", "difference",
};

static bool is_amount(const char *column)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(amount_columns); i++)
		if (!strcmp(amount_columns[i], column))
			return true;
	return false;
}

/* "500" or "{500,1000}"; what is no number stays as it is. */
static void decimals_write(char out[LIST_SIZE], const char *text, const char *currency)
{
	char one[AMOUNT_STR_SIZE];
	size_t n = 0;
	char *end;

	while (*text && n + AMOUNT_STR_SIZE < LIST_SIZE) {
		long long minor = strtoll(text, &end, 10);

		if (end == text)
			out[n++] = *text++;
		else
			n += sprintf(out + n, "%s", amount_format(one, minor, currency));
		text = end > text ? end : text;
	}
	out[n] = '\0';
}

PGresult *ctl_amounts_decimal(const PGresult *res)
{
	PGresult *copy;
	int currency = PQfnumber(res, "currency"), column, row;
	char text[LIST_SIZE];

	copy = PQcopyResult(res, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);
	for (column = 0; copy && currency >= 0 && column < PQnfields(res); column++) {
		if (!is_amount(PQfname(res, column)))
			continue;
		for (row = 0; row < PQntuples(res); row++) {
			if (PQgetisnull(res, row, column))
				continue;
			decimals_write(text, PQgetvalue(res, row, column),
				       PQgetvalue(res, row, currency));
			if (!PQsetvalue(copy, row, column, text, strlen(text)))
				ctl_error("out of memory");
		}
	}
	return copy;
}
