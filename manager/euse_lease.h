/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The right to be the EUSE of a name: OsmoHLR routes a prefix to one name, and
 * a second link of that name is never routed to, so one manager holds the name
 * and the others stand by.
 *
 *   asked                 answered            asked again            ends here
 *     |------- ttl / 3 ------|-------------------|                      |
 *     |----------------------------- ttl ------------------------------>|
 *
 * It is held from the answer to the end of ttl counted from the *question*, so
 * that we let go before the database lets another take it.  A renewal that
 * fails, also because the database does not answer, is repeated until then.
 * Who stands by asks every ttl / 6.
 */
#include <stdbool.h>
#include <stdint.h>

struct euse_lease;
struct ledger;

/* held: it is ours, or no longer.  Called from the loop at every change, never from inside a
 * function of this header. */
typedef void (*euse_lease_cb)(void *data, bool held);

/* Of anything else that only one manager may do at a time: its resource's whole name ("sealer"). */
struct euse_lease *euse_lease_new_resource(void *ctx, struct ledger *ledger, const char *resource,
					   uint32_t ttl_ms, euse_lease_cb changed, void *data);
/* name: of the EUSE, without "EUSE-".  Asks at once. */
struct euse_lease *euse_lease_new(void *ctx, struct ledger *ledger, const char *name,
				  uint32_t ttl_ms, euse_lease_cb changed, void *data);

bool euse_lease_is_held(const struct euse_lease *l);
/* 0 where it is not held. */
int64_t euse_lease_left_ms(const struct euse_lease *l);
/* "euse:carrier" */
const char *euse_lease_resource(const struct euse_lease *l);

/* Asks no more; it is not held, and changed is not called again.  give_back: others need not wait
 * until it ends. */
void euse_lease_stop(struct euse_lease *l, bool give_back);
/* Stops without giving back what was not stopped. */
void euse_lease_free(struct euse_lease *l);
