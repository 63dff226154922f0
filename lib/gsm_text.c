/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/gsm_text.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/gsm_alphabet.h"
#include "lib/utf8.h"

/* Two letters of language and CR in front of the text, or two letters packed to two octets. */
#define DCS_DEFAULT_LANGUAGE 0x10
#define DCS_UCS2_LANGUAGE 0x11
#define LANGUAGE_SEPTETS 3
#define LANGUAGE_OCTETS 2

/* --- septets --------------------------------------------------------------- */

/* Octets that n septets fill. */
static size_t packed_octets(size_t n_septets)
{
	return (n_septets * 7 + 7) / 8;
}

/* Septets on their way into octets, the first bit lowest. */
struct packer {
	uint8_t *out;
	unsigned int bits, n_bits;
};

static inline void pack(struct packer *p, uint8_t septet)
{
	p->bits |= (unsigned int)septet << p->n_bits;
	p->n_bits += 7;
	if (p->n_bits >= 8) {
		*p->out++ = (uint8_t)p->bits;
		p->bits >>= 8;
		p->n_bits -= 8;
	}
}

static void pack_rest(struct packer *p)
{
	if (p->n_bits > 0)
		*p->out = (uint8_t)p->bits;
}

static uint8_t septet_get(const uint8_t *in, size_t index)
{
	size_t bit = index * 7, octet = bit / 8, shift = bit % 8;
	unsigned int value = in[octet] >> shift;

	if (shift > 1)
		value |= (unsigned int)in[octet + 1] << (8 - shift);
	return value & 0x7f;
}

int gsm_text_pack(uint8_t *out, size_t size, const uint8_t *septets, size_t n_septets)
{
	size_t len = packed_octets(n_septets);
	struct packer packer = { .out = out };

	if (len > size)
		return -EMSGSIZE;
	for (size_t i = 0; i < n_septets; i++)
		pack(&packer, septets[i] & 0x7f);
	pack_rest(&packer);
	return (int)len;
}

int gsm_text_unpack(uint8_t *septets, size_t size, const uint8_t *in, size_t len, size_t n_septets)
{
	if (n_septets > size || packed_octets(n_septets) > len)
		return -EMSGSIZE;
	for (size_t i = 0; i < n_septets; i++)
		septets[i] = septet_get(in, i);
	return (int)n_septets;
}

/* --- UTF-8 to septets ------------------------------------------------------ */

/* Takes one character from the front; 1 or 2 septets, or -EILSEQ. */
static inline int take_septets(uint8_t septets[2], const char **utf8, size_t *len)
{
	uint8_t octet = (uint8_t) * *utf8;
	uint32_t code_point;
	int taken = 1, septet = GSM_ALPHABET_NONE;

	if (octet < ARRAY_SIZE(gsm_alphabet_ascii)) {
		septet = gsm_alphabet_ascii[octet];
	} else {
		taken = utf8_take(&code_point, *utf8, *len);
		if (taken < 0)
			return taken;
		septet = gsm_alphabet_septet(code_point);
	}
	if (septet < 0 || septet == GSM_ALPHABET_NONE)
		return -EILSEQ;
	*utf8 += taken;
	*len -= (size_t)taken;
	if (!(septet & GSM_ALPHABET_EXTENSION)) {
		septets[0] = (uint8_t)septet;
		return 1;
	}
	septets[0] = GSM_SEPTET_ESC;
	septets[1] = septet & 0x7f;
	return 2;
}

/* Is it ASCII of one septet?  Extension and "none" have the top bit of the table's entry. */
static inline bool is_one_septet(uint8_t octet)
{
	return !((octet | gsm_alphabet_ascii[octet & 0x7f]) & 0x80);
}

/* How many characters from here are: mostly all. */
static size_t one_septet_run(const char *utf8, size_t len)
{
	size_t n = 0;

	while (n < len && is_one_septet((uint8_t)utf8[n]))
		n++;
	return n;
}

int gsm_text_septets(const char *utf8, size_t len)
{
	uint8_t septets[2];
	int n = 0;

	while (len > 0) {
		size_t run = one_septet_run(utf8, len);
		int rc;

		utf8 += run;
		len -= run;
		n += (int)run;
		if (len == 0)
			break;
		rc = take_septets(septets, &utf8, &len);
		if (rc < 0)
			return rc;
		n += rc;
	}
	return n;
}

int gsm_text_to_septets(uint8_t *septets, size_t size, const char *utf8, size_t len)
{
	size_t n = 0;

	while (len > 0) {
		uint8_t next[2];
		int rc = take_septets(next, &utf8, &len);

		if (rc < 0)
			return rc;
		if (n + (size_t)rc > size)
			return -EMSGSIZE;
		memcpy(septets + n, next, (size_t)rc);
		n += (size_t)rc;
	}
	return (int)n;
}

