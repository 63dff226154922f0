/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Turning the select loop in a unit test; after <cmocka.h>. */
#include <time.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#define LOOP_WAIT_S 8

static inline void loop_tick(void *data)
{
}

/* One turn, at most 20 ms long. */
static inline void loop_turn(void)
{
	struct osmo_timer_list tick = {};

	osmo_timer_setup(&tick, loop_tick, NULL);
	osmo_timer_schedule(&tick, 0, 20000);
	osmo_select_main_ctx(0);
	osmo_timer_del(&tick);
}

static inline void loop_turns(int n)
{
	while (n-- > 0)
		osmo_select_main_ctx(1);
}

/* Turns the loop until the condition holds; the test fails where it does not come true. */
#define loop_until(cond)                                    \
	do {                                                \
		time_t loop_end = time(NULL) + LOOP_WAIT_S; \
		while (!(cond)) {                           \
			assert_true(time(NULL) < loop_end); \
			loop_turn();                        \
		}                                           \
	} while (0)
