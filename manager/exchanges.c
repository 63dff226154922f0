/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchanges.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/exchanges_priv.h"

#define APPLY_DELAY_MS 200

static void apply_timer_cb(void *data);

struct exchanges *exchanges_new(void *ctx, struct dialogues *dialogues, struct ledger *ledger)
{
	struct exchanges *x = talloc_zero(ctx, struct exchanges);

	x->dialogues = dialogues;
	x->ledger = ledger;
	x->read_no = 1;
	INIT_LLIST_HEAD(&x->hlrs);
	exchange_direct_config_default(&x->direct_config);
	x->direct = exchange_direct_new(x, dialogues);
	osmo_timer_setup(&x->apply_timer, apply_timer_cb, x);
	return x;
}

/* --- HLR links ------------------------------------------------------------------ */

struct hlr_node *exchanges_hlr_find(struct exchanges *x, const char *name)
{
	struct hlr_node *n;

	llist_for_each_entry (n, &x->hlrs, entry) {
		if (strcmp(n->name, name) == 0)
			return n;
	}
	return NULL;
}

struct hlr_node *exchanges_hlr_add(struct exchanges *x, const char *name)
{
	struct hlr_node *n;

	if (x->n_hlrs >= EXCHANGE_HLRS_MAX)
		return NULL;
	n = talloc_zero(x, struct hlr_node);
	n->x = x;
	OSMO_STRLCPY_ARRAY(n->name, name);
	n->label = talloc_asprintf(n, "hlr:%s", name);
	exchange_hlr_config_default(&n->config);
	llist_add_tail(&n->entry, &x->hlrs);
	x->n_hlrs++;
	return n;
}

/* Two HLRs may know us by one name: its lease is given back with the last link. */
static bool lease_is_shared(const struct hlr_node *n, const char *lease)
{
	struct exchange_hlr_status status;
	struct hlr_node *other;

	llist_for_each_entry (other, &n->x->hlrs, entry) {
		if (other == n || !other->running)
			continue;
		exchange_hlr_status(other->running, &status);
		if (strcmp(status.lease, lease) == 0)
			return true;
	}
	return false;
}

static void hlr_stop(struct hlr_node *n)
{
	struct exchange_hlr_status status;

	if (!n->running)
		return;
	exchange_hlr_status(n->running, &status);
	exchange_hlr_free(n->running, !lease_is_shared(n, status.lease));
	n->running = NULL;
}

void exchanges_hlr_remove(struct hlr_node *n)
{
	hlr_stop(n);
	llist_del(&n->entry);
	n->x->n_hlrs--;
	talloc_free(n);
}

static int hlr_apply(struct hlr_node *n)
{
	if (!n->config.address[0] || !n->config.euse_name[0]) {
		LOGP(DGSUP, LOGL_ERROR, "%s: \"address\" and \"euse-name\" are needed\n", n->label);
		hlr_stop(n);
		return -EINVAL;
	}
	if (n->running && exchange_hlr_change(n->running, &n->config))
		return 0;
	hlr_stop(n);
	n->running = exchange_hlr_new(n, n->label, &n->config, n->x->dialogues, n->x->ledger);
	return 0;
}

/* --- all of them ------------------------------------------------------------------ */

static int exchanges_apply(struct exchanges *x)
{
	int rc = exchange_direct_apply(x->direct, &x->direct_config);
	struct hlr_node *n;

	llist_for_each_entry (n, &x->hlrs, entry) {
		int error = hlr_apply(n);

		rc = rc ? rc : error;
	}
	return rc;
}

static void apply_timer_cb(void *data)
{
	struct exchanges *x = data;

	if (x->started && !x->draining && exchanges_apply(x) < 0)
		LOGP(DGSUP, LOGL_NOTICE, "not all links are as configured\n");
}

void exchanges_apply_soon(struct exchanges *x)
{
	if (x->started)
		osmo_timer_schedule(&x->apply_timer, 0, APPLY_DELAY_MS * 1000);
}

int exchanges_start(struct exchanges *x)
{
	int rc = exchanges_apply(x);

	x->started = true;
	x->read_no++;
	if (llist_empty(&x->hlrs) && x->direct_config.n_binds == 0)
		LOGP(DGSUP, LOGL_NOTICE,
		     "neither \"hlr\" nor \"direct\" is configured: no terminal "
		     "reaches us\n");
	return rc;
}

void exchanges_reload(struct exchanges *x)
{
	struct hlr_node *n, *next;

	if (x->draining)
		return;
	llist_for_each_entry_safe (n, next, &x->hlrs, entry) {
		if (n->read_no != x->read_no)
			exchanges_hlr_remove(n);
	}
	if (x->direct_read_no != x->read_no)
		exchange_direct_config_default(&x->direct_config);
	x->read_no++;
	if (exchanges_apply(x) < 0)
		LOGP(DGSUP, LOGL_ERROR, "not all links are as configured\n");
}

bool exchanges_ready(const struct exchanges *x)
{
	struct exchange_hlr_status status;
	struct hlr_node *n;

	if (exchange_direct_is_open(x->direct))
		return true;
	llist_for_each_entry (n, &x->hlrs, entry) {
		if (!n->running)
			continue;
		exchange_hlr_status(n->running, &status);
		if (status.routable)
			return true;
	}
	return false;
}

void exchanges_drain(struct exchanges *x)
{
	struct hlr_node *n;

	x->draining = true;
	exchange_direct_drain(x->direct);
	llist_for_each_entry (n, &x->hlrs, entry) {
		if (n->running)
			exchange_hlr_drain(n->running);
	}
}

void exchanges_stop(struct exchanges *x)
{
	struct hlr_node *n;

	x->draining = true;
	osmo_timer_del(&x->apply_timer);
	llist_for_each_entry (n, &x->hlrs, entry)
		hlr_stop(n);
	if (x->direct)
		exchange_direct_free(x->direct);
	x->direct = NULL;
}
