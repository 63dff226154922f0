/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The header fields of a request that the gateway looks at, and the rules that
 * libmicrohttpd 0.9.75 does not enforce: names are tokens, what frames a message
 * stands once and not in two ways (RFC 9112 section 6.3: a proxy in front could
 * read it otherwise), nothing that decides about a request is repeated.
 */
#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

struct http_fields {
	const char *authorization;
	const char *content_type;
	const char *content_encoding;
	const char *content_length;
	const char *transfer_encoding;
	const char *expect;
	const char *connection;
	const char *host;
	const char *request_id;
	const char *traceparent;
	const char *forwarded_for; /* the last one */
	bool has_accept, accept_json; /* any of several */
	uint64_t body_size; /* by Content-Length; chunked: 0 */
	const char *fault; /* for people; NULL: there is none */
};

/* Texts are libmicrohttpd's and live as long as the request. */
void http_fields_read(struct http_fields *f, struct MHD_Connection *mhd);
