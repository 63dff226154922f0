/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_server.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/http_connection.h"
#include "gateway/http_counters.h"
#include "gateway/http_listener.h"
#include "gateway/http_ticket.h"
#include "gateway/http_tls.h"
#include "lib/log_category.h"
#include "lib/metrics.h"

/* Open connections of an address; there are never more of these than connections. */
struct source_counter {
	struct lru_entry lru;
	uint32_t n_connections;
};

struct http_server {
	struct gateway *gateway;
	const struct gateway_config *config;
	const struct route *routes;
	size_t n_routes;
	struct deadlines *deadlines;
	struct http_counters *counters;
	struct llist_head listeners;
	struct llist_head connections;
	struct lru *sources;
	size_t n_connections, connections_max, n_in_flight;
	bool draining;
};

/* --- life ------------------------------------------------------------------- */

static void server_expired(void *data, struct deadline *d)
{
	struct http_server *hs = data;
	struct http_connection *c = container_of(d, struct http_connection, deadline);

	if (d->phase != PHASE_IDLE && d->phase != PHASE_ANSWER)
		http_counters_add(hs->counters, HTTP_COUNTER_CONNECTIONS_EXPIRED, 1);
	/* Before its first request a connection has none to ask. */
	if (c->request.connection)
		http_request_expired(&c->request);
	else
		http_connection_shut(c);
}

static double gauge_connections(void *data)
{
	return ((struct http_server *)data)->n_connections;
}

static double gauge_in_flight(void *data)
{
	return ((struct http_server *)data)->n_in_flight;
}

static double gauge_certificate(void *data)
{
	return http_tls_expires_at();
}

struct http_server *http_server_new(void *ctx, struct gateway *gateway,
				    const struct gateway_config *config, const struct route *routes,
				    size_t n_routes)
{
	struct http_server *hs = talloc_zero(ctx, struct http_server);

	hs->gateway = gateway;
	hs->config = config;
	hs->routes = routes;
	hs->n_routes = n_routes;
	hs->deadlines = deadlines_new(hs, server_expired, hs);
	hs->counters = http_counters_new(hs);
	INIT_LLIST_HEAD(&hs->listeners);
	INIT_LLIST_HEAD(&hs->connections);
	metrics_gauge_register(hs, "tegata_http_connections", "Open connections of shops", "",
			       gauge_connections, hs);
	metrics_gauge_register(hs, "tegata_http_in_flight", "Requests that wait for a manager", "",
			       gauge_in_flight, hs);
	metrics_gauge_register(hs, "tegata_http_certificate_expires_seconds",
			       "When the certificate expires, seconds since 1970", "",
			       gauge_certificate, hs);
	return hs;
}

void http_server_set_times(struct http_server *hs)
{
	const struct gateway_timeouts *t = &hs->config->timeouts;

	deadlines_set_ms(hs->deadlines, PHASE_HEADER, t->header_s * 1000);
	deadlines_set_ms(hs->deadlines, PHASE_BODY, t->body_s * 1000);
	deadlines_set_ms(hs->deadlines, PHASE_ANSWER, t->answer_ms);
	deadlines_set_ms(hs->deadlines, PHASE_WRITE, t->write_s * 1000);
	deadlines_set_ms(hs->deadlines, PHASE_IDLE, t->idle_s * 1000);
}

static bool server_wants_tls(const struct http_server *hs)
{
	size_t i;

	for (i = 0; i < hs->config->n_binds; i++) {
		if (hs->config->binds[i].kind == GATEWAY_BIND_HTTPS)
			return true;
	}
	return false;
}

static int server_load_certificate(struct http_server *hs)
{
	const struct gateway_config *config = hs->config;
	char why[256];
	int rc;

	if (!server_wants_tls(hs))
		return 0;
	if (!config->tls_certificate || !config->tls_key) {
		LOGP(DHTTP, LOGL_ERROR, "https needs tls certificate and tls key\n");
		return -ENOENT;
	}
	rc = http_tls_load(hs, config->tls_certificate, config->tls_key, why, sizeof(why));
	if (rc == 0)
		rc = http_ticket_load(config->tls_ticket_key, why, sizeof(why));
	if (rc < 0)
		LOGP(DHTTP, LOGL_ERROR, "certificate or ticket key not taken: %s\n", why);
	else if (http_tls_expires_at() < time(NULL))
		LOGP(DHTTP, LOGL_ERROR, "%s: the certificate has expired\n",
		     config->tls_certificate);
	return rc;
}

static bool server_listens(struct http_server *hs, const struct gateway_bind *bind)
{
	bool tls = bind->kind == GATEWAY_BIND_HTTPS;
	struct http_listener *l;

	llist_for_each_entry (l, &hs->listeners, list) {
		if (l->tls == tls && strcmp(l->address, bind->address) == 0 && !l->quiesced)
			return true;
	}
	return false;
}

static int server_bind(struct http_server *hs)
{
	struct http_listener *l;
	int error, rc = 0;
	size_t i;

	for (i = 0; i < hs->config->n_binds; i++) {
		const struct gateway_bind *bind = &hs->config->binds[i];

		if (bind->kind != GATEWAY_BIND_HTTPS && bind->kind != GATEWAY_BIND_HTTP)
			continue;
		if (server_listens(hs, bind))
			continue;
		l = http_listener_open(hs, bind->address, bind->kind == GATEWAY_BIND_HTTPS, &error);
		if (l)
			llist_add_tail(&l->list, &hs->listeners);
		else
			rc = error;
	}
	return rc;
}

