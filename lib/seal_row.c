/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/seal_row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/seal_text.h"
#include "lib/value_id.h"

#define LEAF_PREFIX 0x00
#define FIRST_SIZE 512
#define ENTRY_HASH_SIZE 8

enum type { INT, TIME, UUID, OCTETS, TEXT };
enum role { NONE, ID, VERSION, KIND, HOME, XACT };

struct column {
	const char *name;
	enum type type;
	enum role role;
};

/* In the order of their names' octets. */
static const struct column journal_columns[] = {
	{ "actor_id", INT },   { "at", TIME },		{ "digest", OCTETS },
	{ "home", INT, HOME }, { "link", TEXT },	{ "operation", INT },
	{ "owner_id", INT },   { "reference", TEXT },	{ "request_id", UUID },
	{ "state", INT },      { "value_id", INT, ID }, { "version", INT, VERSION },
	{ "xact", INT, XACT },
};

static const struct column charge_columns[] = {
	{ "amount", INT },	   { "at", TIME },	  { "cause_id", INT, ID },
	{ "credit_account", INT }, { "currency", TEXT },  { "debit_account", INT },
	{ "home", INT, HOME },	   { "kind", INT, KIND }, { "version", INT, VERSION },
	{ "xact", INT, XACT },
};

static const struct column operator_act_columns[] = {
	{ "act", TEXT },    { "act_id", INT, ID }, { "approver", TEXT },   { "arguments", TEXT },
	{ "at", TIME },	    { "cause_id", INT },   { "operator", TEXT },   { "outcome", INT },
	{ "reason", TEXT }, { "reference", TEXT }, { "terminal_id", INT }, { "xact", INT, XACT },
};

static const struct table {
	const char *name;
	const struct column *columns;
	size_t n;
	size_t n_first; /* columns that every database has */
} tables[SEAL_TABLES] = {
	[SEAL_JOURNAL] = { "journal", journal_columns, ARRAY_SIZE(journal_columns), 13 },
	[SEAL_CHARGE] = { "charge", charge_columns, ARRAY_SIZE(charge_columns), 10 },
	[SEAL_OPERATOR_ACT] = { "operator_act", operator_act_columns,
				ARRAY_SIZE(operator_act_columns), 12 },
};

const char *seal_table_name(enum seal_table table)
{
	return tables[table].name;
}

