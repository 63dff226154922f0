/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The sealer, as the manager's loop sees it: what was recorded is hashed, signed
 * and published every few seconds, by one manager of those that have a key.
 *
 *   configuration (node "sealer") -> key and directory are checked at start
 *   lease "sealer" ours -> the worker's thread seals (sealer_worker.h)
 *   setting "sealing" of the database on -> it has something to do
 *
 * What the worker does comes back as events on an osmo_it_q: its log, its counters
 * (rate_ctr group "sealer", gauges), and the lines that it published, the last
 * SEALER_LINES_MAX of which are the page /seals of the metrics listener
 * (/seals?after=NUMBER).
 *
 * The key is read at start and at each reload, so that it can be changed without a
 * restart.
 */
#include <stdbool.h>

#define SEALER_LINES_MAX 1024

struct ledger;
struct sealer;

struct sealer *sealer_new(void *ctx, struct ledger *ledger);
/* VTY node "sealer", "show sealer", "sealer new-epoch": before the configuration is read. */
void sealer_vty_init(struct sealer *s);
/* Can what was read be used?  Negative errno (logged): no.  Without a key there is nothing to it.
 */
int sealer_check(const struct sealer *s) __attribute__((warn_unused_result));
int sealer_start(struct sealer *s) __attribute__((warn_unused_result));
void sealer_reset(struct sealer *s);
void sealer_reload(struct sealer *s);
/* Gives the lease back; what is being sealed may come to its end. */
void sealer_drain(struct sealer *s);
bool sealer_drained(const struct sealer *s);
void sealer_stop(struct sealer *s);
