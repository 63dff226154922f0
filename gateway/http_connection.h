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
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "gateway/deadline.h"
#include "gateway/http_request.h"
#include "gateway/rate_limits.h"

enum http_phase { PHASE_HEADER, PHASE_BODY, PHASE_ANSWER, PHASE_WRITE, PHASE_IDLE };

struct http_server;
struct http_listener;

struct http_connection {
	struct llist_head list;
	struct http_server *server;
	struct http_listener *listener;
	struct MHD_Connection *mhd;
	int fd;
	struct source_address from;
	char from_text[INET6_ADDRSTRLEN];
	struct deadline deadline;
	uint64_t opened_us;
	uint32_t n_requests;
	struct http_request request;
};

struct http_connection *http_connection_new(struct http_server *server,
					    struct http_listener *listener,
					    struct MHD_Connection *mhd);
void http_connection_enter(struct http_connection *c, enum http_phase phase);
enum http_phase http_connection_phase(const struct http_connection *c);
const char *http_phase_name(enum http_phase phase);
/* No octet goes either way from now on; libmicrohttpd frees what it has soon. */
void http_connection_shut(struct http_connection *c);
/* IPv4 is mapped into IPv6; -EINVAL for another family. */
int source_address_from(struct source_address *from, const struct sockaddr *sa);
/* "192.0.2.1" or "2001:db8::1" */
int source_address_parse(struct source_address *from, const char *text);
