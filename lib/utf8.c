/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/utf8.h"

#include <errno.h>

#include <osmocom/core/utils.h>

/* First octets are followed by 1 to 3 others; the first of these has bounds of its own where a
 * longer form, a surrogate or more than U+10FFFF would be (RFC 3629 section 4). */
static int first_octet(uint8_t first, uint8_t *second_min, uint8_t *second_max)
{
	*second_min = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*second_max = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	if (first >= 0xf0 && first <= 0xf4)
		return 3;
	return -EILSEQ;
}

int utf8_take(uint32_t *code_point, const char *in, size_t len)
{
	const uint8_t *octets = (const uint8_t *)in;
	uint8_t second_min, second_max;
	int more;

	if (octets[0] < 0x80) {
		*code_point = octets[0];
		return 1;
	}
	more = first_octet(octets[0], &second_min, &second_max);
	if (more < 0 || len < 1 + (size_t)more)
		return -EILSEQ;
	if (octets[1] < second_min || octets[1] > second_max)
		return -EILSEQ;
	*code_point = octets[0] & (0x3f >> more);
	for (int i = 1; i <= more; i++) {
		if ((octets[i] & 0xc0) != 0x80)
			return -EILSEQ;
		*code_point = *code_point << 6 | (octets[i] & 0x3f);
	}
	return 1 + more;
}

int utf8_put(char out[UTF8_MAX_SIZE], uint32_t code_point)
{
	static const uint8_t lead[UTF8_MAX_SIZE] = { 0x00, 0xc0, 0xe0, 0xf0 };
	uint8_t *octets = (uint8_t *)out;
	int more = code_point < 0x80 ? 0 : code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;

	OSMO_ASSERT(code_point <= 0x10ffff);
	for (int i = more; i > 0; i--) {
		octets[i] = 0x80 | (code_point & 0x3f);
		code_point >>= 6;
	}
	octets[0] = lead[more] | code_point;
	return 1 + more;
}
