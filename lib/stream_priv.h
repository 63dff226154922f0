/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of stream share.
 *
 *   stream.c         life of one stream: connecting -> handshake -> up -> down
 *   stream_connect.c dialling
 *   stream_listen.c  listeners; makes streams that were accepted
 *   stream_tls.c     the SSL_CTX and its files
 *   stream_tls_io.c  one TLS session
 */
#include <sys/types.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "lib/stream.h"
#include "lib/stream_addr.h"
#include "lib/stream_buf.h"

#define STREAM_CONNECT_TIMEOUT_DEFAULT_MS 10000
#define STREAM_WHY_SIZE 160

enum stream_state {
	STREAM_CONNECTING,
	STREAM_HANDSHAKE,
	STREAM_UP,
	STREAM_DOWN,
};

/* Why a stream woke itself: what must not be called inline is called from the timer. */
enum stream_soon {
	SOON_NOTHING,
	SOON_CONNECTED,
	SOON_READ, /* TLS holds octets that it decrypted already */
	SOON_DOWN,
};

struct stream {
	struct osmo_fd ofd;
	enum stream_state state;
	struct stream_limits limits;
	const struct stream_handler *handler;
	void *data;
	struct stream_buf in, out;
	bool full; /* the socket took no more, and has not said since that it does */
	bool held; /* all of out: it waits to be pushed */
	bool pushed; /* goes out without another turn where the stream is read now */
	struct stream_tls_session *session; /* NULL: plain */
	struct osmo_timer_list connect_timer;
	struct osmo_timer_list soon_timer;
	enum stream_soon soon;
	int soon_error;
	bool *gone; /* set where the stream is freed from inside its own callback */
	struct stream_listener *listener; /* only during the handshake of an accepted one */
	struct llist_head handshake; /* in the listener's list */
	char *peer_name;
	char peer_ip[INET6_ADDRSTRLEN];
	char why[STREAM_WHY_SIZE];
};

/* A stream around a connected or connecting fd, which it owns from now on. */
struct stream *stream_new(void *ctx, int fd, const struct stream_addr *peer,
			  const struct stream_limits *limits);
/* What must not be called inline is called when the loop turns. */
void stream_wake_soon(struct stream *s, enum stream_soon soon);
void stream_down_soon(struct stream *s, int error, const char *why);
/* Goes on with the handshake of an accepted TLS stream; it ends in stream_listener_shook(). */
void stream_handshake_start(struct stream *s);
/* Called where the handshake of an accepted stream ended; ok or else it is freed. */
void stream_listener_shook(struct stream_listener *l, struct stream *s, bool ok);
/* Options of every stream's socket. */
void stream_socket_options(int fd, const struct stream_addr *peer);
/* Unregisters where registered, closes where open; the osmo_fd was zeroed at its making. */
void stream_fd_close(struct osmo_fd *ofd);
