/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The links to the gateways: the manager dials out to a list of them, speaks
 * lib/link_msg.h, and puts shops' questions to the ledger.
 */
#include <stdbool.h>
#include <stddef.h>

#define SHOP_LINKS_LOOK_MS 200

struct ledger;
struct shop_links;

struct shop_links *shop_links_new(void *ctx, struct ledger *ledger);
/* VTY node "gateway NAME" and "show gateways": before the configuration is read. */
void shop_links_vty_init(struct shop_links *sl);
/* Can what was read be used?  -EINVAL (logged): no. */
int shop_links_check(const struct shop_links *sl) __attribute__((warn_unused_result));
int shop_links_start(struct shop_links *sl) __attribute__((warn_unused_result));
/* The configuration names no gateway, until it is read; links stay up. */
void shop_links_reset(struct shop_links *sl);
/* Reads certificates again, dials gateways that are new on the list, drops those that are gone. */
void shop_links_reload(struct shop_links *sl);
/* Tells the gateways whether the ledger can answer, where that has changed.  It is looked at every
 * SHOP_LINKS_LOOK_MS too; who says that the manager is ready calls this first, so that whoever
 * reads it finds gateways that know. */
void shop_links_say_ready(struct shop_links *sl);
/* Tells the gateways to ask somebody else; questions under way are still answered. */
void shop_links_drain(struct shop_links *sl);
size_t shop_links_in_flight(const struct shop_links *sl);
void shop_links_stop(struct shop_links *sl);
