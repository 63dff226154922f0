/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as a component: what is one is sent and read as the same. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/ussd_ss.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	uint8_t out[USSD_SS_MAX_SIZE];
	struct ussd_ss ss, back;
	size_t text_len;
	int n;

	if (ussd_ss_decode(&ss, in, len) < 0)
		return 0;
	text_len = strlen(ss.text);
	OSMO_ASSERT(text_len < sizeof(ss.text));
	n = ussd_ss_encode(out, sizeof(out), &ss, USSD_OCTETS_DIRECT);
	if (n == -EMSGSIZE)
		return 0; /* 8-bit ASCII that GSM 7-bit does not have takes twice the room */
	OSMO_ASSERT(n > 0);
	OSMO_ASSERT(ussd_ss_decode(&back, out, (size_t)n) == 0);
	OSMO_ASSERT(back.kind == ss.kind && back.invoke_id == ss.invoke_id);
	OSMO_ASSERT(back.error == ss.error && back.has_text == ss.has_text);
	OSMO_ASSERT(memcmp(back.text, ss.text, text_len) == 0);
	return 0;
}