int http_server_start(struct http_server *hs)
{
	int rc;

	hs->connections_max = hs->config->limits.connections;
	hs->sources = lru_new(hs, hs->connections_max, sizeof(struct source_counter));
	if (!hs->sources)
		return -EIO;
	http_server_set_times(hs);
	rc = server_load_certificate(hs);
	return rc < 0 ? rc : server_bind(hs);
}

static bool listener_configured(const struct http_server *hs, const struct http_listener *l)
{
	return gateway_config_has_bind(hs->config, l->tls ? GATEWAY_BIND_HTTPS : GATEWAY_BIND_HTTP,
				       l->address);
}

void http_server_reload(struct http_server *hs)
{
	struct http_listener *l, *next;

	if (hs->draining)
		return;
	http_server_set_times(hs);
	/* Where the new certificate is no good, the old one and all that listens stay. */
	if (server_load_certificate(hs) < 0)
		return;
	llist_for_each_entry_safe (l, next, &hs->listeners, list) {
		if (!listener_configured(hs, l))
			http_listener_quiesce(l);
		/* One that was taken off before goes when its last connection has gone. */
		if (l->quiesced && !l->n_connections) {
			llist_del(&l->list);
			http_listener_close(l);
		}
	}
	if (server_bind(hs) < 0)
		LOGP(DHTTP, LOGL_ERROR, "not every address is listened on\n");
}

void http_server_drain(struct http_server *hs)
{
	struct http_connection *c, *next;
	struct http_listener *l;

	hs->draining = true;
	llist_for_each_entry (l, &hs->listeners, list)
		http_listener_quiesce(l);
	llist_for_each_entry_safe (c, next, &hs->connections, list) {
		if (c->request.state == HTTP_REQUEST_NONE && c->n_requests)
			http_connection_shut(c);
	}
}

void http_server_stop(struct http_server *hs)
{
	struct http_listener *l, *next;
	struct http_connection *c;

	hs->draining = true;
	llist_for_each_entry (c, &hs->connections, list)
		http_request_abort(&c->request);
	llist_for_each_entry_safe (l, next, &hs->listeners, list) {
		http_listener_run(l);
		llist_del(&l->list);
		http_listener_close(l);
	}
	http_tls_unload();
	http_ticket_unload();
}

/* --- for listeners ---------------------------------------------------------- */

bool http_server_admits(struct http_server *hs, const struct sockaddr *sa, bool counted)
{
	const struct gateway_limits *limits = &hs->config->limits;
	struct source_counter *counter = NULL;
	struct source_address from;
	uint8_t key[LRU_KEY_SIZE];

	if (counted && source_address_from(&from, sa) == 0) {
		source_address_key(key, &from);
		counter = lru_find(hs->sources, key);
	}
	if (hs->n_connections < hs->connections_max &&
	    (!counter || counter->n_connections < limits->connections_per_address))
		return true;
	http_counters_add(hs->counters, HTTP_COUNTER_CONNECTIONS_REFUSED, 1);
	return false;
}

void http_server_connection_opened(struct http_server *hs, struct http_connection *c)
{
	uint8_t key[LRU_KEY_SIZE];

	hs->n_connections++;
	llist_add_tail(&c->list, &hs->connections);
	http_counters_add(hs->counters, HTTP_COUNTER_CONNECTIONS, 1);
	if (!c->listener->tls)
		return;
	source_address_key(key, &c->from);
	c->counter = lru_find(hs->sources, key);
	if (!c->counter)
		c->counter = lru_put(hs->sources, key);
	c->counter->n_connections++;
}

void http_server_connection_closed(struct http_server *hs, struct http_connection *c)
{
	hs->n_connections--;
	llist_del(&c->list);
	deadline_leave(&c->deadline);
	if (c->counter && --c->counter->n_connections == 0)
		lru_remove(hs->sources, c->counter);
	talloc_free(c);
}

/* --- for requests ----------------------------------------------------------- */

struct deadlines *http_server_deadlines(struct http_server *hs)
{
	return hs->deadlines;
}

const struct gateway_config *http_server_config(const struct http_server *hs)
{
	return hs->config;
}

struct gateway *http_server_gateway(const struct http_server *hs)
{
	return hs->gateway;
}

enum route_match http_server_route(const struct http_server *hs, const char *method,
				   const char *path, const struct route **route,
				   char allow[ROUTE_ALLOW_SIZE])
{
	return route_find(hs->routes, hs->n_routes, method, path, route, allow);
}

bool http_server_flight_begin(struct http_server *hs)
{
	if (hs->n_in_flight >= hs->config->limits.in_flight)
		return false;
	hs->n_in_flight++;
	return true;
}

void http_server_flight_end(struct http_server *hs)
{
	OSMO_ASSERT(hs->n_in_flight > 0);
	hs->n_in_flight--;
}

struct http_counters *http_server_counters(struct http_server *hs)
{
	return hs->counters;
}

bool http_server_draining(const struct http_server *hs)
{
	return hs->draining;
}

size_t http_server_connections(const struct http_server *hs)
{
	return hs->n_connections;
}

size_t http_server_in_flight(const struct http_server *hs)
{
	return hs->n_in_flight;
}

struct llist_head *http_server_connection_list(struct http_server *hs)
{
	return &hs->connections;
}
