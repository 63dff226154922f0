/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/euse_lease.h"

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/exchange_util.h"
#include "manager/ledger.h"

struct euse_lease {
	struct ledger *ledger;
	char *resource;
	uint32_t ttl_ms;
	euse_lease_cb changed;
	void *data;
	bool held;
	int64_t asked_ms, until_ms;
	bool asking; /* an answer will come */
	struct ledger_request *request; /* NULL also for a question that was not even queued */
	bool stopped;
	bool freed; /* memory waits for an answer that cannot be cancelled */
	struct osmo_timer_list ask_timer, end_timer;
};

static void schedule(struct osmo_timer_list *timer, int64_t ms)
{
	ms = OSMO_MAX(ms, 1);
	osmo_timer_schedule(timer, ms / 1000, (ms % 1000) * 1000);
}

static void set_held(struct euse_lease *l, bool held)
{
	if (l->held == held)
		return;
	l->held = held;
	LOGP(DLEASE, LOGL_NOTICE, "%s: %s\n", l->resource, held ? "ours" : "no longer ours");
	l->changed(l->data, held);
}

static void lease_ended(void *data)
{
	set_held(data, false);
}

static void answered(void *data, bool held)
{
	struct euse_lease *l = data;
	int64_t until_ms = l->asked_ms + l->ttl_ms;

	l->asking = false;
	l->request = NULL;
	if (l->freed) {
		talloc_free(l);
		return;
	}
	if (l->stopped)
		return;
	if (held && until_ms > exchange_now_ms()) {
		l->until_ms = until_ms;
		schedule(&l->end_timer, until_ms - exchange_now_ms());
		schedule(&l->ask_timer, l->asked_ms + l->ttl_ms / 3 - exchange_now_ms());
		set_held(l, true);
		return;
	}
	/* Not ours, or not known: what we hold stays ours until it ends. */
	LOGP(DLEASE, l->held ? LOGL_NOTICE : LOGL_DEBUG, "%s: not renewed\n", l->resource);
	schedule(&l->ask_timer, l->ttl_ms / 6);
}

static void ask(void *data)
{
	struct euse_lease *l = data;

	OSMO_ASSERT(!l->asking);
	l->asking = true;
	l->asked_ms = exchange_now_ms();
	l->request = ledger_lease(l->ledger, l->resource, l->ttl_ms, answered, l);
}

static struct euse_lease *lease_new(void *ctx, struct ledger *ledger, uint32_t ttl_ms,
				    euse_lease_cb changed, void *data)
{
	struct euse_lease *l = talloc_zero(ctx, struct euse_lease);

	OSMO_ASSERT(l);
	l->ledger = ledger;
	l->ttl_ms = ttl_ms;
	l->changed = changed;
	l->data = data;
	osmo_timer_setup(&l->ask_timer, ask, l);
	osmo_timer_setup(&l->end_timer, lease_ended, l);
	return l;
}

struct euse_lease *euse_lease_new_resource(void *ctx, struct ledger *ledger, const char *resource,
					   uint32_t ttl_ms, euse_lease_cb changed, void *data)
{
	struct euse_lease *l = lease_new(ctx, ledger, ttl_ms, changed, data);

	l->resource = talloc_strdup(l, resource);
	ask(l);
	return l;
}

struct euse_lease *euse_lease_new(void *ctx, struct ledger *ledger, const char *name,
				  uint32_t ttl_ms, euse_lease_cb changed, void *data)
{
	struct euse_lease *l = lease_new(ctx, ledger, ttl_ms, changed, data);

	l->resource = talloc_asprintf(l, "euse:%s", name);
	ask(l);
	return l;
}

bool euse_lease_is_held(const struct euse_lease *l)
{
	return l->held;
}

int64_t euse_lease_left_ms(const struct euse_lease *l)
{
	return l->held ? OSMO_MAX(l->until_ms - exchange_now_ms(), 0) : 0;
}

const char *euse_lease_resource(const struct euse_lease *l)
{
	return l->resource;
}

void euse_lease_stop(struct euse_lease *l, bool give_back)
{
	if (l->stopped)
		return;
	l->stopped = true;
	osmo_timer_del(&l->ask_timer);
	osmo_timer_del(&l->end_timer);
	if (l->request) {
		ledger_cancel(l->request);
		l->request = NULL;
		l->asking = false;
	}
	if (give_back)
		ledger_lease_release(l->ledger, l->resource);
	l->held = false;
}

void euse_lease_free(struct euse_lease *l)
{
	euse_lease_stop(l, false);
	if (l->asking) {
		l->freed = true;
		talloc_steal(NULL, l);
		return;
	}
	talloc_free(l);
}
