/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/file.h"
#include "handset-sim/messaging.h"
#include "handset-sim/script_main.h"
#include "handset-sim/script_report.h"
#include "handset-sim/script_run.h"
#include "handset-sim/script_update.h"
#include "handset-sim/script_vars.h"
#include "handset-sim/sim.h"

/* What a failed test does not say; the same failure again and again is told once. */
static void on_down(void *data, int error, const char *why)
{
	static char told[256];

	if (strcmp(told, why) != 0)
		fprintf(stderr, "tegata-handset: %s\n", why);
	OSMO_STRLCPY_ARRAY(told, why);
}

static const struct exchange_handler exchange_handler = { .down = on_down };

static void on_ended(void *data)
{
	*(bool *)data = true;
}

static int script_write(const struct script *script, const struct script_edits *edits)
{
	char *content;
	int rc;

	if (script_edits_count(edits) == 0)
		return EXIT_OK;
	content = script_edits_apply((void *)edits, edits, script->content);
	rc = file_replace(script->path, content, strlen(content), 0644);
	if (rc == 0)
		return EXIT_OK;
	fprintf(stderr, "tegata-handset: %s: %s\n", script->path, strerror(-rc));
	return EXIT_LOCAL;
}

static int script_play(void *ctx, const struct script *script, const struct script_env *env)
{
	struct script_env own = *env;
	struct script_run *run;
	bool ended = false;
	int rc = EXIT_OK;

	own.edits = env->options->update ? script_edits_new(ctx) : NULL;
	run = script_run_start(ctx, script, &own, on_ended, &ended);
	while (!ended)
		osmo_select_main_ctx(0);
	script_run_free(run);
	if (own.edits)
		rc = script_write(script, own.edits);
	return rc;
}

/* All files are read before the first is run: a fault in the last should not show after minutes. */
static struct script *script_load(void *ctx, const char *path)
{
	struct script_error error = { 0 };
	struct script *script;
	char *content;
	size_t len;
	int rc;

	content = file_read(ctx, path, SCRIPT_FILE_MAX, &len, &rc);
	if (!content) {
		fprintf(stderr, "%s: %s\n", path, strerror(-rc));
		return NULL;
	}
	script = script_parse(ctx, path, content, len, &error);
	if (!script)
		fprintf(stderr, "%s:%u: %s\n", path, error.line, error.why);
	talloc_free(content);
	return script;
}

static void dir_remove(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *item = talloc_asprintf(NULL, "%s/%s", path, entry->d_name);

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlink(item) < 0)
			dir_remove(item);
		talloc_free(item);
	}
	if (dir)
		closedir(dir);
	if (rmdir(path) < 0)
		perror(path);
}

static int scripts_play(void *ctx, struct script **scripts, struct script_env *env)
{
	const struct options *o = env->options;
	char temporary[] = "/tmp/tegata-handset-XXXXXX";
	int i, rc = EXIT_OK;

	env->wallet_dir = o->wallet_dir ? o->wallet_dir : mkdtemp(temporary);
	if (!env->wallet_dir) {
		perror("tegata-handset: directory for wallets");
		return EXIT_LOCAL;
	}
	for (i = 0; i < o->n_args - 1 && rc == EXIT_OK; i++)
		rc = script_play(ctx, scripts[i], env);
	if (!o->wallet_dir)
		dir_remove(temporary);
	script_report_end(env->report);
	if (o->junit && script_report_junit(env->report, o->junit) < 0) {
		fprintf(stderr, "tegata-handset: %s cannot be written\n", o->junit);
		return EXIT_LOCAL;
	}
	if (rc == EXIT_OK && script_report_failures(env->report) > 0)
		rc = EXIT_REFUSED;
	return rc;
}

static bool sets_check(const struct options *o)
{
	size_t i;

	for (i = 0; i < o->sets.n; i++) {
		const char *eq = strchr(o->sets.items[i], '=');
		char *name = talloc_strndup(NULL, o->sets.items[i], eq ? eq - o->sets.items[i] : 0);
		bool good = script_name_is_one(name);

		talloc_free(name);
		if (good)
			continue;
		fprintf(stderr, "tegata-handset: --set %s is not NAME=VALUE\n", o->sets.items[i]);
		return false;
	}
	return true;
}

int script_main(void *ctx, const struct options *o)
{
	const struct exchange_config config = sim_exchange_config(o);
	bool color = isatty(STDOUT_FILENO) && !o->no_color && !getenv("NO_COLOR");
	struct script_env env = { .options = o };
	struct script **scripts;
	int i, rc;

	if (o->n_args < 2 || !sets_check(o)) {
		fprintf(stderr, "tegata-handset: run FILE...\n");
		return EXIT_USAGE;
	}
	scripts = talloc_zero_array(ctx, struct script *, o->n_args - 1);
	for (i = 1; i < o->n_args; i++) {
		scripts[i - 1] = script_load(ctx, o->args[i]);
		if (!scripts[i - 1])
			return EXIT_USAGE;
	}
	env.rules = text_rules_new(ctx, &o->patterns);
	if (!env.rules)
		return EXIT_USAGE;
	env.exchange = exchange_open(ctx, &config, &exchange_handler, NULL, &rc);
	if (!env.exchange) {
		fprintf(stderr, "tegata-handset: --address %s: %s\n", o->address, strerror(-rc));
		return EXIT_USAGE;
	}
	env.messaging = o->smsc ? messaging_open(ctx, o->smsc, o->sms_faults) : NULL;
	if (o->smsc && !env.messaging) {
		exchange_close(env.exchange);
		return EXIT_USAGE;
	}
	env.report = script_report_new(ctx, stdout, o->tap, color);
	rc = scripts_play(ctx, scripts, &env);
	exchange_close(env.exchange);
	messaging_close(env.messaging); /* turns the loop: nothing else may be left on it */
	return rc;
}
