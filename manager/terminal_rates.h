/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * How often a terminal may dial: a token bucket an IMSI, so that one phone (or
 * an exchange that plays it) cannot take what is there for all.
 *
 * Bounded: past TERMINAL_RATES_MAX terminals who did not dial for longest is
 * forgotten, and starts with a full bucket.  Counts are of one process.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERMINAL_RATES_MAX 65536

struct terminal_rates;

/* NULL: no random numbers. */
struct terminal_rates *terminal_rates_new(void *ctx) __attribute__((warn_unused_result));

/* May this terminal dial now?  It has per_minute dialogues a minute and burst at once; what of
 * both changes is in force at its next dial.  per_minute 0: always. */
bool terminal_rates_take(struct terminal_rates *tr, const char *imsi, uint32_t per_minute,
			 uint32_t burst, uint64_t now_us) __attribute__((warn_unused_result));

/* Gives back what was taken for nothing. */
void terminal_rates_give(struct terminal_rates *tr, const char *imsi);

/* Of terminals that are remembered now. */
size_t terminal_rates_count(const struct terminal_rates *tr);
