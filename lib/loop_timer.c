/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The timers of the select loop, by the monotonic clock.
 *
 * libosmocore's own go by the time of day: where a host's clock is set back by
 * an hour, nothing that waits for a time happens for an hour: no deadline, no
 * ping, no new connection.  These have the same names and the same rules, and a
 * program's own functions come before those of a library; so the library's
 * loop, state machines and ours all use them.  <osmocom/core/timer.h> is the
 * contract, with one difference: the time in a timer, and the one that
 * osmo_timer_remaining() takes, is of CLOCK_MONOTONIC.
 *
 * A timer that is set while timers run has its turn in the next turn of the
 * loop, whatever its time.  One that is deleted meanwhile does not run.
 */
#include <sys/time.h>

#include <osmocom/core/linuxrbtree.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

static struct rb_root by_time = RB_ROOT;
/* Until the next one, as of osmo_timers_prepare(); nearest NULL: there is none. */
static struct timeval until_nearest;
static struct timeval *nearest;

static struct timeval now(void)
{
	struct timespec ts;

	osmo_clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct timeval){ .tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000 };
}

static struct osmo_timer_list *timer_of(struct rb_node *node)
{
	return node ? container_of(node, struct osmo_timer_list, node) : NULL;
}

/* --- one timer ------------------------------------------------------------------- */

void osmo_timer_setup(struct osmo_timer_list *timer, void (*cb)(void *data), void *data)
{
	timer->cb = cb;
	timer->data = data;
}

static bool is_before(const struct timeval *a, const struct timeval *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_usec < b->tv_usec;
}

/* Behind those of the same time: first come, first served. */
void osmo_timer_add(struct osmo_timer_list *timer)
{
	struct rb_node **link = &by_time.rb_node, *parent = NULL;

	osmo_timer_del(timer);
	while (*link) {
		parent = *link;
		link = is_before(&timer->timeout, &timer_of(parent)->timeout) ? &parent->rb_left
									      : &parent->rb_right;
	}
	rb_link_node(&timer->node, parent, link);
	rb_insert_color(&timer->node, &by_time);
	INIT_LLIST_HEAD(&timer->list);
	timer->active = 1;
}

void osmo_timer_schedule(struct osmo_timer_list *timer, int seconds, int microseconds)
{
	struct timeval at = now();
	struct timeval in = { .tv_sec = seconds + microseconds / 1000000,
			      .tv_usec = microseconds % 1000000 };

	timeradd(&at, &in, &timer->timeout);
	osmo_timer_add(timer);
}

void osmo_timer_del(struct osmo_timer_list *timer)
{
	if (!timer->active)
		return;
	timer->active = 0;
	rb_erase(&timer->node, &by_time);
	/* It may be among those that are about to run. */
	llist_del_init(&timer->list);
}

int osmo_timer_pending(const struct osmo_timer_list *timer)
{
	return timer->active;
}

int osmo_timer_remaining(const struct osmo_timer_list *timer, const struct timeval *at,
			 struct timeval *remaining)
{
	struct timeval current = at ? *at : now();

	timersub(&timer->timeout, &current, remaining);
	return remaining->tv_sec < 0 ? -1 : 0;
}

/* --- all of them ------------------------------------------------------------------ */

void osmo_timers_prepare(void)
{
	struct osmo_timer_list *first = timer_of(rb_first(&by_time));
	struct timeval current;

	nearest = NULL;
	if (!first)
		return;
	current = now();
	timerclear(&until_nearest);
	if (is_before(&current, &first->timeout))
		timersub(&first->timeout, &current, &until_nearest);
	nearest = &until_nearest;
}

struct timeval *osmo_timers_nearest(void)
{
	return nearest;
}

/* Rounded up: who wakes too early turns in vain until it is time. */
int osmo_timers_nearest_ms(void)
{
	int64_t ms;

	if (!nearest)
		return -1;
	ms = nearest->tv_sec * INT64_C(1000) + (nearest->tv_usec + 999) / 1000;
	return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

int osmo_timers_update(void)
{
	struct timeval current = now();
	struct osmo_timer_list *timer;
	struct rb_node *node;
	LLIST_HEAD(due);
	int ran = 0;

	for (node = rb_first(&by_time); node; node = rb_next(node)) {
		timer = timer_of(node);
		if (is_before(&current, &timer->timeout))
			break;
		llist_add_tail(&timer->list, &due);
	}
	/* Each may set, delete or free any other. */
	while (!llist_empty(&due)) {
		timer = llist_entry(due.next, struct osmo_timer_list, list);
		osmo_timer_del(timer);
		if (timer->cb)
			timer->cb(timer->data);
		ran = 1;
	}
	return ran;
}

int osmo_timers_check(void)
{
	struct rb_node *node;
	int n = 0;

	for (node = rb_first(&by_time); node; node = rb_next(node))
		n++;
	return n;
}
