/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* 3 Send to a phone, 4 Pay a shop: value, to whom, reference, quote, yes or no, result. */
#include <stdbool.h>
#include <stdint.h>

struct dialogue;
struct transfer_args;

void menu_transfer_reset(struct dialogue *d, bool to_shop);
/* The value is known: asks to whom. */
void menu_transfer_value(struct dialogue *d, int64_t value_id);
/* As far as *188*3*value*number# and *188*4*value*shop*reference# say. */
void menu_transfer_code(struct dialogue *d);
/* d->op as the ledger is asked about it. */
void menu_transfer_args(struct transfer_args *args, const struct dialogue *d);
/* Does what d->op says, as agreed to. */
void menu_transfer_do(struct dialogue *d);
