/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of tables, as COPY writes them, to the records that are compared. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "lib/seal_text.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_verify.h"

/* Kinds of charge. */
#define CHARGE_ISSUE 1
#define CHARGE_SWAP 8

/* Columns that are used of tables that are not sealed themselves. */
static const char *const seal_list_columns[] = { "number", "chunk", "entries", NULL };
static const char *const signing_key_columns[] = { "key_id", "public_key", "valid_from",
						   "valid_until", NULL };
static const char *const setting_columns[] = { "name", "value", NULL };
static const char *const value_columns[] = { "value_id", "amount", "issuer_id", "owner_id",
					     "version",	 "home",   "state",	"policy",
					     "currency", NULL };
static const char *const account_columns[] = { "terminal_id", "currency", "balance", "accrued",
					       NULL };
static const char *const journal_columns[] = { "value_id",  "owner_id", "version", "home",
					       "operation", "state",	NULL };
static const char *const charge_columns[] = {
	"cause_id", "debit_account", "credit_account", "amount", "version", "kind", "currency", NULL
};
static const char *const act_columns[] = { "act_id", "act", "arguments", "outcome", NULL };

static const struct table {
	const char *name;
	const char *const *columns; /* NULL: those of lib/seal_chain.h */
	bool partitioned;
} tables[VERIFY_TABLES] = {
	[VERIFY_JOURNAL] = { "journal", journal_columns, true },
	[VERIFY_CHARGE] = { "charge", charge_columns, true },
	[VERIFY_OPERATOR_ACT] = { "operator_act", act_columns, false },
	[VERIFY_SEAL] = { "seal", NULL, false },
	[VERIFY_SEAL_LIST] = { "seal_list", seal_list_columns, false },
	[VERIFY_SIGNING_KEY] = { "signing_key", signing_key_columns, false },
	[VERIFY_SETTING] = { "setting", setting_columns, false },
	[VERIFY_VALUE] = { "value", value_columns, true },
	[VERIFY_ACCOUNT] = { "account", account_columns, false },
};

const char *verify_table_name(enum verify_table table)
{
	return tables[table].name;
}

/* value_2026_05 and value_default belong to value. */
static int table_find(const char *name)
{
	char as_journal[80];
	int t, sealed = seal_table_parse(name);

	if (sealed >= 0)
		return VERIFY_JOURNAL + sealed;
	for (t = VERIFY_SEAL; t < VERIFY_TABLES; t++) {
		size_t len = strlen(tables[t].name);

		if (!strcmp(name, tables[t].name))
			return t;
		if (!tables[t].partitioned || strncmp(name, tables[t].name, len))
			continue;
		snprintf(as_journal, sizeof(as_journal), "journal%.60s", name + len);
		if (seal_table_parse(as_journal) == SEAL_JOURNAL)
			return t;
	}
	return -ENOENT;
}

/* The rest of a name behind the schema; NULL: it is in another one. */
static const char *in_schema(const char *name)
{
	return strncmp(name, "tegata.", 7) ? NULL : name + 7;
}

int verify_table_has(const char *table, const char *part)
{
	int t = in_schema(table) ? table_find(in_schema(table)) : -ENOENT;

	if (t < 0)
		return -ENOENT;
	return in_schema(part) && table_find(in_schema(part)) == t;
}

static int seal_columns_find(struct verify *v, struct verify_reader *r, const char *const *columns,
			     size_t n)
{
	size_t i;

	for (i = 0; i < SEAL_N_COLUMNS; i++)
		r->place[i] = -1;
	for (i = 0; i < n; i++) {
		int c = seal_column_find(columns[i]);

		if (c < 0) {
			verify_break(v, "column %s of seal is not known to this program",
				     columns[i]);
			return -EINVAL;
		}
		r->place[c] = i;
	}
	return 0;
}

static int columns_find(struct verify *v, struct verify_reader *r, const char *const *columns,
			size_t n)
{
	const struct table *t = &tables[r->table];
	size_t c, i;

	for (c = 0; t->columns[c]; c++) {
		for (i = 0; i < n && strcmp(columns[i], t->columns[c]); i++)
			;
		if (i == n) {
			verify_break(v, "column %s of %s is missing", t->columns[c], t->name);
			return -EINVAL;
		}
		r->place[c] = i;
	}
	return 0;
}

