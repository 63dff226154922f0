/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The gateway's side of the link (lib/link_msg.h): listens for managers and
 * puts questions to them.
 *
 *   HTTP route             link_server                      managers
 *     |                        | <------------- connect, HELLO |  any number of them
 *     | link_server_check() -> | CHECK ----------------------> |  to the least busy one
 *     | <---- done(result) --- | <--------------- CHECK_RESULT |
 *     |                        |            (connection breaks) |
 *     |                        | CHECK ----------------------> |  once more, to another
 *
 * The callback comes exactly once unless the question was cancelled, never
 * inline.  result->outcome is the manager's, or
 *   UNAVAILABLE  there is no manager that takes questions (says READY, does not
 *                drain), the last one died on this question, or none answered
 *                within LINK_ANSWER_MS
 *   BUSY         every manager has LINK_OUTSTANDING_ITEMS_MAX items outstanding
 * and then n_items is 0.  The result lives for the duration of the callback.
 *
 * A question is only ever a read, so it may be asked again.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/link_msg.h"

/* On one link; past it the next question is refused. */
#define LINK_OUTSTANDING_ITEMS_MAX 65536
#define LINK_ANSWER_MS 5000
/* Links of managers; one more is closed at once. */
#define LINK_SERVER_LINKS_MAX 64

struct link_server;
struct link_question; /* dead once its callback was called */
struct stream_tls;
struct vty;

typedef void (*link_check_cb)(void *data, const struct link_check_result *result);

/* name: what managers log of us. */
struct link_server *link_server_new(void *ctx, const char *name);

/* Seconds between pings, 1 to 60 (default 5); three unanswered: the link is down. */
void link_server_set_ping_interval(struct link_server *ls, unsigned int ping_interval_s);

/* Listens on one more address ("127.0.0.1:4300", "[::1]:4300", "unix:/path" made with mode).
 * tls: NULL for none, which is taken only for a Unix socket or a private address.
 * -EPERM: plain on a public address; -EINVAL: not an address; -EADDRINUSE and the like.
 * The tls object must outlive the server. */
int link_server_listen(struct link_server *ls, const char *address, unsigned int mode,
		       struct stream_tls *tls) __attribute__((warn_unused_result));
/* The i-th address that is listened on, with its port; NULL past the last. */
const char *link_server_address(const struct link_server *ls, size_t i);
/* Stops to listen there (as configured, or as link_server_address() says); links that are up
 * stay.  -ENOENT: not listened on. */
int link_server_unlisten(struct link_server *ls, const char *address);

/* Is there a manager that takes questions? */
bool link_server_ready(const struct link_server *ls);
size_t link_server_in_flight(const struct link_server *ls);

/* check is copied.  1 to LINK_CHECK_ITEMS_MAX items. */
struct link_question *link_server_check(struct link_server *ls, const struct link_check *check,
					link_check_cb done, void *data);
/* No callback will come; the answer is dropped when it does. */
void link_question_cancel(struct link_question *q);

/* A table of the links, for a "show managers" command. */
void link_server_show(const struct link_server *ls, struct vty *vty);

/* Closes everything; questions under way are told UNAVAILABLE, before this returns. */
void link_server_free(struct link_server *ls);
