/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/gateway_config.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/http_tls.h"
#include "lib/link_peer.h"

static const struct gateway_limits limits_default = {
	.connections = 4096,
	.connections_per_address = 256,
	.connection_memory = 6 * 1024,
	.header_size = 3 * 1024,
	.in_flight = 8192,
	.shops = 16384,
	.addresses = 16384,
	.new_key_rate_per_s = 100,
	.new_key_burst = 1000,
	.failure_rate_per_min = 30,
	.failure_burst = 20,
};

static const struct gateway_timeouts timeouts_default = {
	.header_s = 10,
	.body_s = 10,
	.answer_ms = 3000,
	.write_s = 20,
	.idle_s = 75,
};

struct gateway_config *gateway_config_new(void *ctx)
{
	struct gateway_config *c = talloc_zero(ctx, struct gateway_config);

	OSMO_ASSERT(c);
	gateway_config_default(c);
	return c;
}

void gateway_config_default(struct gateway_config *c)
{
	talloc_free_children(c);
	*c = (struct gateway_config){};
	c->name = talloc_strdup(c, "gateway");
	c->tls_priorities = talloc_strdup(c, HTTP_TLS_PRIORITIES_DEFAULT);
	c->link_socket_mode = 0660;
	c->link_ping_interval_s = LINK_PING_INTERVAL_DEFAULT_S;
	c->limits = limits_default;
	c->timeouts = timeouts_default;
}

static struct gateway_bind *bind_find(const struct gateway_config *c, enum gateway_bind_kind kind,
				      const char *address)
{
	size_t i;

	for (i = 0; i < c->n_binds; i++) {
		const struct gateway_bind *b = &c->binds[i];

		if (b->kind == kind && strcmp(b->address, address) == 0)
			return (struct gateway_bind *)b;
	}
	return NULL;
}

int gateway_config_bind_add(struct gateway_config *c, enum gateway_bind_kind kind,
			    const char *address)
{
	struct gateway_bind *b = bind_find(c, kind, address);

	if (b)
		return 0;
	if (c->n_binds == GATEWAY_BINDS_MAX)
		return -ENOSPC;
	b = &c->binds[c->n_binds++];
	b->kind = kind;
	b->address = talloc_strdup(c, address);
	return 0;
}

int gateway_config_bind_remove(struct gateway_config *c, enum gateway_bind_kind kind,
			       const char *address)
{
	struct gateway_bind *b = bind_find(c, kind, address);

	if (!b)
		return -ENOENT;
	talloc_free(b->address);
	memmove(b, b + 1, (char *)&c->binds[c->n_binds] - (char *)(b + 1));
	c->n_binds--;
	return 0;
}

bool gateway_config_has_bind(const struct gateway_config *c, enum gateway_bind_kind kind,
			     const char *address)
{
	return bind_find(c, kind, address);
}
