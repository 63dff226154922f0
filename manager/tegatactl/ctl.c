/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/tegatactl/ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/outcome.h"
#include "lib/value_id.h"

#define INSUFFICIENT_PRIVILEGE "42501"

void ctl_error(const char *format, ...)
{
	va_list ap;

	fputs("tegatactl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* libpq's messages end with a newline and may span several lines. */
static void database_error(const char *message)
{
	size_t len = strlen(message);

	while (len && message[len - 1] == '\n')
		len--;
	ctl_error("database: %.*s", (int)len, message);
}

static void notice(void *data, const char *message)
{
	fputs(message, stderr);
}

/* The database names what is closed; people want to know who may enter. */
static void needs_role(const struct ctl *ctl, const char *sql, const PGresult *res)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;

	if (!state || strcmp(state, INSUFFICIENT_PRIVILEGE) != 0)
		return;
	if (strstr(sql, " audit."))
		ctl_error("this needs an auditor: a member of tegata_auditor, and %s is none",
			  PQuser(ctl->db));
	else if (strstr(sql, " tegata."))
		ctl_error("this needs an operator: a member of tegata_operator, and %s is none",
			  PQuser(ctl->db));
}

bool ctl_connect(struct ctl *ctl)
{
	ctl->db = PQconnectdb(ctl->conninfo);
	if (PQstatus(ctl->db) != CONNECTION_OK) {
		database_error(PQerrorMessage(ctl->db));
		PQfinish(ctl->db);
		ctl->db = NULL;
		return false;
	}
	PQsetNoticeProcessor(ctl->db, notice, NULL);
	PQclear(PQexec(ctl->db, "SET client_min_messages = warning"));
	return true;
}

PGresult *ctl_query(struct ctl *ctl, const char *sql, int n, const char *const *values)
{
	PGresult *res = PQexecParams(ctl->db, sql, n, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(res);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return res;
	database_error(res ? PQresultErrorMessage(res) : PQerrorMessage(ctl->db));
	needs_role(ctl, sql, res);
	PQclear(res);
	return NULL;
}

/* The note says it in the operator's terms; the title is general. */
void ctl_refusal(const char *where, int code, const char *note)
{
	const char *title = outcome_title(code), *name = outcome_name(code);

	ctl_error("%s%s (%s)", where,
		  *note	  ? note
		  : title ? title
			  : "refused",
		  name ? name : "unknown outcome");
}

int ctl_outcome(PGresult *res, const char *done)
{
	int code, outcome, note;

	if (!res)
		return CTL_DATABASE;
	outcome = PQfnumber(res, "outcome");
	note = PQfnumber(res, "note");
	OSMO_ASSERT(outcome >= 0 && note >= 0 && PQntuples(res) == 1);
	code = atoi(PQgetvalue(res, 0, outcome));
	if (code == OUTCOME_OK)
		printf("%s\n", PQgetisnull(res, 0, note) || !*PQgetvalue(res, 0, note)
				       ? done
				       : PQgetvalue(res, 0, note));
	else
		ctl_refusal("", code, PQgetvalue(res, 0, note));
	PQclear(res);
	return code == OUTCOME_OK ? CTL_OK : CTL_REFUSED;
}

bool ctl_value_id(char id_text[CTL_VALUE_ID_SIZE], const char *typed)
{
	int64_t id;
	int rc = value_id_parse(&id, typed, strlen(typed));

	if (rc < 0) {
		ctl_error("'%s' is not a value id: %s", typed,
			  rc == -EBADMSG ? "the check digit does not fit" : "20 digits");
		return false;
	}
	snprintf(id_text, CTL_VALUE_ID_SIZE, "%" PRId64, id);
	return true;
}

char *ctl_array(void *ctx, const char *const *elements, size_t n)
{
	size_t size = 3, i;
	char *text, *p;
	const char *c;

	for (i = 0; i < n; i++)
		size += elements[i] ? 2 * strlen(elements[i]) + 3 : 5;
	p = text = talloc_array(ctx, char, size);
	*p++ = '{';
	for (i = 0; i < n; i++) {
		if (i)
			*p++ = ',';
		if (!elements[i]) {
			p = stpcpy(p, "NULL");
			continue;
		}
		*p++ = '"';
		for (c = elements[i]; *c; c++) {
			if (*c == '"' || *c == '\\')
				*p++ = '\\';
			*p++ = *c;
		}
		*p++ = '"';
	}
	strcpy(p, "}");
	return text;
}
