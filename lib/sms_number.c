/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "lib/gsm_text.h"
#include "lib/sms_number.h"

#define EXTENSION 0x80 /* no further octet of type follows */
#define FILL 0xf
#define DIGITS_MAX 20

static const char digits_of[] = "0123456789*#abc";

static int take_digits(char *out, const uint8_t *in, size_t n_digits)
{
	size_t i;

	for (i = 0; i < n_digits; i++) {
		const uint8_t nibble = i & 1 ? in[i / 2] >> 4 : in[i / 2] & 0xf;

		if (nibble == FILL)
			return -EBADMSG;
		out[i] = digits_of[nibble];
	}
	if (n_digits & 1 && in[n_digits / 2] >> 4 != FILL)
		return -EBADMSG;
	out[n_digits] = '\0';
	return 0;
}

/* Half octets that are used say how many septets there are. */
static int take_characters(char *out, const uint8_t *in, size_t n_half)
{
	uint8_t septets[DIGITS_MAX];
	const size_t n = n_half * 4 / 7;

	if (gsm_text_unpack(septets, sizeof(septets), in, (n_half + 1) / 2, n) < 0 ||
	    gsm_text_from_septets(out, SMS_DIGITS_SIZE, septets, n) < 0)
		return -EBADMSG;
	return 0;
}

int sms_number_take(struct sms_number *number, const uint8_t *in, size_t len)
{
	size_t n;
	int rc;

	memset(number, 0, sizeof(*number));
	if (len < 2 || in[0] > DIGITS_MAX || !(in[1] & EXTENSION))
		return -EBADMSG;
	n = (in[0] + 1) / 2;
	if (len < 2 + n)
		return -EBADMSG;
	number->ton = in[1] >> 4 & 7;
	number->npi = in[1] & 0xf;
	rc = number->ton == SMS_TON_ALPHANUMERIC ? take_characters(number->digits, in + 2, in[0])
						 : take_digits(number->digits, in + 2, in[0]);
	return rc < 0 ? rc : (int)(2 + n);
}

static int put_characters(uint8_t *out, const char *characters)
{
	uint8_t septets[DIGITS_MAX];
	const int n = gsm_text_to_septets(septets, sizeof(septets), characters, strlen(characters));
	int octets;

	if (n < 0 || n * 7 > DIGITS_MAX * 4)
		return -EINVAL;
	octets = gsm_text_pack(out + 2, DIGITS_MAX / 2, septets, n);
	out[0] = (n * 7 + 3) / 4;
	return octets < 0 ? -EINVAL : 2 + octets;
}

static int put_digits(uint8_t *out, const char *digits)
{
	const size_t n = strlen(digits);
	size_t i;

	if (n > DIGITS_MAX || strspn(digits, digits_of) != n)
		return -EINVAL;
	memset(out + 2, 0xff, (n + 1) / 2);
	for (i = 0; i < n; i++) {
		const uint8_t nibble = strchr(digits_of, digits[i]) - digits_of;

		out[2 + i / 2] &= i & 1 ? nibble << 4 | 0xf : 0xf0 | nibble;
	}
	out[0] = n;
	return 2 + (n + 1) / 2;
}

int sms_number_put(uint8_t out[SMS_NUMBER_MAX_SIZE], const struct sms_number *number)
{
	out[1] = EXTENSION | (number->ton & 7) << 4 | (number->npi & 0xf);
	return number->ton == SMS_TON_ALPHANUMERIC ? put_characters(out, number->digits)
						   : put_digits(out, number->digits);
}
