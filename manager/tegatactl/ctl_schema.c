/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/tegatactl/ctl_schema.h"

#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

/* Serialises two upgrades of one database; 2020-01-01 is the first day that a value id knows. */
#define LOCK_SQL "SELECT pg_advisory_xact_lock(20200101)"
/* Who waits for a table that a long query reads makes all managers wait behind him: rather give up.
 */
#define PATIENCE_SQL "SET LOCAL lock_timeout = '3s'"

/* A patch locks tables in an order of its own.  Of two who wait for each other the one that looks
 * first is ended: that is to be a manager's batch, which asks again by itself.  Only a superuser
 * may say so; others begin anew. */
#define LAST_SQL                                                         \
	"SELECT CASE WHEN rolsuper THEN set_config('deadlock_timeout', " \
	"'1min', true) END FROM pg_roles WHERE rolname = current_user"
#define ATTEMPTS 5

/* Of the statement that failed last. */
static bool was_deadlock;

static bool run_text(struct ctl *ctl, const char *name, const char *text)
{
	PGresult *res = PQexec(ctl->db, text);
	ExecStatusType status = PQresultStatus(res);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
		  status == PGRES_EMPTY_QUERY;

	if (!ok) {
		const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

		was_deadlock = state && strcmp(state, "40P01") == 0;
		if (!was_deadlock)
			ctl_error("%s: %s", name, PQresultErrorMessage(res));
	}
	PQclear(res);
	return ok;
}

/* The registry as rows (number, name, sha256), or NULL after an error; *installed is false where
 * the database has none yet. */
static PGresult *registry_read(struct ctl *ctl, bool *installed)
{
	PGresult *res = ctl_query(ctl, "SELECT to_regclass('tegata.patch') IS NOT NULL", 0, NULL);

	if (!res)
		return NULL;
	*installed = PQgetvalue(res, 0, 0)[0] == 't';
	if (!*installed)
		return res;
	PQclear(res);
	return ctl_query(ctl, "SELECT number, name, sha256 FROM tegata.patch ORDER BY number", 0,
			 NULL);
}

static bool patch_apply(struct ctl *ctl, const struct schema_file *patch)
{
	char number[16], name[64];
	const char *values[] = { number, name, patch->digest };
	PGresult *res;

	if (!run_text(ctl, patch->name, patch->text))
		return false;
	snprintf(number, sizeof(number), "%d", patch->number);
	/* Without "0001-" in front and ".sql" behind. */
	snprintf(name, sizeof(name), "%.*s", (int)strlen(patch->name) - 9, patch->name + 5);
	res = ctl_query(ctl, "INSERT INTO tegata.patch (number, name, sha256) VALUES ($1, $2, $3)",
			3, values);
	PQclear(res);
	return res != NULL;
}

/* Applies what is not registered; *n_applied counts.  A registered patch must be the file's. */
static bool patches_apply(struct ctl *ctl, const struct schema_files *patches, int *n_applied)
{
	bool installed;
	PGresult *reg = registry_read(ctl, &installed);
	size_t i, n_registered = reg && installed ? PQntuples(reg) : 0;
	bool ok = reg != NULL;

	if (ok && n_registered > patches->n) {
		ctl_error("the database is at patch %zu, this program knows %zu: it is too old",
			  n_registered, patches->n);
		ok = false;
	}
	for (i = 0; ok && i < patches->n; i++) {
		const struct schema_file *patch = &patches->file[i];

		if (i >= n_registered) {
			ok = patch_apply(ctl, patch);
			*n_applied += ok;
			if (ok)
				printf("applied %s\n", patch->name);
		} else if (strcmp(PQgetvalue(reg, i, 2), patch->digest)) {
			ctl_error("%s is not what was applied (SHA-256 %.16s..., applied %.16s...)",
				  patch->name, patch->digest, PQgetvalue(reg, i, 2));
			ok = false;
		}
	}
	PQclear(reg);
	return ok;
}

static bool files_run(struct ctl *ctl, void *ctx, const char *sub)
{
	struct schema_files *files = schema_files_read(ctx, ctl->sql_dir, sub);
	size_t i;

	if (!files)
		return false;
	for (i = 0; i < files->n; i++)
		if (!run_text(ctl, files->file[i].name, files->file[i].text))
			return false;
	return true;
}

static bool schema_apply(struct ctl *ctl, void *ctx, int *n_applied)
{
	struct schema_files *patches = schema_files_read(ctx, ctl->sql_dir, "patch");

	return patches && run_text(ctl, "lock", LOCK_SQL) &&
	       run_text(ctl, "lock timeout", PATIENCE_SQL) &&
	       run_text(ctl, "deadlock timeout", LAST_SQL) && files_run(ctl, ctx, "role.sql") &&
	       run_text(ctl, "owner", "SET LOCAL ROLE tegata_owner") &&
	       patches_apply(ctl, patches, n_applied) && files_run(ctl, ctx, "function") &&
	       files_run(ctl, ctx, "view") && files_run(ctl, ctx, "grant.sql");
}

static bool schema_attempt(struct ctl *ctl, int *n_applied)
{
	void *ctx = talloc_new(NULL);
	bool ok;

	*n_applied = 0;
	was_deadlock = false;
	ok = run_text(ctl, "begin", "BEGIN") && schema_apply(ctl, ctx, n_applied) &&
	     run_text(ctl, "commit", "COMMIT");
	talloc_free(ctx);
	return ok;
}

static int schema_run(struct ctl *ctl)
{
	int n_applied, attempt = 1;
	bool ok;

	while (!(ok = schema_attempt(ctl, &n_applied)) && was_deadlock && attempt++ < ATTEMPTS) {
		printf("a deadlock with who works there: once more from the beginning\n");
		if (!run_text(ctl, "rollback", "ROLLBACK"))
			break;
	}
	if (!ok && was_deadlock)
		ctl_error("%d deadlocks with who works there", ATTEMPTS);
	if (!ok) {
		ctl_error("nothing was changed");
		return CTL_DATABASE;
	}
	printf(n_applied ? "schema: %d patches applied, functions and views replaced\n"
			 : "schema: up to date, functions and views replaced\n",
	       n_applied);
	return CTL_OK;
}

int ctl_db_install(struct ctl *ctl)
{
	return schema_run(ctl);
}

int ctl_db_upgrade(struct ctl *ctl)
{
	bool installed;
	PGresult *res = registry_read(ctl, &installed);

	PQclear(res);
	if (!res)
		return CTL_DATABASE;
	if (!installed) {
		ctl_error("there is no schema here yet: 'tegatactl db install' makes it");
		return CTL_REFUSED;
	}
	return schema_run(ctl);
}

int ctl_db_status(struct ctl *ctl)
{
	void *ctx = talloc_new(NULL);
	struct schema_files *patches = schema_files_read(ctx, ctl->sql_dir, "patch");
	bool installed, current = true;
	PGresult *reg = registry_read(ctl, &installed);
	size_t i, n_registered = reg && installed ? PQntuples(reg) : 0;

	for (i = 0; patches && reg && i < patches->n; i++) {
		const struct schema_file *patch = &patches->file[i];
		const char *state = "applied";

		if (i >= n_registered)
			state = "missing";
		else if (strcmp(PQgetvalue(reg, i, 2), patch->digest))
			state = "DIFFERENT";
		current &= !strcmp(state, "applied");
		printf("%-10s %s\n", state, patch->name);
	}
	PQclear(reg);
	talloc_free(ctx);
	if (!patches || !reg)
		return CTL_DATABASE;
	return current ? CTL_OK : CTL_REFUSED;
}
