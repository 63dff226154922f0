/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * GET /metrics, /healthz (the loop turns) and /readyz (ready() says so) over
 * plain HTTP, for monitoring on a private address; and what a program adds to them.
 */
#include <stdbool.h>
#include <stddef.h>

#define METRICS_HTTP_PAGE_MAX (4 * 1024 * 1024)

struct metrics_http;

/* Another page of every such listener, gone when its talloc parent ctx goes.  make: talloc'd from
 * ctx, *len octets, METRICS_HTTP_PAGE_MAX at most; after: the URL's argument of that name, or
 * NULL.  NULL: 404. */
void metrics_http_page_register(void *ctx, const char *path, const char *type,
				char *(*make)(void *ctx, const char *after, size_t *len,
					      void *data),
				void *data);

/* A line for /readyz, which stays 200 or 503 as it is, gone when its talloc parent ctx goes.
 * warn: static text without newline, NULL: nothing to say. */
void metrics_http_warning_register(void *ctx, const char *(*warn)(void *data), void *data);

/* Is it one to listen on?  Negative errno (logged): no. */
int metrics_http_check(const char *address) __attribute__((warn_unused_result));
/* address: "127.0.0.1:9470", "[::1]:9470".  NULL where it cannot be bound (logged). */
struct metrics_http *metrics_http_start(void *ctx, const char *address, bool (*ready)(void *data),
					void *data);
void metrics_http_stop(struct metrics_http *m);
