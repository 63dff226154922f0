/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The keys of seals: Ed25519 (RFC 8032) in PEM files (PKCS #8, RFC 8410), so that
 * "openssl pkey" can read them.  The private one is a file that nobody but its
 * owner may read; it is never logged.
 *
 * A key is named by the first 8 octets of the SHA-256 of its public half.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/seal_chain.h"

#define SEAL_PUBLIC_KEY_SIZE 32
#define SEAL_KEYS_MAX 64 /* public keys of one file */

struct seal_key; /* a private key */

struct seal_public_key {
	uint8_t id[SEAL_KEY_ID_SIZE];
	uint8_t octets[SEAL_PUBLIC_KEY_SIZE];
};

struct seal_public_keys {
	size_t n;
	struct seal_public_key key[SEAL_KEYS_MAX];
};

/* Makes a pair: PEM of the private key in path (mode 0600), of the public one in path.pub.  Neither
 * may exist.  Negative errno, and why. */
int seal_key_generate(const char *path, char why[SEAL_WHY_SIZE])
	__attribute__((warn_unused_result));

/* NULL: why says what is wrong with the file: its mode, or what is in it. */
struct seal_key *seal_key_load(const char *path, char why[SEAL_WHY_SIZE])
	__attribute__((warn_unused_result));
void seal_key_free(struct seal_key *key);
void seal_key_public(const struct seal_key *key, struct seal_public_key *pub);
/* Sets key_id, hash and signature of s, the rest of which is complete.  -EIO: OpenSSL failed. */
int seal_sign(struct seal *s, const struct seal_key *key, struct seal_hasher *h)
	__attribute__((warn_unused_result));

/* One or more public keys in PEM.  Negative errno, and why. */
int seal_public_keys_load(struct seal_public_keys *keys, const char *path, char why[SEAL_WHY_SIZE])
	__attribute__((warn_unused_result));
void seal_key_id(uint8_t id[SEAL_KEY_ID_SIZE], const uint8_t octets[SEAL_PUBLIC_KEY_SIZE]);
/* NULL: none of them has this id. */
const struct seal_public_key *seal_public_key_find(const struct seal_public_keys *keys,
						   const uint8_t id[SEAL_KEY_ID_SIZE]);
/* Did this key sign the hash of s? */
bool seal_signature_fits(const struct seal *s, const struct seal_public_key *key);
