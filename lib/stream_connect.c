/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Dialling: sockets, addresses to connect from, and what connect() knows at once. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "lib/stream_priv.h"
#include "lib/stream_tls_io.h"

static int bind_local(int fd, const char *local, int family)
{
	struct stream_addr a;
	int on = 1;

	if (stream_addr_parse(&a, local, false) || a.sa.sa_family != family || family == AF_UNIX)
		return -EINVAL;
	/* Many connections to different peers may share one local port. */
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, &a.sa, a.len) ? -errno : 0;
}

static int socket_open(const struct stream_addr *peer, const char *local)
{
	int fd = socket(peer->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc = 0;

	if (fd < 0)
		return -errno;
	stream_socket_options(fd, peer);
	if (local)
		rc = bind_local(fd, local, peer->sa.sa_family);
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

/* Starts to connect; what is known at once is told soon. */
static void connect_start(struct stream *s, const struct stream_addr *peer)
{
	int rc = connect(s->ofd.fd, &peer->sa, peer->len) ? -errno : 0;

	s->state = STREAM_CONNECTING;
	if (rc == -EINPROGRESS) {
		osmo_timer_schedule(&s->connect_timer, s->limits.connect_timeout_ms / 1000,
				    s->limits.connect_timeout_ms % 1000 * 1000);
		osmo_fd_update_when(&s->ofd, 0, OSMO_FD_WRITE);
		return;
	}
	osmo_fd_update_when(&s->ofd, 0, 0);
	if (rc)
		stream_down_soon(s, rc, strerror(-rc));
	else
		stream_wake_soon(s, SOON_CONNECTED);
}

struct stream *stream_connect(void *ctx, const char *address, const char *local,
			      struct stream_tls *tls, const struct stream_limits *limits,
			      const struct stream_handler *handler, void *data, int *error)
{
	struct stream_addr peer;
	struct stream *s;
	int fd;

	*error = stream_addr_parse(&peer, address, true);
	if (*error == 0 && !stream_addr_is_unix(&peer) && !stream_addr_port(&peer))
		*error = -EINVAL;
	if (*error)
		return NULL;
	fd = socket_open(&peer, local);
	if (fd < 0) {
		*error = fd;
		return NULL;
	}
	s = stream_new(ctx, fd, &peer, limits);
	s->handler = handler;
	s->data = data;
	if (tls)
		*error = stream_tls_session_new(s, tls, false);
	if (*error == 0)
		*error = osmo_fd_register(&s->ofd);
	if (*error) {
		talloc_free(s);
		return NULL;
	}
	connect_start(s, &peer);
	return s;
}
