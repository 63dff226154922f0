/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/shop_links.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/link_peer.h"
#include "lib/log_category.h"
#include "manager/ledger.h"
#include "manager/shop_links_priv.h"

struct shop_gateway *shop_links_find(struct shop_links *sl, const char *name)
{
	struct shop_gateway *g;

	llist_for_each_entry (g, &sl->gateways, entry) {
		if (!strcmp(g->name, name))
			return g;
	}
	return NULL;
}

struct shop_gateway *shop_links_name(struct shop_links *sl, const char *name)
{
	struct shop_gateway *g = shop_links_find(sl, name);

	if (g && g->named)
		return g;
	if (sl->n_named >= SHOP_GATEWAYS_MAX)
		return NULL;
	if (!g) {
		g = shop_gateway_new(sl, name);
		llist_add_tail(&g->entry, &sl->gateways);
	}
	g->named = true;
	sl->n_named++;
	return g;
}

void shop_links_remove(struct shop_gateway *g)
{
	LOGP(DLINK, LOGL_NOTICE, "gateway %s: taken out of service\n", g->name);
	shop_gateway_close(g);
	llist_del(&g->entry);
	g->sl->n_named -= g->named;
	talloc_free(g);
}

/* Each on its own: one that cannot be used does not stop the others. */
static int apply_all(struct shop_links *sl)
{
	struct shop_gateway *g;
	int rc = 0;

	llist_for_each_entry (g, &sl->gateways, entry) {
		if (shop_gateway_apply(g))
			rc = -EINVAL;
	}
	return rc;
}

static void apply_later(void *data)
{
	/* Faults were logged, and what was in force stays. */
	(void)!apply_all(data);
}

void shop_links_apply_soon(struct shop_links *sl)
{
	if (sl->running && !sl->draining)
		osmo_timer_schedule(&sl->apply, 0, 0);
}

void shop_links_say_ready(struct shop_links *sl)
{
	bool ready = ledger_can_read(sl->ledger);
	struct shop_gateway *g;

	llist_for_each_entry (g, &sl->gateways, entry) {
		if (g->peer)
			link_peer_say_ready(g->peer, ready);
	}
}

static void look(void *data)
{
	struct shop_links *sl = data;

	shop_links_say_ready(sl);
	osmo_timer_schedule(&sl->look, 0, SHOP_LINKS_LOOK_MS * 1000);
}

static int links_destructor(struct shop_links *sl)
{
	osmo_timer_del(&sl->look);
	osmo_timer_del(&sl->apply);
	return 0;
}

struct shop_links *shop_links_new(void *ctx, struct ledger *ledger)
{
	struct shop_links *sl = talloc_zero(ctx, struct shop_links);

	OSMO_ASSERT(sl);
	sl->ledger = ledger;
	INIT_LLIST_HEAD(&sl->gateways);
	INIT_LLIST_HEAD(&sl->orphans);
	osmo_timer_setup(&sl->apply, apply_later, sl);
	osmo_timer_setup(&sl->look, look, sl);
	talloc_set_destructor(sl, links_destructor);
	return sl;
}

int shop_links_check(const struct shop_links *sl)
{
	struct shop_gateway *g;
	int rc = 0;

	llist_for_each_entry (g, &sl->gateways, entry) {
		if (shop_gateway_check(g) < 0)
			rc = -EINVAL;
	}
	return rc;
}

int shop_links_start(struct shop_links *sl)
{
	sl->running = true;
	osmo_timer_schedule(&sl->look, 0, SHOP_LINKS_LOOK_MS * 1000);
	return apply_all(sl);
}

void shop_links_reset(struct shop_links *sl)
{
	struct shop_gateway *g;

	llist_for_each_entry (g, &sl->gateways, entry) {
		g->named = false;
		shop_gateway_default(&g->wanted);
	}
	sl->n_named = 0;
}

void shop_links_reload(struct shop_links *sl)
{
	struct shop_gateway *g, *next;

	if (sl->draining)
		return;
	llist_for_each_entry_safe (g, next, &sl->gateways, entry) {
		if (!g->named)
			shop_links_remove(g);
	}
	apply_later(sl);
}

void shop_links_drain(struct shop_links *sl)
{
	struct shop_gateway *g;

	sl->draining = true;
	llist_for_each_entry (g, &sl->gateways, entry) {
		osmo_timer_del(&g->redial);
		if (g->is_up)
			link_peer_drain(g->peer);
	}
}

size_t shop_links_in_flight(const struct shop_links *sl)
{
	return sl->n_questions;
}

void shop_links_stop(struct shop_links *sl)
{
	struct shop_gateway *g;

	sl->running = false;
	osmo_timer_del(&sl->apply);
	osmo_timer_del(&sl->look);
	llist_for_each_entry (g, &sl->gateways, entry)
		shop_gateway_close(g);
	shop_check_cancel_all(sl);
}
