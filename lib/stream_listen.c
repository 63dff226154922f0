/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/stream_priv.h"
#include "lib/stream_tls_io.h"

#define BACKLOG 1024
/* Connections taken in one turn of the loop, so that a flood leaves the others their turn. */
#define ACCEPT_TURN_MAX 64
/* TLS handshakes under way; one more is closed at once. */
#define HANDSHAKES_MAX 1024
/* How long to wait where the process has no file descriptor left. */
#define ACCEPT_PAUSE_MS 100

struct stream_listener {
	struct osmo_fd ofd;
	struct osmo_timer_list pause;
	void *ctx;
	struct stream_tls *tls;
	struct stream_limits limits;
	void (*accept)(void *data, struct stream *s);
	void *data;
	struct llist_head handshakes;
	unsigned int n_handshakes;
	bool *gone;
	struct stream_addr address;
	char name[STREAM_ADDR_STR_SIZE];
	dev_t dev; /* of the Unix socket's file, so that another's is never removed */
	ino_t ino;
};

/* --- accepting ---------------------------------------------------------------- */

static void handshake_forget(struct stream_listener *l, struct stream *s)
{
	llist_del(&s->handshake);
	s->listener = NULL;
	l->n_handshakes--;
}

void stream_listener_shook(struct stream_listener *l, struct stream *s, bool ok)
{
	handshake_forget(l, s);
	if (ok) {
		l->accept(l->data, s);
		return;
	}
	LOGP(DMAIN, LOGL_NOTICE, "%s: TLS peer %s refused: %s\n", l->name, s->peer_name, s->why);
	talloc_free(s);
}

static void handshake_add(struct stream_listener *l, struct stream *s)
{
	if (l->n_handshakes >= HANDSHAKES_MAX || stream_tls_session_new(s, l->tls, true)) {
		LOGP(DMAIN, LOGL_ERROR, "%s: no room for the TLS handshake of %s\n", l->name,
		     s->peer_name);
		talloc_free(s);
		return;
	}
	s->listener = l;
	llist_add_tail(&s->handshake, &l->handshakes);
	l->n_handshakes++;
	stream_handshake_start(s);
}

/* A Unix peer has no address; who it is says the kernel. */
static void name_unix_peer(struct stream *s)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(s->ofd.fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return;
	talloc_free(s->peer_name);
	s->peer_name = talloc_asprintf(s, "unix:uid=%u", cred.uid);
}

static void accepted(struct stream_listener *l, int fd, const struct stream_addr *peer)
{
	struct stream *s = stream_new(l->ctx, fd, peer, &l->limits);

	stream_socket_options(fd, peer);
	if (stream_addr_is_unix(peer))
		name_unix_peer(s);
	if (osmo_fd_register(&s->ofd)) {
		talloc_free(s);
		return;
	}
	if (l->tls) {
		handshake_add(l, s);
		return;
	}
	s->state = STREAM_UP;
	l->accept(l->data, s);
}

static void accept_failed(struct stream_listener *l, int error)
{
	if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
		return;
	LOGP(DMAIN, LOGL_ERROR, "%s: accept: %s\n", l->name, strerror(error));
	osmo_fd_read_disable(&l->ofd);
	osmo_timer_schedule(&l->pause, 0, ACCEPT_PAUSE_MS * 1000);
}

static void pause_over(void *data)
{
	struct stream_listener *l = data;

	osmo_fd_read_enable(&l->ofd);
}

static int listener_event(struct osmo_fd *ofd, unsigned int what)
{
	struct stream_listener *l = ofd->data;
	struct stream_addr peer;
	bool gone = false;
	int i, fd;

	l->gone = &gone;
	for (i = 0; i < ACCEPT_TURN_MAX; i++) {
		memset(&peer, 0, sizeof(peer));
		peer.len = sizeof(peer.storage);
		fd = accept4(ofd->fd, &peer.sa, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			accept_failed(l, errno);
			break;
		}
		accepted(l, fd, &peer);
		if (gone)
			return 0;
	}
	l->gone = NULL;
	return 0;
}

/* --- opening and closing -------------------------------------------------------- */

/* Removes the file of a Unix socket on which nobody listens any more. */
static int remove_stale(const struct stream_addr *a)
{
	struct stat st;
	int fd, rc;

	if (lstat(a->un.sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = connect(fd, &a->sa, a->len) ? errno : 0;
	close(fd);
	if (rc != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(a->un.sun_path) && errno != ENOENT ? -errno : 0;
}

static int bind_unix(struct stream_listener *l, int fd, unsigned int mode)
{
	struct stat st;
	int rc = remove_stale(&l->address);

	if (rc)
		return rc;
	/* Never wider than asked, not even between bind and chmod. */
	if (fchmod(fd, mode) || bind(fd, &l->address.sa, l->address.len) ||
	    chmod(l->address.un.sun_path, mode) || stat(l->address.un.sun_path, &st))
		return -errno;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return 0;
}

static int bind_inet(struct stream_listener *l, int fd)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, &l->address.sa, l->address.len))
		return -errno;
	l->address.len = sizeof(l->address.storage);
	return getsockname(fd, &l->address.sa, &l->address.len) ? -errno : 0;
}

static int listener_open(struct stream_listener *l, unsigned int mode)
{
	int fd = socket(l->address.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	l->ofd.fd = fd; /* closed by the destructor from now on */
	rc = stream_addr_is_unix(&l->address) ? bind_unix(l, fd, mode) : bind_inet(l, fd);
	if (rc)
		return rc;
	if (listen(fd, BACKLOG))
		return -errno;
	return osmo_fd_register(&l->ofd);
}

static int listener_destructor(struct stream_listener *l)
{
	struct stream *s, *next;
	struct stat st;

	if (l->gone)
		*l->gone = true;
	osmo_timer_del(&l->pause);
	llist_for_each_entry_safe (s, next, &l->handshakes, handshake)
		talloc_free(s);
	stream_fd_close(&l->ofd);
	if (l->ino && stat(l->address.un.sun_path, &st) == 0 && st.st_ino == l->ino &&
	    st.st_dev == l->dev)
		unlink(l->address.un.sun_path);
	return 0;
}

struct stream_listener *stream_listen(void *ctx, const char *address, unsigned int mode,
				      struct stream_tls *tls, const struct stream_limits *limits,
				      void (*accept)(void *data, struct stream *s), void *data,
				      int *error)
{
	struct stream_listener *l;
	struct stream_addr a;

	*error = stream_addr_parse(&a, address, true);
	if (*error)
		return NULL;
	l = talloc_zero(ctx, struct stream_listener);
	OSMO_ASSERT(l);
	*l = (struct stream_listener){ .ctx = ctx,
				       .tls = tls,
				       .limits = *limits,
				       .accept = accept,
				       .data = data,
				       .address = a };
	INIT_LLIST_HEAD(&l->handshakes);
	osmo_timer_setup(&l->pause, pause_over, l);
	osmo_fd_setup(&l->ofd, -1, OSMO_FD_READ, listener_event, l, 0);
	talloc_set_destructor(l, listener_destructor);
	*error = listener_open(l, mode);
	if (*error) {
		talloc_free(l);
		return NULL;
	}
	stream_addr_format(l->name, &l->address);
	return l;
}

const char *stream_listener_address(const struct stream_listener *l)
{
	return l->name;
}

void stream_listener_close(struct stream_listener *l)
{
	talloc_free(l);
}
