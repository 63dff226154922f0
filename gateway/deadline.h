/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Deadlines for many things that are each in one of a few phases.  All entries of
 * a phase have the same time, so that each phase is a list in order of expiry and
 * moving an entry costs the same however many there are.
 *
 * A deadline is for the whole phase, not for a pause in it: who sends an octet a
 * second does not get more time.
 */
#include <stdint.h>

#include <osmocom/core/linuxlist.h>

#define DEADLINE_PHASES_MAX 8

struct deadlines;

struct deadline {
	struct llist_head list;
	uint64_t at_us; /* 0: in no phase */
	uint8_t phase;
};

/* expired: the entry is in no phase any more; it may enter one, or be freed. */
struct deadlines *deadlines_new(void *ctx, void (*expired)(void *data, struct deadline *d),
				void *data);
/* Holds for who enters from now on. */
void deadlines_set_ms(struct deadlines *ds, unsigned int phase, uint32_t timeout_ms);
/* Leaves the phase it was in. */
void deadline_enter(struct deadlines *ds, struct deadline *d, unsigned int phase);
/* Allowed in no phase. */
void deadline_leave(struct deadline *d);
/* Monotonic, microseconds. */
uint64_t deadline_now_us(void);
/* The same clock as of its last tick, a few milliseconds ago at most, for a tenth of the cost. */
uint64_t deadline_tick_us(void);
