/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A byte queue in one piece: put at the end, taken from the front.  Its memory
 * is there only while something is in it, so that an idle stream is small.
 *
 *     data        data + off            data + off + len      data + size
 *      |  taken    |  what waits          |  free               |
 */
#include <stddef.h>
#include <stdint.h>

struct stream_buf {
	uint8_t *data;
	size_t off, len, size;
};

/* Makes room for more octets behind what waits; what waits may move. */
void stream_buf_reserve(void *ctx, struct stream_buf *b, size_t more);
void stream_buf_put(void *ctx, struct stream_buf *b, const void *in, size_t len);
/* Takes len octets, all of which are there. */
void stream_buf_take(struct stream_buf *b, size_t len);
void stream_buf_release(struct stream_buf *b);

static inline uint8_t *stream_buf_head(const struct stream_buf *b)
{
	return b->data + b->off;
}

static inline uint8_t *stream_buf_tail(const struct stream_buf *b)
{
	return b->data + b->off + b->len;
}
