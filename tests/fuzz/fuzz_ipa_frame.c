/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as a stream of frames, as it comes and in two halves, with their CCM payloads. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/ipa_frame.h"

#define PAYLOAD_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

static void read_payload(const struct ipa_frame *f)
{
	char name[IPA_NAME_SIZE];

	if (f->proto != IPA_PROTO_CCM || f->payload_len < 1)
		return;
	if (ipa_ccm_parse_name(name, f->payload + 1, f->payload_len - 1) == 0)
		OSMO_ASSERT(strlen(name) > 0 && strlen(name) < sizeof(name));
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	size_t at = 0;

	for (;;) {
		struct ipa_frame f, cut;
		uint8_t header[4];
		size_t n;
		int rc = ipa_frame_take(&f, in + at, len - at, PAYLOAD_MAX);

		if (rc <= 0)
			return 0;
		OSMO_ASSERT(f.frame_len <= len - at && f.payload_len <= PAYLOAD_MAX);
		OSMO_ASSERT(f.payload + f.payload_len == in + at + f.frame_len);
		/* With one octet less there is nothing yet, and the header is what we would write.
		 */
		OSMO_ASSERT(ipa_frame_take(&cut, in + at, f.frame_len - 1, PAYLOAD_MAX) == 0);
		n = ipa_frame_header(header, f.proto, f.ext, f.payload_len);
		OSMO_ASSERT(n + f.payload_len == f.frame_len && memcmp(header, in + at, n) == 0);
		read_payload(&f);
		at += f.frame_len;
	}
}
