/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/sms_whole.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>
#include <osmocom/core/utils.h>

static void key_make(uint8_t key[SMS_JOIN_KEY_SIZE], const char *from, const char *to)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char pair[2 * SMS_WHOLE_ADDRESS_SIZE];
	const size_t n = snprintf(pair, sizeof(pair), "%s/%s", from, to);

	OSMO_ASSERT(n < sizeof(pair));
	SHA256((const uint8_t *)pair, n, digest);
	memcpy(key, digest, SMS_JOIN_KEY_SIZE);
}

static int text_read(char text[SMS_TEXT_SIZE], int charset, const uint8_t *octets, size_t n)
{
	const int rc = sms_text_decode(text, SMS_TEXT_SIZE, charset, octets, n);

	if (rc < 0)
		explicit_bzero(text, SMS_TEXT_SIZE);
	return rc < 0 ? rc : 1;
}

int sms_whole_add(struct sms_join *join, char text[SMS_TEXT_SIZE], const char *from, const char *to,
		  int charset, const struct sms_piece *piece, int64_t now_ms)
{
	struct sms_join_part part = { .concat = piece->concat,
				      .charset = charset,
				      .octets = piece->octets,
				      .n_octets = piece->n_octets };
	uint8_t octets[SMS_JOIN_OCTETS_MAX];
	int n;

	text[0] = '\0';
	if (charset < 0)
		return charset;
	if (piece->concat.total < 2)
		return piece->n_octets > sizeof(octets)
			       ? -EMSGSIZE
			       : text_read(text, charset, piece->octets, piece->n_octets);
	key_make(part.key, from, to);
	n = sms_join_add(join, octets, &part, now_ms);
	if (n <= 0)
		return n;
	n = text_read(text, charset, octets, n);
	explicit_bzero(octets, sizeof(octets));
	return n;
}
