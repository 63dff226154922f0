/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* "explain VALUE": what it is now, and its life in order (operator_explain_value); for auditors,
 * who do not see everything, its owners and what was told by SMS (schema audit). */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "lib/outcome.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

#define CODES 512 /* outcomes have codes below it */

static const char sql[] =
	"SELECT jsonb_build_object('life', jsonb_agg(jsonb_strip_nulls(jsonb_build_object("
	"'at', e.at, 'event', e.event, 'who', e.who, 'detail', e.detail, 'amount', e.amount,"
	" 'currency', e.currency, 'outcome', coalesce(o.name, e.outcome::text), 'link', e.link,"
	" 'request_id', e.request_id, 'seal', e.seal)) ORDER BY n))"
	" || (tegata.operator_show_value($1) - 'history' - 'charges')"
	" FROM tegata.operator_explain_value($1) WITH ORDINALITY"
	" AS e(at, event, who, detail, amount, currency, outcome, link, request_id, seal, n)"
	" LEFT JOIN unnest($2::text[]) WITH ORDINALITY AS o(name, code) ON o.code - 1 = e.outcome";

/* The life as lines: of each what was said, and nothing of what was not. */
static bool print_life(struct ctl *ctl, const char *document)
{
	const char *values[] = { document };
	PGresult *res = ctl_query(
		ctl,
		"SELECT e->>'at' AS at, e->>'event' AS event, e->>'who' AS who,"
		" concat_ws(', ', e->>'detail', e->>'outcome', 'by ' || (e->>'link')) AS detail,"
		" e->>'amount' AS amount, e->>'currency' AS currency, e->>'seal' AS seal"
		" FROM jsonb_array_elements($1::jsonb->'life') WITH ORDINALITY AS l(e, n) ORDER BY "
		"n",
		1, values);

	if (!res)
		return false;
	printf("\n");
	ctl_print(ctl, "life", res);
	PQclear(res);
	return true;
}

static int print(struct ctl *ctl, const char *document)
{
	const char *values[] = { document };
	PGresult *now;
	int rc;

	if (ctl->format != CTL_TABLE || !strstr(document, "\"life\""))
		return ctl_print_document(ctl, document);
	now = ctl_query(ctl, "SELECT $1::jsonb - 'life'", 1, values);
	if (!now)
		return CTL_DATABASE;
	rc = ctl_print_document(ctl, PQgetvalue(now, 0, 0));
	PQclear(now);
	return rc == CTL_OK && !print_life(ctl, document) ? CTL_DATABASE : rc;
}

static const char audit_sql[] =
	"SELECT jsonb_strip_nulls(jsonb_build_object('value_id', $1::text,"
	" 'history', jsonb_agg(to_jsonb(o) ORDER BY o.version),"
	" 'texts', (SELECT jsonb_agg(to_jsonb(t)) FROM audit.texts_about($1) t)))"
	" FROM audit.ownership($1) o HAVING count(*) > 0";

/* Who is an auditor and no operator? */
static bool only_audits(struct ctl *ctl)
{
	PGresult *res = PQexec(ctl->db, "SELECT has_schema_privilege('audit', 'USAGE')"
					" AND NOT has_schema_privilege('tegata', 'USAGE')");
	/* Where there is no such schema the question itself says so. */
	bool yes = PQntuples(res) == 1 && *PQgetvalue(res, 0, 0) == 't';

	PQclear(res);
	return yes;
}

/* One row with the document, none where there is no such value; NULL (told): an error. */
static PGresult *ask(struct ctl *ctl, const char *id_text)
{
	const char *names[CODES], *values[2] = { ctl->argv[0] };
	void *ctx;
	PGresult *res;
	int i;

	if (only_audits(ctl))
		return ctl_query(ctl, audit_sql, 1, values);
	ctx = talloc_new(NULL);
	for (i = 0; i < CODES; i++)
		names[i] = outcome_name(i);
	values[0] = id_text;
	values[1] = ctl_array(ctx, names, CODES);
	res = ctl_query(ctl, sql, 2, values);
	talloc_free(ctx);
	return res;
}

int ctl_explain(struct ctl *ctl)
{
	char id_text[CTL_VALUE_ID_SIZE];
	PGresult *res;
	int rc;

	if (!ctl_value_id(id_text, ctl->argv[0]))
		return CTL_USAGE;
	res = ask(ctl, id_text);
	if (!res)
		return CTL_DATABASE;
	if (!PQntuples(res) || PQgetisnull(res, 0, 0)) {
		ctl_error("there is no value %s", ctl->argv[0]);
		rc = CTL_REFUSED;
	} else {
		rc = print(ctl, PQgetvalue(res, 0, 0));
	}
	PQclear(res);
	return rc;
}
