/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/amount.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

struct currency {
	char code[CURRENCY_SIZE];
	int decimals;
};

/* ISO 4217 list one, sorted.  Codes to which it gives no minor unit (metals, funds units of
 * account, XTS, XXX) are no money that a terminal could hold and are left out. */
static const struct currency currencies[] = {
	{ "AED", 2 }, { "AFN", 2 }, { "ALL", 2 }, { "AMD", 2 }, { "AOA", 2 }, { "ARS", 2 },
	{ "AUD", 2 }, { "AWG", 2 }, { "AZN", 2 }, { "BAM", 2 }, { "BBD", 2 }, { "BDT", 2 },
	{ "BHD", 3 }, { "BIF", 0 }, { "BMD", 2 }, { "BND", 2 }, { "BOB", 2 }, { "BOV", 2 },
	{ "BRL", 2 }, { "BSD", 2 }, { "BTN", 2 }, { "BWP", 2 }, { "BYN", 2 }, { "BZD", 2 },
	{ "CAD", 2 }, { "CDF", 2 }, { "CHE", 2 }, { "CHF", 2 }, { "CHW", 2 }, { "CLF", 4 },
	{ "CLP", 0 }, { "CNY", 2 }, { "COP", 2 }, { "COU", 2 }, { "CRC", 2 }, { "CUP", 2 },
	{ "CVE", 2 }, { "CZK", 2 }, { "DJF", 0 }, { "DKK", 2 }, { "DOP", 2 }, { "DZD", 2 },
	{ "EGP", 2 }, { "ERN", 2 }, { "ETB", 2 }, { "EUR", 2 }, { "FJD", 2 }, { "FKP", 2 },
	{ "GBP", 2 }, { "GEL", 2 }, { "GHS", 2 }, { "GIP", 2 }, { "GMD", 2 }, { "GNF", 0 },
	{ "GTQ", 2 }, { "GYD", 2 }, { "HKD", 2 }, { "HNL", 2 }, { "HTG", 2 }, { "HUF", 2 },
	{ "IDR", 2 }, { "ILS", 2 }, { "INR", 2 }, { "IQD", 3 }, { "IRR", 2 }, { "ISK", 0 },
	{ "JMD", 2 }, { "JOD", 3 }, { "JPY", 0 }, { "KES", 2 }, { "KGS", 2 }, { "KHR", 2 },
	{ "KMF", 0 }, { "KPW", 2 }, { "KRW", 0 }, { "KWD", 3 }, { "KYD", 2 }, { "KZT", 2 },
	{ "LAK", 2 }, { "LBP", 2 }, { "LKR", 2 }, { "LRD", 2 }, { "LSL", 2 }, { "LYD", 3 },
	{ "MAD", 2 }, { "MDL", 2 }, { "MGA", 2 }, { "MKD", 2 }, { "MMK", 2 }, { "MNT", 2 },
	{ "MOP", 2 }, { "MRU", 2 }, { "MUR", 2 }, { "MVR", 2 }, { "MWK", 2 }, { "MXN", 2 },
	{ "MXV", 2 }, { "MYR", 2 }, { "MZN", 2 }, { "NAD", 2 }, { "NGN", 2 }, { "NIO", 2 },
	{ "NOK", 2 }, { "NPR", 2 }, { "NZD", 2 }, { "OMR", 3 }, { "PAB", 2 }, { "PEN", 2 },
	{ "PGK", 2 }, { "PHP", 2 }, { "PKR", 2 }, { "PLN", 2 }, { "PYG", 0 }, { "QAR", 2 },
	{ "RON", 2 }, { "RSD", 2 }, { "RUB", 2 }, { "RWF", 0 }, { "SAR", 2 }, { "SBD", 2 },
	{ "SCR", 2 }, { "SDG", 2 }, { "SEK", 2 }, { "SGD", 2 }, { "SHP", 2 }, { "SLE", 2 },
	{ "SOS", 2 }, { "SRD", 2 }, { "SSP", 2 }, { "STN", 2 }, { "SVC", 2 }, { "SYP", 2 },
	{ "SZL", 2 }, { "THB", 2 }, { "TJS", 2 }, { "TMT", 2 }, { "TND", 3 }, { "TOP", 2 },
	{ "TRY", 2 }, { "TTD", 2 }, { "TWD", 2 }, { "TZS", 2 }, { "UAH", 2 }, { "UGX", 0 },
	{ "USD", 2 }, { "USN", 2 }, { "UYI", 0 }, { "UYU", 2 }, { "UYW", 4 }, { "UZS", 2 },
	{ "VED", 2 }, { "VES", 2 }, { "VND", 0 }, { "VUV", 0 }, { "WST", 2 }, { "XAD", 2 },
	{ "XAF", 0 }, { "XCD", 2 }, { "XCG", 2 }, { "XOF", 0 }, { "XPF", 0 }, { "YER", 2 },
	{ "ZAR", 2 }, { "ZMW", 2 }, { "ZWG", 2 },
};

