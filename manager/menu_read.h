/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* 5 Is it mine, 6 Balance, 7 Last operations: what changes nothing. */

struct dialogue;

/* As far as *188*5*value# says. */
void menu_check_code(struct dialogue *d);
