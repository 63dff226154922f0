/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* 1 Buy: product (where there are several), amount, yes or no, result. */

struct dialogue;

/* As far as *188*1*amount# says. */
void menu_buy_code(struct dialogue *d);
/* Does what d->op says, as agreed to. */
void menu_buy_issue(struct dialogue *d);
