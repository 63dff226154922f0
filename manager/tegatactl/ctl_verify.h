/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * tegatactl verify: is history what was sealed, and is what is stored now what
 * history says?
 *
 *   source (database or dump) -> rows of COPY -> ctl_verify_table.c -> sorted records
 *   published seals ------------------------------------------------^
 *   ctl_verify_chain.c   seals in order: hash, signature, chain, published?
 *   ctl_verify_rows.c      of each the rows: root, and by the list which one differs
 *   ctl_verify_state.c   value = its last journal row, balance = its movements, the rest
 *
 * Nothing that the database computes is believed: no view, no function, no key
 * that is only there.  Memory is bounded by the sorters (ctl_sort.h) and the rows
 * of the largest interval.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/seal_chain.h"
#include "lib/seal_key.h"
#include "lib/seal_row.h"
#include "manager/tegatactl/ctl_sort.h"

#define VERIFY_COLUMNS_MAX 64
#define VERIFY_FINDINGS_MAX 1000 /* kept; the others are counted */
#define VERIFY_PRINTED_MAX 50
#define VERIFY_DB_KEYS_MAX 64
#define VERIFY_CURRENCY_SIZE 8

struct ctl;

enum finding_kind {
	FINDING_OTHER, /* text says it all */
	FINDING_CHANGED,
	FINDING_REMOVED,
	FINDING_ADDED,
};

struct finding {
	enum finding_kind kind;
	int64_t seal; /* 0: none */
	struct seal_ref ref;
	char text[192];
};

/* A row that is sealed or waits to be. */
struct row_record {
	uint64_t xact; /* sort_key_of() */
	struct seal_ref ref; /* not part of the key: sorted in the interval */
	uint8_t leaf[SEAL_HASH_SIZE];
};

/* A seal, of the database or published. */
struct seal_record {
	uint64_t number; /* sort_key_of() */
	uint64_t place; /* in the source */
	struct seal seal;
};

/* A piece of a list, in the spool file. */
struct list_record {
	uint64_t number, chunk; /* sort_key_of() */
	int64_t offset;
	int64_t len;
};

enum state_kind { STATE_VALUE, STATE_JOURNAL, STATE_CHARGE };

/* What is known of a value, from several tables. */
struct state_record {
	uint64_t value_id; /* sort_key_of() */
	uint8_t kind, none[3];
	uint32_t version; /* big endian */
	int64_t owner_id, issuer_id, amount;
	int16_t state, policy, home, operation;
	char currency[VERIFY_CURRENCY_SIZE];
};

enum account_kind { ACCOUNT_STORED, ACCOUNT_MOVED };

#define ACCOUNT_BOTH 1 /* stored: a balance and a debt at once */
#define ACCOUNT_SWAPPED 2 /* moved: by a swap, which is how an account comes to both */

struct account_record {
	uint64_t account; /* sort_key_of() */
	char currency[VERIFY_CURRENCY_SIZE];
	uint8_t kind, flags;
	int64_t amount;
};

enum verify_table {
	VERIFY_JOURNAL,
	VERIFY_CHARGE,
	VERIFY_OPERATOR_ACT,
	VERIFY_SEAL,
	VERIFY_SEAL_LIST,
	VERIFY_SIGNING_KEY,
	VERIFY_SETTING,
	VERIFY_VALUE,
	VERIFY_ACCOUNT,
	VERIFY_TABLES,
};

/* A key as the database has it. */
struct db_key {
	uint8_t id[SEAL_KEY_ID_SIZE];
	uint8_t octets[SEAL_PUBLIC_KEY_SIZE];
	int64_t from_us, until_us;
};

struct verify {
	struct ctl *ctl;
	const char *tmp_dir;
	struct seal_public_keys keys; /* trusted */
	struct seal_hasher *hasher;
	struct seal_row row;
	struct row_record ahead; /* of the interval that comes next */
	bool ahead_valid, ahead_ended;
	struct sort *rows, *seals, *lists, *published, *states, *accounts;
	int spool_fd; /* of lists */
	int64_t spool_end;
	uint64_t tables_seen; /* bit n: enum verify_table */
	uint64_t n_rows, n_sealed, n_unsealed, n_seals, n_values, n_accounts, n_published;
	int64_t published_last; /* highest number */
	uint64_t n_lost, n_lost_rows; /* published seals that an epoch declares lost */

	int64_t after; /* --after: number, and its hash; 0: not given */
	uint8_t after_hash[SEAL_HASH_SIZE];
	int64_t until; /* --until; INT64_MAX: not given */
	int64_t next_xact; /* the database's: no row is from then on; INT64_MAX: not known */

	struct db_key db_keys[VERIFY_DB_KEYS_MAX];
	size_t n_db_keys;
	char sealing[8]; /* the setting */
	char sealing_act[8]; /* as the last act of an operator has it */
	int64_t sealing_act_id;

	struct finding findings[VERIFY_FINDINGS_MAX];
	uint64_t n_findings;
	bool broken; /* it could not be verified; was told */
};

/* A block of rows of one table. */
struct verify_reader {
	enum verify_table table;
	int place[VERIFY_COLUMNS_MAX]; /* by the columns of the table that count */
	struct seal_layout layout;
	size_t n_fields;
};

/* --- ctl_verify_table.c --- */

/* Columns of a table by its name without schema; -ENOENT: none that counts; -EINVAL: told. */
int verify_table_begin(struct verify *v, struct verify_reader *r, const char *table,
		       const char *const *columns, size_t n) __attribute__((warn_unused_result));
/* A line of COPY text format without newline; it is altered.  -EINVAL: told. */
int verify_table_line(struct verify *v, const struct verify_reader *r, char *line, size_t len)
	__attribute__((warn_unused_result));
const char *verify_table_name(enum verify_table table);
/* Is the one, with its schema, read as a part of the other?  1: yes; 0: no; -ENOENT: the other is
 * none that counts. */
int verify_table_has(const char *table, const char *part);

/* --- ctl_verify_live.c, ctl_verify_dump.c: false: told --- */

bool verify_live_read(struct verify *v);
bool verify_dump_read(struct verify *v, const char *path);

/* --- ctl_verify_published.c --- */

bool verify_published_read(struct verify *v, const char *path);

/* --- ctl_verify_chain.c, ctl_verify_rows.c, ctl_verify_state.c --- */

bool verify_chain(struct verify *v);

/* The rows of [s->from_xact, s->to_xact) against s, whose entries (n of them, NULL where there is
 * no list) are its list if list_good, else what calls itself so. */
bool verify_interval(struct verify *v, const struct seal *s, const uint8_t *entries, size_t n,
		     bool list_good);
/* Rows below to_xact are not looked at. */
bool verify_rows_skip(struct verify *v, int64_t to_xact);
/* What no seal covers. */
bool verify_unsealed(struct verify *v);
bool verify_state(struct verify *v);

/* --- ctl_verify_report.c --- */

void verify_find(struct verify *v, enum finding_kind kind, int64_t seal,
		 const struct seal_ref *ref);
void verify_find_text(struct verify *v, int64_t seal, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* It cannot be verified. */
void verify_break(struct verify *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
void verify_report(struct verify *v);
/* To standard error, where that is a terminal. */
void verify_progress(const struct verify *v);
