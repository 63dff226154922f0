/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_direct.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/stream.h"
#include "manager/exchange_direct_priv.h"
#include "manager/exchange_util.h"

struct direct_listener {
	struct llist_head entry;
	char address[DIRECT_ADDRESS_SIZE]; /* as configured */
	struct stream_listener *listener;
};

void exchange_direct_config_default(struct exchange_direct_config *config)
{
	*config = (struct exchange_direct_config){ .max_sessions = EXCHANGE_SESSIONS_DEFAULT };
}

struct exchange_direct *exchange_direct_new(void *ctx, struct dialogues *dialogues)
{
	struct exchange_direct *d = talloc_zero(ctx, struct exchange_direct);

	d->dialogues = dialogues;
	d->metrics = exchange_metrics_new(d, "direct");
	INIT_LLIST_HEAD(&d->listeners);
	INIT_LLIST_HEAD(&d->peers);
	INIT_LLIST_HEAD(&d->nameless);
	return d;
}

void exchange_direct_set_sms(struct exchange_direct *d, struct sms_gsup *g)
{
	d->sms = g;
}

/* --- listeners ---------------------------------------------------------------- */

static void listener_close(struct direct_listener *b)
{
	llist_del(&b->entry);
	stream_listener_close(b->listener);
	talloc_free(b);
}

static bool bind_is_wanted(const struct exchange_direct_config *config, const char *address)
{
	for (size_t i = 0; i < config->n_binds; i++) {
		if (strcmp(config->binds[i], address) == 0)
			return config->allow_insecure || stream_address_is_private(address);
	}
	return false;
}

static bool is_listened_on(const struct exchange_direct *d, const char *address)
{
	struct direct_listener *b;

	llist_for_each_entry (b, &d->listeners, entry) {
		if (strcmp(b->address, address) == 0)
			return true;
	}
	return false;
}

static bool address_check(const char *address, bool allow_insecure)
{
	if (stream_address_is_private(address))
		return true;
	LOGP(DGSUP, allow_insecure ? LOGL_NOTICE : LOGL_ERROR,
	     "direct: %s is a public address, and GSUP has no authentication%s\n", address,
	     allow_insecure ? "" : ": refused without \"allow-insecure\"");
	return allow_insecure;
}

int exchange_direct_check(const struct exchange_direct_config *config)
{
	int rc = 0;

	for (size_t i = 0; i < config->n_binds; i++) {
		if (!address_check(config->binds[i], config->allow_insecure))
			rc = -EPERM;
	}
	return rc;
}

static int listener_open(struct exchange_direct *d, const char *address, bool allow_insecure)
{
	struct direct_listener *b;
	int error;

	if (!address_check(address, allow_insecure))
		return -EPERM;
	b = talloc_zero(d, struct direct_listener);
	OSMO_STRLCPY_ARRAY(b->address, address);
	b->listener = stream_listen(d, address, 0, NULL, &gsup_link_limits, direct_link_accept, d,
				    &error);
	if (!b->listener) {
		LOGP(DGSUP, LOGL_ERROR, "direct: cannot listen on %s: %s\n", address,
		     strerror(-error));
		talloc_free(b);
		return error;
	}
	llist_add_tail(&b->entry, &d->listeners);
	LOGP(DGSUP, LOGL_NOTICE, "direct: listening on %s\n", stream_listener_address(b->listener));
	return 0;
}

static int listeners_apply(struct exchange_direct *d, const struct exchange_direct_config *config)
{
	struct direct_listener *b, *next;
	int rc = 0;

	llist_for_each_entry_safe (b, next, &d->listeners, entry) {
		if (!bind_is_wanted(config, b->address))
			listener_close(b);
	}
	for (size_t i = 0; i < config->n_binds; i++) {
		int error = 0;

		if (!is_listened_on(d, config->binds[i]))
			error = listener_open(d, config->binds[i], config->allow_insecure);
		rc = rc ? rc : error;
	}
	return rc;
}

/* --- peers -------------------------------------------------------------------- */

static const struct direct_peer_config *peer_wanted(const struct exchange_direct_config *config,
						    const char *name)
{
	for (size_t i = 0; i < config->n_peers; i++) {
		if (strcmp(config->peers[i].name, name) == 0)
			return &config->peers[i];
	}
	return NULL;
}

static void peer_close_links(struct direct_peer *p, const char *why)
{
	struct direct_link *l, *next;

	llist_for_each_entry_safe (l, next, &p->links, entry)
		direct_link_close(l, why);
}

