/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What people type: full-width forms (U+FF01..U+FF5E, U+3000) are their ASCII twins, spaces around
 * are not meant. */
#include <stdbool.h>
#include <stdint.h>

#include "manager/ledger.h"

#define MENU_INPUT_SIZE 128 /* the longest thing asked for is a reference of 64 characters */

/* False: longer than anything that is asked for, not UTF-8, or with control characters. */
bool menu_input_fold(char out[MENU_INPUT_SIZE], const char *text);

/* OK, or VALUE_ID_MALFORMED. */
enum outcome menu_input_value(int64_t *value_id, const char *text);
/* Copies a shop's reference: letters, digits, space and "-_./:+,#*", up to 64; spaces at its
 * ends are left out.  OK, or REFERENCE_MALFORMED. */
enum outcome menu_input_reference(char reference[REFERENCE_SIZE], const char *text);
