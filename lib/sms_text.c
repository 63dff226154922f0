/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "lib/gsm_text.h"
#include "lib/sms_text.h"
#include "lib/utf8.h"

#define GSM7_ONE 160
#define GSM7_OF_SEVERAL 153
#define UCS2_ONE 140 /* octets */
#define UCS2_OF_SEVERAL 134

/* Elements of a user data header, TS 23.040 clause 9.2.3.24. */
#define UDH_CONCAT_8 0x00
#define UDH_CONCAT_16 0x08

/* One character of the text in the coding chosen: at most an escape pair or a surrogate pair. */
struct unit {
	uint8_t n;
	uint8_t octets[4];
};

static int unit_gsm7(struct unit *u, const char *utf8, size_t len)
{
	const int n = gsm_text_to_septets(u->octets, sizeof(u->octets), utf8, len);

	if (n > 0)
		u->n = n;
	return n;
}

static void unit_ucs2(struct unit *u, uint32_t c)
{
	const bool pair = c >= 0x10000;
	const uint16_t first = pair ? 0xd800 + ((c - 0x10000) >> 10) : c;
	const uint16_t second = 0xdc00 + ((c - 0x10000) & 0x3ff);

	u->n = pair ? 4 : 2;
	u->octets[0] = first >> 8;
	u->octets[1] = first;
	u->octets[2] = second >> 8;
	u->octets[3] = second;
}

/* Takes one character from the front; octets of UTF-8 taken. */
static int unit_take(struct unit *u, enum sms_coding coding, const char *utf8, size_t len)
{
	uint32_t c;
	const int taken = utf8_take(&c, utf8, len);
	int rc;

	if (taken < 0)
		return taken;
	if (coding == SMS_CODING_GSM7) {
		rc = unit_gsm7(u, utf8, taken);
		return rc < 0 ? rc : taken;
	}
	unit_ucs2(u, c);
	return taken;
}

static int parts_fill(struct sms_parts *parts, size_t part_max, const char *utf8, size_t len)
{
	struct unit u;

	parts->n = 1;
	parts->part[0].n = 0;
	while (len > 0) {
		struct sms_part *part = &parts->part[parts->n - 1];
		const int taken = unit_take(&u, parts->coding, utf8, len);

		if (taken < 0)
			return taken;
		if (part->n + u.n > part_max) {
			if (parts->n == SMS_PARTS_MAX)
				return -EMSGSIZE;
			part = &parts->part[parts->n++];
			part->n = 0;
		}
		memcpy(part->octets + part->n, u.octets, u.n);
		part->n += u.n;
		utf8 += taken;
		len -= taken;
	}
	return 0;
}

int sms_text_split(struct sms_parts *parts, const char *utf8, size_t len)
{
	const bool gsm7 = gsm_text_septets(utf8, len) >= 0;
	int rc;

	parts->coding = gsm7 ? SMS_CODING_GSM7 : SMS_CODING_UCS2;
	rc = parts_fill(parts, gsm7 ? GSM7_ONE : UCS2_ONE, utf8, len);
	if (rc == 0 && parts->n == 1)
		return 0;
	if (rc < 0 && rc != -EMSGSIZE)
		return rc;
	return parts_fill(parts, gsm7 ? GSM7_OF_SEVERAL : UCS2_OF_SEVERAL, utf8, len);
}

void sms_concat_put(uint8_t out[SMS_CONCAT_SIZE], uint8_t reference, uint8_t total, uint8_t number)
{
	const uint8_t header[SMS_CONCAT_SIZE] = {
		SMS_CONCAT_SIZE - 1, UDH_CONCAT_8, 3, reference, total, number,
	};

	memcpy(out, header, sizeof(header));
}

static void element_take(struct sms_concat *concat, uint8_t id, const uint8_t *value, uint8_t len)
{
	const bool wide = id == UDH_CONCAT_16;
	uint8_t total, number;

	if ((id != UDH_CONCAT_8 || len != 3) && (!wide || len != 4))
		return;
	total = value[len - 2];
	number = value[len - 1];
	if (total == 0 || number == 0 || number > total)
		return;
	concat->reference = wide ? value[0] << 8 | value[1] : value[0];
	concat->total = total;
	concat->number = number;
}

int sms_concat_take(struct sms_concat *concat, const uint8_t *in, size_t len)
{
	size_t at = 1, end;

	memset(concat, 0, sizeof(*concat));
	if (len == 0 || in[0] >= len)
		return -EBADMSG;
	end = 1 + in[0];
	while (at < end) {
		if (end - at < 2 || in[at + 1] > end - at - 2)
			return -EBADMSG;
		element_take(concat, in[at], in + at + 2, in[at + 1]);
		at += 2 + in[at + 1];
	}
	return end;
}

int sms_charset_of_smpp(uint8_t data_coding)
{
	switch (data_coding) { /* SMPP 3.4 section 5.2.19 */
	case 0x00:
		return SMS_CHARSET_GSM7;
	case 0x01:
		return SMS_CHARSET_ASCII;
	case 0x03:
		return SMS_CHARSET_LATIN1;
	case 0x08:
		return SMS_CHARSET_UCS2;
	default:
		return data_coding >= 0x10 ? sms_charset_of_tpdu(data_coding) : -ENOTSUP;
	}
}

/* Two bits that say 7-bit, 8-bit, UCS-2 or nothing. */
static int charset_of_bits(uint8_t bits)
{
	return bits == 0 ? SMS_CHARSET_GSM7 : bits == 2 ? SMS_CHARSET_UCS2 : -ENOTSUP;
}

int sms_charset_of_tpdu(uint8_t dcs)
{
	switch (dcs >> 4) { /* TS 23.038 clause 4 */
	case 0x0 ... 0x7: /* general, and marked for automatic deletion; bit 5: compressed */
		return dcs & 0x20 ? -ENOTSUP : charset_of_bits((dcs >> 2) & 3);
	case 0xc: /* message waiting */
	case 0xd:
		return SMS_CHARSET_GSM7;
	case 0xe:
		return SMS_CHARSET_UCS2;
	case 0xf:
		return dcs & 0x04 ? -ENOTSUP : SMS_CHARSET_GSM7;
	default: /* reserved: as the default alphabet */
		return SMS_CHARSET_GSM7;
	}
}

static int decode_octets(char *utf8, size_t size, uint8_t limit, const uint8_t *in, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		char character[UTF8_MAX_SIZE];
		int taken;

		if (in[i] == 0 || in[i] > limit)
			return -EILSEQ;
		taken = utf8_put(character, in[i]);
		if (n + taken >= size)
			return -EMSGSIZE;
		memcpy(utf8 + n, character, taken);
		n += taken;
	}
	utf8[n] = '\0';
	return n;
}

int sms_text_decode(char *utf8, size_t size, enum sms_charset charset, const uint8_t *in,
		    size_t len)
{
	size_t i;

	if (size == 0)
		return -EMSGSIZE;
	switch (charset) {
	case SMS_CHARSET_ASCII:
		return decode_octets(utf8, size, 0x7f, in, len);
	case SMS_CHARSET_LATIN1:
		return decode_octets(utf8, size, 0xff, in, len);
	case SMS_CHARSET_UCS2:
		return gsm_text_ussd_decode(utf8, size, GSM_DCS_UCS2, in, len);
	case SMS_CHARSET_GSM7:
		break;
	}
	for (i = 0; i < len; i++)
		if (in[i] > 0x7f)
			return -EILSEQ;
	return gsm_text_from_septets(utf8, size, in, len);
}
