/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/deadline.h"

#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/monotonic.h"

struct deadline_phase {
	struct deadlines *all;
	struct llist_head entries; /* soonest first */
	struct osmo_timer_list timer;
	uint64_t timeout_us;
};

struct deadlines {
	struct deadline_phase phases[DEADLINE_PHASES_MAX];
	void (*expired)(void *data, struct deadline *d);
	void *data;
};

uint64_t deadline_now_us(void)
{
	return monotonic_us();
}

uint64_t deadline_tick_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void phase_arm(struct deadline_phase *p, uint64_t now_us)
{
	struct deadline *first;
	uint64_t wait_us;

	if (llist_empty(&p->entries))
		return;
	first = llist_entry(p->entries.next, struct deadline, list);
	wait_us = first->at_us > now_us ? first->at_us - now_us : 0;
	osmo_timer_schedule(&p->timer, wait_us / 1000000, wait_us % 1000000);
}

static void phase_timeout(void *data)
{
	struct deadline_phase *p = data;
	uint64_t now_us = deadline_now_us();

	while (!llist_empty(&p->entries)) {
		struct deadline *d = llist_entry(p->entries.next, struct deadline, list);

		if (d->at_us > now_us)
			break;
		deadline_leave(d);
		p->all->expired(p->all->data, d);
	}
	phase_arm(p, now_us);
}

static int deadlines_destroy(struct deadlines *ds)
{
	size_t i;

	for (i = 0; i < DEADLINE_PHASES_MAX; i++)
		osmo_timer_del(&ds->phases[i].timer);
	return 0;
}

struct deadlines *deadlines_new(void *ctx, void (*expired)(void *data, struct deadline *d),
				void *data)
{
	struct deadlines *ds = talloc_zero(ctx, struct deadlines);
	size_t i;

	ds->expired = expired;
	ds->data = data;
	for (i = 0; i < DEADLINE_PHASES_MAX; i++) {
		struct deadline_phase *p = &ds->phases[i];

		p->all = ds;
		INIT_LLIST_HEAD(&p->entries);
		osmo_timer_setup(&p->timer, phase_timeout, p);
	}
	talloc_set_destructor(ds, deadlines_destroy);
	return ds;
}

void deadlines_set_ms(struct deadlines *ds, unsigned int phase, uint32_t timeout_ms)
{
	OSMO_ASSERT(phase < DEADLINE_PHASES_MAX);
	ds->phases[phase].timeout_us = (uint64_t)timeout_ms * 1000;
	/* It may run for one that has left, for longer than the next one has. */
	osmo_timer_del(&ds->phases[phase].timer);
	phase_arm(&ds->phases[phase], deadline_now_us());
}

/* Where a shorter time was set since, later entries may be due sooner: the list stays in
 * order, and an entry waits at most the old time. */
static uint64_t phase_due_us(struct deadline_phase *p, uint64_t now_us)
{
	uint64_t at_us = now_us + p->timeout_us;
	struct deadline *last;

	if (llist_empty(&p->entries))
		return at_us;
	last = llist_entry(p->entries.prev, struct deadline, list);
	return OSMO_MAX(at_us, last->at_us);
}

void deadline_enter(struct deadlines *ds, struct deadline *d, unsigned int phase)
{
	struct deadline_phase *p = &ds->phases[phase];
	uint64_t now_us = deadline_tick_us();

	OSMO_ASSERT(phase < DEADLINE_PHASES_MAX);
	deadline_leave(d);
	d->at_us = phase_due_us(p, now_us);
	d->phase = phase;
	llist_add_tail(&d->list, &p->entries);
	/* A timer that runs for an entry that has left is due sooner, and looks again then. */
	if (!osmo_timer_pending(&p->timer))
		phase_arm(p, now_us);
}

void deadline_leave(struct deadline *d)
{
	if (!d->at_us)
		return;
	llist_del(&d->list);
	d->at_us = 0;
}
