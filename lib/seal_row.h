/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What a row of history is as octets: the same for the sealer, who reads it from
 * the database, and the verifier, who may have it from a dump.  Format 1:
 *
 *   row    = 0x00 0x01 string(table) { string(column) string(value) }
 *            columns in the order of their names' octets; one that is NULL is left out,
 *            so that rows which were there before a column was added stay what they were
 *   string = length as 4 octets, most significant first, and as many octets
 *   value  = integers of any size: 8 octets, two's complement, most significant first
 *            timestamptz: the same, microseconds since 1970-01-01 00:00 UTC
 *            (infinity, -infinity: the largest and the smallest)
 *            uuid: 16 octets;  bytea: as it is;  text, jsonb: as PostgreSQL writes it, UTF-8
 *
 * Rows are sealed in canonical order: by table (journal, charge, operator_act),
 * id, version, kind, home.  Values come as text, as PostgreSQL writes it with
 * DateStyle ISO and bytea_output hex, in any time zone.
 *
 * Who adds a column to one of the tables adds it here; it must be NULL in the
 * rows that are there.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/seal_hash.h"

#define SEAL_FORMAT 1
#define SEAL_COLUMNS_MAX 16
#define SEAL_ENTRY_SIZE 24 /* of table seal_list */
#define SEAL_WHY_SIZE 192
#define SEAL_REF_TEXT_SIZE 96

enum seal_table { SEAL_JOURNAL, SEAL_CHARGE, SEAL_OPERATOR_ACT, SEAL_TABLES };

/* Its name, without schema. */
const char *seal_table_name(enum seal_table table);
/* -ENOENT: none that is sealed; partitions ("journal_2026_05", "charge_default") count as theirs.
 */
int seal_table_parse(const char *name) __attribute__((warn_unused_result));

/* Which row: its key, and its place in canonical order. */
struct seal_ref {
	int64_t id; /* value, cause or act */
	int32_t version;
	int16_t kind; /* of a charge */
	int16_t home;
	uint8_t table;
};

int seal_ref_cmp(const struct seal_ref *a, const struct seal_ref *b);
/* "journal: value 0708 6446 3809 4485 5501 version 2"; returns buf. */
char *seal_ref_format(char buf[SEAL_REF_TEXT_SIZE], const struct seal_ref *ref);

/* A field of a source; text NULL is SQL's NULL. */
struct seal_field {
	const char *text;
	size_t len;
};

/* Where a source has the columns of a table. */
struct seal_layout {
	enum seal_table table;
	size_t n_fields;
	int place[SEAL_COLUMNS_MAX]; /* of each column of the table; -1: the source lacks it */
};

/* names[n]: of the source, in its order.  -ENOENT: one that this program does not know, -EINVAL:
 * one of those that were there from the beginning is missing; why says which. */
int seal_layout_init(struct seal_layout *layout, enum seal_table table, const char *const *names,
		     size_t n, char why[SEAL_WHY_SIZE]) __attribute__((warn_unused_result));

/* A row; octets is memory of its own that grows, and is freed by seal_row_free(). */
struct seal_row {
	struct seal_ref ref;
	int64_t xact;
	uint8_t *octets;
	size_t len, size;
};

/* fields[layout->n_fields].  -EINVAL: one is not what its column holds, why says which; -ENOMEM. */
int seal_row_encode(struct seal_row *row, const struct seal_layout *layout,
		    const struct seal_field *fields, char why[SEAL_WHY_SIZE])
	__attribute__((warn_unused_result));
void seal_row_leaf(const struct seal_row *row, struct seal_hasher *h, uint8_t leaf[SEAL_HASH_SIZE]);
void seal_row_free(struct seal_row *row);

/* An entry of seal_list: table 1, home 1, kind 2, version 4, id 8, first 8 octets of the leaf. */
void seal_entry_put(uint8_t entry[SEAL_ENTRY_SIZE], const struct seal_ref *ref,
		    const uint8_t leaf[SEAL_HASH_SIZE]);
void seal_entry_get(const uint8_t entry[SEAL_ENTRY_SIZE], struct seal_ref *ref);
/* Is the row that the entry names the one with this hash? */
bool seal_entry_fits(const uint8_t entry[SEAL_ENTRY_SIZE], const uint8_t leaf[SEAL_HASH_SIZE]);
