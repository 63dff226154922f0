/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/seal_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/hex.h"

#define US_PER_S 1000000LL
#define S_PER_DAY 86400

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int seal_int_parse(int64_t *value, const char *text, size_t len)
{
	bool negative = len > 0 && text[0] == '-';
	uint64_t v = 0, limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
	size_t i;

	if (len == (size_t)negative)
		return -EINVAL;
	for (i = negative; i < len; i++) {
		unsigned int digit = text[i] - '0';

		if (!is_digit(text[i]) || v > (limit - digit) / 10)
			return -EINVAL;
		v = v * 10 + digit;
	}
	*value = negative ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

/* What is left of a text that is being taken apart. */
struct rest {
	const char *p, *end;
};

static bool take(struct rest *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* min to max digits. */
static bool number(struct rest *r, unsigned int min, unsigned int max, int64_t *value)
{
	unsigned int n = 0;

	for (*value = 0; n < max && r->p < r->end && is_digit(*r->p); n++)
		*value = *value * 10 + (*r->p++ - '0');
	return n >= min;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, whatever the year. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1, era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400, m = (month + 9) % 12;
	int64_t of_year = (153 * m + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* ".5" to ".123456", in microseconds. */
static bool fraction(struct rest *r, int64_t *us)
{
	const char *begin = r->p + 1;
	size_t n;

	*us = 0;
	if (!take(r, '.'))
		return true;
	if (!number(r, 1, 6, us))
		return false;
	for (n = r->p - begin; n < 6; n++)
		*us *= 10;
	return true;
}

/* "Z", "+09", "-03:30", "+00:19:32", in seconds. */
static bool zone(struct rest *r, int64_t *east_s)
{
	int64_t h, m = 0, s = 0;
	bool west;

	*east_s = 0;
	if (take(r, 'Z'))
		return true;
	west = take(r, '-');
	if ((!west && !take(r, '+')) || !number(r, 2, 2, &h))
		return false;
	if (take(r, ':') && (!number(r, 2, 2, &m) || (take(r, ':') && !number(r, 2, 2, &s))))
		return false;
	*east_s = (h * 60 + m) * 60 + s;
	if (west)
		*east_s = -*east_s;
	return true;
}

int seal_time_parse(int64_t *us, const char *text, size_t len)
{
	struct rest r = { text, text + len };
	int64_t year, month, day, h, m, s, part, east_s;
	bool bc;

	if (len == 8 && memcmp(text, "infinity", 8) == 0) {
		*us = INT64_MAX;
		return 0;
	}
	if (len == 9 && memcmp(text, "-infinity", 9) == 0) {
		*us = INT64_MIN;
		return 0;
	}
	if (!number(&r, 4, 6, &year) || !take(&r, '-') || !number(&r, 2, 2, &month) ||
	    !take(&r, '-') || !number(&r, 2, 2, &day) || (!take(&r, ' ') && !take(&r, 'T')) ||
	    !number(&r, 2, 2, &h) || !take(&r, ':') || !number(&r, 2, 2, &m) || !take(&r, ':') ||
	    !number(&r, 2, 2, &s) || !fraction(&r, &part) || !zone(&r, &east_s))
		return -EINVAL;
	bc = r.end - r.p == 3 && memcmp(r.p, " BC", 3) == 0;
	if ((r.p != r.end && !bc) || month < 1 || month > 12 || day < 1 || day > 31 || h > 24 ||
	    m > 59 || s > 60)
		return -EINVAL;
	if (bc)
		year = 1 - year;
	*us = (days_of(year, month, day) * S_PER_DAY + (h * 60 + m) * 60 + s - east_s) * US_PER_S +
	      part;
	return 0;
}

char *seal_time_format(char buf[SEAL_TIME_STR_SIZE], int64_t us)
{
	int64_t part = us % US_PER_S, s = us / US_PER_S;
	struct tm tm;
	time_t t;

	if (part < 0) {
		part += US_PER_S;
		s--;
	}
	t = s;
	gmtime_r(&t, &tm);
	snprintf(buf, SEAL_TIME_STR_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
		 (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		 tm.tm_sec, (int)part);
	return buf;
}

int seal_uuid_parse(uint8_t out[16], const char *text, size_t len)
{
	static const uint8_t groups[] = { 4, 2, 2, 2, 6 };
	size_t i, n = 0;

	if (len != 36)
		return -EINVAL;
	for (i = 0; i < sizeof(groups); i++) {
		if (i > 0 && *text++ != '-')
			return -EINVAL;
		if (hex_parse(out + n, groups[i], text, 2 * groups[i]) < 0)
			return -EINVAL;
		n += groups[i];
		text += 2 * groups[i];
	}
	return 0;
}

long seal_octets_parse(uint8_t *out, const char *text, size_t len)
{
	size_t n;

	if (len < 2 || len % 2 || text[0] != '\\' || text[1] != 'x')
		return -EINVAL;
	n = (len - 2) / 2;
	return hex_parse(out, n, text + 2, len - 2) < 0 ? -EINVAL : (long)n;
}

uint8_t *seal_put16(uint8_t *p, uint16_t v)
{
	*p++ = v >> 8;
	*p++ = v;
	return p;
}

uint8_t *seal_put32(uint8_t *p, uint32_t v)
{
	return seal_put16(seal_put16(p, v >> 16), v);
}

uint8_t *seal_put64(uint8_t *p, uint64_t v)
{
	return seal_put32(seal_put32(p, v >> 32), v);
}

uint16_t seal_get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

uint32_t seal_get32(const uint8_t *p)
{
	return (uint32_t)seal_get16(p) << 16 | seal_get16(p + 2);
}

uint64_t seal_get64(const uint8_t *p)
{
	return (uint64_t)seal_get32(p) << 32 | seal_get32(p + 4);
}
