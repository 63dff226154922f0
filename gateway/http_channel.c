/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define EVENTS_MAX 64

/* --- in --------------------------------------------------------------------- */

/* What was read last, of whichever channel; GnuTLS mostly takes all of it in the same call. */
static struct {
	struct http_channel *owner; /* NULL: all was taken */
	size_t len, off;
	uint8_t octets[HTTP_CHANNEL_READ_MAX];
} in;

static void in_take(struct http_channel *ch, void *out, size_t n)
{
	memcpy(out, in.octets + in.off, n);
	in.off += n;
	if (in.off == in.len)
		in.owner = NULL;
}

static void ahead_take(struct http_channel *ch, void *out, size_t n)
{
	memcpy(out, ch->ahead + ch->ahead_off, n);
	ch->ahead_off += n;
	if (ch->ahead_off == ch->ahead_len) {
		TALLOC_FREE(ch->ahead);
		ch->ahead_len = ch->ahead_off = 0;
	}
}

/* Another channel is to read: what it did not take is kept apart. */
static void in_evict(void)
{
	struct http_channel *ch = in.owner;

	if (!ch)
		return;
	/* It would have taken from there before it read again. */
	OSMO_ASSERT(!ch->ahead);
	ch->ahead_len = in.len - in.off;
	ch->ahead = talloc_memdup(NULL, in.octets + in.off, ch->ahead_len);
	OSMO_ASSERT(ch->ahead);
	in.owner = NULL;
}

static ssize_t in_read(struct http_channel *ch)
{
	ssize_t n;

	in_evict();
	do
		n = recv(ch->fd, in.octets, sizeof(in.octets), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	/* Edge-triggered: who was told less than there was room for will be told of the rest. */
	ch->more = n == sizeof(in.octets);
	if (n > 0) {
		in.owner = ch;
		in.len = n;
		in.off = 0;
	}
	return n;
}

static ssize_t channel_pull(gnutls_transport_ptr_t transport, void *out, size_t size)
{
	struct http_channel *ch = transport;
	ssize_t n;

	if (ch->ahead) {
		n = OSMO_MIN(size, ch->ahead_len - ch->ahead_off);
		ahead_take(ch, out, n);
		return n;
	}
	if (in.owner != ch) {
		n = in_read(ch);
		if (n < 0)
			gnutls_transport_set_errno(ch->session, errno);
		if (n <= 0)
			return n;
		http_channel_touch(ch);
	}
	n = OSMO_MIN(size, in.len - in.off);
	in_take(ch, out, n);
	return n;
}

/* GnuTLS asks this where it could wait, which nothing here lets it do. */
static int channel_pull_timeout(gnutls_transport_ptr_t transport, unsigned int ms)
{
	struct http_channel *ch = transport;
	struct pollfd fd = { .fd = ch->fd, .events = POLLIN };

	return ch->ahead || in.owner == ch ? 1 : poll(&fd, 1, 0);
}

bool http_channel_unread(const struct http_channel *ch)
{
	return ch->all && (ch->ahead || in.owner == ch || ch->more ||
			   gnutls_record_check_pending(ch->session) > 0);
}

/* --- out -------------------------------------------------------------------- */

static ssize_t channel_push(gnutls_transport_ptr_t transport, const giovec_t *pieces, int n_pieces)
{
	struct http_channel *ch = transport;
	struct msghdr message = { .msg_iov = (struct iovec *)pieces, .msg_iovlen = n_pieces };
	ssize_t n;

	do
		n = sendmsg(ch->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	ch->refused = n < 0;
	if (n < 0)
		gnutls_transport_set_errno(ch->session, errno);
	else
		http_channel_touch(ch);
	return n;
}

static void channel_watch(struct http_channel *ch)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLONESHOT, .data.ptr = ch };
	int how = ch->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	/* Without memory for it the connection ends when its time to write has passed. */
	if (epoll_ctl(ch->all->writable.fd, how, ch->fd, &event) == 0)
		ch->watched = true;
}

/* libmicrohttpd 0.9.75 corks the socket with its first answer and pushes each by TCP_NODELAY;
 * as it thinks of the socket as corked from then on, that is undone once. */
static void tcp_uncork(struct http_channel *ch)
{
	int off = 0;

	if (!ch->tcp_cork_off && setsockopt(ch->fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off)) == 0)
		ch->tcp_cork_off = true;
}

void http_channel_cork(struct http_channel *ch)
{
	OSMO_ASSERT(!ch->stuck);
	gnutls_record_cork(ch->session);
	ch->corked = true;
}

int http_channel_flush(struct http_channel *ch)
{
	int rc;

	if (!ch->corked)
		return 0;
	tcp_uncork(ch);
	do
		rc = gnutls_record_uncork(ch->session, 0);
	while (rc == GNUTLS_E_INTERRUPTED);
	ch->stuck = rc == GNUTLS_E_AGAIN;
	ch->corked = ch->stuck;
	if (ch->stuck) {
		channel_watch(ch);
		return -EAGAIN;
	}
	return rc < 0 ? -EPIPE : 0;
}

bool http_channel_is_stuck(const struct http_channel *ch)
{
	return ch->stuck;
}

static int channels_writable(struct osmo_fd *fd, unsigned int what)
{
	struct http_channels *all = fd->data;
	struct epoll_event events[EVENTS_MAX];
	int i, n = epoll_wait(fd->fd, events, EVENTS_MAX, 0);

	for (i = 0; i < n; i++) {
		struct http_channel *ch = events[i].data.ptr;

		if (ch->stuck && http_channel_flush(ch) != -EAGAIN)
			all->drained(ch);
	}
	return 0;
}

/* --- life ------------------------------------------------------------------- */

void http_channel_touch(struct http_channel *ch)
{
	if (llist_empty(&ch->active))
		llist_add_tail(&ch->active, &ch->all->active);
}

void http_channel_open(struct http_channel *ch, struct http_channels *all, gnutls_session_t session,
		       int fd)
{
	*ch = (struct http_channel){ .all = all, .session = session, .fd = fd };
	INIT_LLIST_HEAD(&ch->active);
	gnutls_transport_set_ptr(session, ch);
	gnutls_transport_set_pull_function(session, channel_pull);
	gnutls_transport_set_pull_timeout_function(session, channel_pull_timeout);
	gnutls_transport_set_vec_push_function(session, channel_push);
}

void http_channel_close(struct http_channel *ch)
{
	if (!ch->all)
		return;
	llist_del(&ch->active);
	if (in.owner == ch)
		in.owner = NULL;
	TALLOC_FREE(ch->ahead);
	/* libmicrohttpd closes the socket after this, and the number may be used again. */
	if (ch->watched)
		epoll_ctl(ch->all->writable.fd, EPOLL_CTL_DEL, ch->fd, NULL);
	ch->all = NULL;
}

int http_channels_init(struct http_channels *all, void (*drained)(struct http_channel *ch))
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return -errno;
	INIT_LLIST_HEAD(&all->active);
	all->drained = drained;
	osmo_fd_setup(&all->writable, fd, OSMO_FD_READ, channels_writable, all, 0);
	if (osmo_fd_register(&all->writable) == 0)
		return 0;
	close(fd);
	return -EIO;
}

void http_channels_end(struct http_channels *all)
{
	OSMO_ASSERT(llist_empty(&all->active));
	osmo_fd_unregister(&all->writable);
	close(all->writable.fd);
}
