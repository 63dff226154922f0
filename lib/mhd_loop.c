/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/mhd_loop.h"

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

/* libmicrohttpd 0.9.75 says that there is work at once for as long as a client owes it a part of
 * the TLS handshake.  Nothing has come after so many turns: it waits, and what comes still wakes
 * it. */
#define TURNS_IN_VAIN_MAX 16
#define IN_VAIN_WAIT_MS 50
/* Where there is nothing to do by who was asked, libmicrohttpd has its turn all the same after
 * 2, 4, 8 ... ms: it answers some faults by itself. */
#define DOUBT_WAIT_MS 2
#define DOUBT_DOUBLINGS_MAX 5
/* An answer is made in one turn and sent in the next one. */
#define TURNS_AT_ONCE 2

struct mhd_loop {
	struct MHD_Daemon *mhd;
	struct osmo_fd epoll;
	struct osmo_timer_list timer;
	unsigned int n_in_vain; /* turns since the descriptor was readable */
	bool kicked; /* and has had no turn since: each answer of many kicks */
	bool (*turned)(void *data);
	void *data;
};

static MHD_UNSIGNED_LONG_LONG in_vain_wait_ms(const struct mhd_loop *l)
{
	if (l->turned)
		return DOUBT_WAIT_MS << OSMO_MIN(l->n_in_vain, DOUBT_DOUBLINGS_MAX);
	return l->n_in_vain < TURNS_IN_VAIN_MAX ? 0 : IN_VAIN_WAIT_MS;
}

static void loop_arm(struct mhd_loop *l, bool due)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	l->kicked = false;
	if (MHD_get_timeout(l->mhd, &timeout_ms) != MHD_YES) {
		osmo_timer_del(&l->timer);
		return;
	}
	if (timeout_ms == 0 && !due)
		timeout_ms = in_vain_wait_ms(l);
	/* Work that libmicrohttpd has left over is done in the next turn, so that one busy
	 * connection does not keep the database and the links waiting. */
	osmo_timer_schedule(&l->timer, timeout_ms / 1000, (timeout_ms % 1000) * 1000);
}

void mhd_loop_run(struct mhd_loop *l)
{
	bool due = false;
	int i;

	for (i = 0; i < TURNS_AT_ONCE; i++) {
		MHD_run(l->mhd);
		due = l->turned && l->turned(l->data);
		if (!due)
			break;
	}
	loop_arm(l, due);
}

static int loop_readable(struct osmo_fd *fd, unsigned int what)
{
	struct mhd_loop *l = fd->data;

	l->n_in_vain = 0;
	mhd_loop_run(l);
	return 0;
}

static void loop_timeout(void *data)
{
	struct mhd_loop *l = data;

	l->n_in_vain++;
	mhd_loop_run(l);
}

struct mhd_loop *mhd_loop_start(void *ctx, struct MHD_Daemon *mhd)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_EPOLL_FD);
	struct mhd_loop *l;

	/* Only a daemon that was started in another mode has none. */
	OSMO_ASSERT(info && info->epoll_fd >= 0);
	l = talloc_zero(ctx, struct mhd_loop);
	l->mhd = mhd;
	osmo_timer_setup(&l->timer, loop_timeout, l);
	osmo_fd_setup(&l->epoll, info->epoll_fd, OSMO_FD_READ, loop_readable, l, 0);
	if (osmo_fd_register(&l->epoll) != 0) {
		talloc_free(l);
		return NULL;
	}
	loop_arm(l, false);
	return l;
}

void mhd_loop_set_turned(struct mhd_loop *l, bool (*turned)(void *data), void *data)
{
	l->turned = turned;
	l->data = data;
}

void mhd_loop_kick(struct mhd_loop *l)
{
	l->n_in_vain = 0;
	if (!l->kicked)
		osmo_timer_schedule(&l->timer, 0, 0);
	l->kicked = true;
}

void mhd_loop_stop(struct mhd_loop *l)
{
	if (!l)
		return;
	osmo_timer_del(&l->timer);
	osmo_fd_unregister(&l->epoll);
	MHD_stop_daemon(l->mhd);
	talloc_free(l);
}
