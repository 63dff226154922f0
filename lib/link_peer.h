/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One end of one link (lib/link_msg.h), the same for manager and gateway:
 * HELLO, pings, numbers of questions, and who waits for which answer.
 *
 *   owner                       link_peer                     other side
 *     |                           | HELLO <-> HELLO               |
 *     | <---------------- up() -- |                               |
 *     | link_peer_ask(wait) ----> | (the owner writes the frame   |
 *     | link_peer_send(frame) --> |  with wait->number) --------> |
 *     | <------------ answered()- | <---------------------------- |
 *     | <---------------- asked() | <---------------------------- |
 *     | <--- lost() for each wait, then down()      connection broke
 *
 * Ownership: the peer is a talloc child of its ctx and owns the stream.  It may
 * be freed with link_peer_free() from inside any callback except lost(); no
 * callback comes after, and lost() is then not called either: whoever frees a
 * peer asks link_peer_lose() first.  After down() the owner frees it.
 *
 * A link is down when three pings in a row brought nothing back, when the other
 * side speaks another version, when it does not say HELLO in HELLO_TIMEOUT_MS,
 * or sends what cannot be read.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/linuxlist.h>

#include "lib/link_msg.h"
#include "lib/stream.h"

#define LINK_PING_INTERVAL_DEFAULT_S 1
#define LINK_PINGS_MISSED_MAX 3
#define LINK_HELLO_TIMEOUT_MS 2000

struct link_peer;

/* One question that waits for its answer; the owner embeds it, zeroed. */
struct link_wait {
	struct llist_head bucket;
	struct link_peer *peer; /* NULL: does not wait */
	uint32_t number;
	size_t n_items;
	/* 0: taken, and link_peer_forget() was called; -EBADMSG: not an answer to this question,
	 * the link comes down, with lost() */
	int (*answered)(struct link_wait *w, const struct link_msg *msg);
	/* the link broke; w does not wait any more */
	void (*lost)(struct link_wait *w);
};

struct link_peer_handler {
	void (*up)(void *data, struct link_peer *p);
	/* A question, or a message of a type unknown here: 0, or a negative errno to close. */
	int (*asked)(void *data, struct link_peer *p, const struct link_msg *msg);
	void (*draining)(void *data, struct link_peer *p); /* may be NULL */
	void (*down)(void *data, struct link_peer *p, int error, const char *why);
};

/* Limits of a link's stream. */
extern const struct stream_limits link_stream_limits;

/* Connects and says HELLO first.  As stream_connect(). */
struct link_peer *link_peer_connect(void *ctx, const char *name, const char *address,
				    struct stream_tls *tls, unsigned int ping_interval_s,
				    const struct link_peer_handler *handler, void *data, int *error)
	__attribute__((warn_unused_result));
/* Takes over a stream that was accepted; waits for HELLO and answers it. */
struct link_peer *link_peer_accept(void *ctx, const char *name, struct stream *s,
				   unsigned int ping_interval_s,
				   const struct link_peer_handler *handler, void *data);
void link_peer_free(struct link_peer *p);

bool link_peer_is_up(const struct link_peer *p);
/* Did it ask us to ask somebody else? */
bool link_peer_is_draining(const struct link_peer *p);
/* Did it say that it can answer?  true where it never said anything. */
bool link_peer_is_ready(const struct link_peer *p);
/* What it said its name is; "" before it is up. */
const char *link_peer_name(const struct link_peer *p);
/* stream_peer_name(); before the stream is up the address dialled. */
const char *link_peer_address(const struct link_peer *p);
size_t link_peer_items_outstanding(const struct link_peer *p);
/* Microseconds that the newest answered ping took; 0: none was yet. */
uint32_t link_peer_ping_us(const struct link_peer *p);
void link_peer_set_ping_interval(struct link_peer *p, unsigned int ping_interval_s);

/* Gives w a number and lets it wait.  p must be up. */
void link_peer_ask(struct link_peer *p, struct link_wait *w, size_t n_items);
/* w does not wait any more; its answer will be dropped. */
void link_peer_forget(struct link_wait *w);
/* Calls lost() of all that wait. */
void link_peer_lose(struct link_peer *p);

/* A whole frame of an encoder.  As stream_write(). */
int link_peer_send(struct link_peer *p, const uint8_t *frame, size_t len)
	__attribute__((warn_unused_result));
/* Asks the other side to put no new questions to us. */
void link_peer_drain(struct link_peer *p);
/* Tells the other side whether we can answer, where it was not told so already; before HELLO was
 * sent it goes right behind it. */
void link_peer_say_ready(struct link_peer *p, bool ready);