static void peer_remove(struct direct_peer *p, const char *why)
{
	peer_close_links(p, why);
	llist_del(&p->entry);
	talloc_free(p);
}

static void peer_change(struct exchange_direct *d, struct direct_peer *p,
			const struct direct_peer_config *config)
{
	struct direct_link *l;

	if (strcmp(p->config.ip, config->ip) != 0)
		peer_close_links(p, "the peer's configured address changed");
	p->config = *config;
	llist_for_each_entry (l, &p->links, entry) {
		exchange_sessions_change(l->sessions, config->trust_msisdn, NULL, d->max_sessions);
		direct_link_set_sms(l);
	}
}

static void peer_add(struct exchange_direct *d, const struct direct_peer_config *config)
{
	struct direct_peer *p = talloc_zero(d, struct direct_peer);

	p->config = *config;
	p->label = talloc_asprintf(p, "direct:%s", config->name);
	p->metrics = exchange_metrics_new(p, p->label);
	INIT_LLIST_HEAD(&p->links);
	llist_add_tail(&p->entry, &d->peers);
}

static bool peer_exists(const struct exchange_direct *d, const char *name)
{
	struct direct_peer *p;

	llist_for_each_entry (p, &d->peers, entry) {
		if (strcmp(p->config.name, name) == 0)
			return true;
	}
	return false;
}

static void peers_apply(struct exchange_direct *d, const struct exchange_direct_config *config)
{
	struct direct_peer *p, *next;

	llist_for_each_entry_safe (p, next, &d->peers, entry) {
		const struct direct_peer_config *wanted = peer_wanted(config, p->config.name);

		if (wanted)
			peer_change(d, p, wanted);
		else
			peer_remove(p, "the peer is not configured any more");
	}
	for (size_t i = 0; i < config->n_peers; i++) {
		if (!peer_exists(d, config->peers[i].name))
			peer_add(d, &config->peers[i]);
	}
}

/* --- life --------------------------------------------------------------------- */

int exchange_direct_apply(struct exchange_direct *d, const struct exchange_direct_config *config)
{
	d->max_sessions = config->max_sessions;
	OSMO_STRLCPY_ARRAY(d->sms_source, config->sms_source);
	peers_apply(d, config);
	return listeners_apply(d, config);
}

bool exchange_direct_is_open(const struct exchange_direct *d)
{
	return !llist_empty(&d->listeners);
}

const char *exchange_direct_address(const struct exchange_direct *d, size_t n)
{
	struct direct_listener *b;

	llist_for_each_entry (b, &d->listeners, entry) {
		if (n-- == 0)
			return stream_listener_address(b->listener);
	}
	return NULL;
}

size_t exchange_direct_sessions(const struct exchange_direct *d)
{
	struct direct_peer *p;
	struct direct_link *l;
	size_t n = 0;

	llist_for_each_entry (p, &d->peers, entry) {
		llist_for_each_entry (l, &p->links, entry)
			n += exchange_sessions_count(l->sessions);
	}
	return n;
}

void exchange_direct_for_each(const struct exchange_direct *d,
			      void (*show)(void *data, const struct exchange_direct_status *status),
			      void *data)
{
	struct direct_peer *p;
	struct direct_link *l;

	llist_for_each_entry (p, &d->peers, entry) {
		llist_for_each_entry (l, &p->links, entry) {
			const struct exchange_direct_status status = {
				.peer = p->label,
				.address = gsup_link_peer(l->link),
				.up = l->up,
				.up_ms = l->up ? exchange_now_ms() - l->up_since_ms : 0,
				.sessions = exchange_sessions_count(l->sessions),
			};

			show(data, &status);
		}
	}
}

void exchange_direct_drain(struct exchange_direct *d)
{
	struct direct_listener *b, *next;

	llist_for_each_entry_safe (b, next, &d->listeners, entry)
		listener_close(b);
}

void exchange_direct_free(struct exchange_direct *d)
{
	struct direct_peer *p, *next_peer;
	struct direct_link *l, *next;

	exchange_direct_drain(d);
	llist_for_each_entry_safe (l, next, &d->nameless, entry)
		direct_link_close(l, "stopping");
	llist_for_each_entry_safe (p, next_peer, &d->peers, entry)
		peer_remove(p, "stopping");
	talloc_free(d);
}
