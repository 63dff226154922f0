/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The parts of the gateway and the order of their life:
 *
 *   main.c   gateway_new, gateway_vty_init -> configuration file -> gateway_start
 *            SIGHUP: gateway_reset, the file again, gateway_reload;  SIGTERM: gateway_drain, wait,
 * gateway_stop
 *
 *   shops -> http server -> request -> route -> rate limits, link -> manager
 *
 * It has no credentials of the database and stores nothing; what it knows of a
 * shop (its rate) it has from the manager's last answer.
 */
#include <stdbool.h>
#include <stdint.h>

#include "gateway/gateway_config.h"

struct http_server;
struct link_server;
struct rate_limits;
struct stream_tls;

struct gateway {
	struct gateway_config *config;
	struct http_server *http;
	struct rate_limits *rates;
	struct stream_tls *link_tls;
	struct link_server *link; /* managers */
	struct link_server *sandbox; /* managers of test keys; NULL: the same as the others */
	bool draining;
};

struct gateway *gateway_new(void *ctx);
/* Can the configuration be used?  -EINVAL: no; what is wrong is in the log. */
int gateway_check(const struct gateway *gw) __attribute__((warn_unused_result));
/* -errno; what was wrong is in the log. */
int gateway_start(struct gateway *gw) __attribute__((warn_unused_result));
/* Every setting has its default; gateway_reload() puts in force what is read after it. */
void gateway_reset(struct gateway *gw);
void gateway_reload(struct gateway *gw);
/* No new connections; who waits for an answer still gets it. */
void gateway_drain(struct gateway *gw);
bool gateway_drained(struct gateway *gw);
/* Is there a manager to ask? */
bool gateway_ready(struct gateway *gw);
void gateway_stop(struct gateway *gw);

/* The managers to be asked for a key of this kind. */
struct link_server *gateway_link(struct gateway *gw, bool test);
