/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The rows of one interval: do they have the root that was signed?  Where not, the
 * list says which one is missing, too many, or another.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_verify.h"

struct rows {
	struct row_record *row;
	size_t n, max;
};

/* Rows come by transaction; the one that belongs to the next interval waits. */
static bool row_peek(struct verify *v)
{
	const struct row_record *rec;
	int error;

	if (v->ahead_valid || v->ahead_ended)
		return v->ahead_valid;
	rec = sort_next(v->rows, &error);
	if (error < 0)
		verify_break(v, "sorted rows: %s", strerror(-error));
	v->ahead_valid = rec != NULL;
	v->ahead_ended = !rec;
	if (rec)
		v->ahead = *rec;
	return v->ahead_valid;
}

static bool rows_take(struct verify *v, struct rows *rows, int64_t to_xact)
{
	while (row_peek(v) && sort_key_value(v->ahead.xact) < to_xact) {
		if (rows->n == rows->max) {
			size_t max = rows->max ? 2 * rows->max : 1024;
			void *more = realloc(rows->row, max * sizeof(*rows->row));

			if (!more) {
				verify_break(v, "no memory for the rows of one seal");
				return false;
			}
			rows->row = more;
			rows->max = max;
		}
		rows->row[rows->n++] = v->ahead;
		v->ahead_valid = false;
	}
	return !v->broken;
}

static int row_cmp(const void *a, const void *b)
{
	const struct row_record *x = a, *y = b;

	return seal_ref_cmp(&x->ref, &y->ref);
}

/* The home of a row that nobody here has made is cut in a list. */
static int entry_cmp(const uint8_t *entry, const struct row_record *row)
{
	struct seal_ref listed, stored = row->ref;

	seal_entry_get(entry, &listed);
	stored.home = (int8_t)stored.home;
	return seal_ref_cmp(&listed, &stored);
}

/* Both in canonical order. */
static void compare(struct verify *v, int64_t number, const struct rows *rows,
		    const uint8_t *entries, size_t n)
{
	struct seal_ref ref;
	size_t e = 0, r = 0;

	while (e < n || r < rows->n) {
		const uint8_t *entry = entries + e * SEAL_ENTRY_SIZE;
		int c = e == n ? 1 : r == rows->n ? -1 : entry_cmp(entry, &rows->row[r]);

		if (c < 0) {
			seal_entry_get(entry, &ref);
			verify_find(v, FINDING_REMOVED, number, &ref);
		} else if (c > 0) {
			verify_find(v, FINDING_ADDED, number, &rows->row[r].ref);
		} else if (!seal_entry_fits(entry, rows->row[r].leaf)) {
			verify_find(v, FINDING_CHANGED, number, &rows->row[r].ref);
		}
		e += c <= 0;
		r += c >= 0;
	}
}

static bool root_fits(struct verify *v, const struct seal *s, const struct rows *rows)
{
	uint8_t root[SEAL_HASH_SIZE];
	struct seal_tree tree;
	size_t i;

	seal_tree_init(&tree, v->hasher);
	for (i = 0; i < rows->n; i++)
		seal_tree_add(&tree, rows->row[i].leaf);
	seal_tree_root(&tree, root);
	return s->row_count == (int64_t)rows->n && memcmp(root, s->root, sizeof(root)) == 0;
}

bool verify_interval(struct verify *v, const struct seal *s, const uint8_t *entries, size_t n,
		     bool list_good)
{
	struct rows rows = { 0 };
	uint64_t before = v->n_findings;

	if (!rows_take(v, &rows, s->to_xact)) {
		free(rows.row);
		return false;
	}
	if (rows.n)
		qsort(rows.row, rows.n, sizeof(*rows.row), row_cmp);
	v->n_sealed += rows.n;
	if (!root_fits(v, s, &rows)) {
		if (entries)
			compare(v, s->number, &rows, entries, n);
		/* The list has only parts of hashes. */
		if (v->n_findings == before)
			verify_find_text(
				v, s->number,
				"its %lld rows are not the %lld that were sealed; there is no"
				" list that says which",
				(long long)rows.n, (long long)s->row_count);
		else if (!list_good)
			verify_find_text(
				v, s->number,
				"its list was changed: what is named above is what it says now");
	} else if (!list_good) {
		verify_find_text(v, s->number,
				 "its list was changed or removed; its rows were not");
	}
	free(rows.row);
	return true;
}

bool verify_rows_skip(struct verify *v, int64_t to_xact)
{
	while (row_peek(v) && sort_key_value(v->ahead.xact) < to_xact)
		v->ahead_valid = false;
	return !v->broken;
}

static bool was_removed(const struct verify *v, const struct seal_ref *ref)
{
	uint64_t i;

	for (i = 0; i < v->n_findings && i < VERIFY_FINDINGS_MAX; i++) {
		if (v->findings[i].kind == FINDING_REMOVED &&
		    seal_ref_cmp(&v->findings[i].ref, ref) == 0)
			return true;
	}
	return false;
}

/* No seal would come to it. */
static void never_find(struct verify *v)
{
	char ref[SEAL_REF_TEXT_SIZE];

	seal_ref_format(ref, &v->ahead.ref);
	verify_find_text(v, 0, "%s: its transaction %" PRId64 " is one that is still to come", ref,
			 sort_key_value(v->ahead.xact));
}

bool verify_unsealed(struct verify *v)
{
	while (row_peek(v)) {
		v->n_unsealed++;
		/* A row that was sealed does not become one that was not. */
		if (v->n_findings && was_removed(v, &v->ahead.ref))
			verify_find(v, FINDING_ADDED, 0, &v->ahead.ref);
		else if (sort_key_value(v->ahead.xact) >= v->next_xact)
			never_find(v);
		v->ahead_valid = false;
	}
	return !v->broken;
}