static int currency_compare(const void *key, const void *entry)
{
	return strcmp(key, ((const struct currency *)entry)->code);
}

int currency_decimals(const char *currency)
{
	const struct currency *c = bsearch(currency, currencies, ARRAY_SIZE(currencies),
					   sizeof(currencies[0]), currency_compare);

	return c ? c->decimals : -ENOENT;
}

char *amount_format(char buf[AMOUNT_STR_SIZE], int64_t amount_minor, const char *currency)
{
	int decimals = currency_decimals(currency);
	uint64_t rest = amount_minor < 0 ? -(uint64_t)amount_minor : (uint64_t)amount_minor;
	char reversed[AMOUNT_STR_SIZE];
	int n = 0, n_digits = 0;
	char *out = buf;

	/* At least one digit stands in front of the point. */
	do {
		if (n_digits > 0 && n_digits == decimals)
			reversed[n++] = '.';
		reversed[n++] = (char)('0' + rest % 10);
		rest /= 10;
		n_digits++;
	} while (rest > 0 || n_digits <= decimals);
	if (amount_minor < 0)
		*out++ = '-';
	while (n > 0)
		*out++ = reversed[--n];
	*out = '\0';
	return buf;
}

/* Adds digits to *minor; returns how many, or -ERANGE. */
static int take_digits(int64_t *minor, const char *text, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
		*minor = *minor * 10 + (text[i] - '0');
		if (*minor > AMOUNT_MAX_MINOR)
			return -ERANGE;
	}
	return (int)i;
}

/* The form alone: digits, and where there is a point digits behind it. */
static bool is_decimal(const char *text, unsigned int len, unsigned int *n_decimals)
{
	unsigned int n_digits = 0, point = 0;

	for (unsigned int i = 0; i < len; i++) {
		if (text[i] == '.' && n_digits > 0 && point == 0)
			point = i;
		else if (text[i] >= '0' && text[i] <= '9')
			n_digits++;
		else
			return false;
	}
	*n_decimals = point ? len - point - 1 : 0;
	return n_digits > 0 && !(point && *n_decimals == 0);
}

int amount_parse(int64_t *amount_minor, const char *text, unsigned int len, const char *currency)
{
	int decimals = currency_decimals(currency);
	unsigned int n_decimals, n_whole;
	int64_t minor = 0;

	if (!is_decimal(text, len, &n_decimals))
		return -EINVAL;
	if (decimals < 0)
		return -ENOENT;
	if (n_decimals > (unsigned int)decimals)
		return -EDOM;
	n_whole = len - (n_decimals ? n_decimals + 1 : 0);
	if (take_digits(&minor, text, n_whole) < 0 ||
	    take_digits(&minor, text + len - n_decimals, n_decimals) < 0)
		return -ERANGE;
	for (int i = (int)n_decimals; i < decimals; i++) {
		minor *= 10;
		if (minor > AMOUNT_MAX_MINOR)
			return -ERANGE;
	}
	if (minor == 0)
		return -ERANGE;
	*amount_minor = minor;
	return 0;
}
