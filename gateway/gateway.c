/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/gateway.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "gateway/http_server.h"
#include "gateway/http_ticket.h"
#include "gateway/http_tls.h"
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

static bool address_is_unix(const char *address)
{
	return strncmp(address, "unix:", 5) == 0;
}

static int link_bind(struct gateway *gw, const struct gateway_bind *b)
{
	bool local = address_is_unix(b->address);
	struct stream_tls *tls = local ? NULL : gw->link_tls;
	int rc;

	/* Its files could not be read. */
	if (!local && !tls)
		return -EPERM;
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

static bool link_tls_is_wanted(const struct gateway_config *c)
{
	return c->link_tls_certificate || c->link_tls_key || c->link_tls_ca || c->link_tls_peer;
}

static struct stream_tls_config link_tls_config(const struct gateway_config *c)
{
	return (struct stream_tls_config){
		.certificate_file = c->link_tls_certificate,
		.key_file = c->link_tls_key,
		.ca_file = c->link_tls_ca,
		.peer_cn = c->link_tls_peer,
	};
}

/* At start, and at reload: other files, the same ones renewed, another manager. */
static int link_tls_apply(struct gateway *gw)
{
	const struct stream_tls_config tls = link_tls_config(gw->config);
	char why[256];
	int rc = 0;

	/* An address that was taken off may still shake hands. */
	if (!link_tls_is_wanted(gw->config))
		return 0;
	if (gw->link_tls)
		rc = stream_tls_change(gw->link_tls, &tls, why, sizeof(why));
	else
		gw->link_tls = stream_tls_new(gw, &tls, true, why, sizeof(why));
	if (rc == 0 && gw->link_tls)
		return 0;
	LOGP(DLINK, LOGL_ERROR, "link tls %s\n", why);
	return -EINVAL;
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

static bool config_has_link_on_ip(const struct gateway_config *c)
{
	size_t i;

	for (i = 0; i < c->n_binds; i++) {
		const struct gateway_bind *b = &c->binds[i];

		if ((b->kind == GATEWAY_BIND_LINK || b->kind == GATEWAY_BIND_SANDBOX) &&
		    !address_is_unix(b->address))
			return true;
	}
	return false;
}

/* What is wrong with the link's TLS; NULL: nothing. */
static const char *link_tls_fault(const struct gateway_config *c)
{
	if (link_tls_is_wanted(c)) {
		if (!c->link_tls_certificate || !c->link_tls_key || !c->link_tls_ca)
			return "link tls needs certificate, key and ca";
		if (!c->link_tls_peer)
			return "link tls needs peer-cn, the common name in the managers' "
			       "certificates: whoever else the CA signed for is none";
		return NULL;
	}
	/* Who connects there decides what shops are told, and an address is no proof of it. */
	return config_has_link_on_ip(c) ? "a link address but unix: needs link tls" : NULL;
}

static const char *config_fault(const struct gateway_config *c)
{
	if (!config_has(c, GATEWAY_BIND_HTTPS) && !config_has(c, GATEWAY_BIND_HTTP))
		return "https bind (or http bind) is needed";
	if (config_has(c, GATEWAY_BIND_HTTPS) && (!c->tls_certificate || !c->tls_key))
		return "https needs tls certificate and tls key";
	if (!config_has(c, GATEWAY_BIND_LINK))
		return "link bind is needed";
	/* libmicrohttpd keeps the fields, its list of them, and the answer's fields there. */
	if (c->limits.connection_memory < 2 * c->limits.header_size)
		return "limit connection-memory must be twice limit header-size at least";
	return link_tls_fault(c);
}

/* Of the files that it names. */
static int link_tls_check(const struct gateway_config *c)
{
	const struct stream_tls_config config = link_tls_config(c);
	struct stream_tls *tls;
	char why[256];

	if (!link_tls_is_wanted(c))
		return 0;
	tls = stream_tls_new(NULL, &config, true, why, sizeof(why));
	if (!tls) {
		LOGP(DLINK, LOGL_ERROR, "link tls %s\n", why);
		return -EINVAL;
	}
	talloc_free(tls);
	return 0;
}

static int https_check(const struct gateway_config *c)
{
	char why[256];
	int rc;

	if (!config_has(c, GATEWAY_BIND_HTTPS))
		return 0;
	rc = http_tls_check(c->tls_certificate, c->tls_key, why, sizeof(why));
	if (rc == 0 && c->tls_ticket_key)
		rc = http_ticket_check(c->tls_ticket_key, why, sizeof(why));
	if (rc < 0)
		LOGP(DHTTP, LOGL_ERROR, "%s\n", why);
	return rc;
}

int gateway_check(const struct gateway *gw)
{
	const char *fault = config_fault(gw->config);
	int link, https;

	if (fault) {
		LOGP(DMAIN, LOGL_ERROR, "configuration: %s\n", fault);
		return -EINVAL;
	}
	link = link_tls_check(gw->config);
	https = https_check(gw->config);
	return link < 0 || https < 0 ? -EINVAL : 0;
}

int gateway_start(struct gateway *gw)
{
	int rc;

	gw->rates = rate_limits_new(gw, &gw->config->limits);
	if (!gw->rates)
		return -EIO;
	rc = link_tls_apply(gw);
	if (rc < 0)
		return rc;
	gw->link = link_new(gw);
	rc = links_bind(gw);
	return rc < 0 ? rc : http_server_start(gw->http);
}

void gateway_reset(struct gateway *gw)
{
	gateway_config_default(gw->config);
}

/* Test keys go to the same managers as the others again. */
static void sandbox_drop(struct gateway *gw)
{
	link_server_free(gw->sandbox);
	gw->sandbox = NULL;
}

void gateway_reload(struct gateway *gw)
{
	if (gw->draining)
		return;
	if (link_tls_apply(gw) < 0)
		LOGP(DLINK, LOGL_ERROR, "link tls: what was in force stays\n");
	links_unbind(gw, GATEWAY_BIND_LINK);
	links_unbind(gw, GATEWAY_BIND_SANDBOX);
	if (gw->sandbox && !config_has(gw->config, GATEWAY_BIND_SANDBOX))
		sandbox_drop(gw);
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
