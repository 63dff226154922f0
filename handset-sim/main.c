/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/interactive.h"
#include "handset-sim/load.h"
#include "handset-sim/oneshot.h"
#include "handset-sim/options.h"
#include "handset-sim/script_main.h"
#include "lib/log_category.h"

static const struct {
	const char *name;
	int (*run)(void *ctx, const struct options *o);
} modes[] = {
	{ "dial", oneshot_dial },	  { "sms", oneshot_sms }, { "wallet", oneshot_wallet },
	{ "transfer", oneshot_transfer }, { "run", script_main }, { "load", load_main },
};

static int log_start(void *ctx, const struct options *o)
{
	struct log_target *target;

	if (log_init(&tegata_log_info, ctx) < 0)
		return EXIT_LOCAL;
	target = log_target_create_stderr();
	if (!target)
		return EXIT_LOCAL;
	log_add_target(target);
	log_set_use_color(target, 0);
	log_set_print_category(target, 1);
	log_set_print_category_hex(target, 0);
	log_set_print_filename2(target, LOG_FILENAME_NONE);
	log_set_log_level(target, LOGL_ERROR);
	if (o->log && strchr(o->log, ','))
		log_parse_category_mask(target, o->log);
	if (o->log)
		log_set_log_level(target, strchr(o->log, ',') ? 0 : LOGL_DEBUG);
	return EXIT_OK;
}

static int mode_run(void *ctx, const struct options *o)
{
	size_t i;

	if (o->n_args == 0)
		return interactive_main(ctx, o);
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(o->args[0], modes[i].name) == 0)
			return modes[i].run(ctx, o);
	fprintf(stderr, "tegata-handset: there is no %s; --help tells what there is\n", o->args[0]);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct options o;
	void *ctx;
	int rc;

	if (options_parse(&o, argc, argv) < 0)
		return EXIT_USAGE;
	if (o.help) {
		options_help();
		return EXIT_OK;
	}
	if (o.version) {
		printf("tegata-handset %s\n", TEGATA_VERSION);
		return EXIT_OK;
	}
	signal(SIGPIPE, SIG_IGN);
	ctx = talloc_named_const(NULL, 0, "tegata-handset");
	osmo_select_init();
	rc = log_start(ctx, &o);
	if (rc == EXIT_OK)
		rc = mode_run(ctx, &o);
	talloc_free(ctx);
	return rc;
}
