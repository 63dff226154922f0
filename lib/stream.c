/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/fault_point.h"
#include "lib/stream_priv.h"
#include "lib/stream_tls_io.h"

#define READ_MAX 65536
/* An unfinished frame up to this size is carried in front of the next read in the buffer that
 * all streams share; a larger one has its own until it is whole. */
#define CARRY_MAX 4096
/* libosmogsm reads one octet past the end of a zero-length element. */
#define SLACK 16

static int stream_event(struct osmo_fd *ofd, unsigned int what);
static void stream_wake(void *data);
static void connect_timeout(void *data);

/* osmo_fd_close() walks the list of all fds to learn whether this one is on it. */
void stream_fd_close(struct osmo_fd *ofd)
{
	if (ofd->list.next)
		osmo_fd_unregister(ofd);
	if (ofd->fd >= 0)
		close(ofd->fd);
	ofd->list.next = NULL;
	ofd->fd = -1;
}

static int stream_destructor(struct stream *s)
{
	if (s->gone)
		*s->gone = true;
	if (s->listener)
		llist_del(&s->handshake);
	osmo_timer_del(&s->connect_timer);
	osmo_timer_del(&s->soon_timer);
	stream_tls_session_end(s);
	stream_fd_close(&s->ofd);
	return 0;
}

struct stream *stream_new(void *ctx, int fd, const struct stream_addr *peer,
			  const struct stream_limits *limits)
{
	struct stream *s = talloc_zero(ctx, struct stream);
	char name[STREAM_ADDR_STR_SIZE];

	OSMO_ASSERT(s && limits->in_max && limits->out_max);
	s->limits = *limits;
	if (!s->limits.connect_timeout_ms)
		s->limits.connect_timeout_ms = STREAM_CONNECT_TIMEOUT_DEFAULT_MS;
	s->peer_name = talloc_strdup(s, stream_addr_format(name, peer));
	OSMO_ASSERT(s->peer_name);
	stream_addr_format_ip(s->peer_ip, peer);
	osmo_timer_setup(&s->connect_timer, connect_timeout, s);
	osmo_timer_setup(&s->soon_timer, stream_wake, s);
	osmo_fd_setup(&s->ofd, fd, OSMO_FD_READ, stream_event, s, 0);
	talloc_set_destructor(s, stream_destructor);
	return s;
}

void stream_socket_options(int fd, const struct stream_addr *peer)
{
	int on = 1;

	if (stream_addr_is_unix(peer))
		return;
	/* Best effort: without them the link is slower, or dead later, but right. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

void stream_wake_soon(struct stream *s, enum stream_soon soon)
{
	s->soon = soon;
	osmo_timer_schedule(&s->soon_timer, 0, 0);
}

void stream_down_soon(struct stream *s, int error, const char *why)
{
	if (s->soon == SOON_DOWN || s->state == STREAM_DOWN)
		return;
	s->soon_error = error;
	OSMO_STRLCPY_ARRAY(s->why, why);
	stream_wake_soon(s, SOON_DOWN);
}

/* --- coming up and going down ------------------------------------------------ */

static void come_down(struct stream *s, int error, const char *why)
{
	char text[STREAM_WHY_SIZE]; /* outlives the stream, which down() may free */

	OSMO_STRLCPY_ARRAY(text, why);
	if (why != s->why)
		OSMO_STRLCPY_ARRAY(s->why, why);
	s->state = STREAM_DOWN;
	s->soon = SOON_NOTHING;
	osmo_timer_del(&s->connect_timer);
	osmo_timer_del(&s->soon_timer);
	stream_tls_session_end(s);
	stream_fd_close(&s->ofd);
	stream_buf_release(&s->in);
	stream_buf_release(&s->out);
	if (s->listener)
		stream_listener_shook(s->listener, s, false);
	else if (s->handler)
		s->handler->down(s->data, s, error, text);
}

static void come_down_errno(struct stream *s, int error)
{
	come_down(s, error, strerror(-error));
}

static void come_up(struct stream *s)
{
	osmo_timer_del(&s->connect_timer);
	s->state = STREAM_UP;
	osmo_fd_update_when(&s->ofd, 0, OSMO_FD_READ);
	if (s->session) {
		if (stream_peer_cn(s)[0])
			s->peer_name =
				talloc_asprintf_append(s->peer_name, " CN=%s", stream_peer_cn(s));
		/* The first octets may have come in one packet with the handshake's last. */
		stream_wake_soon(s, SOON_READ);
	}
	if (s->listener)
		stream_listener_shook(s->listener, s, true);
	else
		s->handler->up(s->data, s);
}

static void handshake_step(struct stream *s)
{
	int rc = stream_tls_session_handshake(s);

	if (rc == -EAGAIN)
		osmo_fd_update_when(&s->ofd, 0,
				    stream_tls_session_wants_write(s) ? OSMO_FD_WRITE
								      : OSMO_FD_READ);
	else if (rc)
		come_down(s, rc, s->why);
	else
		come_up(s);
}

void stream_handshake_start(struct stream *s)
{
	s->state = STREAM_HANDSHAKE;
	if (!osmo_timer_pending(&s->connect_timer))
		osmo_timer_schedule(&s->connect_timer, s->limits.connect_timeout_ms / 1000,
				    s->limits.connect_timeout_ms % 1000 * 1000);
	/* The client's first flight goes out when the socket takes it, which is at once. */
	osmo_fd_update_when(&s->ofd, 0, OSMO_FD_READ | OSMO_FD_WRITE);
}

static void connected(struct stream *s)
{
	if (s->session)
		stream_handshake_start(s);
	else
		come_up(s);
}

static void connect_step(struct stream *s)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer), error_len = sizeof(int);
	int error = 0;

	if (getsockopt(s->ofd.fd, SOL_SOCKET, SO_ERROR, &error, &error_len))
		error = errno;
	if (error)
		come_down_errno(s, -error);
	else if (getpeername(s->ofd.fd, (struct sockaddr *)&peer, &len) == 0)
		connected(s);
	/* else: an event for an earlier owner of the number of this fd */
}

