/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The PIN: asked for before value is moved, where the product wants one, and set or
 * changed under 9.
 *
 *   9 ---- old one, where there is one -- new one -- once more -- result
 *
 * What is typed becomes a digest in the same turn, and its buffers are wiped.
 */
#include <stdbool.h>

struct dialogue;

/* Goes on with then(d): at once, or behind the right PIN. */
void menu_pin_then(struct dialogue *d, bool needed, void (*then)(struct dialogue *d));
/* 9, *188*9#. */
void menu_pin_set(struct dialogue *d);
