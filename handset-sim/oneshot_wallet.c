/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handset-sim/oneshot.h"
#include "handset-sim/options.h"
#include "handset-sim/sim.h"
#include "handset-sim/wallet_show.h"
#include "lib/value_id.h"

static void values_show(const struct options *o, struct wallet *w, const struct wallet_note *only)
{
	bool color = isatty(STDOUT_FILENO) && !o->no_color && !getenv("NO_COLOR");
	const struct wallet_note *note;
	bool first = true;

	if (o->json) {
		struct json j;

		json_begin(&j, stdout);
		wallet_json(&j, w, only);
		json_end(&j);
		return;
	}
	if (strcmp(o->args[1], "list") == 0 || w->n_notes == 0) {
		wallet_list_print(stdout, w);
		return;
	}
	llist_for_each_entry (note, &w->notes, list) {
		if (only && note != only)
			continue;
		if (!first)
			putchar('\n');
		first = false;
		wallet_note_draw(stdout, note, color);
	}
}

static int wallet_show(void *ctx, const struct options *o, struct wallet *w)
{
	const struct wallet_note *only = NULL;
	int64_t value_id;

	if (o->n_args == 3) {
		if (value_id_parse(&value_id, o->args[2], strlen(o->args[2])) < 0) {
			fprintf(stderr, "tegata-handset: %s is not a value id\n", o->args[2]);
			return EXIT_USAGE;
		}
		only = wallet_find(w, value_id);
		if (!only) {
			fprintf(stderr, "tegata-handset: this value is not in the wallet\n");
			return EXIT_REFUSED;
		}
	}
	values_show(o, w, only);
	return EXIT_OK;
}

int oneshot_wallet(void *ctx, const struct options *o)
{
	bool list = o->n_args == 2 && strcmp(o->args[1], "list") == 0;
	bool show = (o->n_args == 2 || o->n_args == 3) && strcmp(o->args[1], "show") == 0;
	char why[WALLET_WHY_SIZE];
	struct wallet *w;
	int rc;

	if ((!list && !show) || !o->msisdn || !number_is_e164(o->msisdn)) {
		fprintf(stderr, "tegata-handset: wallet list, or wallet show [VALUE], of which "
				"--msisdn says whose it is\n");
		return EXIT_USAGE;
	}
	w = wallet_open(ctx, sim_wallet_dir(ctx, o), o->msisdn, false, &rc, why);
	if (!w) {
		fprintf(stderr, "tegata-handset: %s\n", why);
		return EXIT_LOCAL;
	}
	rc = wallet_show(ctx, o, w);
	wallet_close(w);
	return rc;
}
