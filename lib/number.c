/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/number.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define E164_DIGITS_MIN 7
#define E164_DIGITS_MAX 15
#define SHOP_DIGITS_MIN 4
#define SHOP_DIGITS_MAX 6
/* As dialled: an international prefix of 5 digits, then the number. */
#define DIALLED_DIGITS_MAX (5 + E164_DIGITS_MAX)

struct dialled {
	char digits[DIALLED_DIGITS_MAX + 1];
	unsigned int n;
	bool plus; /* '+' in front */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(const char *s, size_t min, size_t max)
{
	size_t n = 0;

	while (is_digit(s[n])) {
		if (++n > max)
			return false;
	}
	return s[n] == '\0' && n >= min;
}

bool number_is_e164(const char *number)
{
	return number[0] != '0' && all_digits(number, E164_DIGITS_MIN, E164_DIGITS_MAX);
}

bool number_is_shop(const char *number)
{
	return all_digits(number, SHOP_DIGITS_MIN, SHOP_DIGITS_MAX);
}

static int take_dialled(struct dialled *d, const char *text, unsigned int len)
{
	memset(d, 0, sizeof(*d));
	for (unsigned int i = 0; i < len; i++) {
		switch (text[i]) {
		case '0' ... '9':
			if (d->n == DIALLED_DIGITS_MAX)
				return -EINVAL;
			d->digits[d->n++] = text[i];
			break;
		case '+':
			if (d->n > 0 || d->plus)
				return -EINVAL;
			d->plus = true;
			break;
		case '(':
			/* "+81 (0)90...": the 0 is not dialled from abroad, but whoever takes it
			 * at its word pays to a number that is somebody else's. */
			if (d->plus && d->n > 0)
				return -EINVAL;
			break;
		case ' ':
		case '-':
		case ')':
			break;
		default:
			return -EINVAL;
		}
	}
	return 0;
}

static bool has_prefix(const char *digits, const char *prefix)
{
	return prefix[0] != '\0' && strncmp(digits, prefix, strlen(prefix)) == 0;
}

/* country_code + digits, where that is an E.164 number. */
static int complete(char number[NUMBER_SIZE], const char *country_code, const char *digits)
{
	size_t code_len = strlen(country_code), len = strlen(digits);
	char whole[NUMBER_SIZE];

	if (code_len + len >= sizeof(whole))
		return -EINVAL;
	memcpy(whole, country_code, code_len);
	memcpy(whole + code_len, digits, len + 1);
	if (!number_is_e164(whole))
		return -EINVAL;
	memcpy(number, whole, code_len + len + 1);
	return 0;
}

int number_parse(char number[NUMBER_SIZE], enum number_kind *kind, const char *text,
		 unsigned int len, const struct number_plan *plan)
{
	struct dialled d;

	if (take_dialled(&d, text, len) < 0)
		return -EINVAL;
	*kind = NUMBER_E164;
	if (d.plus)
		return complete(number, "", d.digits);
	/* The international prefix first: it may begin with the national one. */
	if (has_prefix(d.digits, plan->international_prefix))
		return complete(number, "", d.digits + strlen(plan->international_prefix));
	if (has_prefix(d.digits, plan->national_prefix)) {
		if (plan->country_code[0] == '\0')
			return -EINVAL;
		return complete(number, plan->country_code,
				d.digits + strlen(plan->national_prefix));
	}
	if (number_is_shop(d.digits)) {
		*kind = NUMBER_SHOP;
		memcpy(number, d.digits, d.n + 1);
		return 0;
	}
	/* A country without a trunk prefix dials its own numbers as they are. */
	if (plan->national_prefix[0] == '\0' && plan->country_code[0] != '\0')
		return complete(number, plan->country_code, d.digits);
	return complete(number, "", d.digits);
}

char *mask_digits(char buf[MASKED_SIZE], const char *digits)
{
	size_t len = strlen(digits);
	size_t shown = len < MASKED_SIZE ? len : MASKED_SIZE - 1;

	for (size_t i = 0; i < shown; i++) {
		bool keep = len <= SHOP_DIGITS_MAX || i < 2 || i + 2 >= shown;
		char c = digits[i + 2 < shown ? i : len - (shown - i)];

		/* What is no digit came from outside and may not get into a log as it is. */
		buf[i] = !keep ? '*' : is_digit(c) || c == '+' ? c : '?';
	}
	buf[shown] = '\0';
	return buf;
}
