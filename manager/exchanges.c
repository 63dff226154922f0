/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchanges.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/exchanges_priv.h"

#define APPLY_DELAY_MS 200

/* --- configuration ---------------------------------------------------------------- */

static void config_default(struct exchanges_config *c)
{
	memset(c, 0, sizeof(*c));
	exchange_direct_config_default(&c->direct);
}

static void reading_drop(void *data)
{
	struct exchanges *x = data;

	LOGP(DGSUP, LOGL_ERROR,
	     "the links stay as they are, since the configuration file was not "
	     "read to its end\n");
	x->is_reading = false;
}

struct exchanges_config *exchanges_config_for(struct exchanges *x, bool from_file)
{
	if (!from_file)
		return &x->config;
	if (!x->is_reading) {
		config_default(&x->reading);
		x->is_reading = true;
		osmo_timer_schedule(&x->reading_timer, 0, 0);
	}
	return &x->reading;
}

/* The file was read to its end. */
static void config_commit(struct exchanges *x)
{
	if (!x->is_reading)
		config_default(&x->reading); /* it has nothing of ours */
	x->config = x->reading;
	x->is_reading = false;
	osmo_timer_del(&x->reading_timer);
}

struct hlr_slot *exchanges_hlr_find(struct exchanges_config *c, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->hlrs); i++) {
		if (c->hlrs[i].used && strcmp(c->hlrs[i].name, name) == 0)
			return &c->hlrs[i];
	}
	return NULL;
}

struct hlr_slot *exchanges_hlr_add(struct exchanges_config *c, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->hlrs); i++) {
		struct hlr_slot *slot = &c->hlrs[i];

		if (slot->used)
			continue;
		*slot = (struct hlr_slot){ .used = true };
		OSMO_STRLCPY_ARRAY(slot->name, name);
		exchange_hlr_config_default(&slot->config);
		return slot;
	}
	return NULL;
}

/* --- HLR links ------------------------------------------------------------------ */

struct hlr_link *exchanges_link_find(struct exchanges *x, const char *name)
{
	struct hlr_link *l;

	llist_for_each_entry (l, &x->links, entry) {
		if (strcmp(l->name, name) == 0)
			return l;
	}
	return NULL;
}

/* Two HLRs may know us by one name: its lease is given back with the last link. */
static bool lease_is_shared(struct exchanges *x, const struct hlr_link *l)
{
	struct exchange_hlr_status status, other_status;
	struct hlr_link *other;

	exchange_hlr_status(l->hlr, &status);
	llist_for_each_entry (other, &x->links, entry) {
		exchange_hlr_status(other->hlr, &other_status);
		if (other != l && strcmp(other_status.lease, status.lease) == 0)
			return true;
	}
	return false;
}

static void link_stop(struct exchanges *x, struct hlr_link *l)
{
	exchange_hlr_free(l->hlr, !lease_is_shared(x, l));
	llist_del(&l->entry);
	talloc_free(l);
}

static void link_start(struct exchanges *x, const struct hlr_slot *slot)
{
	struct hlr_link *l = talloc_zero(x, struct hlr_link);

	OSMO_STRLCPY_ARRAY(l->name, slot->name);
	l->label = talloc_asprintf(l, "hlr:%s", slot->name);
	l->hlr = exchange_hlr_new(l, l->label, &slot->config, x->dialogues, x->ledger, x->sms);
	llist_add_tail(&l->entry, &x->links);
}

static bool slot_is_whole(const struct hlr_slot *slot)
{
	return slot->config.address[0] && slot->config.euse_name[0];
}

/* false (told): it lacks what it cannot do without. */
static bool slot_check(const struct hlr_slot *slot)
{
	if (slot_is_whole(slot))
		return true;
	LOGP(DGSUP, LOGL_ERROR, "hlr %s: \"address\" and \"euse-name\" are needed\n", slot->name);
	return false;
}

/* Stops what is not wanted any more, or not as it is. */
static void links_stop_unwanted(struct exchanges *x)
{
	struct hlr_link *l, *next;

	llist_for_each_entry_safe (l, next, &x->links, entry) {
		const struct hlr_slot *slot = exchanges_hlr_find(&x->config, l->name);

		if (!slot || !slot_is_whole(slot) || !exchange_hlr_change(l->hlr, &slot->config))
			link_stop(x, l);
	}
}

