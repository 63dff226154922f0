/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/seal_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "lib/secret_file.h"

/* With the NUL that ends it. */
static const char domain[] = "tegata seal";
#define MESSAGE_SIZE (sizeof(domain) + SEAL_HASH_SIZE)

struct seal_key {
	EVP_PKEY *pkey;
	struct seal_public_key pub;
};

void seal_key_id(uint8_t id[SEAL_KEY_ID_SIZE], const uint8_t octets[SEAL_PUBLIC_KEY_SIZE])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256(octets, SEAL_PUBLIC_KEY_SIZE, digest);
	memcpy(id, digest, SEAL_KEY_ID_SIZE);
}

static int public_get(EVP_PKEY *pkey, struct seal_public_key *pub)
{
	size_t len = sizeof(pub->octets);

	if (EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_raw_public_key(pkey, pub->octets, &len) != 1 || len != sizeof(pub->octets))
		return -EINVAL;
	seal_key_id(pub->id, pub->octets);
	return 0;
}

/* A new file that only its owner can read; NULL with errno. */
static FILE *file_make(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !f)
		close(fd);
	return f;
}

static int pair_write(EVP_PKEY *pkey, const char *path, const char *pub_path,
		      char why[SEAL_WHY_SIZE])
{
	FILE *f = file_make(path, 0600), *pub = f ? file_make(pub_path, 0644) : NULL;
	int rc = 0;

	if (!pub) {
		rc = -errno;
		snprintf(why, SEAL_WHY_SIZE, "%.120s: %s", f ? pub_path : path, strerror(-rc));
	} else if (PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
		   PEM_write_PUBKEY(pub, pkey) != 1 || fflush(f) || fflush(pub) ||
		   fsync(fileno(f)) < 0) {
		rc = -EIO;
		snprintf(why, SEAL_WHY_SIZE, "%.120s cannot be written", path);
	}
	if (f && fclose(f) && rc == 0)
		rc = -EIO;
	if (pub && fclose(pub) && rc == 0)
		rc = -EIO;
	/* What was there before is not ours to remove. */
	if (rc < 0 && f)
		unlink(path);
	if (rc < 0 && pub)
		unlink(pub_path);
	return rc;
}

int seal_key_generate(const char *path, char why[SEAL_WHY_SIZE])
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char pub_path[4096];
	int rc;

	if (!pkey) {
		snprintf(why, SEAL_WHY_SIZE, "OpenSSL makes no key");
		return -EIO;
	}
	if ((size_t)snprintf(pub_path, sizeof(pub_path), "%s.pub", path) >= sizeof(pub_path)) {
		snprintf(why, SEAL_WHY_SIZE, "the path is too long");
		rc = -ENAMETOOLONG;
	} else {
		rc = pair_write(pkey, path, pub_path, why);
	}
	EVP_PKEY_free(pkey);
	return rc;
}

static FILE *private_open(const char *path, char why[SEAL_WHY_SIZE])
{
	int fd = secret_file_open(path, SECRET_OWNER, why, SEAL_WHY_SIZE);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !f) {
		snprintf(why, SEAL_WHY_SIZE, "%.120s: %s", path, strerror(errno));
		close(fd);
	}
	return f;
}

/* A key file has no passphrase: nobody is there to type it. */
static int no_passphrase(char *buf, int size, int rwflag, void *data)
{
	return -1;
}

struct seal_key *seal_key_load(const char *path, char why[SEAL_WHY_SIZE])
{
	FILE *f = private_open(path, why);
	struct seal_key *key = f ? calloc(1, sizeof(*key)) : NULL;

	if (!f)
		return NULL;
	if (key)
		key->pkey = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	fclose(f);
	if (key && key->pkey && public_get(key->pkey, &key->pub) == 0)
		return key;
	snprintf(why, SEAL_WHY_SIZE, "%.120s: no Ed25519 private key in PEM in it", path);
	seal_key_free(key);
	return NULL;
}

void seal_key_free(struct seal_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

void seal_key_public(const struct seal_key *key, struct seal_public_key *pub)
{
	*pub = key->pub;
}

static void message_make(uint8_t message[MESSAGE_SIZE], const struct seal *s)
{
	memcpy(message, domain, sizeof(domain));
	memcpy(message + sizeof(domain), s->hash, SEAL_HASH_SIZE);
}

int seal_sign(struct seal *s, const struct seal_key *key, struct seal_hasher *h)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = sizeof(s->signature);
	uint8_t message[MESSAGE_SIZE];
	bool ok;

	memcpy(s->key_id, key->pub.id, sizeof(s->key_id));
	seal_hash(s, h, s->hash);
	message_make(message, s);
	ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
	     EVP_DigestSign(ctx, s->signature, &len, message, sizeof(message)) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

int seal_public_keys_load(struct seal_public_keys *keys, const char *path, char why[SEAL_WHY_SIZE])
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *pkey;
	int rc = 0;

	keys->n = 0;
	if (!f) {
		rc = -errno;
		snprintf(why, SEAL_WHY_SIZE, "%.120s: %s", path, strerror(-rc));
		return rc;
	}
	while (rc == 0 && (pkey = PEM_read_PUBKEY(f, NULL, no_passphrase, NULL))) {
		if (keys->n == SEAL_KEYS_MAX)
			rc = -E2BIG;
		else
			rc = public_get(pkey, &keys->key[keys->n]);
		keys->n += rc == 0;
		EVP_PKEY_free(pkey);
	}
	fclose(f);
	if (rc == 0 && keys->n > 0)
		return 0;
	if (rc == -E2BIG)
		snprintf(why, SEAL_WHY_SIZE, "%.120s: more than %d public keys", path,
			 SEAL_KEYS_MAX);
	else
		snprintf(why, SEAL_WHY_SIZE, "%.120s: not one or more Ed25519 public keys in PEM",
			 path);
	return rc < 0 ? rc : -EINVAL;
}

const struct seal_public_key *seal_public_key_find(const struct seal_public_keys *keys,
						   const uint8_t id[SEAL_KEY_ID_SIZE])
{
	size_t i;

	for (i = 0; i < keys->n; i++) {
		if (memcmp(keys->key[i].id, id, SEAL_KEY_ID_SIZE) == 0)
			return &keys->key[i];
	}
	return NULL;
}

bool seal_signature_fits(const struct seal *s, const struct seal_public_key *key)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->octets,
						     sizeof(key->octets));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t message[MESSAGE_SIZE];
	bool fits;

	message_make(message, s);
	fits = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	       EVP_DigestVerify(ctx, s->signature, sizeof(s->signature), message,
				sizeof(message)) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return fits;
}
