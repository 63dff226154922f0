/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The connections through the fault proxy: a client that was accepted, the
 * server that was dialled for it, and a pipe each way.
 */
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/stream_addr.h"
#include "tests/fault/proxy_pipe.h"

#define CONN_MAX 1024

enum conn_side { CLIENT, SERVER, SIDES };

/* Both ways: UP from the client to the server. */
enum conn_way { UP, DOWN, WAYS };

struct conn {
	int fd[SIDES]; /* -1: cut off, and the other one does not know it */
	bool connecting;
	struct pipe way[WAYS];
};

struct conns {
	struct stream_addr local; /* where clients dial, and from where we do */
	struct stream_addr target; /* of the connections that come */
	struct pipe_fault fault[WAYS];
	struct pipe_stats stats[WAYS];
	uint64_t accepted, cut;
	size_t n;
	struct conn *conn[CONN_MAX];
};

/* Takes client over, and dials the target for it. */
void conns_add(struct conns *cs, int client);
/* Closes every connection, or one side of it: with RST, or with FIN after what is on its way. */
void conns_cut(struct conns *cs, bool client, bool server, bool reset);
/* After a fault: what lost octets or its other side is reset, as a firewall does that has forgotten
 * it. */
void conns_heal(struct conns *cs);

/* Fills in two entries a connection, and brings *due_us forward to when one wants to write. */
size_t conns_poll(const struct conns *cs, struct pollfd *fds, int64_t *due_us, int64_t now_us);
/* fds: what conns_poll() filled in, after poll(). */
void conns_run(struct conns *cs, const struct pollfd *fds, int64_t now_us);
