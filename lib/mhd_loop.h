/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A libmicrohttpd daemon on the libosmocore select loop: external epoll mode,
 * its epoll descriptor as one osmo_fd, its timeout as one timer.
 */
#include <stdbool.h>

#include <microhttpd.h>

struct mhd_loop;

/* NULL where its descriptor cannot be watched; the daemon is the caller's then.
 * Takes a daemon that was started with MHD_USE_EPOLL (and no MHD_USE_INTERNAL_POLLING_THREAD)
 * and drives it until mhd_loop_stop(), which also stops the daemon. */
struct mhd_loop *mhd_loop_start(void *ctx, struct MHD_Daemon *mhd);
/* turned(data) is called after each of libmicrohttpd's turns and tells whether there is something
 * to do now, which libmicrohttpd itself says too often: of each connection that it has not tried to
 * read in vain since, and of each that waits without being suspended.  Without it, it is believed.
 */
void mhd_loop_set_turned(struct mhd_loop *l, bool (*turned)(void *data), void *data);
/* A turn now, and those that follow from it. */
void mhd_loop_run(struct mhd_loop *l);
/* Call after MHD_resume_connection(), so that the loop looks at once. */
void mhd_loop_kick(struct mhd_loop *l);
void mhd_loop_stop(struct mhd_loop *l);
