/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* From what was dialled to where that is in the menu, or to its answer at once. */

struct dialogue;

/* The terminal is known: tells what it has not seen, then goes on. */
void menu_start(struct dialogue *d);
/* Asks what it is asked, then goes where it dialled. */
void menu_go_on(struct dialogue *d);
