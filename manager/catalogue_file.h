/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* One file of a text catalogue; the format is in catalogue.h.  For catalogue.c only. */
#include "lib/amount.h"
#include "manager/catalogue.h"
#include "manager/ledger.h"

struct language {
	char name[LANGUAGE_SIZE];
	const char *texts[TEXT_COUNT];
	size_t n_currencies;
	struct {
		char code[CURRENCY_SIZE];
		const char *text;
	} currencies[CATALOGUE_CURRENCIES_MAX];
};

/* Reads a file; the language is a talloc child of ctx.  -EINVAL (or what reading gave) and a log
 * line "file:line: what is wrong" where it cannot be used. */
int catalogue_file_read(struct language **language, void *ctx, const char *path)
	__attribute__((warn_unused_result));