int verify_table_begin(struct verify *v, struct verify_reader *r, const char *table,
		       const char *const *columns, size_t n)
{
	char why[SEAL_WHY_SIZE];
	int t = table_find(table);

	if (t < 0)
		return -ENOENT;
	r->table = t;
	r->n_fields = n;
	v->tables_seen |= 1ULL << t;
	if (n > VERIFY_COLUMNS_MAX) {
		verify_break(v, "%s has more columns than are known to this program", table);
		return -EINVAL;
	}
	if (t <= VERIFY_OPERATOR_ACT && seal_layout_init(&r->layout, t, columns, n, why) < 0) {
		verify_break(v, "%s", why);
		return -EINVAL;
	}
	return t == VERIFY_SEAL ? seal_columns_find(v, r, columns, n)
				: columns_find(v, r, columns, n);
}

/* --- one line ---------------------------------------------------------------------- */

static int octal(const char *p, const char *end, char *out)
{
	int n = 0, value = 0;

	while (n < 3 && p + n < end && p[n] >= '0' && p[n] <= '7')
		value = value * 8 + (p[n++] - '0');
	*out = value;
	return n;
}

/* Undoes the escapes of COPY (PostgreSQL, "COPY", Text Format) in place; the new length. */
static size_t unescape(char *text, size_t len)
{
	static const char from[] = "bfnrtv", to[] = "\b\f\n\r\t\v";
	char *out = memchr(text, '\\', len), *p = out, *end = text + len;
	const char *which;

	if (!out)
		return len;
	while (p < end) {
		if (*p != '\\' || p + 1 == end) {
			*out++ = *p++;
			continue;
		}
		p++;
		which = memchr(from, *p, sizeof(from) - 1);
		if (*p >= '0' && *p <= '7')
			p += octal(p, end, out++);
		else {
			*out++ = which ? to[which - from] : *p;
			p++;
		}
	}
	return out - text;
}

static int line_split(char *line, size_t len, struct seal_field *fields, size_t n)
{
	char *end = line + len, *tab;
	size_t i;

	for (i = 0; i < n; i++) {
		tab = memchr(line, '\t', end - line);
		if (!tab != (i + 1 == n))
			return -EINVAL;
		if (!tab)
			tab = end;
		fields[i] = (struct seal_field){ line, tab - line };
		if (fields[i].len == 2 && line[0] == '\\' && line[1] == 'N')
			fields[i] = (struct seal_field){ NULL, 0 };
		else
			fields[i].len = unescape(line, fields[i].len);
		line = tab + 1;
	}
	return 0;
}

/* Fields of the table's columns. */
struct line {
	const struct verify_reader *r;
	const struct seal_field *fields;
	bool bad;
};

static const struct seal_field *field(const struct line *l, int column)
{
	return &l->fields[l->r->place[column]];
}

static int64_t number(struct line *l, int column)
{
	const struct seal_field *f = field(l, column);
	int64_t v = 0;

	if (!f->text || seal_int_parse(&v, f->text, f->len) < 0)
		l->bad = true;
	return v;
}

static void currency(struct line *l, int column, char out[VERIFY_CURRENCY_SIZE])
{
	const struct seal_field *f = field(l, column);

	memset(out, 0, VERIFY_CURRENCY_SIZE);
	if (f->text)
		memcpy(out, f->text, OSMO_MIN(f->len, VERIFY_CURRENCY_SIZE - 1));
	else
		l->bad = true;
}

static bool equals(const struct seal_field *f, const char *text)
{
	return f->text && f->len == strlen(text) && memcmp(f->text, text, f->len) == 0;
}

static int movement_add(struct verify *v, int64_t account, const char *code, int64_t amount,
			int64_t kind)
{
	struct account_record a = { .account = sort_key_of(account),
				    .kind = ACCOUNT_MOVED,
				    .flags = kind == CHARGE_SWAP ? ACCOUNT_SWAPPED : 0,
				    .amount = amount };

	if (account <= 0)
		return 0;
	memcpy(a.currency, code, sizeof(a.currency));
	return sort_add(v->accounts, &a);
}

