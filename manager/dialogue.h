/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Dialogues with terminals: one osmo_fsm a dialogue (dialogue_fsm.c), the menu
 * and the one-shot codes on top.  See exchange.h for the ladder towards the
 * adapter and ledger.h for the one towards the database.
 */
#include <stdbool.h>
#include <stddef.h>

#include "manager/exchange.h"
#include "manager/text_writer.h"

struct ledger;
struct dialogue_settings;
struct pin_key;
struct dialogues;
struct dialogue;

struct dialogues *dialogues_new(void *ctx, struct ledger *ledger);
/* VTY node "dialogue" and "show dialogues": before the configuration is read. */
void dialogues_vty_init(struct dialogues *ds);
/* Can what was read be used, texts and PIN key too?  Negative errno (logged): no. */
int dialogues_check(const struct dialogues *ds) __attribute__((warn_unused_result));
/* Loads the text catalogues and the PIN key.  Negative errno where one cannot be used (logged). */
int dialogues_start(struct dialogues *ds) __attribute__((warn_unused_result));
/* Every setting has its default; after it what was read. */
void dialogues_reset(struct dialogues *ds);
/* Loads both again; on failure what there was stays. */
int dialogues_reload(struct dialogues *ds) __attribute__((warn_unused_result));
/* From now on new dialogues are refused with a text ("come back in a minute"). */
void dialogues_drain(struct dialogues *ds);
/* Each terminal reads how it stands, as if its time were up, and its dialogue ends. */
void dialogues_stop(struct dialogues *ds);
size_t dialogues_open_count(const struct dialogues *ds);

/* --- for texts outside of dialogues ---------------------------------------- */

/* How they are written for a terminal of this language; one that there is not: the default. */
struct text_style dialogues_style(const struct dialogues *ds, const char *language);
const struct catalogue *dialogues_catalogue(const struct dialogues *ds);
const struct dialogue_settings *dialogues_settings(const struct dialogues *ds);
/* NULL: none is configured.  Lives until the next reload. */
const struct pin_key *dialogues_pin_key(const struct dialogues *ds);
/* How numbers are dialled; lives as long as ds. */
const struct number_plan *dialogues_number_plan(const struct dialogues *ds);

/* --- for exchanges ----------------------------------------------------------- */

/* NULL where it is refused at once (too many are open, draining, not a code of ours): then a last
 * text was sent and the session is over. */
struct dialogue *dialogue_open(struct dialogues *ds, const struct exchange_begin *begin);
void dialogue_answer(struct dialogue *d, const char *text);
/* The terminal or the link is gone.  The dialogue must not be used again; what it has in the
 * ledger goes on, unseen. */
void dialogue_abort(struct dialogue *d, const char *why);
