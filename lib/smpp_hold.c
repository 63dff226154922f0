/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/smpp_hold.h"

#include <string.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "lib/monotonic.h"

/* Fewer responses in the time below are not worth counting. */
#define COUNT_LEAST 64
#define COUNT_EVERY_US 100000

static void counted(struct smpp_hold *h)
{
	h->counting = false;
	h->n_uncounted = 0;
	h->count_at_us = monotonic_us() + COUNT_EVERY_US;
}

static int time_over(struct osmo_fd *ofd, unsigned int what)
{
	struct smpp_hold *h = ofd->data;
	uint64_t expirations;

	if (read(ofd->fd, &expirations, sizeof(expirations)) < 0)
		return 0; /* it was for what has left meanwhile */
	h->armed = h->waiting = false;
	/* Whatever kept fewer under way than was thought is not waited for again. */
	if (h->counting)
		h->half = h->n_responses / 2;
	else if (h->n_responses)
		h->half = OSMO_MIN(h->half, h->n_responses);
	if (h->counting)
		counted(h);
	h->leave(h->data);
	return 0;
}

void smpp_hold_init(struct smpp_hold *h, void (*leave)(void *data), void *data)
{
	memset(h, 0, sizeof(*h));
	h->leave = leave;
	h->data = data;
	h->timer.fd = -1;
}

void smpp_hold_end(struct smpp_hold *h)
{
	if (h->timer.fd < 0)
		return;
	osmo_fd_unregister(&h->timer);
	close(h->timer.fd);
	h->timer.fd = -1;
}

/* false: there is no descriptor, so nothing may wait. */
static bool arm(struct smpp_hold *h)
{
	const struct timespec first = { .tv_nsec = SMPP_HOLD_US * 1000 }, never = {};

	if (h->armed && !h->waiting)
		return true;
	h->waiting = false;
	if (h->timer.fd < 0 && osmo_timerfd_setup(&h->timer, time_over, h) < 0)
		return false;
	h->armed = osmo_timerfd_schedule(&h->timer, &first, &never) == 0;
	return h->armed;
}

bool smpp_hold_request(struct smpp_hold *h, size_t n_on_their_way)
{
	h->n_requests++;
	return h->n_requests >= n_on_their_way || !arm(h);
}

bool smpp_hold_response(struct smpp_hold *h)
{
	h->n_responses++;
	h->n_uncounted++;
	if (h->counting)
		return false;
	if (h->n_uncounted >= COUNT_LEAST && monotonic_us() >= h->count_at_us)
		h->counting = arm(h);
	else if (h->n_responses < h->half)
		return !arm(h);
	return !h->counting;
}

void smpp_hold_wait(struct smpp_hold *h)
{
	/* To set it costs more than to be woken for nothing once in its time.  Where it cannot be
	 * armed, nobody is told, which costs time alone. */
	if (!h->armed)
		h->waiting = arm(h);
}

void smpp_hold_left(struct smpp_hold *h)
{
	if (h->counting)
		counted(h);
	h->n_requests = h->n_responses = 0;
	/* Stopping it would cost more than being woken for nothing where no other follows. */
	h->armed = h->waiting;
}
