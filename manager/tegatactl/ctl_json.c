/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A JSON document from the database for people: members that are plain as
 * lines, members that are lists of objects as tables.  PostgreSQL takes the
 * document apart; there is no parser here.
 */
#include <string.h>

#include <osmocom/core/talloc.h>

#include "manager/tegatactl/ctl.h"

/* Members that are lists become tables with a column for each key that any element has. */
static bool print_list(struct ctl *ctl, void *ctx, const char *name, const char *list)
{
	const char *values[] = { list };
	PGresult *keys = ctl_query(ctl,
				   "SELECT k FROM jsonb_array_elements($1::jsonb) e,"
				   " jsonb_object_keys(e) WITH ORDINALITY AS j(k, n)"
				   " GROUP BY k ORDER BY min(n)",
				   1, values);
	char *sql = talloc_strdup(ctx, "SELECT ");
	PGresult *rows;
	int i;

	if (!keys)
		return false;
	for (i = 0; i < PQntuples(keys); i++) {
		const char *key = PQgetvalue(keys, i, 0);
		char *literal = PQescapeLiteral(ctl->db, key, strlen(key));
		char *ident = PQescapeIdentifier(ctl->db, key, strlen(key));

		sql = talloc_asprintf_append(sql, "%se->>%s AS %s", i ? ", " : "", literal, ident);
		PQfreemem(literal);
		PQfreemem(ident);
	}
	PQclear(keys);
	sql = talloc_asprintf_append(sql, " FROM jsonb_array_elements($1::jsonb) e");
	rows = ctl_query(ctl, sql, 1, values);
	if (!rows)
		return false;
	printf("\n");
	ctl_print(ctl, name, rows);
	PQclear(rows);
	return true;
}

static bool print_object(struct ctl *ctl, void *ctx, const char *object)
{
	const char *values[] = { object };
	PGresult *members = ctl_query(ctl,
				      "SELECT key, value #>> '{}', jsonb_typeof(value)"
				      " FROM jsonb_each($1::jsonb)"
				      " ORDER BY jsonb_typeof(value) = 'array'",
				      1, values);
	bool ok = members != NULL;
	int i;

	for (i = 0; ok && i < PQntuples(members); i++) {
		const char *key = PQgetvalue(members, i, 0), *value = PQgetvalue(members, i, 1);

		if (!strcmp(PQgetvalue(members, i, 2), "array"))
			ok = print_list(ctl, ctx, key, value);
		else {
			printf("%-16s ", key);
			ctl_print_text(value);
			putchar('\n');
		}
	}
	PQclear(members);
	return ok;
}

int ctl_print_document(struct ctl *ctl, const char *document)
{
	const char *values[] = { document };
	void *ctx = talloc_new(NULL);
	PGresult *objects;
	bool ok;
	int i;

	if (ctl->format == CTL_JSON) {
		printf("%s\n", document);
		talloc_free(ctx);
		return CTL_OK;
	}
	objects = ctl_query(ctl,
			    "SELECT e FROM jsonb_array_elements(CASE jsonb_typeof($1::jsonb)"
			    " WHEN 'array' THEN $1::jsonb ELSE jsonb_build_array($1::jsonb) END) e",
			    1, values);
	ok = objects != NULL;
	for (i = 0; ok && i < PQntuples(objects); i++) {
		if (i)
			printf("\n----\n\n");
		ok = print_object(ctl, ctx, PQgetvalue(objects, i, 0));
	}
	PQclear(objects);
	talloc_free(ctx);
	return ok ? CTL_OK : CTL_DATABASE;
}
