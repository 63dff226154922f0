/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Hands a JSON object to a shop by HTTP(S) POST, with libcurl's multi interface
 * on the select loop.  Certificates are verified, redirects are not followed.
 *
 * Ownership: a talloc object of ctx; it is gone after its callback, which comes
 * exactly once and never from inside shop_post_start().
 */
#include <stdbool.h>
#include <stdint.h>

#define SHOP_ANSWER_MAX 16384

struct shop_post;

struct shop_post_request {
	const char *url; /* http:// or https:// */
	const char *ca; /* PEM; NULL: the system's */
	const char *body; /* JSON */
	uint32_t timeout_ms; /* for all of it */
};

/* taken: the shop answered 2xx.  why: what happened, for a person; both live for the call. */
typedef void (*shop_post_cb)(void *data, bool taken, const char *why, const char *answer);

/* Arguments are copied.  NULL where libcurl cannot be used at all. */
struct shop_post *shop_post_start(void *ctx, const struct shop_post_request *request,
				  shop_post_cb done, void *data)
	__attribute__((warn_unused_result));
