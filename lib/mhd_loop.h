/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A libmicrohttpd daemon on the libosmocore select loop: external epoll mode,
 * its epoll descriptor as one osmo_fd, its timeout as one timer.
 */
#include <microhttpd.h>

struct mhd_loop;

/* NULL where its descriptor cannot be watched; the daemon is the caller's then.
 * Takes a daemon that was started with MHD_USE_EPOLL (and no MHD_USE_INTERNAL_POLLING_THREAD)
 * and drives it until mhd_loop_stop(), which also stops the daemon. */
struct mhd_loop *mhd_loop_start(void *ctx, struct MHD_Daemon *mhd);
/* Call after MHD_resume_connection(), so that the loop looks at once. */
void mhd_loop_kick(struct mhd_loop *l);
void mhd_loop_stop(struct mhd_loop *l);
