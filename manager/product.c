/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/product.h"

#include <string.h>
#include <strings.h>

const struct product *product_by_code(const struct ledger *l, const char *code)
{
	size_t n;
	const struct product *products = ledger_products(l, &n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(products[i].code, code) == 0)
			return &products[i];
	}
	return NULL;
}

const struct product *product_by_word(const struct ledger *l, const char *word)
{
	size_t n;
	const struct product *products = ledger_products(l, &n);

	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(products[i].code, word) == 0 ||
		    strcasecmp(products[i].name, word) == 0)
			return &products[i];
	}
	return NULL;
}

const struct product *product_default(const struct ledger *l, const char *code)
{
	size_t n;
	const struct product *products = ledger_products(l, &n);

	if (code[0])
		return product_by_code(l, code);
	return n > 0 ? &products[0] : NULL;
}

static bool is_offered(const struct product *p, int64_t amount_minor)
{
	for (size_t i = 0; i < p->n_amounts; i++) {
		if (p->amounts_minor[i] == amount_minor)
			return true;
	}
	return p->max_minor > 0 && amount_minor >= p->min_minor && amount_minor <= p->max_minor &&
	       (p->step_minor <= 1 || amount_minor % p->step_minor == 0);
}

enum outcome product_amount(int64_t *amount_minor, const struct product *p, const char *text)
{
	int64_t amount;

	if (amount_parse(&amount, text, strlen(text), p->currency) < 0)
		return OUTCOME_AMOUNT_MALFORMED;
	if (!is_offered(p, amount))
		return OUTCOME_AMOUNT_NOT_ALLOWED;
	*amount_minor = amount;
	return OUTCOME_OK;
}

bool product_needs_pin(const struct product *p, int64_t amount_minor)
{
	return p->asks_pin && amount_minor >= p->pin_from_minor;
}
