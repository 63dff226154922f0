/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/stream_tls_io.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/stream_priv.h"
#include "lib/stream_tls_priv.h"

/* X.520 ub-common-name, in octets here. */
#define CN_SIZE 65
#define RECORD_MAX 16384

struct stream_tls_session {
	SSL *ssl;
	bool wants_write;
	bool full; /* the last read ended because its buffer was full */
	bool ended; /* the reading side, with end_result; told after what came before it */
	int end_result;
	bool broken; /* after a fatal error the session must not be used any more, RFC 8446 6.2 */
	bool verified;
	char cn[CN_SIZE]; /* empty: it has no usable one, which its name made good */
	char *peer_cn, *peer_name; /* who it must be, by both; NULL: by the other */
};

/* --- the socket under OpenSSL: its own BIO would raise SIGPIPE --------------------- */

static int bio_write(BIO *bio, const char *buf, int len)
{
	struct stream *s = BIO_get_data(bio);
	ssize_t n = send(s->ofd.fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	return n;
}

static int bio_read(BIO *bio, char *buf, int size)
{
	struct stream *s = BIO_get_data(bio);
	ssize_t n = recv(s->ofd.fd, buf, size, MSG_DONTWAIT);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	return n;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	return cmd == BIO_CTRL_FLUSH;
}

static BIO *bio_new(struct stream *s)
{
	static BIO_METHOD *method;
	BIO *bio;

	if (!method) {
		method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
		OSMO_ASSERT(method);
		BIO_meth_set_write(method, bio_write);
		BIO_meth_set_read(method, bio_read);
		BIO_meth_set_ctrl(method, bio_ctrl);
	}
	bio = BIO_new(method);
	OSMO_ASSERT(bio);
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	return bio;
}

/* --- results --------------------------------------------------------------------- */

/* The errno, -EAGAIN or 0 (orderly end) that an OpenSSL call's result rc means. */
static int session_result(struct stream *s, int rc, int saved_errno)
{
	struct stream_tls_session *t = s->session;
	int e = SSL_get_error(t->ssl, rc);

	t->wants_write = e == SSL_ERROR_WANT_WRITE;
	switch (e) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		t->broken = true;
		OSMO_STRLCPY_ARRAY(s->why, saved_errno ? strerror(saved_errno) : "cut off");
		return saved_errno ? -saved_errno : -ECONNRESET;
	default:
		t->broken = true;
		/* verify() knows better. */
		if (SSL_get_verify_result(t->ssl) == X509_V_ERR_APPLICATION_VERIFICATION)
			ERR_clear_error();
		else
			stream_tls_error(s->why, sizeof(s->why));
		return -EPROTO;
	}
}

/* --- who the peer is ---------------------------------------------------------------- */

/* The one subject CN, printable ASCII; -EBADMSG otherwise. */
static int cn_read(char cn[CN_SIZE], X509 *cert)
{
	X509_NAME *name = X509_get_subject_name(cert);
	int i, at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *text;
	const uint8_t *c;
	int len;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return -EBADMSG;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	c = ASN1_STRING_get0_data(text);
	len = ASN1_STRING_length(text);
	if (len <= 0 || len >= CN_SIZE)
		return -EBADMSG;
	for (i = 0; i < len; i++) {
		if (!isascii(c[i]) || !isprint(c[i]))
			return -EBADMSG;
		cn[i] = c[i];
	}
	cn[len] = '\0';
	return 0;
}

static bool is_ip(const char *name)
{
	uint8_t octets[16];

	return inet_pton(AF_INET, name, octets) == 1 || inet_pton(AF_INET6, name, octets) == 1;
}

/* Among the alternative names only: what the subject says is for people to read, RFC 6125 1.8. */
static bool name_is_in(X509 *cert, const char *name)
{
	if (is_ip(name))
		return X509_check_ip_asc(cert, name, 0) == 1;
	return X509_check_host(cert, name, 0,
			       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
				       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
			       NULL) == 1;
}

static int check_peer(struct stream *s, X509 *cert)
{
	struct stream_tls_session *t = s->session;

	if (cn_read(t->cn, cert)) {
		t->cn[0] = '\0';
		if (t->peer_cn) {
			OSMO_STRLCPY_ARRAY(s->why,
					   "the peer's certificate has no usable subject CN");
			return -EACCES;
		}
	}
	if (t->peer_cn && strcmp(t->peer_cn, t->cn)) {
		snprintf(s->why, sizeof(s->why), "the peer's certificate says %s, not %s", t->cn,
			 t->peer_cn);
		return -EACCES;
	}
	if (t->peer_name && !name_is_in(cert, t->peer_name)) {
		snprintf(s->why, sizeof(s->why), "the peer's certificate is not for %.100s",
			 t->peer_name);
		return -EACCES;
	}
	t->verified = true;
	return 0;
}

