/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The GSM 7-bit default alphabet and its extension table: 3GPP TS 23.038
 * clauses 6.2.1 and 6.2.1.1.
 */
#include <stdint.h>

#define GSM_SEPTET_CR 0x0d
#define GSM_SEPTET_ESC 0x1b

/* The character of a septet 0..127 of the default alphabet; a space for ESC. */
uint16_t gsm_alphabet_char(uint8_t septet);

/* The character of a septet behind ESC; 0 where the extension table has none. */
uint16_t gsm_alphabet_extension_char(uint8_t septet);

/* The septet of a character; with GSM_ALPHABET_EXTENSION set it stands behind ESC.
 * -ENOENT: it is in neither table. */
#define GSM_ALPHABET_EXTENSION 0x80
int gsm_alphabet_septet(uint32_t code_point);

/* The same of ASCII, without a call: nearly all characters of nearly all texts. */
#define GSM_ALPHABET_NONE 0xff
extern const uint8_t gsm_alphabet_ascii[128];
