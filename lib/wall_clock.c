/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/wall_clock.h"

#include <stdbool.h>
#include <time.h>

#include <osmocom/core/utils.h>

static bool is_set;
static int64_t ahead_us; /* of the monotonic clock */

static int64_t clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t wall_clock_us(void)
{
	return is_set ? clock_us(CLOCK_MONOTONIC) + ahead_us : clock_us(CLOCK_REALTIME);
}

int64_t wall_clock_s(void)
{
	return wall_clock_us() / 1000000;
}

/* A time that a database gives may be infinite. */
#define WALL_CLOCK_MAX_US (INT64_MAX / 4)

int64_t wall_clock_set(int64_t now_us)
{
	now_us = OSMO_MIN(OSMO_MAX(now_us, -WALL_CLOCK_MAX_US), WALL_CLOCK_MAX_US);
	ahead_us = now_us - clock_us(CLOCK_MONOTONIC);
	is_set = true;
	return now_us - clock_us(CLOCK_REALTIME);
}
