/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Any octets as the header of a request, a field a line: what passes has nothing
 * in it that could end a line, and frames the message in one way only.
 *
 * Stands in for libmicrohttpd's list of fields, which may hold what its parser
 * does not.
 */
#include "fuzz.h"

#include "gateway/bearer.h"
#include "gateway/http_field.h"
#include "gateway/http_fields.h"
#include "gateway/source_address.h"

static const char *header;
static size_t header_len;

int MHD_get_connection_values_n(struct MHD_Connection *mhd, enum MHD_ValueKind kind,
				MHD_KeyValueIteratorN take, void *cls)
{
	/* Kept until the next request, as libmicrohttpd keeps them. */
	static char *kept[256];
	static int n;
	const char *at = header, *end = header + header_len;

	while (n > 0)
		free(kept[--n]);
	while (at < end && n + 2 <= (int)ARRAY_SIZE(kept)) {
		const char *line = memchr(at, '\n', end - at) ?: end;
		const char *colon = memchr(at, ':', line - at) ?: line;
		const char *value = colon < line ? colon + 1 : line;

		kept[n] = fuzz_text((const uint8_t *)at, colon - at);
		kept[n + 1] = fuzz_text((const uint8_t *)value, line - value);
		n += 2;
		if (take(cls, kind, kept[n - 2], colon - at, colon < line ? kept[n - 1] : NULL,
			 line - value) != MHD_YES)
			break;
		at = line + 1;
	}
	return n / 2;
}

static void one_line(const char *value)
{
	OSMO_ASSERT(!value || !strpbrk(value, "\r\n"));
}

static void read_source(const char *text)
{
	struct source_address from, back;
	char again[INET6_ADDRSTRLEN];
	uint8_t key[LRU_KEY_SIZE];

	if (source_address_parse(&from, text) < 0)
		return;
	source_address_format(again, &from);
	OSMO_ASSERT(source_address_parse(&back, again) == 0);
	OSMO_ASSERT(memcmp(&from, &back, sizeof(from)) == 0);
	source_address_key(key, &from);
}

static void read_values(const struct http_fields *f)
{
	struct bearer b;

	if (bearer_parse(&b, f->authorization) == 0)
		OSMO_ASSERT(strlen(f->authorization) <= 16 + BEARER_PREFIX_LEN + BEARER_SECRET_MAX);
	if (f->content_type)
		http_content_type_is_json(f->content_type);
	if (f->request_id && http_request_id_sane(f->request_id))
		OSMO_ASSERT(strlen(f->request_id) < HTTP_REQUEST_ID_SIZE &&
			    !strpbrk(f->request_id, " \"\\\t%<>"));
	if (f->traceparent && http_traceparent_valid(f->traceparent))
		OSMO_ASSERT(strlen(f->traceparent) == HTTP_TRACEPARENT_LEN);
	if (f->forwarded_for)
		read_source(f->forwarded_for);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct http_fields f;

	header = (const char *)in;
	header_len = len;
	http_fields_read(&f, NULL);
	read_values(&f);
	if (f.fault)
		return 0;
	OSMO_ASSERT(!f.transfer_encoding || !f.content_length);
	one_line(f.authorization);
	one_line(f.request_id);
	one_line(f.traceparent);
	one_line(f.host);
	one_line(f.forwarded_for);
	return 0;
}
