/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
#include <stdint.h>
#include <time.h>

#include <osmocom/core/timer.h>

/* Microseconds of the clock that the loop's timers go by. */
static inline int64_t db_now_us(void)
{
	struct timespec ts;

	osmo_clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
