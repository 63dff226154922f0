/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One connection of a shop.
 *
 *   accepted -> HEADER -> BODY -> ANSWER -> WRITE -> IDLE -> HEADER -> ...
 *
 * Each phase has a deadline of its own, for the whole phase; libmicrohttpd's
 * timeout is a pause between octets only, and lets a slow sender stay for ever.
 * Past it the socket is shut down, and libmicrohttpd ends the connection.
 */
#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "gateway/deadline.h"
#include "gateway/http_channel.h"
#include "gateway/http_request.h"
#include "gateway/source_address.h"

enum http_phase { PHASE_HEADER, PHASE_BODY, PHASE_ANSWER, PHASE_WRITE, PHASE_IDLE };

struct http_server;
struct http_listener;

struct http_connection {
	struct llist_head list;
	struct http_server *server;
	struct http_listener *listener;
	struct MHD_Connection *mhd;
	int fd;
	struct source_address from; /* or as a trusted proxy says */
	struct source_counter *counter; /* of its address; NULL: not counted */
	char from_text[INET6_ADDRSTRLEN];
	struct deadline deadline;
	uint64_t opened_us;
	uint32_t n_requests;
	struct http_channel channel; /* of TLS */
	struct http_request request;
};

struct http_connection *http_connection_new(struct http_server *server,
					    struct http_listener *listener,
					    struct MHD_Connection *mhd);
/* Who the socket says it is: what a proxy said of an earlier request counts no more. */
void http_connection_from_peer(struct http_connection *c);
void http_connection_enter(struct http_connection *c, enum http_phase phase);
enum http_phase http_connection_phase(const struct http_connection *c);
const char *http_phase_name(enum http_phase phase);
/* No octet goes either way from now on; libmicrohttpd frees what it has soon. */
void http_connection_shut(struct http_connection *c);
