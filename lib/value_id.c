/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/value_id.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/random.h"

#define EPOCH_S 1577836800LL /* 2020-01-01T00:00:00Z */
#define DAY_S 86400LL
#define DAY_BITS 15
#define HOME_BITS 6
#define RANDOM_BITS 42

int value_id_draw(int64_t *id, time_t now, unsigned int home)
{
	int64_t since_epoch_s = (int64_t)now - EPOCH_S;
	uint64_t random;

	OSMO_ASSERT(home < VALUE_ID_HOMES);
	if (since_epoch_s < 0 || since_epoch_s / DAY_S >= 1 << DAY_BITS)
		return -ERANGE;
	if (random_fill(&random, sizeof(random)) < 0)
		return -EIO;
	*id = (since_epoch_s / DAY_S) << (HOME_BITS + RANDOM_BITS) | (int64_t)home << RANDOM_BITS |
	      (int64_t)(random & ((1ull << RANDOM_BITS) - 1));
	return 0;
}

unsigned int value_id_home(int64_t id)
{
	return (unsigned int)(id >> RANDOM_BITS) & (VALUE_ID_HOMES - 1);
}

unsigned int value_id_day(int64_t id)
{
	return (unsigned int)(id >> (HOME_BITS + RANDOM_BITS)) & ((1u << DAY_BITS) - 1);
}

char luhn_digit(const char *digits, unsigned int len)
{
	static const uint8_t doubled[] = { 0, 2, 4, 6, 8, 1, 3, 5, 7, 9 };
	unsigned int sum = 0, i = len;

	/* From the right, every second digit counts twice, beginning with the last. */
	for (; i >= 2; i -= 2)
		sum += doubled[digits[i - 1] - '0'] + (unsigned int)(digits[i - 2] - '0');
	if (i == 1)
		sum += doubled[digits[0] - '0'];
	return (char)('0' + (10 - sum % 10) % 10);
}

char *value_id_format(char buf[VALUE_ID_STR_SIZE], int64_t id)
{
	uint64_t rest = (uint64_t)id;

	for (int i = VALUE_ID_DIGITS - 2; i >= 0; i--) {
		buf[i] = (char)('0' + rest % 10);
		rest /= 10;
	}
	buf[VALUE_ID_DIGITS - 1] = luhn_digit(buf, VALUE_ID_DIGITS - 1);
	buf[VALUE_ID_DIGITS] = '\0';
	return buf;
}

char *value_id_format_grouped(char buf[VALUE_ID_GROUPED_SIZE], int64_t id)
{
	char digits[VALUE_ID_STR_SIZE];
	char *out = buf;

	value_id_format(digits, id);
	for (int i = 0; i < VALUE_ID_DIGITS; i += 4) {
		if (i > 0)
			*out++ = ' ';
		memcpy(out, digits + i, 4);
		out += 4;
	}
	*out = '\0';
	return buf;
}

/* 20 digits with nothing but spaces and hyphens between them. */
static int take_digits(char digits[VALUE_ID_DIGITS], const char *text, unsigned int len)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < len; i++) {
		bool between = n > 0 && n < VALUE_ID_DIGITS;

		if (between && (text[i] == ' ' || text[i] == '-'))
			continue;
		if (text[i] < '0' || text[i] > '9' || n == VALUE_ID_DIGITS)
			return -EINVAL;
		digits[n++] = text[i];
	}
	return n == VALUE_ID_DIGITS ? 0 : -EINVAL;
}

int value_id_parse(int64_t *id, const char *text, unsigned int len)
{
	char digits[VALUE_ID_DIGITS];
	uint64_t number = 0; /* 19 digits fit */

	if (take_digits(digits, text, len) < 0)
		return -EINVAL;
	if (luhn_digit(digits, VALUE_ID_DIGITS - 1) != digits[VALUE_ID_DIGITS - 1])
		return -EBADMSG;
	for (int i = 0; i < VALUE_ID_DIGITS - 1; i++)
		number = number * 10 + (uint64_t)(digits[i] - '0');
	if (number == 0 || number > INT64_MAX)
		return -ERANGE;
	*id = (int64_t)number;
	return 0;
}
