/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One seal: a row of table seal, and a line of what is published.
 *
 *   hash      = SHA-256(0x02 || format || string("seal") || { string(column) string(value) })
 *               over all columns but hash and signature, as lib/seal_row.h has rows
 *   signature = Ed25519(key, "tegata seal" || 0x00 || hash)
 *
 * so that it covers the hash of the seal before it, its number, the interval of
 * transactions, the epoch with the cluster's identity, the count of rows, the root
 * of their tree, and the digest of their list.  Each seal thereby vouches for all
 * before it.
 *
 * Published, a seal is one JSON object a line (the columns by name; octets in
 * hexadecimal, system_identifier and times as strings).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/seal_hash.h"
#include "lib/seal_row.h"

#define SEAL_KEY_ID_SIZE 8
#define SEAL_SIGNATURE_SIZE 64
#define SEAL_REASON_SIZE 256
#define SEAL_LINE_SIZE 4096 /* one line with its newline; reasons are escaped */

struct seal {
	int64_t number; /* 0: none */
	int64_t system_identifier;
	int64_t from_xact, to_xact;
	int64_t row_count;
	int64_t sealed_at_us;
	int32_t epoch, timeline;
	int16_t format;
	uint8_t root[SEAL_HASH_SIZE];
	uint8_t list[SEAL_HASH_SIZE];
	uint8_t previous[SEAL_HASH_SIZE]; /* not of number 1 */
	uint8_t key_id[SEAL_KEY_ID_SIZE];
	int64_t lost_number; /* 0: none; published, and gone from the database */
	uint8_t lost_hash[SEAL_HASH_SIZE];
	char reason[SEAL_REASON_SIZE]; /* "": none */
	uint8_t hash[SEAL_HASH_SIZE];
	uint8_t signature[SEAL_SIGNATURE_SIZE];
};

/* Of all but hash and signature. */
void seal_hash(const struct seal *s, struct seal_hasher *h, uint8_t hash[SEAL_HASH_SIZE]);

/* Columns of table seal in the order of seal_values() and seal_parse(). */
#define SEAL_COLUMNS                                                                        \
	"number, system_identifier, from_xact, to_xact, row_count, sealed_at, lost_number," \
	" epoch, timeline, format, root, list, previous, key_id, lost_hash, reason, hash,"  \
	" signature"
#define SEAL_N_COLUMNS 18

/* Room for the values of a row as text. */
struct seal_values {
	const char *value[SEAL_N_COLUMNS]; /* NULL is SQL's NULL */
	char text[SEAL_N_COLUMNS][2 * SEAL_SIGNATURE_SIZE + 3];
};

void seal_values(const struct seal *s, struct seal_values *v);
/* -EINVAL: why says which column holds what. */
int seal_parse(struct seal *s, const struct seal_field fields[SEAL_N_COLUMNS],
	       char why[SEAL_WHY_SIZE]) __attribute__((warn_unused_result));
/* Place of a column in that order; -ENOENT. */
int seal_column_find(const char *name) __attribute__((warn_unused_result));

/* A line with newline and NUL; its length. */
size_t seal_line_write(char line[SEAL_LINE_SIZE], const struct seal *s);
/* Without newline; line is altered.  -EBADMSG: it is none. */
int seal_line_read(struct seal *s, char *line, size_t len, char why[SEAL_WHY_SIZE])
	__attribute__((warn_unused_result));
