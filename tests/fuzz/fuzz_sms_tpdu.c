/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as a TPDU of either direction: what is one is sent and read as the same, and its text
 * is decoded. */
#include <stdint.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/sms_tpdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

static void text_read(const struct sms_tpdu *t)
{
	char utf8[SMS_TEXT_SIZE];
	static struct sms_parts parts;
	struct sms_concat concat;
	int charset = sms_charset_of_tpdu(t->dcs), n;

	if (t->n_header > 0 && sms_concat_take(&concat, t->header, t->n_header) > 0)
		OSMO_ASSERT(concat.number <= concat.total);
	if (charset < 0)
		return;
	n = sms_text_decode(utf8, sizeof(utf8), charset, t->text, t->n_text);
	if (n > 0)
		OSMO_ASSERT(sms_text_split(&parts, utf8, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	uint8_t out[SMS_TPDU_MAX_SIZE];
	struct sms_tpdu t, back;
	bool from_phone, failed;
	int n;

	if (len < 1)
		return 0;
	from_phone = in[0] & 1;
	failed = in[0] & 2;
	if (sms_tpdu_decode(&t, from_phone, failed, in + 1, len - 1) < 0)
		return 0;
	text_read(&t);
	n = sms_tpdu_encode(out, sizeof(out), &t);
	if (n < 0)
		return 0; /* characters that an address cannot have twice as long, or a longer
			     report */
	OSMO_ASSERT(sms_tpdu_decode(&back, from_phone, failed, out, n) == 0);
	OSMO_ASSERT(back.type == t.type && strcmp(back.number.digits, t.number.digits) == 0);
	if (t.type == SMS_SUBMIT || t.type == SMS_DELIVER)
		OSMO_ASSERT(back.n_text == t.n_text && memcmp(back.text, t.text, t.n_text) == 0);
	return 0;
}