static int journal_add(struct verify *v, struct line *l)
{
	struct state_record s = { .kind = STATE_JOURNAL };

	s.value_id = sort_key_of(number(l, 0));
	s.owner_id = number(l, 1);
	s.version = htobe32(number(l, 2));
	s.home = number(l, 3);
	s.operation = number(l, 4);
	s.state = number(l, 5);
	return sort_add(v->states, &s);
}

static int charge_add(struct verify *v, struct line *l)
{
	struct state_record s = { .kind = STATE_CHARGE };
	int64_t debit = number(l, 1), credit = number(l, 2), kind = number(l, 5);
	int rc;

	s.value_id = sort_key_of(number(l, 0));
	s.amount = number(l, 3);
	s.version = htobe32(number(l, 4));
	currency(l, 6, s.currency);
	rc = movement_add(v, debit, s.currency, -s.amount, kind);
	if (rc == 0)
		rc = movement_add(v, credit, s.currency, s.amount, kind);
	/* Only the movement of an issue says what a value is worth. */
	return rc < 0 || kind != CHARGE_ISSUE ? rc : sort_add(v->states, &s);
}

/* Who turned sealing on or off last? */
static void act_look(struct verify *v, struct line *l)
{
	static const char on[] = "\"value\": \"on\"", name[] = "\"name\": \"sealing\"";
	const struct seal_field *arguments = field(l, 2);
	int64_t id = number(l, 0);

	if (!equals(field(l, 1), "setting") || number(l, 3) != 0 || id < v->sealing_act_id ||
	    !arguments->text || !memmem(arguments->text, arguments->len, name, strlen(name)))
		return;
	v->sealing_act_id = id;
	strcpy(v->sealing_act,
	       memmem(arguments->text, arguments->len, on, strlen(on)) ? "on" : "off");
}

static int sealed_add(struct verify *v, struct line *l)
{
	struct row_record rec;
	char why[SEAL_WHY_SIZE];
	int rc;

	if (seal_row_encode(&v->row, &l->r->layout, l->fields, why) < 0) {
		verify_break(v, "%s", why);
		return -EINVAL;
	}
	rec.xact = sort_key_of(v->row.xact);
	rec.ref = v->row.ref;
	seal_row_leaf(&v->row, v->hasher, rec.leaf);
	rc = sort_add(v->rows, &rec);
	if (++v->n_rows % 1000000 == 0)
		verify_progress(v);
	if (rc < 0)
		return rc;
	if (l->r->table == VERIFY_JOURNAL)
		return journal_add(v, l);
	if (l->r->table == VERIFY_CHARGE)
		return charge_add(v, l);
	act_look(v, l);
	return 0;
}

static int seal_add(struct verify *v, const struct line *l)
{
	struct seal_record rec = { .place = htobe64(v->n_seals++) };
	struct seal_field fields[SEAL_N_COLUMNS];
	char why[SEAL_WHY_SIZE];
	size_t c;

	for (c = 0; c < SEAL_N_COLUMNS; c++)
		fields[c] = l->r->place[c] < 0 ? (struct seal_field){ NULL, 0 }
					       : l->fields[l->r->place[c]];
	/* A row that is none is one that somebody made: its number will be missing. */
	if (seal_parse(&rec.seal, fields, why) < 0) {
		verify_find_text(v, 0, "a row of seal is none: %s", why);
		return 0;
	}
	rec.number = sort_key_of(rec.seal.number);
	return sort_add(v->seals, &rec);
}

static int list_add(struct verify *v, struct line *l)
{
	const struct seal_field *f = field(l, 2);
	struct list_record rec = { .offset = v->spool_end };
	uint8_t *octets;
	int rc = 0;

	rec.number = sort_key_of(number(l, 0));
	rec.chunk = sort_key_of(number(l, 1));
	octets = f->text ? malloc(f->len + 1) : NULL;
	if (!octets)
		return f->text ? -ENOMEM : -EINVAL;
	rec.len = seal_octets_parse(octets, f->text, f->len);
	if (rec.len < 0)
		rc = -EINVAL;
	else if (pwrite(v->spool_fd, octets, rec.len, v->spool_end) != rec.len)
		rc = -ENOSPC;
	free(octets);
	v->spool_end += rec.len;
	return rc < 0 ? rc : sort_add(v->lists, &rec);
}

