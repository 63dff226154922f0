/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * GET /metrics, /healthz (the loop turns) and /readyz (ready() says so) over
 * plain HTTP, for monitoring on a private address.
 */
#include <stdbool.h>

struct metrics_http;

/* Is it one to listen on?  Negative errno (logged): no. */
int metrics_http_check(const char *address) __attribute__((warn_unused_result));
/* address: "127.0.0.1:9470", "[::1]:9470".  NULL where it cannot be bound (logged). */
struct metrics_http *metrics_http_start(void *ctx, const char *address, bool (*ready)(void *data),
					void *data);
void metrics_http_stop(struct metrics_http *m);
