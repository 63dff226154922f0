/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* A wallet for people and for programs. */
#include <stdbool.h>
#include <stdio.h>

#include "handset-sim/json.h"
#include "handset-sim/wallet.h"

/* One line a value. */
void wallet_list_print(FILE *out, const struct wallet *w);
/* The progress of one value, drawn. */
void wallet_note_draw(FILE *out, const struct wallet_note *note, bool color);
/* The whole wallet, or only one note of it, as an object. */
void wallet_json(struct json *j, const struct wallet *w, const struct wallet_note *only);