static int links_apply(struct exchanges *x)
{
	int rc = 0;

	links_stop_unwanted(x);
	for (size_t i = 0; i < ARRAY_SIZE(x->config.hlrs); i++) {
		const struct hlr_slot *slot = &x->config.hlrs[i];

		if (!slot->used || exchanges_link_find(x, slot->name))
			continue;
		if (slot_check(slot))
			link_start(x, slot);
		else
			rc = -EINVAL;
	}
	return rc;
}

/* --- all of them ------------------------------------------------------------------ */

static int exchanges_apply(struct exchanges *x)
{
	int direct = exchange_direct_apply(x->direct, &x->config.direct);
	int links = links_apply(x);

	return direct ? direct : links;
}

static void apply_timer_cb(void *data)
{
	struct exchanges *x = data;

	if (x->started && !x->draining && exchanges_apply(x) < 0)
		LOGP(DGSUP, LOGL_NOTICE, "not all links are as configured\n");
}

struct exchanges *exchanges_new(void *ctx, struct dialogues *dialogues, struct ledger *ledger)
{
	struct exchanges *x = talloc_zero(ctx, struct exchanges);

	x->dialogues = dialogues;
	x->ledger = ledger;
	INIT_LLIST_HEAD(&x->links);
	config_default(&x->config);
	x->direct = exchange_direct_new(x, dialogues);
	osmo_timer_setup(&x->apply_timer, apply_timer_cb, x);
	osmo_timer_setup(&x->reading_timer, reading_drop, x);
	return x;
}

void exchanges_set_sms(struct exchanges *x, struct sms_route *route)
{
	x->sms = sms_gsup_new(x, route);
	exchange_direct_set_sms(x->direct, x->sms);
}

size_t exchanges_sms_in_flight(const struct exchanges *x)
{
	return x->sms ? sms_gsup_in_flight(x->sms) : 0;
}

int exchanges_check(const struct exchanges *x)
{
	const struct exchanges_config *c = x->is_reading ? &x->reading : &x->config;
	int rc = exchange_direct_check(&c->direct);

	for (size_t i = 0; i < ARRAY_SIZE(c->hlrs); i++) {
		if (c->hlrs[i].used && !slot_check(&c->hlrs[i]))
			rc = -EINVAL;
	}
	return rc;
}

void exchanges_apply_soon(struct exchanges *x)
{
	if (x->started)
		osmo_timer_schedule(&x->apply_timer, 0, APPLY_DELAY_MS * 1000);
}

int exchanges_start(struct exchanges *x)
{
	int rc;

	config_commit(x);
	x->started = true;
	rc = exchanges_apply(x);
	if (rc == 0 && llist_empty(&x->links) && x->config.direct.n_binds == 0)
		LOGP(DGSUP, LOGL_NOTICE,
		     "neither \"hlr\" nor \"direct\" is configured: no terminal "
		     "reaches us\n");
	return rc;
}

void exchanges_reload(struct exchanges *x)
{
	config_commit(x);
	if (!x->draining && exchanges_apply(x) < 0)
		LOGP(DGSUP, LOGL_ERROR, "not all links are as configured\n");
}

bool exchanges_ready(const struct exchanges *x)
{
	struct exchange_hlr_status status;
	struct hlr_link *l;

	if (x->direct && exchange_direct_is_open(x->direct))
		return true;
	llist_for_each_entry (l, &x->links, entry) {
		exchange_hlr_status(l->hlr, &status);
		if (status.routable)
			return true;
	}
	return false;
}

void exchanges_drain(struct exchanges *x)
{
	struct hlr_link *l;

	x->draining = true;
	exchange_direct_drain(x->direct);
	llist_for_each_entry (l, &x->links, entry)
		exchange_hlr_drain(l->hlr);
}

void exchanges_stop(struct exchanges *x)
{
	struct hlr_link *l, *next;

	x->draining = true;
	osmo_timer_del(&x->apply_timer);
	osmo_timer_del(&x->reading_timer);
	llist_for_each_entry_safe (l, next, &x->links, entry)
		link_stop(x, l);
	if (x->direct)
		exchange_direct_free(x->direct);
	x->direct = NULL;
	if (x->sms)
		sms_gsup_free(x->sms);
	x->sms = NULL;
}
