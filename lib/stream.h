/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A byte stream on the libosmocore select loop: TCP, Unix socket, or TLS 1.3
 * with certificates on both sides over TCP.  Non-blocking throughout; reads are
 * big (up to 64 KiB a wake-up, many frames at once), writes of one turn of the
 * loop are coalesced into one system call, or into one for each out_early octets.
 *
 *   owner                         stream
 *     | stream_connect() ---------> |        or accepted by a listener
 *     | <------------------ up()    |        also: TLS handshake done, peer verified
 *     | <-- received(in, len) -> n  |        n octets were taken; the rest comes again with more
 *     | stream_write() -----------> |
 *     | <---------------- down()    |        once, also for a connect that failed
 *
 * Ownership: the stream is a talloc child of its ctx.  It may be freed
 * (stream_close) from inside any of its callbacks; no callback comes after.
 * After down() the stream is closed and the owner frees it with stream_close().
 * No callback is called from inside stream_connect() or stream_write().
 *
 * Bounds: the input buffer (in_max) and the output queue (out_max).  A frame
 * larger than in_max, or a peer that does not read until out_max is passed,
 * brings the stream down with -EMSGSIZE or -ENOBUFS.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;
struct stream_listener;
struct stream_tls; /* an SSL_CTX with its files, reloadable; see stream_tls.h */

struct stream_handler {
	void (*up)(void *data, struct stream *s);
	/* How many octets were taken (0..len); negative errno: the input is wrong, come down.  in
	 * lives until this returns or the stream is freed; 16 octets behind it can be read. */
	int (*received)(void *data, struct stream *s, const uint8_t *in, size_t len);
	/* error: negative errno, 0 where the peer closed; why: for the log, never NULL, lives until
	 * this returns. */
	void (*down)(void *data, struct stream *s, int error, const char *why);
};

struct stream_limits {
	size_t in_max;
	size_t out_max;
	/* Each time that so much has gathered it is sent, before the turn ends: the peer begins on
	 * it while more is made.  0: all waits for the end. */
	size_t out_early;
	unsigned int connect_timeout_ms; /* TCP and TLS handshake together; 0: 10,000 */
};

/* address: "127.0.0.1:4222", "[::1]:4222" or "unix:/path"; names are not looked up (that would
 * block).  local: an address to connect from, or NULL.  tls: NULL for none.
 * NULL with *error set (negative errno) where the address is not one; a refused connection is
 * told by down(). */
struct stream *stream_connect(void *ctx, const char *address, const char *local,
			      struct stream_tls *tls, const struct stream_limits *limits,
			      const struct stream_handler *handler, void *data, int *error)
	__attribute__((warn_unused_result));

/* Queued, sent at the end of this turn of the loop, or now (out_early).  -ENOTCONN: not up;
 * -ENOBUFS: the queue is full (the stream comes down soon after). */
int stream_write(struct stream *s, const void *out, size_t len) __attribute__((warn_unused_result));

/* The same, but it stays queued until stream_push() or stream_write(), or until it is closed. */
int stream_write_held(struct stream *s, const void *out, size_t len)
	__attribute__((warn_unused_result));
/* Lets go what is held: when received() returns where that is called now, otherwise at the end of
 * this turn. */
void stream_push(struct stream *s);
/* Is everything that waits to be sent held? */
bool stream_is_held(const struct stream *s);

/* Tells the other side's TCP now that what was read has come, which the kernel else delays for an
 * answer to go with, for up to 40 ms.  With Nagle's algorithm a peer sends a first small message
 * and the rest of its burst when that is acknowledged. */
void stream_acknowledge(struct stream *s);

/* Octets that wait to be sent. */
size_t stream_pending(const struct stream *s);
bool stream_is_up(const struct stream *s);
/* "127.0.0.1:51234", "unix:/path" or "unix:uid=0"; with TLS also the certificate's subject CN. */
const char *stream_peer_name(const struct stream *s);
/* Subject CN of the peer's certificate, "" where another name of it was wanted; NULL without TLS.
 */
const char *stream_peer_cn(const struct stream *s);
/* Numeric address of the peer without port, "" for Unix. */
const char *stream_peer_ip(const struct stream *s);
void stream_set_data(struct stream *s, const struct stream_handler *handler, void *data);
/* Sends what is queued as far as the socket takes it now, closes and frees.  NULL is allowed. */
void stream_close(struct stream *s);

/* Listens; accept() gets each new stream (up already for plain ones; for TLS after its
 * handshake) as child of the listener's ctx and must set a handler with stream_set_data() or
 * close it.  mode: of a Unix socket's file (a stale file is replaced, a live one is -EADDRINUSE).
 */
struct stream_listener *stream_listen(void *ctx, const char *address, unsigned int mode,
				      struct stream_tls *tls, const struct stream_limits *limits,
				      void (*accept)(void *data, struct stream *s), void *data,
				      int *error) __attribute__((warn_unused_result));
/* The address with the port that was given for port 0. */
const char *stream_listener_address(const struct stream_listener *l);
void stream_listener_close(struct stream_listener *l);

/* Is it a loopback or private address (RFC 1918, RFC 4193, link local) or a Unix socket?
 * "0.0.0.0" and "::" are not. */
bool stream_address_is_private(const char *address);
