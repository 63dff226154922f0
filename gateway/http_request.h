/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One HTTP request, from its header fields to its line in the log.
 *
 *   libmicrohttpd            request                     route
 *     | header fields ------> |  route, fields, key, size
 *     | body ---------------> |  kept, up to GATEWAY_BODY_MAX; dropped where it is refused
 *     | end of body --------> |  handle() --------------> |
 *     | <----------- suspend  |                           |  asks the manager
 *     |    (or it asks again) | <---- http_answer_*()     |  exactly once, now or later
 *     | <------------ resume  |
 *     | <------------ answer  |
 *     | completed ----------> |  line in the log
 *
 * A request is part of its connection (one at a time, HTTP/1.1) and so are the
 * first octets of its body and answer: a single check allocates neither.  A
 * handler that waits sets `cancel`, which is called where nobody waits for the
 * answer any more (deadline, end of the process); it answers no more after that.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include <osmocom/core/linuxlist.h>

#include "gateway/bearer.h"
#include "gateway/gateway_config.h"
#include "gateway/http_field.h"
#include "gateway/route.h"
#include "lib/outcome.h"
#include "lib/request_id.h"

#define HTTP_BODY_SMALL 256
#define HTTP_ANSWER_SMALL 640
#define HTTP_ROOMS_KEPT_MAX 256 /* for the next requests */
#define HTTP_DETAIL_SIZE 160
#define HTTP_TEXT_SHOP_SIZE 8
/* Of a refused body this much is read for the client's sake, so that it sees the answer. */
#define HTTP_DRAIN_MAX (64 * GATEWAY_BODY_MAX)

struct http_connection;
struct http_response;
struct gateway;

enum http_request_state {
	HTTP_REQUEST_NONE, /* between requests */
	HTTP_REQUEST_HEADER,
	HTTP_REQUEST_BODY,
	HTTP_REQUEST_HANDLED, /* by its route, which may be waiting */
	HTTP_REQUEST_ANSWERED, /* the answer is with libmicrohttpd */
	HTTP_REQUEST_LINGER, /* the answer is out, the rest of the body is dropped */
};

/* An answer that is ready to be sent. */
struct http_answer {
	bool ready;
	bool close; /* the connection, after it */
	int status;
	enum outcome outcome;
	const char *content_type;
	char *body; /* in the request's room, or talloc'd */
	size_t len;
	struct http_response *response; /* with libmicrohttpd; NULL: not one of those kept */
	uint32_t retry_after_s; /* 0: none */
	char allow[ROUTE_ALLOW_SIZE];
};

struct http_body {
	char *octets; /* in the request's room, or talloc'd */
	size_t len, room;
	uint64_t n_dropped;
};

/* Of a request while there is one: a connection that waits for the next has none. */
struct http_room {
	struct llist_head list; /* of those that are free */
	char body[HTTP_BODY_SMALL];
	char answer[HTTP_ANSWER_SMALL];
};

struct http_request {
	struct http_connection *connection;
	enum http_request_state state;
	bool suspended; /* by libmicrohttpd, while it waits */
	bool asked; /* waits, and libmicrohttpd asks each turn */
	bool persistent; /* the connection stays open after it, as far as the client said */
	const struct route *route;
	uint64_t started_us;
	char method[8], path[48]; /* for the log, cut */
	struct request_id id; /* inside the system */
	char id_text[HTTP_REQUEST_ID_SIZE]; /* what the shop sees */
	char traceparent[HTTP_TRACEPARENT_LEN + 1]; /* "" where there is none */
	struct bearer bearer;
	bool key_sent; /* of whatever form */
	struct http_room *room;
	struct http_body body;
	struct http_answer answer;
	/* The route's */
	uint32_t n_items;
	char shop_code[HTTP_TEXT_SHOP_SIZE];
	void *pending;
	void (*cancel)(struct http_request *r);
};

/* The three callbacks of libmicrohttpd; see http_server.c. */
void http_request_begin(struct http_request *r, struct http_connection *c, const char *uri);
enum MHD_Result http_request_step(struct http_request *r, const char *method, const char *path,
				  const char *version, const char *octets, size_t *n_octets);
void http_request_completed(struct http_request *r, enum MHD_RequestTerminationCode how);

/* The client has read all of the answer before this one, or will read no more. */
void http_request_drained(struct http_request *r);
/* Its answer is ready: libmicrohttpd goes on with it. */
void http_request_wake(struct http_request *r);
/* The deadline of its phase has passed. */
void http_request_expired(struct http_request *r);
/* The process ends: who waits gets a 503. */
void http_request_abort(struct http_request *r);

struct gateway *http_request_gateway(const struct http_request *r);
