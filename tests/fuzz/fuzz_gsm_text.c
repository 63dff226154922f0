/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as a USSD string of any coding: what reads as a text is sent and read as the same. */
#include <stdint.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/gsm_text.h"

#define TEXT_SIZE 4096

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

static void send_and_read(const char *text, size_t len)
{
	uint8_t octets[2 * TEXT_SIZE], dcs;
	char back[2 * TEXT_SIZE];
	int n = gsm_text_ussd_encode(octets, sizeof(octets), &dcs, text, len);

	OSMO_ASSERT(n >= 0);
	n = gsm_text_ussd_decode(back, sizeof(back), dcs, octets, (size_t)n);
	OSMO_ASSERT(n >= 0);
	/* A CR at the end may be there twice (TS 23.038 clause 6.1.2.3.1). */
	if (len > 0 && text[len - 1] == '\r' && (size_t)n == len + 1)
		n--;
	OSMO_ASSERT((size_t)n == len && memcmp(back, text, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char text[TEXT_SIZE];
	uint8_t septets[TEXT_SIZE];
	int n;

	if (len < 1)
		return 0;
	n = gsm_text_ussd_decode(text, sizeof(text), in[0], in + 1, len - 1);
	if (n >= 0)
		send_and_read(text, (size_t)n);
	/* The same octets as a text of ours, and as septets. */
	n = gsm_text_to_septets(septets, sizeof(septets), (const char *)in, len);
	if (n >= 0)
		send_and_read((const char *)in, len);
	n = gsm_text_from_septets(text, sizeof(text), in, len);
	if (n >= 0)
		send_and_read(text, (size_t)n);
	return 0;
}
