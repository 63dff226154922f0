/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Times as RFC 3339 has them: "2026-11-22T10:02:03Z".  strftime() and gmtime_r() look at the
 * time zone, under a lock, for each. */
#include <stdbool.h>
#include <stdint.h>

#define RFC3339_STR_SIZE 21

/* at_s: since 1970.  false: before that, or after the year 9999. */
bool rfc3339_format(char buf[RFC3339_STR_SIZE], int64_t at_s);
