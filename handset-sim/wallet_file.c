/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/file.h"
#include "handset-sim/wallet_file.h"
#include "lib/value_id.h"

#define DIGEST_HEX_SIZE (2 * SHA256_DIGEST_LENGTH + 1)

enum field {
	FIELD_ID,
	FIELD_AMOUNT,
	FIELD_CURRENCY,
	FIELD_STATE,
	FIELD_RECEIVED,
	FIELD_HANDED,
	FIELD_SETTLED,
	FIELD_FROM,
	FIELD_TO,
	FIELD_REFERENCE,
	N_FIELDS,
};

static void reference_escape(char *out, const char *in)
{
	if (!*in)
		*out++ = '-';
	for (; *in; in++) {
		if (*in > ' ' && *in < 0x7f && *in != '%' && *in != '-')
			*out++ = *in;
		else
			out += snprintf(out, 4, "%%%02X", (unsigned char)*in);
	}
	*out = '\0';
}

static bool reference_unescape(char out[WALLET_REFERENCE_SIZE], const char *in)
{
	size_t n = 0;

	if (strcmp(in, "-") == 0)
		in++;
	for (; *in; in++) {
		char hex[3] = { 0 };
		char *end;
		unsigned long c = (unsigned char)*in;

		if (c == '%') {
			strncpy(hex, in + 1, 2);
			c = strtoul(hex, &end, 16);
			if (end != hex + 2 || c == 0)
				return false;
			in += 2;
		}
		if (n + 1 >= WALLET_REFERENCE_SIZE)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

int wallet_note_format(char line[WALLET_LINE_MAX], const struct wallet_note *note)
{
	char reference[WALLET_REFERENCE_SIZE * 3], id[VALUE_ID_STR_SIZE];

	reference_escape(reference, note->reference);
	return snprintf(line, WALLET_LINE_MAX,
			"note %s %s %s %s %" PRId64 " %" PRId64 " %" PRId64 " %s %s %s",
			value_id_format(id, note->value_id), note->amount, note->currency,
			wallet_state_name(note->state), note->received_at, note->handed_at,
			note->settled_at, note->from[0] ? note->from : "-",
			note->to[0] ? note->to : "-", reference);
}

static bool number_take(char number[NUMBER_SIZE], const char *text)
{
	if (strcmp(text, "-") == 0) {
		number[0] = '\0';
		return true;
	}
	if (!number_is_e164(text) && !number_is_shop(text))
		return false;
	osmo_strlcpy(number, text, NUMBER_SIZE);
	return true;
}

static bool time_take(int64_t *at, const char *text)
{
	char *end;

	errno = 0;
	*at = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *at >= 0;
}

static const char *fields_take(struct wallet_note *note, char *field[N_FIELDS])
{
	int64_t minor;
	int state = wallet_state_by_name(field[FIELD_STATE]);

	if (value_id_parse(&note->value_id, field[FIELD_ID], strlen(field[FIELD_ID])) < 0)
		return "not a value id";
	if (strlen(field[FIELD_CURRENCY]) >= CURRENCY_SIZE ||
	    amount_parse(&minor, field[FIELD_AMOUNT], strlen(field[FIELD_AMOUNT]),
			 field[FIELD_CURRENCY]) < 0)
		return "not an amount of a currency";
	OSMO_STRLCPY_ARRAY(note->currency, field[FIELD_CURRENCY]);
	amount_format(note->amount, minor, note->currency);
	if (state < 0)
		return "not a state";
	note->state = state;
	if (!time_take(&note->received_at, field[FIELD_RECEIVED]) ||
	    !time_take(&note->handed_at, field[FIELD_HANDED]) ||
	    !time_take(&note->settled_at, field[FIELD_SETTLED]))
		return "not a time";
	if (!number_take(note->from, field[FIELD_FROM]) || !number_take(note->to, field[FIELD_TO]))
		return "not a terminal id";
	return reference_unescape(note->reference, field[FIELD_REFERENCE]) ? NULL
									   : "not a reference";
}

const char *wallet_note_parse(struct wallet_note *note, char *line)
{
	char *field[N_FIELDS], *save = NULL;
	char *word = strtok_r(line, " ", &save);
	int n;

	memset(note, 0, sizeof(*note));
	if (!word || strcmp(word, "note") != 0)
		return "not a note";
	for (n = 0; n < N_FIELDS; n++) {
		field[n] = strtok_r(NULL, " ", &save);
		if (!field[n])
			return "fields are missing";
	}
	if (strtok_r(NULL, " ", &save))
		return "too many fields";
	return fields_take(note, field);
}

static void digest_hex(char hex[DIGEST_HEX_SIZE], const char *content, size_t len)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	size_t i;

	SHA256((const uint8_t *)content, len, digest);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* The last line vouches for all before; its start is returned, NULL where it does not. */
static char *trailer_check(char *content, size_t len, size_t *n_notes)
{
	char hex[DIGEST_HEX_SIZE], expected[128];
	char *trailer, *end;
	unsigned long n;

	if (len < 2 || content[len - 1] != '\n' || strlen(content) != len)
		return NULL;
	content[len - 1] = '\0';
	trailer = strrchr(content, '\n');
	if (!trailer || strncmp(++trailer, "end ", 4) != 0)
		return NULL;
	n = strtoul(trailer + 4, &end, 10);
	digest_hex(hex, content, trailer - content);
	snprintf(expected, sizeof(expected), "end %lu %s", n, hex);
	if (n > WALLET_NOTES_MAX || strcmp(trailer, expected) != 0)
		return NULL;
	*n_notes = n;
	return trailer;
}

static int content_take(struct wallet *w, char *content, size_t len, char why[WALLET_WHY_SIZE])
{
	size_t n_notes = 0;
	char *trailer = trailer_check(content, len, &n_notes);
	char head[64], *line, *save = NULL;
	unsigned int n = 1;

	if (!trailer) {
		snprintf(why, WALLET_WHY_SIZE, "its end is missing or its check sum is wrong");
		return -EBADMSG;
	}
	*trailer = '\0';
	snprintf(head, sizeof(head), "tegata-wallet 1 %s", w->owner);
	line = strtok_r(content, "\n", &save);
	if (!line || strcmp(line, head) != 0) {
		snprintf(why, WALLET_WHY_SIZE, "line 1: not a wallet of %s", w->owner);
		return -EBADMSG;
	}
	while ((line = strtok_r(NULL, "\n", &save))) {
		struct wallet_note note;
		const char *wrong = wallet_note_parse(&note, line);

		n++;
		if (!wrong && wallet_note_add(w, &note) < 0)
			wrong = "the value is here already";
		if (wrong) {
			snprintf(why, WALLET_WHY_SIZE, "line %u: %s", n, wrong);
			return -EBADMSG;
		}
	}
	if (w->n_notes == n_notes)
		return 0;
	snprintf(why, WALLET_WHY_SIZE, "%zu notes instead of %zu", w->n_notes, n_notes);
	return -EBADMSG;
}

int wallet_file_load(struct wallet *w, char why[WALLET_WHY_SIZE])
{
	size_t len;
	int rc;
	char *content = file_read(w, w->path, WALLET_FILE_MAX, &len, &rc);

	if (!content) {
		snprintf(why, WALLET_WHY_SIZE, "%s", strerror(-rc));
		return rc;
	}
	rc = content_take(w, content, len, why);
	talloc_free(content);
	return rc;
}

int wallet_file_save(const struct wallet *w)
{
	char *content = talloc_asprintf(w, "tegata-wallet 1 %s\n", w->owner);
	char line[WALLET_LINE_MAX], hex[DIGEST_HEX_SIZE];
	struct wallet_note *note;
	int rc;

	llist_for_each_entry (note, &w->notes, list) {
		wallet_note_format(line, note);
		content = talloc_asprintf_append_buffer(content, "%s\n", line);
	}
	digest_hex(hex, content, strlen(content));
	content = talloc_asprintf_append_buffer(content, "end %zu %s\n", w->n_notes, hex);
	OSMO_ASSERT(content);
	rc = file_replace(w->path, content, strlen(content), 0600);
	talloc_free(content);
	return rc;
}
