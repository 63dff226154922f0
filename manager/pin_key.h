/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What makes a PIN storable: HMAC-SHA-256 under a key that is in a file beside the
 * manager, never in the database, over terminal id and PIN.  Who has a copy of the
 * database alone cannot try the 10,000 PINs of four digits.
 *
 * The PIN itself goes from the exchange to pin_key_digest() and no further: it is
 * in no log, no table and, because its buffers are wiped, in no core dump.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manager/ledger_sms.h"

#define PIN_DIGITS_MIN 4
#define PIN_DIGITS_MAX 12

struct pin_key; /* wiped when it is freed */

/* The first line of a file that lib/secret_file.h takes: 64 hexadecimal digits.  NULL: why then
 * says which file and for what reason. */
struct pin_key *pin_key_load(void *ctx, const char *path, char *why, size_t size)
	__attribute__((warn_unused_result));
const char *pin_key_id(const struct pin_key *key);

/* May this be a PIN?  0; -EINVAL: not 4 to 12 digits; -EPERM: one that everybody tries first (one
 * digit only, digits in a row or repeated in groups, or part of number, which is the terminal's).
 */
int pin_is_fit(const char *pin, const char *number) __attribute__((warn_unused_result));

/* What is kept of a text must not tell it to who has no key, as there may be a PIN in it: its
 * digest becomes one that needs the key.  The same for all who have the same key. */
void pin_key_hide(const struct pin_key *key, uint8_t identity[SMS_IDENTITY_SIZE]);

/* 0; -EINVAL: not as long as a PIN, and digest is as before. */
int pin_key_digest(const struct pin_key *key, int64_t terminal_id, const char *pin,
		   struct pin_digest *digest) __attribute__((warn_unused_result));
