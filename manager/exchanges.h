/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * All links to mobile exchanges: GSUP as client of OsmoHLR (exchange_hlr_*.c)
 * and as server for direct peers (exchange_direct_*.c), MSISDN look-up
 * (msisdn_*.c), and the lease of the EUSE name (euse_lease.c).
 */
#include <stdbool.h>
#include <stddef.h>

struct dialogues;
struct exchanges;
struct ledger;
struct sms_route;

struct exchanges *exchanges_new(void *ctx, struct dialogues *dialogues, struct ledger *ledger);
/* Texts go and come over the same links; the route lives as long.  Before exchanges_start(). */
void exchanges_set_sms(struct exchanges *x, struct sms_route *route);
/* Texts under way over these links. */
size_t exchanges_sms_in_flight(const struct exchanges *x);
/* VTY nodes "hlr NAME" and "direct", "show links", "show leases": before the configuration. */
void exchanges_vty_init(struct exchanges *x);
/* Can what was read be used?  -EINVAL, -EPERM as exchanges_start(). */
int exchanges_check(const struct exchanges *x) __attribute__((warn_unused_result));
/* Listens and dials.  Negative errno where the configuration is not usable (logged): an hlr without
 * address or name, an address that cannot be listened on, a public one without allow-insecure. */
int exchanges_start(struct exchanges *x) __attribute__((warn_unused_result));
/* Makes the links follow the configuration that was just read again: links whose settings did not
 * change stay up, what the file does not have any more goes. */
void exchanges_reload(struct exchanges *x);
/* Can terminals reach us: does an HLR route to us (a standby is not ready), or do we listen for
 * direct peers? */
bool exchanges_ready(const struct exchanges *x);
/* Open sessions go on.  With the last one of an HLR link the link is closed and the lease of its
 * EUSE name given back; until then the dialogues refuse who dials.  Listens no more. */
void exchanges_drain(struct exchanges *x);
void exchanges_stop(struct exchanges *x);
