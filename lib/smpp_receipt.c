/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

#include "lib/smpp_receipt.h"

/* Words of appendix B, and what vendors make of them. */
static const struct {
	const char *word;
	enum smpp_state state;
} words[] = {
	{ "DELIVRD", SMPP_STATE_DELIVERED },
	{ "EXPIRED", SMPP_STATE_EXPIRED },
	{ "DELETED", SMPP_STATE_DELETED },
	{ "UNDELIV", SMPP_STATE_UNDELIVERABLE },
	{ "ACCEPTD", SMPP_STATE_ACCEPTED },
	{ "UNKNOWN", SMPP_STATE_UNKNOWN },
	{ "REJECTD", SMPP_STATE_REJECTED },
	{ "ENROUTE", SMPP_STATE_ENROUTE },
	{ "DELIVERED", SMPP_STATE_DELIVERED },
	{ "REJECTED", SMPP_STATE_REJECTED },
	{ "ACCEPTED", SMPP_STATE_ACCEPTED },
	{ "FAILED", SMPP_STATE_UNDELIVERABLE },
	{ "UNDELIVERABLE", SMPP_STATE_UNDELIVERABLE },
};

/* "name:value" at the beginning or behind a space; the value ends at the next space.  false: it is
 * not there, or longer than size. */
static bool field_find(char *value, size_t size, const char *name, const char *text, size_t len)
{
	const size_t name_len = strlen(name);
	size_t i, n;

	for (i = 0; i + name_len < len; i++) {
		if ((i > 0 && text[i - 1] != ' ') || text[i + name_len] != ':' ||
		    strncasecmp(text + i, name, name_len) != 0)
			continue;
		text += i + name_len + 1;
		len -= i + name_len + 1;
		for (n = 0; n < len && isgraph((unsigned char)text[n]); n++)
			;
		if (n == 0 || n >= size)
			return false;
		memcpy(value, text, n);
		value[n] = '\0';
		return true;
	}
	return false;
}

static enum smpp_state state_of(const char *word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(words[i].word, word) == 0)
			return words[i].state;
	return SMPP_STATE_UNKNOWN;
}

bool smpp_receipt_read(struct smpp_receipt *receipt, const struct smpp_sm *sm)
{
	const char *text = (const char *)sm->octets;
	char word[16];

	memset(receipt, 0, sizeof(*receipt));
	if (!(sm->esm_class & SMPP_ESM_RECEIPT))
		return false;
	osmo_strlcpy(receipt->message_id, sm->receipted_id, sizeof(receipt->message_id));
	if (!receipt->message_id[0] &&
	    !field_find(receipt->message_id, sizeof(receipt->message_id), "id", text, sm->n_octets))
		return false;
	receipt->state = SMPP_STATE_UNKNOWN;
	if (sm->state >= SMPP_STATE_ENROUTE && sm->state <= SMPP_STATE_REJECTED)
		receipt->state = sm->state;
	else if (field_find(word, sizeof(word), "stat", text, sm->n_octets))
		receipt->state = state_of(word);
	if (!field_find(receipt->error, sizeof(receipt->error), "err", text, sm->n_octets))
		receipt->error[0] = '\0';
	return true;
}

static bool is_hex(enum smpp_id_form form, bool of_receipt)
{
	return (form == SMPP_ID_HEX_THEN_DECIMAL) != of_receipt;
}

int smpp_id_normal(char out[SMPP_MESSAGE_ID_SIZE], const char *id, enum smpp_id_form form,
		   bool of_receipt)
{
	const bool hex = is_hex(form, of_receipt);
	char *end;
	uint64_t n;

	osmo_strlcpy(out, id, SMPP_MESSAGE_ID_SIZE);
	if (form == SMPP_ID_AS_IS)
		return 0;
	if (form == SMPP_ID_NO_CASE) {
		osmo_str_tolower_buf(out, SMPP_MESSAGE_ID_SIZE, id);
		return 0;
	}
	if (!isxdigit((unsigned char)id[0]))
		return -EINVAL;
	errno = 0;
	n = strtoull(id, &end, hex ? 16 : 10);
	if (*end || errno)
		return -EINVAL;
	snprintf(out, SMPP_MESSAGE_ID_SIZE, "%" PRIu64, n);
	return 0;
}
