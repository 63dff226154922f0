/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/ber.h"

#include <errno.h>
#include <string.h>

#define TAG_IN_MORE_OCTETS 0x1f /* X.690 clause 8.1.2.4 */
#define LENGTH_SHORT_MAX 0x7f
#define LENGTH_ONE_OCTET 0x81
#define LENGTH_TWO_OCTETS 0x82

/* X.690 clause 8.1.3; returns octets that the length itself takes. */
static int read_length(const struct ber_in *in, size_t *length)
{
	const uint8_t *p = in->octets + 1; /* behind the tag */

	if (in->left < 2)
		return -EBADMSG;
	if (p[0] <= LENGTH_SHORT_MAX) {
		*length = p[0];
		return 1;
	}
	if (p[0] == LENGTH_ONE_OCTET && in->left >= 3) {
		*length = p[1];
		return 2;
	}
	if (p[0] == LENGTH_TWO_OCTETS && in->left >= 4) {
		*length = (size_t)p[1] << 8 | p[2];
		return 3;
	}
	return -EBADMSG;
}

int ber_take(struct ber_in *in, uint8_t *tag, struct ber_in *content)
{
	size_t length, header;
	int rc = read_length(in, &length);

	if (rc < 0 || (in->octets[0] & TAG_IN_MORE_OCTETS) == TAG_IN_MORE_OCTETS)
		return -EBADMSG;
	header = 1 + (size_t)rc;
	if (length > in->left - header)
		return -EBADMSG;
	*tag = in->octets[0];
	content->octets = in->octets + header;
	content->left = length;
	in->octets += header + length;
	in->left -= header + length;
	return 0;
}

int ber_take_tagged(struct ber_in *in, uint8_t tag, struct ber_in *content)
{
	uint8_t found;

	if (ber_take(in, &found, content) < 0 || found != tag)
		return -EBADMSG;
	return 0;
}

int ber_take_octet(struct ber_in *in, uint8_t tag, uint8_t *value)
{
	struct ber_in content;

	if (ber_take_tagged(in, tag, &content) < 0 || content.left != 1)
		return -EBADMSG;
	*value = content.octets[0];
	return 0;
}

void ber_out_init(struct ber_out *out, uint8_t *buf, size_t size)
{
	*out = (struct ber_out){ .buf = buf, .room = size };
}

void ber_put(struct ber_out *out, const uint8_t *octets, size_t len)
{
	if (len > out->room) {
		out->overflow = true;
		return;
	}
	out->room -= len;
	out->len += len;
	memcpy(out->buf + out->room, octets, len);
}

void ber_put_header(struct ber_out *out, uint8_t tag, size_t len)
{
	uint8_t header[4] = { tag };
	size_t n = 1;

	if (len > 0xff) {
		header[n++] = LENGTH_TWO_OCTETS;
		header[n++] = (uint8_t)(len >> 8);
	} else if (len > LENGTH_SHORT_MAX) {
		header[n++] = LENGTH_ONE_OCTET;
	}
	header[n++] = (uint8_t)len;
	ber_put(out, header, n);
}

void ber_put_octet(struct ber_out *out, uint8_t tag, uint8_t value)
{
	ber_put(out, &value, 1);
	ber_put_header(out, tag, 1);
}
