/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/smscs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/smscs_priv.h"

#define APPLY_DELAY_MS 200
#define LABEL_SIZE (SMSC_NAME_SIZE + 8)

static const char *label_of(char label[LABEL_SIZE], const struct smsc_slot *slot)
{
	snprintf(label, LABEL_SIZE, "smpp:%s", slot->name);
	return label;
}

struct smsc_slot *smscs_find(struct smscs *ss, const char *name)
{
	struct smsc_slot *slot;

	llist_for_each_entry (slot, &ss->slots, entry)
		if (strcmp(slot->name, name) == 0)
			return slot;
	return NULL;
}

struct smsc_slot *smscs_name(struct smscs *ss, const char *name)
{
	struct smsc_slot *slot = smscs_find(ss, name);

	if (slot && slot->named)
		return slot;
	if (ss->n_named >= SMSCS_MAX)
		return NULL;
	if (!slot) {
		slot = talloc_zero(ss, struct smsc_slot);
		OSMO_ASSERT(slot);
		OSMO_STRLCPY_ARRAY(slot->name, name);
		exchange_smpp_config_default(&slot->wanted);
		llist_add_tail(&slot->entry, &ss->slots);
		smscs_show_slot(slot);
	}
	slot->named = true;
	ss->n_named++;
	return slot;
}

static void slot_close(struct smsc_slot *slot)
{
	if (slot->smpp)
		exchange_smpp_free(slot->smpp);
	slot->smpp = NULL;
}

void smscs_remove(struct smscs *ss, struct smsc_slot *slot)
{
	LOGP(DSMPP, LOGL_NOTICE, "smsc %s: taken out of service\n", slot->name);
	slot_close(slot);
	llist_del(&slot->entry);
	ss->n_named -= slot->named;
	talloc_free(slot);
}

/* What can be used takes the place of what there is; otherwise that stays. */
static int slot_apply(struct smscs *ss, struct smsc_slot *slot)
{
	char label[LABEL_SIZE];

	if (slot->smpp && exchange_smpp_is(slot->smpp, &slot->wanted))
		return 0;
	if (smscs_check_one(label_of(label, slot), &slot->wanted) < 0)
		return -EINVAL;
	slot_close(slot);
	slot->smpp = exchange_smpp_new(ss, label, &slot->wanted, ss->plan, ss->route);
	return slot->smpp ? 0 : -EINVAL;
}

/* Each on its own: one that cannot be used does not stop the others. */
static int apply_all(struct smscs *ss)
{
	struct smsc_slot *slot;
	int rc = 0;

	llist_for_each_entry (slot, &ss->slots, entry)
		if (slot_apply(ss, slot) < 0)
			rc = -EINVAL;
	return rc;
}

/* The contents of files are not compared: they are read anew, for the next bind. */
static void reread_all(struct smscs *ss)
{
	struct smsc_slot *slot;

	llist_for_each_entry (slot, &ss->slots, entry)
		if (slot->smpp && exchange_smpp_is(slot->smpp, &slot->wanted))
			/* A fault was logged, and what was read before stays. */
			(void)!exchange_smpp_reread(slot->smpp);
}

static void apply_later(void *data)
{
	/* Faults were logged, and what was in force stays. */
	(void)!apply_all(data);
}

void smscs_apply_soon(struct smscs *ss)
{
	if (ss->running && !ss->draining)
		osmo_timer_schedule(&ss->apply, 0, APPLY_DELAY_MS * 1000);
}

static int smscs_destructor(struct smscs *ss)
{
	osmo_timer_del(&ss->apply);
	return 0;
}

struct smscs *smscs_new(void *ctx, struct sms_route *route, const struct number_plan *plan)
{
	struct smscs *ss = talloc_zero(ctx, struct smscs);

	OSMO_ASSERT(ss);
	ss->route = route;
	ss->plan = plan;
	INIT_LLIST_HEAD(&ss->slots);
	osmo_timer_setup(&ss->apply, apply_later, ss);
	talloc_set_destructor(ss, smscs_destructor);
	return ss;
}

int smscs_check(const struct smscs *ss)
{
	char label[LABEL_SIZE];
	struct smsc_slot *slot;
	int rc = 0;

	llist_for_each_entry (slot, &ss->slots, entry)
		if (smscs_check_one(label_of(label, slot), &slot->wanted) < 0)
			rc = -EINVAL;
	return rc;
}

int smscs_start(struct smscs *ss)
{
	ss->running = true;
	return apply_all(ss);
}

void smscs_reset(struct smscs *ss)
{
	struct smsc_slot *slot;

	llist_for_each_entry (slot, &ss->slots, entry) {
		slot->named = false;
		exchange_smpp_config_default(&slot->wanted);
	}
	ss->n_named = 0;
}

void smscs_reload(struct smscs *ss)
{
	struct smsc_slot *slot, *next;

	if (ss->draining)
		return;
	llist_for_each_entry_safe (slot, next, &ss->slots, entry)
		if (!slot->named)
			smscs_remove(ss, slot);
	reread_all(ss);
	apply_later(ss);
}

void smscs_drain(struct smscs *ss)
{
	struct smsc_slot *slot;

	ss->draining = true;
	llist_for_each_entry (slot, &ss->slots, entry)
		if (slot->smpp)
			exchange_smpp_drain(slot->smpp);
}

size_t smscs_in_flight(const struct smscs *ss)
{
	struct smsc_slot *slot;
	size_t n = 0;

	llist_for_each_entry (slot, &ss->slots, entry)
		n += slot->smpp ? exchange_smpp_in_flight(slot->smpp) : 0;
	return n;
}

bool smscs_is_bound(const struct smscs *ss)
{
	struct smsc_slot *slot;

	llist_for_each_entry (slot, &ss->slots, entry)
		if (slot->smpp && exchange_smpp_is_bound(slot->smpp))
			return true;
	return false;
}

void smscs_stop(struct smscs *ss)
{
	struct smsc_slot *slot;

	ss->running = false;
	osmo_timer_del(&ss->apply);
	llist_for_each_entry (slot, &ss->slots, entry)
		slot_close(slot);
}