static void connect_timeout(void *data)
{
	struct stream *s = data;

	come_down(s, -ETIMEDOUT,
		  s->state == STREAM_HANDSHAKE ? "TLS handshake timed out" : "connect timed out");
}

/* --- reading and writing ------------------------------------------------------- */

static ssize_t socket_read(struct stream *s, void *buf, size_t size)
{
	ssize_t n;

	if (s->session)
		return stream_tls_session_read(s, buf, size);
	n = recv(s->ofd.fd, buf, size, MSG_DONTWAIT);
	if (n >= 0)
		return n;
	n = errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	OSMO_STRLCPY_ARRAY(s->why, strerror(-n));
	return n;
}

static ssize_t socket_write(struct stream *s, const void *buf, size_t len)
{
	ssize_t n;

	if (s->session)
		return stream_tls_session_write(s, buf, len);
	n = send(s->ofd.fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	n = errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	OSMO_STRLCPY_ARRAY(s->why, strerror(-n));
	return n;
}

/* Sends what the socket takes now. */
static int flush(struct stream *s)
{
	ssize_t n = 0;

	while (s->out.len) {
		n = socket_write(s, stream_buf_head(&s->out), s->out.len);
		if (n < 0)
			break;
		stream_buf_take(&s->out, n);
		FAULT_POINT("written");
	}
	s->full = n == -EAGAIN;
	return n < 0 && n != -EAGAIN ? n : 0;
}

/* Keeps what the handler did not take; -EMSGSIZE where that is more than it may be. */
static int keep_rest(struct stream *s, const uint8_t *buf, size_t taken, size_t len)
{
	size_t rest = len - taken;

	if (rest >= s->limits.in_max)
		return -EMSGSIZE;
	if (buf == stream_buf_head(&s->in) && s->in.len) {
		stream_buf_take(&s->in, taken);
		return 0;
	}
	if (!rest) {
		stream_buf_release(&s->in);
		return 0;
	}
	s->in.off = s->in.len = 0;
	stream_buf_put(s, &s->in, buf + taken, rest);
	return 0;
}

/* Hands len octets at buf to the handler.  false: the stream is down or gone. */
static bool deliver(struct stream *s, uint8_t *buf, size_t len)
{
	bool gone = false;
	int taken;

	OSMO_ASSERT(s->handler);
	memset(buf + len, 0, SLACK);
	s->gone = &gone;
	taken = s->handler->received(s->data, s, buf, len);
	if (gone)
		return false;
	s->gone = NULL;
	OSMO_ASSERT(taken <= (int)len);
	if (taken < 0) {
		/* The peer may still read why. */
		(void)flush(s);
		come_down(s, taken, "the input is wrong");
		return false;
	}
	if (keep_rest(s, buf, taken, len)) {
		come_down(s, -EMSGSIZE, "a message is too long");
		return false;
	}
	return true;
}

/* One read of up to READ_MAX.  false: the stream is down or gone. */
static bool read_step(struct stream *s)
{
	static uint8_t shared[CARRY_MAX + READ_MAX + SLACK];
	size_t have = s->in.len;
	uint8_t *buf = shared;
	ssize_t n;

	if (have > CARRY_MAX) {
		stream_buf_reserve(s, &s->in, READ_MAX + SLACK);
		buf = stream_buf_head(&s->in);
	} else if (have) {
		memcpy(buf, stream_buf_head(&s->in), have);
	}
	n = socket_read(s, buf + have, READ_MAX);
	if (n == -EAGAIN)
		return true;
	if (n <= 0) {
		if (n == 0) {
			/* It may still read what was queued for it. */
			(void)flush(s);
			come_down(s, 0,
				  have ? "closed by the peer within a message"
				       : "closed by the peer");
		} else {
			come_down(s, n, s->why);
		}
		return false;
	}
	if (have > CARRY_MAX)
		s->in.len += n;
	if (!deliver(s, buf, have + n))
		return false;
	if (s->session && stream_tls_session_has_pending(s) && s->soon == SOON_NOTHING)
		stream_wake_soon(s, SOON_READ);
	return true;
}

static void write_step(struct stream *s)
{
	int rc = flush(s);

	s->pushed = false;
	if (rc) {
		come_down(s, rc, s->why);
		return;
	}
	osmo_fd_update_when(&s->ofd, 0, OSMO_FD_READ);
	if (s->session ? stream_tls_session_wants_write(s) : s->out.len > 0)
		osmo_fd_write_enable(&s->ofd);
}

static int stream_event(struct osmo_fd *ofd, unsigned int what)
{
	struct stream *s = ofd->data;

	switch (s->state) {
	case STREAM_CONNECTING:
		connect_step(s);
		break;
	case STREAM_HANDSHAKE:
		handshake_step(s);
		break;
	case STREAM_UP:
		/* With TLS either direction may have waited for the other. */
		if (((what & OSMO_FD_READ) || s->session) && !read_step(s))
			break;
		if (!s->held && ((what & OSMO_FD_WRITE) || s->session || s->pushed))
			write_step(s);
		break;
	case STREAM_DOWN:
		break;
	}
	return 0;
}

static void stream_wake(void *data)
{
	struct stream *s = data;
	enum stream_soon soon = s->soon;

	s->soon = SOON_NOTHING;
	switch (soon) {
	case SOON_NOTHING:
		break;
	case SOON_CONNECTED:
		connected(s);
		break;
	case SOON_READ:
		read_step(s);
		break;
	case SOON_DOWN:
		come_down(s, s->soon_error, s->why);
		break;
	}
}

/* --- the owner's side ---------------------------------------------------------- */

static int queue(struct stream *s, const void *out, size_t len)
{
	if (s->state != STREAM_UP || s->soon == SOON_DOWN)
		return -ENOTCONN;
	if (len > s->limits.out_max - s->out.len) {
		stream_down_soon(s, -ENOBUFS, "the peer does not read");
		return -ENOBUFS;
	}
	if (len)
		stream_buf_put(s, &s->out, out, len);
	return 0;
}

int stream_write(struct stream *s, const void *out, size_t len)
{
	int rc = queue(s, out, len);

	if (rc == 0 && s->out.len) {
		s->held = false;
		/* The loop finds a broken connection, too, and tells the owner. */
		if (s->limits.out_early && s->out.len >= s->limits.out_early && !s->full)
			(void)flush(s);
		if (s->out.len)
			osmo_fd_write_enable(&s->ofd);
	}
	return rc;
}

int stream_write_held(struct stream *s, const void *out, size_t len)
{
	/* Behind what is on its way already it goes with that. */
	bool held = s->held || !s->out.len;
	int rc = queue(s, out, len);

	if (rc == 0 && s->out.len)
		s->held = held;
	return rc;
}

void stream_push(struct stream *s)
{
	if (s->state != STREAM_UP || !s->out.len)
		return;
	s->held = false;
	s->pushed = true;
	osmo_fd_write_enable(&s->ofd);
}

void stream_acknowledge(struct stream *s)
{
	int on = 1;

	/* Best effort: the kernel does it by itself later; not for a Unix socket. */
	if (s->state == STREAM_UP)
		(void)setsockopt(s->ofd.fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

bool stream_is_held(const struct stream *s)
{
	return s->held;
}

size_t stream_pending(const struct stream *s)
{
	return s->out.len;
}

bool stream_is_up(const struct stream *s)
{
	return s->state == STREAM_UP;
}

const char *stream_peer_name(const struct stream *s)
{
	return s->peer_name;
}

const char *stream_peer_cn(const struct stream *s)
{
	return s->session ? stream_tls_session_cn(s) : NULL;
}

const char *stream_peer_ip(const struct stream *s)
{
	return s->peer_ip;
}

void stream_set_data(struct stream *s, const struct stream_handler *handler, void *data)
{
	s->handler = handler;
	s->data = data;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->state == STREAM_UP)
		(void)flush(s);
	talloc_free(s);
}
