/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * 2 My values, and picking one to hand on.  The ledger is asked for a chunk at a time; places are
 * counted through all of them, so that what a place names does not change while pages are turned.
 */
#include <stdbool.h>

struct dialogue;

void menu_list_reset(struct dialogue *d);
/* Is there a chunk behind or before the one shown? */
bool menu_list_has_next(const struct dialogue *d);
bool menu_list_has_previous(const struct dialogue *d);
void menu_list_next(struct dialogue *d);
void menu_list_previous(struct dialogue *d);