/* --- septets to UTF-8 ------------------------------------------------------ */

/* A text that is being written, always with room for its NUL. */
struct text_out {
	char *utf8;
	size_t size, len;
	bool escaped; /* the last septet was ESC */
};

static int text_put(struct text_out *out, uint32_t code_point)
{
	char octets[UTF8_MAX_SIZE];
	int n;

	if (code_point <= 0x7f && out->len + 1 < out->size) {
		out->utf8[out->len++] = (char)code_point;
		return 0;
	}
	n = utf8_put(octets, code_point);
	if (out->len + (size_t)n >= out->size)
		return -EMSGSIZE;
	memcpy(out->utf8 + out->len, octets, (size_t)n);
	out->len += (size_t)n;
	return 0;
}

static int text_put_septet(struct text_out *out, uint8_t septet)
{
	uint16_t character = gsm_alphabet_char(septet);

	if (out->escaped) {
		uint16_t extension = gsm_alphabet_extension_char(septet);

		/* What the extension table lacks is read by the default one, and ESC ESC is a
		 * space (TS 23.038 clause 6.2.1.1). */
		out->escaped = false;
		return text_put(out, extension ? extension : character);
	}
	if (septet == GSM_SEPTET_ESC) {
		out->escaped = true;
		return 0;
	}
	return text_put(out, character);
}

static int text_finish(struct text_out *out)
{
	/* An ESC with nothing behind it shows as a space (TS 23.038 clause 6.2.1). */
	if (out->escaped && text_put(out, ' ') < 0)
		return -EMSGSIZE;
	if (out->len >= out->size)
		return -EMSGSIZE;
	out->utf8[out->len] = '\0';
	return (int)out->len;
}

int gsm_text_from_septets(char *utf8, size_t size, const uint8_t *septets, size_t n_septets)
{
	struct text_out out = { .utf8 = utf8, .size = size };

	for (size_t i = 0; i < n_septets; i++) {
		int rc = text_put_septet(&out, septets[i] & 0x7f);

		if (rc < 0)
			return rc;
	}
	return text_finish(&out);
}

/* --- USSD, outward --------------------------------------------------------- */

/* Septets with the CR that TS 23.038 clause 6.1.2.3.1 asks for: where 7 bits would be left over,
 * because zeros would read as '@', and behind a CR of the text that ends on an octet boundary,
 * because the receiver takes that one away. */
static size_t with_cr_padding(size_t n_septets, bool ends_in_cr)
{
	if (n_septets % 8 == 7)
		return n_septets + 1;
	if (n_septets > 0 && n_septets % 8 == 0 && ends_in_cr)
		return n_septets + 1;
	return n_septets;
}

/* Octets in UCS-2, or -EILSEQ. */
static int ucs2_octets(const char *utf8, size_t len)
{
	int n = 0;

	while (len > 0) {
		uint32_t code_point;
		int taken = utf8_take(&code_point, utf8, len);

		if (taken < 0)
			return taken;
		n += code_point > 0xffff ? 4 : 2;
		utf8 += taken;
		len -= (size_t)taken;
	}
	return n;
}

int gsm_text_ussd_octets(const char *utf8, size_t len, uint8_t *dcs)
{
	int n = gsm_text_septets(utf8, len);

	if (n < 0) {
		*dcs = GSM_DCS_UCS2;
		return ucs2_octets(utf8, len);
	}
	*dcs = GSM_DCS_DEFAULT;
	return (int)packed_octets(with_cr_padding((size_t)n, len > 0 && utf8[len - 1] == '\r'));
}

/* Eight characters of one septet each, seven octets; behind a whole octet. */
static void pack_eight(struct packer *p, const char *ascii)
{
	uint64_t bits = 0;

	for (int i = 0; i < 8; i++)
		bits |= (uint64_t)gsm_alphabet_ascii[(uint8_t)ascii[i]] << 7 * i;
	for (int i = 0; i < 7; i++)
		*p->out++ = (uint8_t)(bits >> 8 * i);
}

static void ussd_put_default(uint8_t *out, const char *utf8, size_t len)
{
	struct packer packer = { .out = out };
	bool ends_in_cr = len > 0 && utf8[len - 1] == '\r';
	uint8_t septets[2];
	size_t n = 0;

	while (len > 0) {
		int rc;

		if (packer.n_bits == 0 && len >= 8 && one_septet_run(utf8, 8) == 8) {
			pack_eight(&packer, utf8);
			utf8 += 8;
			len -= 8;
			n += 8;
			continue;
		}
		rc = take_septets(septets, &utf8, &len);
		for (int i = 0; i < rc; i++)
			pack(&packer, septets[i]);
		n += (size_t)rc;
	}
	if (with_cr_padding(n, ends_in_cr) > n)
		pack(&packer, GSM_SEPTET_CR);
	pack_rest(&packer);
}

