/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The HTTPS server: one libmicrohttpd daemon for each address, all on the
 * select loop, all with SO_REUSEPORT, so that several gateway processes (of one
 * user) share a port and the kernel spreads connections over them.
 *
 *   http_server_new -> http_server_start -> (reload)* -> drain -> stop
 */
#include <stdbool.h>
#include <stddef.h>

#include <osmocom/core/linuxlist.h>

#include "gateway/gateway_config.h"
#include "gateway/route.h"

struct deadlines;
struct gateway;
struct http_connection;
struct http_counters;
struct http_server;
struct sockaddr;

struct http_server *http_server_new(void *ctx, struct gateway *gateway,
				    const struct gateway_config *config, const struct route *routes,
				    size_t n_routes);
/* Reads the certificate, binds every address.  -errno: one could not be used; said in the log. */
int http_server_start(struct http_server *hs) __attribute__((warn_unused_result));
/* The times of the configuration, for whatever begins from now on. */
void http_server_set_times(struct http_server *hs);
/* Certificate and times anew; addresses that came are bound, those that went are closed. */
void http_server_reload(struct http_server *hs);
/* No new connections; each open one closes after the answer it waits for. */
void http_server_drain(struct http_server *hs);
bool http_server_draining(const struct http_server *hs);
size_t http_server_connections(const struct http_server *hs);
size_t http_server_in_flight(const struct http_server *hs);
/* Those who still wait get a 503. */
void http_server_stop(struct http_server *hs);

/* For requests and connections. */
struct deadlines *http_server_deadlines(struct http_server *hs);
const struct gateway_config *http_server_config(const struct http_server *hs);
struct gateway *http_server_gateway(const struct http_server *hs);
enum route_match http_server_route(const struct http_server *hs, const char *method,
				   const char *path, const struct route **route,
				   char allow[ROUTE_ALLOW_SIZE]);
/* Counts a request that waits; false: there are too many. */
bool http_server_flight_begin(struct http_server *hs);
void http_server_flight_end(struct http_server *hs);
struct http_counters *http_server_counters(struct http_server *hs);

/* For listeners. */
/* Is there room for one more, of all and of its address?  A proxy (counted false) has one address
 * for everybody. */
bool http_server_admits(struct http_server *hs, const struct sockaddr *from, bool counted);
void http_server_connection_opened(struct http_server *hs, struct http_connection *c);
void http_server_connection_closed(struct http_server *hs, struct http_connection *c);

/* For "show connections". */
struct llist_head *http_server_connection_list(struct http_server *hs);
