/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One TLS session of a stream.  Where a function fails it has written the
 * reason to s->why.  All return -EAGAIN where the socket must be waited for;
 * stream_tls_session_wants_write() then says for which direction.
 */
#include <stdbool.h>
#include <sys/types.h>

struct stream;
struct stream_tls;

/* Child of the stream. */
int stream_tls_session_new(struct stream *s, struct stream_tls *tls, bool server)
	__attribute__((warn_unused_result));
/* 0: done, and the peer is who it must be; -EACCES: it is not; -EPROTO. */
int stream_tls_session_handshake(struct stream *s) __attribute__((warn_unused_result));
/* Octets read, 0 at the peer's orderly end. */
ssize_t stream_tls_session_read(struct stream *s, void *buf, size_t size)
	__attribute__((warn_unused_result));
/* Octets taken, at least one; the same ones must come again after -EAGAIN. */
ssize_t stream_tls_session_write(struct stream *s, const void *buf, size_t len)
	__attribute__((warn_unused_result));
/* Does the session hold octets that the socket will not report again? */
bool stream_tls_session_has_pending(const struct stream *s);
bool stream_tls_session_wants_write(const struct stream *s);
const char *stream_tls_session_cn(const struct stream *s);
/* Says goodbye as far as the socket takes it, and frees the session. */
void stream_tls_session_end(struct stream *s);