static uint8_t *put_unit(uint8_t *out, uint32_t unit)
{
	*out++ = (uint8_t)(unit >> 8);
	*out++ = (uint8_t)unit;
	return out;
}

static void ussd_put_ucs2(uint8_t *out, const char *utf8, size_t len)
{
	while (len > 0) {
		uint32_t c;
		int taken = utf8_take(&c, utf8, len);

		if (c > 0xffff) {
			out = put_unit(out, 0xd800 | (c - 0x10000) >> 10);
			out = put_unit(out, 0xdc00 | ((c - 0x10000) & 0x3ff));
		} else {
			out = put_unit(out, c);
		}
		utf8 += taken;
		len -= (size_t)taken;
	}
}

int gsm_text_ussd_encode(uint8_t *out, size_t size, uint8_t *dcs, const char *utf8, size_t len)
{
	int octets = gsm_text_ussd_octets(utf8, len, dcs);

	if (octets < 0)
		return octets;
	if ((size_t)octets > size)
		return -EMSGSIZE;
	if (*dcs == GSM_DCS_DEFAULT)
		ussd_put_default(out, utf8, len);
	else
		ussd_put_ucs2(out, utf8, len);
	return octets;
}

/* --- USSD, inward ---------------------------------------------------------- */

static int ussd_take_default(struct text_out *out, const uint8_t *in, size_t len, size_t skip)
{
	size_t n = len * 8 / 7;

	if (n > 0 && n % 8 == 0 && septet_get(in, n - 1) == GSM_SEPTET_CR)
		n--;
	for (size_t i = skip; i < n; i++) {
		int rc = text_put_septet(out, septet_get(in, i));

		if (rc < 0)
			return rc;
	}
	return text_finish(out);
}

static int ussd_take_ucs2(struct text_out *out, const uint8_t *in, size_t len)
{
	if (len % 2 != 0)
		return -EILSEQ;
	for (size_t i = 0; i < len; i += 2) {
		uint32_t c = (uint32_t)in[i] << 8 | in[i + 1];

		if (c >= 0xd800 && c <= 0xdbff && i + 4 <= len && (in[i + 2] & 0xfc) == 0xdc) {
			i += 2;
			c = 0x10000 + ((c & 0x3ff) << 10 | (in[i] & 3u) << 8 | in[i + 1]);
		}
		/* NUL would hide from us what stands behind it. */
		if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
			return -EILSEQ;
		if (text_put(out, c) < 0)
			return -EMSGSIZE;
	}
	return text_finish(out);
}

static int ussd_take_ascii(struct text_out *out, const uint8_t *in, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (in[i] == 0 || in[i] > 0x7f)
			return -EILSEQ;
		if (text_put(out, in[i]) < 0)
			return -EMSGSIZE;
	}
	return text_finish(out);
}

enum coding { CODING_DEFAULT, CODING_ASCII, CODING_UCS2, CODING_UNKNOWN };

/* TS 23.038 clause 5; reserved codings are those of the default alphabet. */
static enum coding coding_of(uint8_t dcs)
{
	static const enum coding by_bits_3_2[] = { CODING_DEFAULT, CODING_ASCII, CODING_UCS2,
						   CODING_DEFAULT };

	switch (dcs >> 4) {
	case 0x1:
		return dcs == DCS_UCS2_LANGUAGE ? CODING_UCS2 : CODING_DEFAULT;
	case 0x4:
	case 0x5:
		return by_bits_3_2[dcs >> 2 & 3];
	case 0x6: /* compressed */
	case 0x7:
	case 0x9: /* with a user data header */
	case 0xd: /* I1 protocol message */
	case 0xe: /* WAP */
		return CODING_UNKNOWN;
	case 0xf:
		return dcs & 0x04 ? CODING_ASCII : CODING_DEFAULT;
	default:
		return CODING_DEFAULT;
	}
}

int gsm_text_ussd_decode(char *out, size_t size, uint8_t dcs, const uint8_t *in, size_t len)
{
	struct text_out text = { .utf8 = out, .size = size };

	switch (coding_of(dcs)) {
	case CODING_DEFAULT:
		return ussd_take_default(&text, in, len,
					 dcs == DCS_DEFAULT_LANGUAGE ? LANGUAGE_SEPTETS : 0);
	case CODING_ASCII:
		return ussd_take_ascii(&text, in, len);
	case CODING_UCS2:
		if (dcs == DCS_UCS2_LANGUAGE && len >= LANGUAGE_OCTETS) {
			in += LANGUAGE_OCTETS;
			len -= LANGUAGE_OCTETS;
		}
		return ussd_take_ucs2(&text, in, len);
	case CODING_UNKNOWN:
		break;
	}
	return -ENOTSUP;
}
