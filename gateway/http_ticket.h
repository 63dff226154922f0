/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Resumption of TLS sessions by tickets (RFC 5077, RFC 8446 section 2.2): a shop that connects
 * again does so without the certificate's signature.  The state is in the ticket, which the client
 * keeps; the server has one key for all of them.
 *
 *   without a file   each process has a key of its own, which is new every HTTP_TICKET_KEY_S
 *   with one         all processes with that file resume each other's sessions, behind
 *                    one port too; who renews the file renews the key
 *
 * GnuTLS derives what it encrypts tickets with from that key and the time, another one every
 * few hours, and takes no ticket that is older.  With TLS 1.3 a new key exchange goes with each
 * resumption, so that the ticket key opens nothing that was recorded; with TLS 1.2 whoever has the
 * key can read what was recorded of resumed sessions.  Early data (0-RTT), which could be replayed,
 * is not enabled.
 */
#include <gnutls/gnutls.h>

/* What "openssl rand -out FILE 64" writes. */
#define HTTP_TICKET_KEY_SIZE 64
#define HTTP_TICKET_KEY_S (24 * 60 * 60)

/* The key of file, or one of this process where it is NULL.  Where something is wrong, why (size
 * octets) says what, and the key that was in use stays: -errno. */
int http_ticket_load(const char *file, char *why, int size) __attribute__((warn_unused_result));
/* Would http_ticket_load() take it?  Changes nothing. */
int http_ticket_check(const char *file, char *why, int size) __attribute__((warn_unused_result));
/* For a session before its handshake; nothing without a key. */
void http_ticket_enable(gnutls_session_t session);
/* Forgets the key. */
void http_ticket_unload(void);
