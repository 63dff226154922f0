/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/json_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "lib/utf8.h"

#define FIRST_SIZE 256 /* of a growing buffer */

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

void json_writer_init(struct json_writer *w, char *buf, size_t size)
{
	*w = (struct json_writer){ .buf = buf, .size = size };
}

void json_writer_init_growing(struct json_writer *w, void *ctx, size_t max)
{
	OSMO_ASSERT(max > 0 && max <= INT_MAX);
	*w = (struct json_writer){ .ctx = ctx, .max = max };
}

/* --- octets ---------------------------------------------------------------- */

/* Makes room for len more by doubling, so that the copies are linear in the whole. */
static int grow(struct json_writer *w, size_t len)
{
	size_t size = w->size ? w->size : OSMO_MIN(FIRST_SIZE, w->max);
	char *buf;

	if (w->max == 0 || len > w->max - w->len)
		return -EMSGSIZE;
	while (size - w->len < len)
		size = OSMO_MIN(2 * size, w->max);
	buf = talloc_realloc(w->ctx, w->buf, char, size);
	if (!buf)
		return -ENOMEM;
	w->buf = buf;
	w->size = size;
	return 0;
}

static void put(struct json_writer *w, const char *octets, size_t len)
{
	if (w->error == 0 && len > w->size - w->len)
		w->error = grow(w, len);
	if (w->error < 0)
		return;
	memcpy(w->buf + w->len, octets, len);
	w->len += len;
}

static void put_escape(struct json_writer *w, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *p = memchr(plain, c, sizeof(plain) - 1);
	char escape[8];

	if (p)
		put(w, (char[]){ '\\', letters[p - plain] }, 2);
	else
		put(w, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", c));
}

/* US-ASCII that stands for itself in a string. */
static const bool plain_ascii[256] = {
	[0x20 ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... 0x7e] = true,
};

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/* The top bit of each octet that is zero, and perhaps of one in front of which one is. */
static uint64_t zero_octets(uint64_t v)
{
	return (v - EACH(1)) & ~v & EACH(0x80);
}

/* May say no of eight that are, never yes of eight that are not. */
static bool plain_eight(const char *in)
{
	uint64_t v;

	memcpy(&v, in, sizeof(v));
	return !((v & EACH(0x80)) | ((v - EACH(0x20)) & ~v & EACH(0x80)) |
		 zero_octets(v ^ EACH('"')) | zero_octets(v ^ EACH('\\')) |
		 zero_octets(v ^ EACH(0x7f)));
}

/* May say no of what needs no escape.  The last eight may overlap those before. */
static bool plain(const char *in, size_t len)
{
	size_t n = 0;

	if (len >= 8) {
		for (; n + 8 < len; n += 8) {
			if (!plain_eight(in + n))
				return false;
		}
		return plain_eight(in + len - 8);
	}
	while (n < len && plain_ascii[(unsigned char)in[n]])
		n++;
	return n == len;
}

/* How many octets from here need no escape and are UTF-8. */
static size_t plain_octets(const char *in, size_t len)
{
	size_t n = 0;

	while (n < len) {
		uint32_t code_point;
		int taken;

		if (plain_ascii[(unsigned char)in[n]]) {
			n++;
			continue;
		}
		if ((unsigned char)in[n] <= 0x7f)
			break;
		taken = utf8_take(&code_point, in + n, len - n);
		if (taken < 0)
			break;
		n += (size_t)taken;
	}
	return n;
}

static void put_string(struct json_writer *w, const char *in, size_t len)
{
	/* Nearly all are as they stand, and fit. */
	if (w->error == 0 && w->size - w->len >= len + 2 && plain(in, len)) {
		char *out = w->buf + w->len;

		*out++ = '"';
		memcpy(out, in, len);
		out[len] = '"';
		w->len += len + 2;
		return;
	}
	put(w, "\"", 1);
	while (len > 0) {
		size_t n = plain_octets(in, len);

		put(w, in, n);
		in += n;
		len -= n;
		if (len == 0)
			break;
		if ((unsigned char)*in > 0x7f)
			put(w, replacement, sizeof(replacement) - 1);
		else
			put_escape(w, (unsigned char)*in);
		in++;
		len--;
	}
	put(w, "\"", 1);
}

/* --- values ---------------------------------------------------------------- */

/* The comma and the name in front of a value. */
static void begin_value(struct json_writer *w, const char *name)
{
	if (w->filled & 1u << w->depth) {
		OSMO_ASSERT(w->depth > 0); /* one outermost value */
		put(w, ",", 1);
	}
	w->filled |= 1u << w->depth;
	if (!name)
		return;
	put_string(w, name, strlen(name));
	put(w, ":", 1);
}

static void begin_level(struct json_writer *w, const char *name, const char *bracket)
{
	begin_value(w, name);
	w->depth++;
	OSMO_ASSERT(w->depth < JSON_WRITER_DEPTH_MAX);
	w->filled &= ~(1u << w->depth);
	put(w, bracket, 1);
}

static void end_level(struct json_writer *w, const char *bracket)
{
	OSMO_ASSERT(w->depth > 0);
	w->depth--;
	put(w, bracket, 1);
}

void json_write_object(struct json_writer *w, const char *name)
{
	begin_level(w, name, "{");
}

void json_write_object_end(struct json_writer *w)
{
	end_level(w, "}");
}

void json_write_array(struct json_writer *w, const char *name)
{
	begin_level(w, name, "[");
}

void json_write_array_end(struct json_writer *w)
{
	end_level(w, "]");
}

void json_write_octets(struct json_writer *w, const char *name, const char *value, size_t len)
{
	begin_value(w, name);
	put_string(w, value, len);
}

void json_write_string(struct json_writer *w, const char *name, const char *value)
{
	if (value)
		json_write_octets(w, name, value, strlen(value));
	else
		json_write_null(w, name);
}

void json_write_int(struct json_writer *w, const char *name, int64_t value)
{
	char digits[24];

	begin_value(w, name);
	put(w, digits, (size_t)snprintf(digits, sizeof(digits), "%" PRId64, value));
}

void json_write_bool(struct json_writer *w, const char *name, bool value)
{
	begin_value(w, name);
	put(w, value ? "true" : "false", value ? 4 : 5);
}

void json_write_null(struct json_writer *w, const char *name)
{
	begin_value(w, name);
	put(w, "null", 4);
}

int json_writer_finish(struct json_writer *w)
{
	OSMO_ASSERT(w->depth == 0);
	return w->error < 0 ? w->error : (int)w->len;
}
