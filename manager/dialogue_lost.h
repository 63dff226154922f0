/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Operations whose end no dialogue could tell, because the terminal or its link was
 * gone: they are told by SMS, where the outbox is on (ledger_outbox_tell()).  What
 * the ledger does not take now is tried again for ten minutes; the next dial tells
 * it in any case.
 *
 * Bounded: what is past DIALOGUE_LOST_MAX is left to the next dial.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/request_id.h"

#define DIALOGUE_LOST_MAX 4096

struct dialogue_lost;
struct ledger;

struct dialogue_lost *dialogue_lost_new(void *ctx, struct ledger *ledger);
/* Of this terminal; whether it was done need not be known.  Pays debt, of ledger_owe(). */
void dialogue_lost_tell(struct dialogue_lost *lost, int64_t terminal_id,
			const struct request_id *request_id, uint8_t debt);
/* Not told yet. */
size_t dialogue_lost_count(const struct dialogue_lost *lost);
