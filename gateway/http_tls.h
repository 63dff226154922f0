/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The certificate that shops see.  libmicrohttpd asks for it at each handshake,
 * so that a new one is used as soon as it was read, and no connection notices.
 * A handshake under way keeps the one it began with: what is replaced is freed
 * HTTP_TLS_RETIRE_S later, which is longer than any handshake may take.
 *
 * One certificate a process (the callback of GnuTLS has no argument of ours).
 */
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "lib/secret_file.h"

/* TLS 1.3 and 1.2; authenticated ciphers and forward secrecy only, no signature over SHA-1.  X25519
 * is what clients begin with: any other group first would ask each of them to begin again. */
#define HTTP_TLS_PRIORITIES_DEFAULT                                                         \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:" \
	"+CHACHA20-POLY1305:-RSA:-DHE-RSA:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"       \
	"+GROUP-SECP384R1:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE"

#define HTTP_TLS_RETIRE_S 120
#define HTTP_TLS_FILE_MAX (256 * 1024)
#define HTTP_TLS_CHAIN_MAX 8
/* Of the keys of HTTPS.  Not root's files alone, as elsewhere: what renews certificates often runs
 * as a user of its own and lets the gateway's group read what it wrote. */
#define HTTP_TLS_READERS SECRET_OWNER_OR_GROUP

/* Reads both PEM files; the key's must not be readable by others.  Where something is wrong with
 * them, why (size bytes) says what, and the certificate that was in use stays: -errno. */
int http_tls_load(void *ctx, const char *certificate_file, const char *key_file, char *why,
		  int size) __attribute__((warn_unused_result));
/* Would http_tls_load() take them?  Changes nothing. */
int http_tls_check(const char *certificate_file, const char *key_file, char *why, int size)
	__attribute__((warn_unused_result));
/* When the certificate expires; 0: there is none. */
time_t http_tls_expires_at(void);
/* For MHD_OPTION_HTTPS_CERT_CALLBACK. */
int http_tls_retrieve(gnutls_session_t session, const gnutls_datum_t *ca_names, int n_ca_names,
		      const gnutls_pk_algorithm_t *algorithms, int n_algorithms,
		      gnutls_pcert_st **certificate, unsigned int *certificate_len,
		      gnutls_privkey_t *key);
/* Frees all; nothing may be in a handshake any more. */
void http_tls_unload(void);
/* -EINVAL: GnuTLS does not take them, or they allow less than TLS 1.2, a server without
 * certificate, or a cipher that hides nothing. */
int http_tls_priorities_check(const char *priorities) __attribute__((warn_unused_result));
