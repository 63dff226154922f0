/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The time of day that the record goes by, in UTC.
 *
 * A manager sets it from the database's clock, twice a second, so that a clock
 * of its host that is wrong, or is set, changes nothing that is stored: the day
 * in a value id, the time in a request id.  So the managers of one database
 * agree too.  Between two settings it goes by the monotonic clock.
 *
 * Nobody sets it in other programs: then it is the host's own.
 */
#include <stdint.h>

int64_t wall_clock_us(void);
int64_t wall_clock_s(void);
/* It is now_us, from now on; may go back.  How much the host's own clock is behind, in us. */
int64_t wall_clock_set(int64_t now_us);
