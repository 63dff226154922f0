/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/stream_buf.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define SIZE_MIN 2048

void stream_buf_reserve(void *ctx, struct stream_buf *b, size_t more)
{
	size_t need = b->len + more, size = b->size ? b->size : SIZE_MIN;

	if (b->off + need <= b->size)
		return;
	if (b->off) {
		memmove(b->data, b->data + b->off, b->len);
		b->off = 0;
		/* Moving a little for a lot of room is cheap; where most of it waits, grow. */
		if (need <= b->size && b->len <= b->size / 2)
			return;
	}
	while (size < need || b->len > size / 2)
		size *= 2;
	b->data = talloc_realloc(ctx, b->data, uint8_t, size);
	OSMO_ASSERT(b->data);
	b->size = size;
}

void stream_buf_put(void *ctx, struct stream_buf *b, const void *in, size_t len)
{
	stream_buf_reserve(ctx, b, len);
	memcpy(stream_buf_tail(b), in, len);
	b->len += len;
}

void stream_buf_take(struct stream_buf *b, size_t len)
{
	OSMO_ASSERT(len <= b->len);
	b->off += len;
	b->len -= len;
	if (!b->len)
		stream_buf_release(b);
}

void stream_buf_release(struct stream_buf *b)
{
	talloc_free(b->data);
	*b = (struct stream_buf){};
}
