/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the terminal was asked by SMS and has not answered: the next dial lands on
 * it.  Yes, no, or later; the first valid answer counts, by whichever channel.
 */

struct dialogue;

void menu_question_start(struct dialogue *d);
