/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The wallet of a phone that is in use: opened for writing when the phone's
 * number is known (an HLR tells it late), fed with the texts that bring values.
 * A wallet that cannot be used never stops the phone; it is said once.
 */
#include <stdbool.h>

#include "handset-sim/text_rules.h"

struct terminal;
struct wallet;

struct purse {
	void *ctx;
	const char *dir;
	const struct text_rules *rules;
	struct wallet *wallet;
	bool given_up;
};

/* The terminal's wallet, with what lay in its inbox; NULL where it cannot be had. */
struct wallet *purse_wallet(struct purse *p, const struct terminal *t);
/* A text came, a last one or one with a menu below it: what values does it bring?  They are put
 * into the wallet.  from: another phone's number where it came by SMS from there; else NULL. */
size_t purse_learn(struct purse *p, const struct terminal *t, const char *from, const char *text,
		   struct text_note notes[TEXT_NOTES_MAX]);
void purse_close(struct purse *p);

/* Where wallets are unless --wallet-dir says: below $XDG_STATE_HOME, else $HOME, else ".". */
char *purse_default_dir(void *ctx);
