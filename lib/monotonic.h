/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The time that never goes back, since some moment that means nothing.  Tests
 * cannot override it: what goes by the loop's timers takes db_now_us() or
 * exchange_now_ms() of the manager.
 */
#include <stdint.h>
#include <time.h>

static inline int64_t monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t monotonic_ms(void)
{
	return monotonic_us() / 1000;
}

static inline int64_t monotonic_s(void)
{
	return monotonic_us() / 1000000;
}
