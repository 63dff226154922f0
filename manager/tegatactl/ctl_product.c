/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/amount.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

/* KEY=VALUE of "product set" in the order of operator_product_set()'s arguments behind the code. */
static const struct product_key {
	const char *name;
	enum { PLAIN, AMOUNT, AMOUNTS } kind;
} product_keys[] = {
	{ "name", PLAIN },	   { "currency", PLAIN },     { "amounts", AMOUNTS },
	{ "min", AMOUNT },	   { "max", AMOUNT },	      { "step", AMOUNT },
	{ "fee", AMOUNT },	   { "fee-permille", PLAIN }, { "valid-days", PLAIN },
	{ "charging", PLAIN },	   { "held-max", AMOUNT },    { "pin-threshold", AMOUNT },
	{ "recycle-rule", PLAIN }, { "on-sale", PLAIN },      { "position", PLAIN },
};

#define N_KEYS ARRAY_SIZE(product_keys)
#define KEY_CURRENCY 1

/* Decimal amounts, "5.00" or "5.00,10.00", to minor units as SQL reads them; NULL where one is not
 * an amount (printed).  "0" is taken: for some keys it means none. */
static char *amounts_minor(void *ctx, const struct product_key *key, const char *text,
			   const char *currency)
{
	char *out = talloc_strdup(ctx, key->kind == AMOUNTS ? "{" : "");
	const char *end;
	int64_t minor;

	for (;; text = end + 1) {
		end = strchrnul(text, ',');
		minor = 0;
		if (strncmp(text, "0", end - text) &&
		    amount_parse(&minor, text, end - text, currency) < 0) {
			ctl_error("%s: '%.*s' is not an amount of %s", key->name, (int)(end - text),
				  text, currency);
			return NULL;
		}
		out = talloc_asprintf_append(out, "%" PRId64 "%s", minor, *end ? "," : "");
		if (!*end)
			break;
	}
	return talloc_asprintf_append(out, key->kind == AMOUNTS ? "}" : "");
}

/* Which key argument is, its value in *value; -1 where it is none (printed). */
static int key_find(const char *argument, const char **value)
{
	const char *equals = strchr(argument, '=');
	size_t i;

	for (i = 0; equals && i < N_KEYS; i++)
		if (strlen(product_keys[i].name) == (size_t)(equals - argument) &&
		    !strncmp(product_keys[i].name, argument, equals - argument)) {
			*value = equals + 1;
			return i;
		}
	fprintf(stderr, "tegatactl: '%s' is not KEY=VALUE with one of:", argument);
	for (i = 0; i < N_KEYS; i++)
		fprintf(stderr, " %s", product_keys[i].name);
	fprintf(stderr, "\n");
	return -1;
}

/* The currency decides how many decimals an amount has; of an existing product it is stored. */
static char *product_currency(struct ctl *ctl, void *ctx, const char *given)
{
	const char *values[] = { ctl->argv[0] };
	PGresult *res;
	char *currency = NULL;

	if (given)
		return talloc_strdup(ctx, given);
	res = ctl_query(ctl, "SELECT currency FROM tegata.operator_product_list() WHERE code = $1",
			1, values);
	if (res && PQntuples(res))
		currency = talloc_strdup(ctx, PQgetvalue(res, 0, 0));
	PQclear(res);
	return currency;
}

static bool values_collect(struct ctl *ctl, void *ctx, const char **values)
{
	char *currency;
	size_t i;
	int a, k;

	for (a = 1; a < ctl->argc; a++) {
		const char *value;

		k = key_find(ctl->argv[a], &value);
		if (k < 0)
			return false;
		values[k] = value;
	}
	currency = product_currency(ctl, ctx, values[KEY_CURRENCY]);
	for (i = 0; i < N_KEYS; i++) {
		if (!values[i] || product_keys[i].kind == PLAIN)
			continue;
		if (!currency) {
			ctl_error("a new product needs currency=, before amounts mean anything");
			return false;
		}
		values[i] = amounts_minor(ctx, &product_keys[i], values[i], currency);
		if (!values[i])
			return false;
	}
	return true;
}

int ctl_product_set(struct ctl *ctl)
{
	void *ctx = talloc_new(NULL);
	const char *values[N_KEYS + 2] = { ctl->argv[0] };
	int rc = CTL_USAGE;

	if (values_collect(ctl, ctx, values + 1)) {
		values[N_KEYS + 1] = ctl->reason;
		rc = ctl_outcome(ctl_query(ctl,
					   "SELECT outcome, note FROM tegata.operator_product_set("
					   "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
					   " $14, $15, $16, $17)",
					   N_KEYS + 2, values),
				 "the product is set");
	}
	talloc_free(ctx);
	return rc;
}

int ctl_product_list(struct ctl *ctl)
{
	PGresult *res = ctl_query(ctl, "SELECT * FROM tegata.operator_product_list()", 0, NULL);

	if (!res)
		return CTL_DATABASE;
	ctl_print(ctl, NULL, res);
	PQclear(res);
	return CTL_OK;
}
