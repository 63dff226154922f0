/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What lies between GnuTLS and a shop's socket.  libmicrohttpd makes and drives
 * the session; this gives it cheaper ways to the socket, by GnuTLS's own calls:
 *
 *   in    one read of whatever is there, where GnuTLS alone reads the five octets
 *         of a record's header, then the record, then in vain
 *   out   header and body of an answer leave as one record in one write, where
 *         libmicrohttpd sends two
 *
 *   libmicrohttpd            channel                        socket
 *     | queue an answer         |                             |
 *     |   http_channel_cork --> |                             |
 *     | header ---------------> |  kept by GnuTLS             |
 *     | body -----------------> |                             |
 *     | completed               |                             |
 *     |   http_channel_flush -> | one record ---------------> |
 *     |                         |   full: stuck, until it     |
 *     |                         |   takes more, then drained()|
 *
 * Bounds: of what came in, up to HTTP_CHANNEL_READ_MAX is kept for a connection, and
 * only while another one reads; of what goes out, one answer of up to HTTP_CHANNEL_CORK_MAX,
 * because a stuck channel takes no other one.
 *
 * A channel is part of its connection; the session is libmicrohttpd's and gone before
 * http_channel_close() is called.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>

/* Two records of the largest size. */
#define HTTP_CHANNEL_READ_MAX (2 * (16384 + 256 + 5))
/* Header fields are at most 2 KiB of it. */
#define HTTP_CHANNEL_CORK_MAX 8192

struct http_channel;

/* All channels of a listener. */
struct http_channels {
	struct osmo_fd writable; /* an epoll set of stuck channels' sockets */
	struct llist_head active; /* something was read or sent since they were looked at */
	void (*drained)(struct http_channel *ch);
};

struct http_channel {
	struct llist_head active; /* off the list: points to itself */
	struct http_channels *all; /* NULL: not open (plain HTTP) */
	gnutls_session_t session;
	int fd;
	uint8_t *ahead; /* read, and not yet taken, when another channel read */
	size_t ahead_len, ahead_off;
	bool more; /* there may be more in the socket than was read */
	bool refused; /* the socket took less than was to be sent, last */
	bool corked, stuck;
	bool watched; /* in the epoll set */
	bool tcp_cork_off;
};

/* drained: of a channel that was stuck, all is out, or its connection broke.  -errno. */
int http_channels_init(struct http_channels *all, void (*drained)(struct http_channel *ch))
	__attribute__((warn_unused_result));
void http_channels_end(struct http_channels *all);

/* Before the handshake.  The channel's address must not change. */
void http_channel_open(struct http_channel *ch, struct http_channels *all, gnutls_session_t session,
		       int fd);
/* When the session is gone; one that was never open is allowed. */
void http_channel_close(struct http_channel *ch);
/* Has something come in that libmicrohttpd did not take yet? */
bool http_channel_unread(const struct http_channel *ch);
/* Puts it on the list of those to be looked at. */
void http_channel_touch(struct http_channel *ch);
/* What is sent from here to http_channel_flush() goes out as one; not while it is stuck. */
void http_channel_cork(struct http_channel *ch);
/* -EAGAIN: stuck; the rest follows by itself, and drained() is called.  -EPIPE: the connection
 * is broken, of which libmicrohttpd will hear too. */
int http_channel_flush(struct http_channel *ch);
bool http_channel_is_stuck(const struct http_channel *ch);
