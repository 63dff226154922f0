/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/rfc3339.h"

#include <stddef.h>

#define DAY_S 86400
#define LAST_S 253402300799 /* 9999-12-31T23:59:59Z */
/* Of the Gregorian calendar: its cycle, and from 0000-03-01, where a year begins for whom the leap
 * day is its last, to 1970-01-01. */
#define DAYS_400_YEARS 146097
#define DAYS_TO_1970 719468

static char *put_number(char *out, uint32_t number, int digits)
{
	int i;

	for (i = digits - 1; i >= 0; i--) {
		out[i] = '0' + number % 10;
		number /= 10;
	}
	return out + digits;
}

static char *put_date(char *out, uint32_t days)
{
	uint32_t since = days + DAYS_TO_1970, cycle = since / DAYS_400_YEARS,
		 day = since % DAYS_400_YEARS;
	uint32_t year = (day - day / 1460 + day / 36524 - day / (DAYS_400_YEARS - 1)) / 365;
	uint32_t of_year = day - (365 * year + year / 4 - year / 100);
	/* Months from March on are 31, 30, 31, 30, 31 days, and so again. */
	uint32_t month = (5 * of_year + 2) / 153;
	uint32_t of_month = of_year - (153 * month + 2) / 5 + 1;

	month = month < 10 ? month + 3 : month - 9;
	out = put_number(out, year + 400 * cycle + (month <= 2), 4);
	*out++ = '-';
	out = put_number(out, month, 2);
	*out++ = '-';
	return put_number(out, of_month, 2);
}

bool rfc3339_format(char buf[RFC3339_STR_SIZE], int64_t at_s)
{
	uint32_t second;
	char *out;

	if (at_s < 0 || at_s > LAST_S)
		return false;
	out = put_date(buf, at_s / DAY_S);
	second = at_s % DAY_S;
	*out++ = 'T';
	out = put_number(out, second / 3600, 2);
	*out++ = ':';
	out = put_number(out, second / 60 % 60, 2);
	*out++ = ':';
	out = put_number(out, second % 60, 2);
	*out++ = 'Z';
	*out = '\0';
	return true;
}
