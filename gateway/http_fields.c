/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_fields.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

#include "gateway/http_field.h"

struct field_slot {
	const char *name;
	size_t len;
	size_t offset;
	const char *repeated; /* the fault where it stands twice; NULL: the last one counts */
};

#define SLOT(field, name, repeated)                                                   \
	{                                                                             \
		name, sizeof(name) - 1, offsetof(struct http_fields, field), repeated \
	}

static const struct field_slot slots[] = {
	SLOT(authorization, "Authorization", "Authorization stands there twice"),
	SLOT(content_type, "Content-Type", "Content-Type stands there twice"),
	SLOT(content_encoding, "Content-Encoding", "Content-Encoding stands there twice"),
	SLOT(content_length, "Content-Length", "Content-Length stands there twice"),
	SLOT(transfer_encoding, "Transfer-Encoding", "Transfer-Encoding stands there twice"),
	SLOT(expect, "Expect", "Expect stands there twice"),
	SLOT(connection, "Connection", NULL),
	SLOT(host, "Host", "Host stands there twice"),
	SLOT(request_id, "X-Request-Id", "X-Request-Id stands there twice"),
	SLOT(traceparent, "traceparent", NULL),
	SLOT(forwarded_for, "X-Forwarded-For", NULL),
};

static void field_store(struct http_fields *f, const char *name, size_t len, const char *value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		const char **slot = (const char **)((char *)f + slots[i].offset);

		if (len != slots[i].len || strcasecmp(name, slots[i].name) != 0)
			continue;
		if (*slot && slots[i].repeated)
			f->fault = slots[i].repeated;
		*slot = value;
		return;
	}
	if (strcasecmp(name, "Accept") == 0) {
		f->has_accept = true;
		f->accept_json |= http_accept_takes_json(value);
	}
}

static enum MHD_Result field_read(void *cls, enum MHD_ValueKind kind, const char *name,
				  size_t name_len, const char *value, size_t value_len)
{
	struct http_fields *f = cls;

	if (!value)
		value = "";
	if (strlen(name) != name_len || !http_field_name_valid(name))
		f->fault = "The name of a header field has characters that are not allowed";
	else if (strlen(value) != value_len || !http_field_value_valid(value))
		f->fault = "The value of a header field has characters that are not allowed";
	else
		field_store(f, name, name_len, value);
	return f->fault ? MHD_NO : MHD_YES;
}

static void framing_check(struct http_fields *f)
{
	char *end;

	if (f->transfer_encoding && f->content_length)
		f->fault = "Content-Length and Transfer-Encoding exclude each other";
	else if (f->transfer_encoding && strcasecmp(f->transfer_encoding, "chunked") != 0)
		f->fault = "The only Transfer-Encoding that is taken is chunked";
	if (!f->content_length || f->fault)
		return;
	errno = 0;
	f->body_size = strtoull(f->content_length, &end, 10);
	if (errno || *end || end == f->content_length ||
	    strspn(f->content_length, "0123456789") != strlen(f->content_length))
		f->fault = "Content-Length is not a number";
}

void http_fields_read(struct http_fields *f, struct MHD_Connection *mhd)
{
	memset(f, 0, sizeof(*f));
	MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, field_read, f);
	if (!f->has_accept)
		f->accept_json = true;
	if (!f->fault)
		framing_check(f);
}
