/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * TLS for streams, verified against one CA file.
 *
 * Our own links: TLS 1.3 only, certificates on both sides.  The peer's subject CN
 * must be the one that is expected: a CA of links signs for both sides, so its
 * signature alone does not say which side it is.
 *
 * To servers of others a client may go without a certificate, know the server by
 * the names in its certificate (RFC 6125), trust that very certificate, and make do
 * with TLS 1.2.  Whichever it is, nothing that was written leaves before the server
 * is verified.
 */
#include <stdbool.h>

struct stream_tls;

struct stream_tls_config {
	const char *certificate_file; /* PEM, own chain; NULL or empty: none, of clients only */
	/* With the certificate; PEM without passphrase; refused where group or others can read it,
	 * except for root's file that the process's own group may read (0640 root:tegata, as a
	 * package installs it) */
	const char *key_file;
	const char *ca_file; /* PEM; who may have signed the peer's */
	/* One of these two is needed, of servers peer_cn; both: both are checked. */
	const char *peer_cn; /* the one subject CN taken */
	const char *peer_name; /* DNS name or IP address among the subject's alternative names */
	bool ca_is_any; /* ca_file may be the peer's own certificate, or an intermediate one */
	bool takes_tls_1_2; /* with ECDHE and an AEAD */
};

/* NULL where a file cannot be used; why (size bytes) then says which and for what reason. */
struct stream_tls *stream_tls_new(void *ctx, const struct stream_tls_config *config, bool server,
				  char *why, int size) __attribute__((warn_unused_result));
/* Other files, or another peer; on failure what was stays in use.  Streams that are up keep theirs.
 */
int stream_tls_change(struct stream_tls *tls, const struct stream_tls_config *config, char *why,
		      int size) __attribute__((warn_unused_result));
/* Reads the files again; on failure the old ones stay in use.  Streams that are up keep theirs. */
int stream_tls_reload(struct stream_tls *tls, char *why, int size)
	__attribute__((warn_unused_result));
