/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * libmicrohttpd's responses for good answers over TLS, kept for the next answer of the same length:
 * making one takes 20 allocations, and another request id in it three.  At most
 * HTTP_RESPONSES_MAX are kept; those used longest ago go first.
 *
 *   http_response_take -> queued -> http_response_give (when it is sent, or never will be)
 */
#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>

#include "gateway/http_request.h"

#define HTTP_RESPONSES_MAX 256

struct http_response;

/* With the fixed fields of a good answer, this id, and a copy of body (up to HTTP_ANSWER_SMALL
 * octets).  NULL: no memory. */
struct http_response *http_response_take(const char *id_text, const char *body, size_t len);
struct MHD_Response *http_response_mhd(const struct http_response *response);
/* libmicrohttpd may still hold its reference, but sends no more of it. */
void http_response_give(struct http_response *response);
