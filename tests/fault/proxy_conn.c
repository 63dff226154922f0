/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/fault/proxy_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static enum conn_side source_of(enum conn_way way)
{
	return way == UP ? CLIENT : SERVER;
}

static enum conn_side sink_of(enum conn_way way)
{
	return way == UP ? SERVER : CLIENT;
}

static void no_delay(int fd)
{
	int on = 1;

	/* A Unix socket has no such thing. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void side_close(struct conn *c, enum conn_side side, bool reset)
{
	struct linger now = { .l_onoff = 1 };

	if (c->fd[side] < 0)
		return;
	if (reset)
		(void)setsockopt(c->fd[side], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(c->fd[side]);
	c->fd[side] = -1;
}

static void conn_free(struct conn *c, bool reset)
{
	for (size_t i = 0; i < SIDES; i++)
		side_close(c, i, reset);
	for (size_t i = 0; i < WAYS; i++)
		pipe_free(&c->way[i]);
	free(c);
}

/* Servers may know their peers by address. */
static void bind_local(int fd, const struct stream_addr *local, const struct stream_addr *target)
{
	struct stream_addr from = *local;
	int on = 1;

	if (stream_addr_is_unix(local) || local->sa.sa_family != target->sa.sa_family)
		return;
	if (from.sa.sa_family == AF_INET)
		from.in.sin_port = 0;
	else
		from.in6.sin6_port = 0;
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	/* Where that is not possible the server will say what it thinks of us. */
	(void)bind(fd, &from.sa, from.len);
}

static int dial(const struct conns *cs, bool *connecting)
{
	const struct stream_addr *target = &cs->target;
	int fd = socket(target->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	no_delay(fd);
	bind_local(fd, &cs->local, target);
	*connecting = false;
	if (connect(fd, &target->sa, target->len) == 0)
		return fd;
	*connecting = errno == EINPROGRESS;
	if (*connecting)
		return fd;
	close(fd);
	return -ECONNREFUSED;
}

void conns_add(struct conns *cs, int client)
{
	struct conn *c = calloc(1, sizeof(*c));
	int server;

	if (!c || cs->n == CONN_MAX) {
		free(c);
		close(client);
		return;
	}
	no_delay(client);
	cs->accepted++;
	c->fd[CLIENT] = client;
	server = dial(cs, &c->connecting);
	c->fd[SERVER] = server < 0 ? -1 : server;
	for (size_t i = 0; i < WAYS; i++)
		pipe_init(&c->way[i], &cs->fault[i], &cs->stats[i]);
	if (server < 0)
		conn_free(c, true);
	else
		cs->conn[cs->n++] = c;
}

/* The last one takes the free place. */
static void drop(struct conns *cs, size_t i, bool reset)
{
	conn_free(cs->conn[i], reset);
	cs->conn[i] = cs->conn[--cs->n];
}

void conns_cut(struct conns *cs, bool client, bool server, bool reset)
{
	cs->cut += cs->n;
	for (size_t i = cs->n; i-- > 0;) {
		struct conn *c = cs->conn[i];

		if (client)
			side_close(c, CLIENT, reset);
		if (server)
			side_close(c, SERVER, reset);
		if (client && server)
			drop(cs, i, reset);
	}
}

void conns_heal(struct conns *cs)
{
	for (size_t i = cs->n; i-- > 0;) {
		const struct conn *c = cs->conn[i];

		if (c->fd[CLIENT] < 0 || c->fd[SERVER] < 0 || c->way[UP].lossy ||
		    c->way[DOWN].lossy)
			drop(cs, i, true);
	}
}

/* Which events does this side wait for?  One that lost its other side is read all the same: what it
 * says goes nowhere. */
static short side_events(const struct conn *c, enum conn_side side, int64_t *due_us, int64_t now_us)
{
	const struct pipe *from = &c->way[side == CLIENT ? UP : DOWN];
	const struct pipe *to = &c->way[side == CLIENT ? DOWN : UP];
	int64_t due = pipe_write_due_us(to);
	short events = 0;

	if (side == SERVER && c->connecting)
		return POLLOUT;
	if (pipe_wants_read(from) && !c->connecting)
		events |= POLLIN;
	if (due >= 0 && due <= now_us)
		events |= POLLOUT;
	else if (due >= 0 && due < *due_us)
		*due_us = due;
	return events;
}

size_t conns_poll(const struct conns *cs, struct pollfd *fds, int64_t *due_us, int64_t now_us)
{
	for (size_t i = 0; i < cs->n; i++) {
		for (size_t side = 0; side < SIDES; side++) {
			struct pollfd *p = &fds[SIDES * i + side];
			short events = 0;

			if (cs->conn[i]->fd[side] >= 0)
				events = side_events(cs->conn[i], side, due_us, now_us);
			/* Nothing is waited for: then not even an end of file is seen. */
			*p = (struct pollfd){ .fd = events ? cs->conn[i]->fd[side] : -1,
					      .events = events };
		}
	}
	return SIDES * cs->n;
}

static int connected(struct conn *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	c->connecting = false;
	if (getsockopt(c->fd[SERVER], SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return -error;
}

static int way_run(struct conn *c, enum conn_way way, const struct pollfd *fds, int64_t now_us)
{
	struct pipe *p = &c->way[way];
	int source = c->fd[source_of(way)], sink = c->fd[sink_of(way)];
	int rc = 0;

	if (source >= 0 && fds[source_of(way)].revents && pipe_wants_read(p))
		rc = pipe_read(p, source, now_us);
	if (rc < 0 || p->fault->hold)
		return rc;
	if (sink >= 0 && !c->connecting)
		return pipe_write(p, sink, now_us);
	if (sink < 0)
		pipe_free(p);
	return 0;
}

/* False: the connection has ended, or is lost. */
static bool conn_run(struct conn *c, const struct pollfd *fds, int64_t now_us, bool *reset)
{
	*reset = true;
	if (c->connecting) {
		if (!fds[SERVER].revents)
			return true;
		if (connected(c) < 0)
			return false;
	}
	for (size_t i = 0; i < WAYS; i++) {
		if (way_run(c, i, fds, now_us) < 0)
			return false;
	}
	*reset = false;
	if (c->fd[CLIENT] < 0 || c->fd[SERVER] < 0)
		return !(c->way[c->fd[CLIENT] < 0 ? DOWN : UP].source_ended);
	return !(c->way[UP].sink_ended && c->way[DOWN].sink_ended);
}

void conns_run(struct conns *cs, const struct pollfd *fds, int64_t now_us)
{
	for (size_t i = cs->n; i-- > 0;) {
		bool reset;

		if (!conn_run(cs->conn[i], &fds[SIDES * i], now_us, &reset))
			drop(cs, i, reset);
	}
}
