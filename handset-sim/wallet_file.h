/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The file of a wallet, text that a tester can read:
 *
 *   tegata-wallet 1 819012345678
 *   note 07123456789012345678 500 JPY confirmed 1795000000 1795000060 1795000061 - 1234 order%207
 *   end 1 <SHA-256 of all before, hexadecimal>
 *
 * Fields of a note: value id, amount, currency, state, times of receipt, of
 * handing over and of the manager's answer, transferor, transferee, reference
 * ("-": none; blanks and % as %XX).
 */
#include "handset-sim/wallet.h"

#define WALLET_LINE_MAX 512
#define WALLET_FILE_MAX (WALLET_NOTES_MAX * WALLET_LINE_MAX)

/* Fills an empty wallet.  -EBADMSG with why: "line 3: ..."; -ENOENT: there is no file. */
int wallet_file_load(struct wallet *w, char why[WALLET_WHY_SIZE])
	__attribute__((warn_unused_result));
int wallet_file_save(const struct wallet *w) __attribute__((warn_unused_result));

/* One note as such a line without its end; the inbox holds the same.  Returns its length. */
int wallet_note_format(char line[WALLET_LINE_MAX], const struct wallet_note *note);
/* NULL, or what is wrong with it. */
const char *wallet_note_parse(struct wallet_note *note, char *line);
