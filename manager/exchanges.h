/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * All links to mobile exchanges: GSUP as client of OsmoHLR (exchange_hlr_*.c)
 * and as server for direct peers (exchange_direct_*.c), MSISDN look-up
 * (msisdn_*.c), and the lease of the EUSE name.
 */
#include <stdbool.h>
#include <stddef.h>

struct dialogues;
struct exchanges;
struct ledger;

struct exchanges *exchanges_new(void *ctx, struct dialogues *dialogues, struct ledger *ledger);
/* VTY nodes "hlr NAME" and "direct NAME", "show links", "show leases": before the configuration. */
void exchanges_vty_init(struct exchanges *x);
/* Listens and dials.  Negative errno where the configuration is not usable (logged). */
int exchanges_start(struct exchanges *x) __attribute__((warn_unused_result));
/* Takes over what may change while running (peers, addresses trusted). */
void exchanges_reload(struct exchanges *x);
/* Is at least one link up over which terminals can reach us? */
bool exchanges_ready(const struct exchanges *x);
/* Gives the EUSE lease back and stops taking new sessions; open ones go on. */
void exchanges_drain(struct exchanges *x);
void exchanges_stop(struct exchanges *x);
