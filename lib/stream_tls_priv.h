/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* The context that stream_tls.c loads and stream_tls_io.c makes sessions of. */
#include <openssl/ssl.h>

struct stream_tls {
	SSL_CTX *ctx;
	bool server;
	/* talloc copies of the configuration */
	char *certificate_file, *key_file, *ca_file, *peer_cn, *peer_name;
	bool ca_is_any, takes_tls_1_2;
};

/* The newest entry of OpenSSL's error queue, which is emptied; "unknown" where there is none. */
void stream_tls_error(char *why, size_t size);
