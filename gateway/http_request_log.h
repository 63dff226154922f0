/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A request's line in the log, one each, at level info of category http:
 *
 *   request=0192... POST /v1/ownership-checks status=200 code=ok shop=71001 items=1 us=812
 *   from=192.0.2.7 [id=ORDER-7] [traceparent=00-...]
 *
 * Never the key.  What outsiders choose in it was made harmless by who stored it.
 */
#include <stdint.h>

struct http_request;

void http_request_log(const struct http_request *r, uint64_t duration_us);