/* "_default" or "_2026_05". */
static bool is_partition_suffix(const char *s)
{
	static const char pattern[] = "_dddd_dd";
	size_t i;

	if (!strcmp(s, "_default"))
		return true;
	for (i = 0; pattern[i]; i++) {
		if (pattern[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != pattern[i])
			return false;
	}
	return !s[i];
}

int seal_table_parse(const char *name)
{
	size_t i, len;

	for (i = 0; i < SEAL_TABLES; i++) {
		len = strlen(tables[i].name);
		if (strncmp(name, tables[i].name, len))
			continue;
		if (!name[len] || (i != SEAL_OPERATOR_ACT && is_partition_suffix(name + len)))
			return i;
	}
	return -ENOENT;
}

#define CMP(a, b) ((a) < (b) ? -1 : (a) > (b))

int seal_ref_cmp(const struct seal_ref *a, const struct seal_ref *b)
{
	int c = CMP(a->table, b->table);

	c = c ? c : CMP(a->id, b->id);
	c = c ? c : CMP(a->version, b->version);
	c = c ? c : CMP(a->kind, b->kind);
	return c ? c : CMP(a->home, b->home);
}

static const char *kind_name(int16_t kind)
{
	static const char *const names[] = { "issue",	   "fee",    "transfer",
					     "conversion", "refund", "breakage",
					     "top_up",	   "swap",   "write_off" };

	return kind >= 1 && (size_t)kind <= ARRAY_SIZE(names) ? names[kind - 1] : "?";
}

char *seal_ref_format(char buf[SEAL_REF_TEXT_SIZE], const struct seal_ref *ref)
{
	char id[VALUE_ID_GROUPED_SIZE];

	if (ref->table == SEAL_OPERATOR_ACT) {
		snprintf(buf, SEAL_REF_TEXT_SIZE, "operator_act %lld", (long long)ref->id);
		return buf;
	}
	if (ref->id > 0)
		value_id_format_grouped(id, ref->id);
	else
		snprintf(id, sizeof(id), "%lld", (long long)ref->id);
	if (ref->table == SEAL_CHARGE)
		snprintf(buf, SEAL_REF_TEXT_SIZE, "charge of %s version %d kind %d (%s)", id,
			 ref->version, ref->kind, kind_name(ref->kind));
	else
		snprintf(buf, SEAL_REF_TEXT_SIZE, "journal of value %s version %d", id,
			 ref->version);
	return buf;
}

int seal_layout_init(struct seal_layout *layout, enum seal_table table, const char *const *names,
		     size_t n, char why[SEAL_WHY_SIZE])
{
	const struct table *t = &tables[table];
	size_t i, c, missing = t->n;

	layout->table = table;
	layout->n_fields = n;
	for (c = 0; c < t->n; c++)
		layout->place[c] = -1;
	for (i = 0; i < n; i++) {
		for (c = 0; c < t->n && strcmp(t->columns[c].name, names[i]); c++)
			;
		if (c == t->n || layout->place[c] >= 0) {
			snprintf(why, SEAL_WHY_SIZE, "column %.64s of %s is not known here",
				 names[i], t->name);
			return -ENOENT;
		}
		layout->place[c] = i;
		missing--;
	}
	if (missing <= t->n - t->n_first)
		return 0;
	snprintf(why, SEAL_WHY_SIZE, "columns of %s are missing", t->name);
	return -EINVAL;
}

static int reserve(struct seal_row *row, size_t len)
{
	size_t size = row->size ? row->size : FIRST_SIZE;
	uint8_t *octets;

	if (row->len + len <= row->size)
		return 0;
	while (size < row->len + len)
		size *= 2;
	octets = realloc(row->octets, size);
	if (!octets)
		return -ENOMEM;
	row->octets = octets;
	row->size = size;
	return 0;
}

static void string_put(struct seal_row *row, const void *octets, size_t len)
{
	uint8_t *p = seal_put32(row->octets + row->len, len);

	memcpy(p, octets, len);
	row->len += 4 + len;
}

static int int_put(struct seal_row *row, const struct column *c, const struct seal_field *f)
{
	uint8_t octets[8];
	int64_t v = 0;
	int rc;

	if (c->type == TIME)
		rc = seal_time_parse(&v, f->text, f->len);
	else
		rc = seal_int_parse(&v, f->text, f->len);
	seal_put64(octets, v);
	string_put(row, octets, sizeof(octets));
	switch (c->role) {
	case NONE:
		break;
	case ID:
		row->ref.id = v;
		break;
	case VERSION:
		row->ref.version = v;
		break;
	case KIND:
		row->ref.kind = v;
		break;
	case HOME:
		row->ref.home = v;
		break;
	case XACT:
		row->xact = v;
	}
	return rc;
}

/* There is room for the field as text, and no value is longer than that or 16 octets. */
static int value_put(struct seal_row *row, const struct column *c, const struct seal_field *f)
{
	uint8_t *place = row->octets + row->len;
	long n = 0;

	switch (c->type) {
	case INT:
	case TIME:
		return int_put(row, c, f);
	case UUID:
		n = seal_uuid_parse(place + 4, f->text, f->len) < 0 ? -EINVAL : 16;
		break;
	case OCTETS:
		n = seal_octets_parse(place + 4, f->text, f->len);
		break;
	case TEXT:
		memcpy(place + 4, f->text, f->len);
		n = f->len;
	}
	if (n < 0)
		return n;
	seal_put32(place, n);
	row->len += 4 + n;
	return 0;
}

int seal_row_encode(struct seal_row *row, const struct seal_layout *layout,
		    const struct seal_field *fields, char why[SEAL_WHY_SIZE])
{
	const struct table *t = &tables[layout->table];
	size_t i;

	row->len = 0;
	row->xact = 0;
	row->ref = (struct seal_ref){ .table = layout->table };
	if (reserve(row, 64) < 0)
		goto no_memory;
	row->octets[row->len++] = LEAF_PREFIX;
	row->octets[row->len++] = SEAL_FORMAT;
	string_put(row, t->name, strlen(t->name));
	for (i = 0; i < t->n; i++) {
		const struct column *c = &t->columns[i];
		const struct seal_field *f = layout->place[i] < 0 ? NULL
								  : &fields[layout->place[i]];

		if (!f || !f->text)
			continue;
		if (reserve(row, strlen(c->name) + f->len + 32) < 0)
			goto no_memory;
		string_put(row, c->name, strlen(c->name));
		if (value_put(row, c, f) < 0) {
			snprintf(why, SEAL_WHY_SIZE, "%s.%s: '%.*s' is not what it holds", t->name,
				 c->name, (int)OSMO_MIN(f->len, 40), f->text);
			return -EINVAL;
		}
	}
	return 0;
no_memory:
	snprintf(why, SEAL_WHY_SIZE, "no memory for a row of %s", t->name);
	return -ENOMEM;
}

void seal_row_leaf(const struct seal_row *row, struct seal_hasher *h, uint8_t leaf[SEAL_HASH_SIZE])
{
	seal_hash_begin(h);
	seal_hash_add(h, row->octets, row->len);
	seal_hash_end(h, leaf);
}

void seal_row_free(struct seal_row *row)
{
	free(row->octets);
	*row = (struct seal_row){ 0 };
}

void seal_entry_put(uint8_t entry[SEAL_ENTRY_SIZE], const struct seal_ref *ref,
		    const uint8_t leaf[SEAL_HASH_SIZE])
{
	uint8_t *p = entry;

	*p++ = ref->table;
	*p++ = ref->home;
	p = seal_put16(p, ref->kind);
	p = seal_put32(p, ref->version);
	p = seal_put64(p, ref->id);
	memcpy(p, leaf, ENTRY_HASH_SIZE);
}

void seal_entry_get(const uint8_t entry[SEAL_ENTRY_SIZE], struct seal_ref *ref)
{
	ref->table = entry[0];
	ref->home = (int8_t)entry[1];
	ref->kind = seal_get16(entry + 2);
	ref->version = seal_get32(entry + 4);
	ref->id = seal_get64(entry + 8);
}

bool seal_entry_fits(const uint8_t entry[SEAL_ENTRY_SIZE], const uint8_t leaf[SEAL_HASH_SIZE])
{
	return memcmp(entry + SEAL_ENTRY_SIZE - ENTRY_HASH_SIZE, leaf, ENTRY_HASH_SIZE) == 0;
}
