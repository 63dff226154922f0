/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One interval: rows are read in pieces, hashed as they come, and forgotten. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/seal_key.h"
#include "lib/seal_text.h"
#include "manager/sealer_priv.h"

struct interval {
	struct sealer_worker *w;
	struct seal *seal;
	struct seal_tree tree;
	size_t n_entries; /* in the chunk */
	int chunk_number;
};

/* Writes what is in the chunk to seal_list. */
static bool chunk_flush(struct interval *v)
{
	struct sealer_worker *w = v->w;
	char number[24], chunk[16];
	size_t len = v->n_entries * SEAL_ENTRY_SIZE;
	const struct sealer_param params[] = {
		{ number },
		{ chunk },
		{ (const char *)w->chunk, len },
	};
	PGresult *res;

	if (len == 0)
		return true;
	seal_hash_add(w->list_hasher, w->chunk, len);
	snprintf(number, sizeof(number), "%lld", (long long)v->seal->number);
	snprintf(chunk, sizeof(chunk), "%d", v->chunk_number++);
	v->n_entries = 0;
	res = sealer_db_query(&w->db, "SELECT tegata.seal_list_add($1, $2, $3)", params,
			      ARRAY_SIZE(params));
	PQclear(res);
	return res || sealer_fail(w, "list", w->db.why);
}

static bool row_add(struct interval *v, const struct seal_layout *layout, const PGresult *res,
		    int r)
{
	struct sealer_worker *w = v->w;
	struct seal_field fields[SEAL_COLUMNS_MAX];
	uint8_t leaf[SEAL_HASH_SIZE];
	char why[SEAL_WHY_SIZE];
	size_t i;

	for (i = 0; i < layout->n_fields; i++) {
		fields[i].text = PQgetisnull(res, r, i) ? NULL : PQgetvalue(res, r, i);
		fields[i].len = PQgetlength(res, r, i);
	}
	if (seal_row_encode(&w->row, layout, fields, why) < 0)
		return sealer_fail(w, "row", why);
	seal_row_leaf(&w->row, w->hasher, leaf);
	seal_tree_add(&v->tree, leaf);
	seal_entry_put(w->chunk + v->n_entries++ * SEAL_ENTRY_SIZE, &w->row.ref, leaf);
	return v->n_entries < SEALER_CHUNK_ENTRIES || chunk_flush(v);
}

static bool layout_of(struct interval *v, struct seal_layout *layout, enum seal_table table,
		      const PGresult *res)
{
	const char *names[SEAL_COLUMNS_MAX];
	char why[SEAL_WHY_SIZE];
	int i, n = PQnfields(res);

	if (n > SEAL_COLUMNS_MAX)
		return sealer_fail(v->w, seal_table_name(table),
				   "more columns than are known here");
	for (i = 0; i < n; i++)
		names[i] = PQfname(res, i);
	if (seal_layout_init(layout, table, names, n, why) < 0)
		return sealer_fail(v->w, seal_table_name(table), why);
	return true;
}

static bool table_add(struct interval *v, enum seal_table table)
{
	struct sealer_worker *w = v->w;
	char from[24], to[24], fetch[64];
	const struct sealer_param params[] = { { seal_table_name(table) }, { from }, { to } };
	struct seal_layout layout;
	bool ok = true;
	PGresult *res;
	int r, n;

	snprintf(from, sizeof(from), "%lld", (long long)v->seal->from_xact);
	snprintf(to, sizeof(to), "%lld", (long long)v->seal->to_xact);
	res = sealer_db_query(&w->db, "SELECT tegata.seal_rows($1, $2, $3)", params, 3);
	PQclear(res);
	if (!res)
		return sealer_fail(w, "rows", w->db.why);
	snprintf(fetch, sizeof(fetch), "FETCH %d FROM seal_%s", SEALER_FETCH_ROWS,
		 seal_table_name(table));
	do {
		res = sealer_db_query(&w->db, fetch, NULL, 0);
		if (!res)
			return sealer_fail(w, "rows", w->db.why);
		n = PQntuples(res);
		ok = layout_of(v, &layout, table, res);
		for (r = 0; ok && r < n; r++)
			ok = row_add(v, &layout, res, r);
		PQclear(res);
	} while (ok && n == SEALER_FETCH_ROWS);
	return ok;
}

static bool seal_insert(struct sealer_worker *w, const struct seal *s)
{
	struct sealer_param params[SEAL_N_COLUMNS];
	struct seal_values v;
	PGresult *res;
	size_t i;

	seal_values(s, &v);
	for (i = 0; i < SEAL_N_COLUMNS; i++)
		params[i] = (struct sealer_param){ v.value[i] };
	res = sealer_db_query(&w->db,
			      "SELECT tegata.seal_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
			      " $11, $12, $13, $14, $15, $16, $17, $18)",
			      params, SEAL_N_COLUMNS);
	PQclear(res);
	return res || sealer_fail(w, "seal", w->db.why);
}

/* A COMMIT that came back with a warning did not wait for the standby: as if it had not come back.
 */
static bool commit(struct sealer_worker *w)
{
	PGresult *res = sealer_db_query(&w->db, "COMMIT", NULL, 0);
	bool answered = res != NULL;
	bool ok = answered && strcmp(PQcmdStatus(res), "COMMIT") == 0 && !w->db.warned;

	PQclear(res);
	if (ok)
		return true;
	if (w->db.conn)
		sealer_db_close(&w->db);
	return sealer_fail(w, "commit",
			   answered ? "the server did not wait for its standby" : w->db.why);
}

static void rollback(struct sealer_worker *w)
{
	if (w->db.conn && !sealer_db_run(&w->db, "ROLLBACK"))
		sealer_db_close(&w->db);
}

static bool rows_read(struct interval *v)
{
	struct sealer_worker *w = v->w;
	int t;

	seal_tree_init(&v->tree, w->hasher);
	seal_hash_begin(w->list_hasher);
	for (t = 0; t < SEAL_TABLES; t++) {
		if (!table_add(v, t))
			return false;
	}
	if (!chunk_flush(v))
		return false;
	v->seal->row_count = v->tree.n;
	seal_tree_root(&v->tree, v->seal->root);
	seal_hash_end(w->list_hasher, v->seal->list);
	return true;
}

bool sealer_interval_seal(struct sealer_worker *w, struct seal *s, bool unless_empty)
{
	struct interval v = { .w = w, .seal = s };

	if (!sealer_db_run(&w->db, "BEGIN"))
		return sealer_fail(w, "begin", w->db.why);
	if (!rows_read(&v)) {
		rollback(w);
		return false;
	}
	if (unless_empty && s->row_count == 0) {
		s->number = 0;
		rollback(w);
		return true;
	}
	if (seal_sign(s, w->config.key, w->hasher) < 0) {
		rollback(w);
		return sealer_fail(w, "sign", "OpenSSL failed");
	}
	if (!seal_insert(w, s)) {
		rollback(w);
		return false;
	}
	return commit(w);
}
