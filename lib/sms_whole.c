/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/sms_whole.h"

#include <errno.h>
#include <string.h>

#include <openssl/sha.h>
#include <osmocom/core/utils.h>

static void digest_make(uint8_t *digest, size_t size, const char *address)
{
	uint8_t all[SHA256_DIGEST_LENGTH];
	const size_t n = strlen(address);

	OSMO_ASSERT(n < SMS_WHOLE_ADDRESS_SIZE);
	SHA256((const uint8_t *)address, n, all);
	memcpy(digest, all, size);
}

static int text_read(char text[SMS_TEXT_SIZE], int charset, const uint8_t *octets, size_t n)
{
	const int rc = sms_text_decode(text, SMS_TEXT_SIZE, charset, octets, n);

	if (rc < 0)
		explicit_bzero(text, SMS_TEXT_SIZE);
	return rc < 0 ? rc : 1;
}

static int parts_join(struct sms_join *join, char text[SMS_TEXT_SIZE],
		      struct sms_join_ticket *ticket, const struct sms_join_part *part,
		      int64_t now_ms)
{
	uint8_t octets[SMS_JOIN_OCTETS_MAX];
	int n = sms_join_add(join, octets, ticket, part, now_ms);

	if (n <= 0)
		return n;
	n = text_read(text, part->charset, octets, n);
	explicit_bzero(octets, sizeof(octets));
	if (n < 0 && ticket)
		sms_join_drop(join, ticket);
	return n;
}

int sms_whole_add(struct sms_join *join, char text[SMS_TEXT_SIZE], struct sms_join_ticket *ticket,
		  const char *from, const char *to, int charset, const struct sms_piece *piece,
		  int64_t now_ms)
{
	struct sms_join_part part = { .concat = piece->concat,
				      .charset = charset,
				      .octets = piece->octets,
				      .n_octets = piece->n_octets };

	text[0] = '\0';
	if (ticket)
		ticket->serial = 0;
	if (charset < 0)
		return charset;
	if (piece->concat.total < 2)
		return piece->n_octets > SMS_JOIN_OCTETS_MAX
			       ? -EMSGSIZE
			       : text_read(text, charset, piece->octets, piece->n_octets);
	digest_make(part.sender, sizeof(part.sender), from);
	digest_make(part.receiver, sizeof(part.receiver), to);
	return parts_join(join, text, ticket, &part, now_ms);
}
