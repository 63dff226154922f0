/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/gateway.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/http_server.h"
#include "gateway/rate_limits.h"
#include "gateway/routes.h"
#include "lib/link_server.h"
#include "lib/log_category.h"
#include "lib/stream_tls.h"

struct gateway *gateway_new(void *ctx)
{
	struct gateway *gw = talloc_zero(ctx, struct gateway);
	size_t n_routes;
	const struct route *routes = routes_table(&n_routes);

	gw->config = gateway_config_new(gw);
	gw->http = http_server_new(gw, gw, gw->config, routes, n_routes);
	return gw;
}

/* --- links ------------------------------------------------------------------ */

static struct link_server *link_of(struct gateway *gw, enum gateway_bind_kind kind)
{
	return kind == GATEWAY_BIND_SANDBOX ? gw->sandbox : gw->link;
}

static bool link_listens(struct link_server *ls, const char *address)
{
	const char *listened;
	size_t i;

	for (i = 0; (listened = link_server_address(ls, i)); i++) {
		if (strcmp(listened, address) == 0)
			return true;
	}
	return false;
}

static struct link_server *link_new(struct gateway *gw)
{
	struct link_server *ls = link_server_new(gw, gw->config->name);

	link_server_set_ping_interval(ls, gw->config->link_ping_interval_s);
	return ls;
}

static int link_bind(struct gateway *gw, const struct gateway_bind *b)
{
	bool local = strncmp(b->address, "unix:", 5) == 0;
	struct stream_tls *tls = local ? NULL : gw->link_tls;
	int rc;

	/* Who connects here decides what shops are told, and an address is no proof of it. */
	if (!local && !tls) {
		LOGP(DLINK, LOGL_ERROR, "%s: an address but unix: needs link tls\n", b->address);
		return -EPERM;
	}
	if (b->kind == GATEWAY_BIND_SANDBOX && !gw->sandbox)
		gw->sandbox = link_new(gw);
	if (link_listens(link_of(gw, b->kind), b->address))
		return 0;
	rc = link_server_listen(link_of(gw, b->kind), b->address, gw->config->link_socket_mode,
				tls);
	if (rc < 0)
		LOGP(DLINK, LOGL_ERROR, "%s: cannot be listened on: %s\n", b->address,
		     strerror(-rc));
	else
		LOGP(DLINK, LOGL_NOTICE, "%s: listening for managers%s%s\n", b->address,
		     b->kind == GATEWAY_BIND_SANDBOX ? " of test keys" : "", tls ? ", TLS" : "");
	return rc;
}

static int links_bind(struct gateway *gw)
{
	int rc = 0, error;
	size_t i;

	for (i = 0; i < gw->config->n_binds; i++) {
		const struct gateway_bind *b = &gw->config->binds[i];

		if (b->kind != GATEWAY_BIND_LINK && b->kind != GATEWAY_BIND_SANDBOX)
			continue;
		error = link_bind(gw, b);
		rc = error < 0 ? error : rc;
	}
	return rc;
}

/* Addresses that the configuration has no more. */
static void links_unbind(struct gateway *gw, enum gateway_bind_kind kind)
{
	struct link_server *ls = link_of(gw, kind);
	const char *address;
	size_t i = 0;

	while (ls && (address = link_server_address(ls, i))) {
		if (gateway_config_has_bind(gw->config, kind, address) ||
		    link_server_unlisten(ls, address) < 0)
			i++;
	}
}

static int link_tls_start(struct gateway *gw)
{
	const struct gateway_config *c = gw->config;
	struct stream_tls_config tls = {
		.certificate_file = c->link_tls_certificate,
		.key_file = c->link_tls_key,
		.ca_file = c->link_tls_ca,
		.peer_cn = c->link_tls_peer,
	};
	char why[256];

	if (!tls.certificate_file && !tls.key_file && !tls.ca_file)
		return 0;
	if (!tls.certificate_file || !tls.key_file || !tls.ca_file) {
		LOGP(DLINK, LOGL_ERROR, "link tls needs certificate, key and ca\n");
		return -EINVAL;
	}
	gw->link_tls = stream_tls_new(gw, &tls, true, why, sizeof(why));
	if (!gw->link_tls) {
		LOGP(DLINK, LOGL_ERROR, "link tls: %s\n", why);
		return -EINVAL;
	}
	return 0;
}

struct link_server *gateway_link(struct gateway *gw, bool test)
{
	return test && gw->sandbox ? gw->sandbox : gw->link;
}

/* --- life ------------------------------------------------------------------- */

static bool config_has(const struct gateway_config *c, enum gateway_bind_kind kind)
{
	size_t i;

	for (i = 0; i < c->n_binds; i++) {
		if (c->binds[i].kind == kind)
			return true;
	}
	return false;
}

static int config_check(const struct gateway_config *c)
{
	const char *fault = NULL;

	if (!config_has(c, GATEWAY_BIND_HTTPS) && !config_has(c, GATEWAY_BIND_HTTP))
		fault = "https bind (or http bind) is needed";
	else if (!config_has(c, GATEWAY_BIND_LINK))
		fault = "link bind is needed";
	/* libmicrohttpd keeps the fields, its list of them, and the answer's fields there. */
	else if (c->limits.connection_memory < 2 * c->limits.header_size)
		fault = "limit connection-memory must be twice limit header-size at least";
	if (!fault)
		return 0;
	LOGP(DMAIN, LOGL_ERROR, "configuration: %s\n", fault);
	return -EINVAL;
}

int gateway_start(struct gateway *gw)
{
	int rc = config_check(gw->config);

	if (rc < 0)
		return rc;
	gw->rates = rate_limits_new(gw, &gw->config->limits);
	if (!gw->rates)
		return -EIO;
	rc = link_tls_start(gw);
	if (rc < 0)
		return rc;
	gw->link = link_new(gw);
	rc = links_bind(gw);
	return rc < 0 ? rc : http_server_start(gw->http);
}

void gateway_reload(struct gateway *gw)
{
	char why[256];

	if (gw->draining || config_check(gw->config) < 0)
		return;
	if (gw->link_tls && stream_tls_reload(gw->link_tls, why, sizeof(why)) < 0)
		LOGP(DLINK, LOGL_ERROR, "link tls: the old files stay in use: %s\n", why);
	links_unbind(gw, GATEWAY_BIND_LINK);
	links_unbind(gw, GATEWAY_BIND_SANDBOX);
	if (links_bind(gw) < 0)
		LOGP(DLINK, LOGL_ERROR, "not every link address is listened on\n");
	http_server_reload(gw->http);
}

void gateway_drain(struct gateway *gw)
{
	gw->draining = true;
	http_server_drain(gw->http);
}

bool gateway_drained(struct gateway *gw)
{
	return http_server_in_flight(gw->http) == 0;
}

bool gateway_ready(struct gateway *gw)
{
	return !gw->draining && gw->link && link_server_ready(gw->link);
}

void gateway_stop(struct gateway *gw)
{
	http_server_stop(gw->http);
	if (gw->link)
		link_server_free(gw->link);
	if (gw->sandbox)
		link_server_free(gw->sandbox);
	gw->link = NULL;
	gw->sandbox = NULL;
}
