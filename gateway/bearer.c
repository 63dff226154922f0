/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/bearer.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#define SCHEME "Bearer"
#define SCHEME_LEN (sizeof(SCHEME) - 1)

static bool secret_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* One for the life of the process: looking the algorithm up costs more than the digest. */
static int key_digest(uint8_t digest[LINK_KEY_DIGEST_SIZE], const char *key, size_t len)
{
	static EVP_MD_CTX *context;
	static EVP_MD *sha256;

	if (!context)
		context = EVP_MD_CTX_new();
	if (!sha256)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!context || !sha256 || EVP_DigestInit_ex(context, sha256, NULL) != 1 ||
	    EVP_DigestUpdate(context, key, len) != 1 ||
	    EVP_DigestFinal_ex(context, digest, NULL) != 1)
		return -EIO;
	return 0;
}

int bearer_parse(struct bearer *b, const char *authorization)
{
	const char *key, *p;

	if (!authorization)
		return -ENOENT;
	/* The scheme is compared without regard to case: RFC 9110 section 11.1. */
	if (strncasecmp(authorization, SCHEME, SCHEME_LEN) != 0 || authorization[SCHEME_LEN] != ' ')
		return -EINVAL;
	for (key = authorization + SCHEME_LEN; *key == ' ';)
		key++;
	if (strncmp(key, "tgk_live_", BEARER_PREFIX_LEN) == 0)
		b->test = false;
	else if (strncmp(key, "tgk_test_", BEARER_PREFIX_LEN) == 0)
		b->test = true;
	else
		return -EINVAL;
	for (p = key + BEARER_PREFIX_LEN; secret_char(*p);)
		p++;
	if (*p || p - key < BEARER_PREFIX_LEN + BEARER_SECRET_MIN ||
	    p - key > BEARER_PREFIX_LEN + BEARER_SECRET_MAX)
		return -EINVAL;
	return key_digest(b->digest, key, p - key);
}
