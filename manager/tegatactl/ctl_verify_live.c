/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A database, primary or standby: its tables by COPY in one snapshot.  Everything
 * that could stand between us and the rows is refused: views and rules in place of
 * tables, row security.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/seal_text.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_verify.h"

#define CATCH_UP_S 10

/* Settings by which values become text, and what the reader asks for. */
static const char begin_sql[] =
	"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
	" SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL row_security = off;"
	" SET LOCAL DateStyle = 'ISO'; SET LOCAL TimeZone = 'UTC';"
	" SET LOCAL bytea_output = 'hex'; SET LOCAL client_encoding = 'UTF8';"
	" SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

static bool run(struct verify *v, const char *sql)
{
	PGresult *res = PQexec(v->ctl->db, sql);
	ExecStatusType status = PQresultStatus(res);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

	if (!ok)
		verify_break(v, "%s", PQresultErrorMessage(res));
	PQclear(res);
	return ok;
}

/* A table, or a partitioned one, without rules; views are other things with the same name. */
static bool kind_check(struct verify *v, const char *table)
{
	const char *values[] = { table };
	PGresult *res = ctl_query(v->ctl,
				  "SELECT c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT "
				  "c.relrowsecurity FROM pg_catalog.pg_class c JOIN "
				  "pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
				  "WHERE n.nspname = 'tegata' AND c.relname = $1",
				  1, values);
	bool ok = res && PQntuples(res) == 1 && PQgetvalue(res, 0, 0)[0] == 't';

	if (res && !ok)
		verify_find_text(
			v, 0, "tegata.%s is not a plain table: what it shows is not what is stored",
			table);
	PQclear(res);
	return res != NULL;
}

static bool columns_begin(struct verify *v, struct verify_reader *r, const char *table)
{
	const char *columns[VERIFY_COLUMNS_MAX];
	char sql[128];
	PGresult *res;
	int i, n, rc;

	snprintf(sql, sizeof(sql), "SELECT * FROM tegata.%s LIMIT 0", table);
	res = ctl_query(v->ctl, sql, 0, NULL);
	if (!res) {
		v->broken = true;
		return false;
	}
	n = PQnfields(res);
	for (i = 0; i < n && i < VERIFY_COLUMNS_MAX; i++)
		columns[i] = PQfname(res, i);
	rc = verify_table_begin(v, r, table, columns, n);
	PQclear(res);
	return rc == 0;
}

static bool table_read(struct verify *v, const char *table)
{
	struct verify_reader r;
	PGresult *res;
	char sql[128], *line = NULL;
	int len, rc = 0;

	if (!kind_check(v, table) || !columns_begin(v, &r, table))
		return false;
	snprintf(sql, sizeof(sql), "COPY (SELECT * FROM tegata.%s) TO STDOUT", table);
	res = PQexec(v->ctl->db, sql);
	if (PQresultStatus(res) != PGRES_COPY_OUT) {
		verify_break(v, "%s", PQresultErrorMessage(res));
		PQclear(res);
		return false;
	}
	PQclear(res);
	/* After a fault the rest is read and forgotten: the connection is closed anyway. */
	while (rc == 0 && (len = PQgetCopyData(v->ctl->db, &line, 0)) > 0) {
		rc = verify_table_line(v, &r, line, len - 1);
		PQfreemem(line);
	}
	if (rc < 0)
		return false;
	res = PQgetResult(v->ctl->db);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		verify_break(v, "%s: %s", table, PQresultErrorMessage(res));
	PQclear(res);
	while ((res = PQgetResult(v->ctl->db)))
		PQclear(res);
	return !v->broken;
}

/* The last published number, to be waited for on a standby. */
static bool catch_up(struct verify *v)
{
	char wanted[24];
	const char *values[] = { wanted };
	PGresult *res;
	bool there = false;
	int i;

	snprintf(wanted, sizeof(wanted), "%" PRId64, v->published_last);
	for (i = 0; i < CATCH_UP_S * 4 && !there; i++) {
		res = ctl_query(v->ctl,
				"SELECT NOT pg_is_in_recovery() OR EXISTS (SELECT FROM tegata.seal"
				" WHERE number >= $1)",
				1, values);
		if (!res)
			return false;
		there = PQgetvalue(res, 0, 0)[0] == 't';
		PQclear(res);
		if (!there)
			usleep(250000);
	}
	return true;
}

/* What the snapshot sees is of transactions below this; no table's owner can say otherwise. */
static bool next_xact_read(struct verify *v)
{
	PGresult *res = ctl_query(
		v->ctl,
		"SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text", 0,
		NULL);
	bool ok = res &&
		  seal_int_parse(&v->next_xact, PQgetvalue(res, 0, 0), PQgetlength(res, 0, 0)) == 0;

	if (!ok)
		verify_break(v, "the database does not say its next transaction");
	PQclear(res);
	return ok;
}

bool verify_live_read(struct verify *v)
{
	bool ok;
	int t;

	if (!ctl_connect(v->ctl)) {
		v->broken = true;
		return false;
	}
	ok = catch_up(v) && run(v, begin_sql) && next_xact_read(v);
	for (t = 0; ok && t < VERIFY_TABLES; t++)
		ok = table_read(v, verify_table_name(t));
	return ok;
}
