/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/stream_tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/secret_file.h"
#include "lib/stream_tls_priv.h"

/* A chain longer than this is no chain of a carrier's own CA. */
#define CHAIN_DEPTH_MAX 4

void stream_tls_error(char *why, size_t size)
{
	unsigned long e, last = 0;
	int system = 0;

	while ((e = ERR_get_error())) {
		last = e;
		if (ERR_SYSTEM_ERROR(e))
			system = ERR_GET_REASON(e);
	}
	/* What follows it only says that there was one. */
	if (system)
		snprintf(why, size, "%s", strerror(system));
	else if (last && ERR_reason_error_string(last))
		snprintf(why, size, "%s", ERR_reason_error_string(last));
	else
		snprintf(why, size, "unknown");
}

static bool is_given(const char *text)
{
	return text && text[0];
}

/* OpenSSL would otherwise ask the terminal, and wait. */
static int no_passphrase(char *buf, int size, int rwflag, void *data)
{
	return 0;
}

static EVP_PKEY *key_read(const char *file, char *why, int size)
{
	char reason[200];
	const int fd = secret_file_open(file, SECRET_OWNER_OR_ROOTS_GROUP, reason, sizeof(reason));
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	EVP_PKEY *key = NULL;

	if (fd < 0) {
		snprintf(why, size, "key %s", reason);
	} else if (!f) {
		snprintf(why, size, "key %s: %s", file, strerror(errno));
		close(fd);
	} else {
		key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
		fclose(f);
		if (!key)
			snprintf(why, size, "key %s: not a PEM key without passphrase", file);
	}
	return key;
}

static void ctx_harden(SSL_CTX *ctx, bool takes_tls_1_2)
{
	SSL_CTX_set_min_proto_version(ctx, takes_tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
	/* Of TLS 1.2; those of 1.3 are all good. */
	OSMO_ASSERT(SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
	SSL_CTX_set_verify_depth(ctx, CHAIN_DEPTH_MAX);
	/* Every connection proves its certificate: nothing is resumed. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
}

static bool ctx_load_own(SSL_CTX *ctx, const struct stream_tls *tls, char *why, int size)
{
	char reason[128];
	EVP_PKEY *key;
	bool ok;

	if (SSL_CTX_use_certificate_chain_file(ctx, tls->certificate_file) != 1) {
		stream_tls_error(reason, sizeof(reason));
		snprintf(why, size, "certificate %s: %s", tls->certificate_file, reason);
		return false;
	}
	key = key_read(tls->key_file, why, size);
	if (!key)
		return false;
	ok = SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
	EVP_PKEY_free(key);
	if (!ok) {
		stream_tls_error(reason, sizeof(reason));
		snprintf(why, size, "key %s: %s", tls->key_file, reason);
	}
	return ok;
}

static bool ctx_load(SSL_CTX *ctx, const struct stream_tls *tls, char *why, int size)
{
	char reason[128];

	if ((tls->server || is_given(tls->certificate_file)) && !ctx_load_own(ctx, tls, why, size))
		return false;
	if (tls->ca_is_any)
		X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_PARTIAL_CHAIN);
	if (SSL_CTX_load_verify_file(ctx, tls->ca_file) != 1) {
		stream_tls_error(reason, sizeof(reason));
		snprintf(why, size, "ca %s: %s", tls->ca_file, reason);
		return false;
	}
	return true;
}

static SSL_CTX *ctx_new(const struct stream_tls *tls, char *why, int size)
{
	SSL_CTX *ctx = SSL_CTX_new(tls->server ? TLS_server_method() : TLS_client_method());

	OSMO_ASSERT(ctx);
	ERR_clear_error();
	ctx_harden(ctx, tls->takes_tls_1_2);
	if (ctx_load(ctx, tls, why, size))
		return ctx;
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return NULL;
}

static int tls_destructor(struct stream_tls *tls)
{
	SSL_CTX_free(tls->ctx);
	return 0;
}

struct stream_tls *stream_tls_new(void *ctx, const struct stream_tls_config *config, bool server,
				  char *why, int size)
{
	struct stream_tls *tls = talloc_zero(ctx, struct stream_tls);

	OSMO_ASSERT(tls);
	tls->server = server;
	talloc_set_destructor(tls, tls_destructor);
	if (stream_tls_change(tls, config, why, size) < 0)
		TALLOC_FREE(tls);
	return tls;
}

/* Is what must be told told? */
static bool config_is_whole(const struct stream_tls_config *config, bool server, char *why,
			    int size)
{
	if (!is_given(config->peer_cn) && (server || !is_given(config->peer_name)))
		snprintf(why, size, "the %s of the peer's certificate is not given",
			 config->ca_is_any ? "name" : "common name");
	else if (!is_given(config->ca_file))
		snprintf(why, size, "who must have signed the peer's certificate is not given");
	else if (is_given(config->certificate_file) != is_given(config->key_file))
		snprintf(why, size, "a certificate and its key are given both, or neither");
	else if (server && !is_given(config->certificate_file))
		snprintf(why, size, "the certificate is not given");
	else
		return true;
	return false;
}

int stream_tls_change(struct stream_tls *tls, const struct stream_tls_config *config, char *why,
		      int size)
{
	const struct stream_tls wanted = {
		.server = tls->server,
		.certificate_file = (char *)config->certificate_file,
		.key_file = (char *)config->key_file,
		.ca_file = (char *)config->ca_file,
		.ca_is_any = config->ca_is_any,
		.takes_tls_1_2 = config->takes_tls_1_2,
	};
	SSL_CTX *ctx;

	if (!config_is_whole(config, tls->server, why, size))
		return -EINVAL;
	ctx = ctx_new(&wanted, why, size);
	if (!ctx)
		return -EINVAL;
	SSL_CTX_free(tls->ctx);
	tls->ctx = ctx;
	osmo_talloc_replace_string(tls, &tls->certificate_file, config->certificate_file);
	osmo_talloc_replace_string(tls, &tls->key_file, config->key_file);
	osmo_talloc_replace_string(tls, &tls->ca_file, config->ca_file);
	osmo_talloc_replace_string(tls, &tls->peer_cn, config->peer_cn);
	osmo_talloc_replace_string(tls, &tls->peer_name, config->peer_name);
	tls->ca_is_any = config->ca_is_any;
	tls->takes_tls_1_2 = config->takes_tls_1_2;
	return 0;
}

int stream_tls_reload(struct stream_tls *tls, char *why, int size)
{
	SSL_CTX *ctx = ctx_new(tls, why, size);

	if (!ctx)
		return -EINVAL;
	SSL_CTX_free(tls->ctx);
	tls->ctx = ctx;
	return 0;
}
