/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What is on sale, as people name it.  Products live until the next turn of the loop. */
#include "manager/ledger.h"

/* NULL: not on sale. */
const struct product *product_by_code(const struct ledger *l, const char *code);
/* By code, or by name, in either case of A to Z. */
const struct product *product_by_word(const struct ledger *l, const char *word);
/* Of code, where one is given, else the first on the menu.  NULL: there is none. */
const struct product *product_default(const struct ledger *l, const char *code);

/* text as an amount of this product; the ledger has the last word.  OK, AMOUNT_MALFORMED,
 * AMOUNT_NOT_ALLOWED. */
enum outcome product_amount(int64_t *amount_minor, const struct product *p, const char *text);

/* Is a PIN asked for before so much is moved? */
bool product_needs_pin(const struct product *p, int64_t amount_minor);
