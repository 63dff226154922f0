/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/seal_hash.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <osmocom/core/utils.h>

#define NODE_PREFIX 0x01

struct seal_hasher {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

struct seal_hasher *seal_hasher_new(void)
{
	struct seal_hasher *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	/* Fetched once: a look-up by name costs more than hashing a row. */
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	if (h->md && h->ctx)
		return h;
	seal_hasher_free(h);
	return NULL;
}

void seal_hasher_free(struct seal_hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

/* With a digest that was fetched these have nothing left that could fail. */
void seal_hash_begin(struct seal_hasher *h)
{
	OSMO_ASSERT(EVP_DigestInit_ex(h->ctx, h->md, NULL) == 1);
}

void seal_hash_add(struct seal_hasher *h, const void *octets, size_t len)
{
	OSMO_ASSERT(EVP_DigestUpdate(h->ctx, octets, len) == 1);
}

void seal_hash_end(struct seal_hasher *h, uint8_t hash[SEAL_HASH_SIZE])
{
	OSMO_ASSERT(EVP_DigestFinal_ex(h->ctx, hash, NULL) == 1);
}

void seal_tree_init(struct seal_tree *t, struct seal_hasher *h)
{
	t->hasher = h;
	t->n = 0;
	t->n_peaks = 0;
}

static void node(struct seal_hasher *h, const uint8_t *left, const uint8_t *right, uint8_t *out)
{
	uint8_t octets[1 + 2 * SEAL_HASH_SIZE] = { NODE_PREFIX };

	memcpy(octets + 1, left, SEAL_HASH_SIZE);
	memcpy(octets + 1 + SEAL_HASH_SIZE, right, SEAL_HASH_SIZE);
	seal_hash_begin(h);
	seal_hash_add(h, octets, sizeof(octets));
	seal_hash_end(h, out);
}

/* Two complete trees of one size become one: as many times as n ends in ones. */
void seal_tree_add(struct seal_tree *t, const uint8_t leaf[SEAL_HASH_SIZE])
{
	uint64_t n;

	OSMO_ASSERT(t->n_peaks < SEAL_TREE_LEVELS);
	memcpy(t->peak[t->n_peaks++], leaf, SEAL_HASH_SIZE);
	for (n = t->n; n & 1; n >>= 1) {
		t->n_peaks--;
		node(t->hasher, t->peak[t->n_peaks - 1], t->peak[t->n_peaks],
		     t->peak[t->n_peaks - 1]);
	}
	t->n++;
}

void seal_tree_root(const struct seal_tree *t, uint8_t root[SEAL_HASH_SIZE])
{
	unsigned int i;

	if (t->n == 0) {
		seal_hash_begin(t->hasher);
		seal_hash_end(t->hasher, root);
		return;
	}
	memcpy(root, t->peak[t->n_peaks - 1], SEAL_HASH_SIZE);
	for (i = t->n_peaks - 1; i > 0; i--)
		node(t->hasher, t->peak[i - 1], root, root);
}