/* Asked about each certificate of the chain, so that the peer is told by an alert. */
static int verify(int preverified, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct stream *s = BIO_get_data(SSL_get_rbio(ssl));

	if (!preverified || X509_STORE_CTX_get_error_depth(store) > 0)
		return preverified;
	if (check_peer(s, X509_STORE_CTX_get_current_cert(store)) == 0)
		return 1;
	X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

/* --- the session ---------------------------------------------------------------------- */

static char *copy_of(void *ctx, const char *text)
{
	return text && text[0] ? talloc_strdup(ctx, text) : NULL;
}

int stream_tls_session_new(struct stream *s, struct stream_tls *tls, bool server)
{
	struct stream_tls_session *t = talloc_zero(s, struct stream_tls_session);
	BIO *bio;

	OSMO_ASSERT(t && tls->server == server);
	ERR_clear_error();
	t->ssl = SSL_new(tls->ctx);
	if (!t->ssl) {
		ERR_clear_error();
		talloc_free(t);
		return -ENOMEM;
	}
	t->peer_cn = copy_of(t, tls->peer_cn);
	t->peer_name = copy_of(t, tls->peer_name);
	/* A server of several names has several certificates, RFC 6066 section 3. */
	if (!server && t->peer_name && !is_ip(t->peer_name))
		SSL_set_tlsext_host_name(t->ssl, t->peer_name);
	bio = bio_new(s);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_verify(t->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify);
	if (server)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	s->session = t;
	return 0;
}

int stream_tls_session_handshake(struct stream *s)
{
	struct stream_tls_session *t = s->session;
	long verified;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(t->ssl);
	if (rc == 1) {
		t->wants_write = false;
		if (t->verified)
			return 0;
		/* Not to be had from OpenSSL as it is set up; it is what all depends on. */
		OSMO_STRLCPY_ARRAY(s->why, "the peer has shown no certificate");
		return -EACCES;
	}
	rc = session_result(s, rc, errno);
	verified = SSL_get_verify_result(t->ssl);
	if (rc == -EPROTO && verified != X509_V_OK) {
		if (verified != X509_V_ERR_APPLICATION_VERIFICATION)
			OSMO_STRLCPY_ARRAY(s->why, X509_verify_cert_error_string(verified));
		return -EACCES;
	}
	if (rc == 0) {
		OSMO_STRLCPY_ARRAY(s->why, "closed within the handshake");
		return -ECONNRESET;
	}
	return rc;
}

/* Fills buf as far as there is something, as a read of the socket would. */
ssize_t stream_tls_session_read(struct stream *s, void *buf, size_t size)
{
	struct stream_tls_session *t = s->session;
	size_t have = 0;
	int rc;

	while (have < size && !t->ended) {
		ERR_clear_error();
		errno = 0;
		rc = SSL_read(t->ssl, (uint8_t *)buf + have, size - have);
		if (rc > 0) {
			have += rc;
			continue;
		}
		rc = session_result(s, rc, errno);
		if (rc == -EAGAIN)
			break;
		t->ended = true;
		t->end_result = rc;
	}
	t->full = have == size;
	if (have)
		return have;
	return t->ended ? t->end_result : -EAGAIN;
}

ssize_t stream_tls_session_write(struct stream *s, const void *buf, size_t len)
{
	struct stream_tls_session *t = s->session;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_write(t->ssl, buf, OSMO_MIN(len, RECORD_MAX));
	if (rc > 0) {
		t->wants_write = false;
		return rc;
	}
	rc = session_result(s, rc, errno);
	if (rc == 0) {
		OSMO_STRLCPY_ARRAY(s->why, "closed by the peer");
		return -EPIPE;
	}
	return rc;
}

bool stream_tls_session_has_pending(const struct stream *s)
{
	return s->session->full || s->session->ended;
}

bool stream_tls_session_wants_write(const struct stream *s)
{
	return s->session->wants_write;
}

const char *stream_tls_session_cn(const struct stream *s)
{
	return s->session->cn;
}

void stream_tls_session_end(struct stream *s)
{
	struct stream_tls_session *t = s->session;

	if (!t)
		return;
	ERR_clear_error();
	if (s->ofd.fd >= 0 && !t->broken && SSL_is_init_finished(t->ssl))
		SSL_shutdown(t->ssl);
	SSL_free(t->ssl);
	ERR_clear_error();
	talloc_free(t);
	s->session = NULL;
}
