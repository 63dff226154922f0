/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Amounts: integers in minor units beside an ISO 4217 code; on the wire and to
 * people a decimal string with the currency's number of decimals ("500" JPY,
 * "5.00" EUR, "5.000" KWD).  Never a float.
 */
#include <stdint.h>

#define AMOUNT_STR_SIZE 32
#define CURRENCY_SIZE 4 /* three letters and NUL */
/* Largest amount of one operation; sums of many stay within int64_t. */
#define AMOUNT_MAX_MINOR 1000000000000000LL

/* Decimals of an active ISO 4217 currency (list one); -ENOENT where there is no such code. */
int currency_decimals(const char *currency);

/* Decimal string with exactly the currency's decimals; returns buf.
 * An unknown currency is written with none. */
char *amount_format(char buf[AMOUNT_STR_SIZE], int64_t amount_minor, const char *currency);

/* Takes "500", "5.00"; also fewer decimals than the currency has ("5", "5.0" for EUR).
 * No sign, no exponent, no thousands separator.  len bytes, no NUL needed.
 * -EINVAL: not such a string; -EDOM: more decimals than the currency has;
 * -ERANGE: 0 or above AMOUNT_MAX_MINOR; -ENOENT: unknown currency. */
int amount_parse(int64_t *amount_minor, const char *text, unsigned int len, const char *currency)
	__attribute__((warn_unused_result));