static int key_add(struct verify *v, struct line *l)
{
	const struct seal_field *id = field(l, 0), *octets = field(l, 1), *from = field(l, 2),
				*until = field(l, 3);
	struct db_key *k = &v->db_keys[v->n_db_keys];

	if (v->n_db_keys == VERIFY_DB_KEYS_MAX) {
		verify_break(v, "signing_key has more than %d keys, and no more are looked at",
			     VERIFY_DB_KEYS_MAX);
		return -E2BIG;
	}
	k->until_us = INT64_MAX;
	if (!id->text || id->len != 2 + 2 * SEAL_KEY_ID_SIZE || !octets->text || !from->text ||
	    octets->len != 2 + 2 * SEAL_PUBLIC_KEY_SIZE ||
	    seal_octets_parse(k->id, id->text, id->len) < 0 ||
	    seal_octets_parse(k->octets, octets->text, octets->len) < 0 ||
	    seal_time_parse(&k->from_us, from->text, from->len) < 0 ||
	    (until->text && seal_time_parse(&k->until_us, until->text, until->len) < 0)) {
		verify_find_text(v, 0, "a row of signing_key is no key");
		return 0;
	}
	v->n_db_keys++;
	return 0;
}

static void setting_add(struct verify *v, struct line *l)
{
	const struct seal_field *value = field(l, 1);

	if (equals(field(l, 0), "sealing") && value->text)
		snprintf(v->sealing, sizeof(v->sealing), "%.*s", (int)value->len, value->text);
}

static int value_add(struct verify *v, struct line *l)
{
	struct state_record s = { .kind = STATE_VALUE };

	s.value_id = sort_key_of(number(l, 0));
	s.amount = number(l, 1);
	s.issuer_id = number(l, 2);
	s.owner_id = number(l, 3);
	s.version = htobe32(number(l, 4));
	s.home = number(l, 5);
	s.state = number(l, 6);
	s.policy = number(l, 7);
	currency(l, 8, s.currency);
	v->n_values++;
	return sort_add(v->states, &s);
}

static int account_add(struct verify *v, struct line *l)
{
	struct account_record a = { .kind = ACCOUNT_STORED };
	int64_t balance, accrued;

	a.account = sort_key_of(number(l, 0));
	currency(l, 1, a.currency);
	balance = number(l, 2);
	accrued = number(l, 3);
	a.amount = (uint64_t)balance - accrued;
	a.flags = balance > 0 && accrued > 0 ? ACCOUNT_BOTH : 0;
	v->n_accounts++;
	return sort_add(v->accounts, &a);
}

static int line_add(struct verify *v, struct line *l)
{
	switch (l->r->table) {
	case VERIFY_SEAL:
		return seal_add(v, l);
	case VERIFY_SEAL_LIST:
		return list_add(v, l);
	case VERIFY_SIGNING_KEY:
		return key_add(v, l);
	case VERIFY_SETTING:
		setting_add(v, l);
		return 0;
	case VERIFY_VALUE:
		return value_add(v, l);
	case VERIFY_ACCOUNT:
		return account_add(v, l);
	default:
		return sealed_add(v, l);
	}
}

int verify_table_line(struct verify *v, const struct verify_reader *r, char *line, size_t len)
{
	struct seal_field fields[VERIFY_COLUMNS_MAX];
	struct line l = { .r = r, .fields = fields };
	int rc = line_split(line, len, fields, r->n_fields);

	if (rc == 0)
		rc = line_add(v, &l);
	if (rc == 0 && l.bad)
		rc = -EINVAL;
	if (rc < 0 && !v->broken)
		verify_break(v, "a row of %s: %s", tables[r->table].name,
			     rc == -EINVAL ? "not what its columns hold" : strerror(-rc));
	return rc;
}
