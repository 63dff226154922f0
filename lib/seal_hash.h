/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * SHA-256 (FIPS 180-4) for sealing, and the Merkle tree over the rows of an
 * interval as RFC 6962 section 2.1 has it:
 *
 *   no row    SHA-256 of nothing
 *   leaf      SHA-256(0x00 || octets of the row)        lib/seal_row.h
 *   node      SHA-256(0x01 || left || right), split at the largest power of two
 *
 * so that no node can be passed off as a row.  The tree takes leaves one by one
 * and keeps one hash a level.
 *
 * A hasher belongs to one thread.
 */
#include <stddef.h>
#include <stdint.h>

#define SEAL_HASH_SIZE 32
#define SEAL_TREE_LEVELS 64

struct seal_hasher;

/* NULL: OpenSSL has no memory, or no SHA-256. */
struct seal_hasher *seal_hasher_new(void);
void seal_hasher_free(struct seal_hasher *h);

/* Of several pieces: begin, add, end. */
void seal_hash_begin(struct seal_hasher *h);
void seal_hash_add(struct seal_hasher *h, const void *octets, size_t len);
void seal_hash_end(struct seal_hasher *h, uint8_t hash[SEAL_HASH_SIZE]);

struct seal_tree {
	struct seal_hasher *hasher;
	uint64_t n; /* leaves */
	uint8_t peak[SEAL_TREE_LEVELS][SEAL_HASH_SIZE]; /* of complete trees, largest first */
	unsigned int n_peaks;
};

void seal_tree_init(struct seal_tree *t, struct seal_hasher *h);
void seal_tree_add(struct seal_tree *t, const uint8_t leaf[SEAL_HASH_SIZE]);
/* Of what was added so far; more may follow. */
void seal_tree_root(const struct seal_tree *t, uint8_t root[SEAL_HASH_SIZE]);
