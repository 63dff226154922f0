/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "handset-sim/purse.h"
#include "handset-sim/terminal.h"
#include "handset-sim/wallet.h"
#include "lib/number.h"

struct wallet *purse_wallet(struct purse *p, const struct terminal *t)
{
	char why[WALLET_WHY_SIZE];
	int rc;

	if (!p->wallet) {
		if (p->given_up || !terminal_number(t)[0])
			return NULL;
		p->wallet = wallet_open(p->ctx, p->dir, terminal_number(t), true, &rc, why);
		p->given_up = !p->wallet;
		if (p->given_up)
			fprintf(stderr, "tegata-handset: %s; the phone works without\n", why);
		return p->wallet;
	}
	rc = wallet_take_inbox(p->wallet);
	if (rc < 0)
		fprintf(stderr, "tegata-handset: wallet %s: %s\n", p->wallet->path, strerror(-rc));
	return p->wallet;
}

size_t purse_learn(struct purse *p, const struct terminal *t, const char *from, const char *text,
		   struct text_note notes[TEXT_NOTES_MAX])
{
	size_t n = text_rules_received(p->rules, text, notes), i;
	struct wallet *w = n > 0 ? purse_wallet(p, t) : NULL;

	for (i = 0; w && i < n; i++) {
		int rc = wallet_receive(w, notes[i].value_id, notes[i].amount, notes[i].currency,
					from && number_is_e164(from) ? from : "");

		if (rc < 0)
			fprintf(stderr, "tegata-handset: wallet %s: %s\n", w->path, strerror(-rc));
	}
	return n;
}

void purse_close(struct purse *p)
{
	wallet_close(p->wallet);
	p->wallet = NULL;
}

char *purse_default_dir(void *ctx)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state)
		return talloc_asprintf(ctx, "%s/tegata-handset", state);
	if (home && *home)
		return talloc_asprintf(ctx, "%s/.local/state/tegata-handset", home);
	return talloc_strdup(ctx, "tegata-handset");
}
