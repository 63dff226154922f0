/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
#include <stdint.h>

#define DURATION_MAX_MS (24 * 3600 * 1000)

/* "200ms", "5s", "2m", "1h".  -EINVAL: not such a text; -ERANGE: above DURATION_MAX_MS. */
int duration_parse(uint32_t *ms, const char *text) __attribute__((warn_unused_result));
