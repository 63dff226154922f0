/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One GSUP link over IPA, either as client (of OsmoHLR) or as server (for a
 * direct peer): handshake, keep-alive, frames to messages and back.
 *
 *   client                       server
 *     | ------- TCP -------------> |
 *     | <---------------- ID_GET   |  at most 5 s from here (X1)
 *     | ID_RESP (name), ID_ACK --> |  server: identified(name)?
 *     | <---------------- ID_ACK   |  both: up()
 *     | <------- GSUP -----------> |  message()
 *     | PING <-----------> PONG    |  each side, after 2 s (X2) without a word; down after 4 s
 *
 * An OsmoHLR may route messages to a client before it echoes ID_ACK: they are
 * taken, and may be answered.  A server takes none before ID_ACK.
 *
 * Ownership: a link made by dial or take is closed by its owner, in down() or
 * at any other time, from inside any callback; nothing is called afterwards.
 * Its memory goes at the end of that turn of the loop.
 *
 * Bounds: messages of GSUP_MSG_MAX_SIZE; what the peer does not read, up to
 * GSUP_LINK_OUT_MAX octets.  Past either the link goes down.  A frame that is
 * no GSUP message as we know it is counted and skipped.
 */
#include <stdbool.h>
#include <stddef.h>

#include <osmocom/core/tdef.h>

#include "lib/gsup_msg.h"

#define GSUP_LINK_OUT_MAX (4 * 1024 * 1024)

#define GSUP_LINK_T_HANDSHAKE -1 /* X1 */
#define GSUP_LINK_T_PING -2 /* X2 */

struct exchange_metrics;
struct gsup_link;
struct stream;
struct stream_limits;

/* Called from the loop, never from inside a function of this header. */
struct gsup_link_handler {
	/* Server: may a peer of this name come in?  NULL for a client. */
	bool (*identified)(void *data, struct gsup_link *l, const char *name);
	void (*up)(void *data, struct gsup_link *l);
	/* msg lives for the duration of the call. */
	void (*message)(void *data, struct gsup_link *l, const struct gsup_msg *msg);
	/* Once, also for a link that was never up. */
	void (*down)(void *data, struct gsup_link *l, const char *why);
};

/* For the stream of a listener. */
extern const struct stream_limits gsup_link_limits;

/* Timers X1 and X2 with their defaults; for a copy by whoever lets them be configured. */
extern const struct osmo_tdef gsup_link_tdefs[3];

/* address, local: as of stream_connect(); name: ours, e.g. "EUSE-carrier".  tdefs: timers X1 and
 * X2, live as long as the link.  NULL with *error set where address is none. */
struct gsup_link *gsup_link_dial(void *ctx, const char *address, const char *local,
				 const char *name, const struct osmo_tdef *tdefs,
				 const struct exchange_metrics *metrics,
				 const struct gsup_link_handler *handler, void *data, int *error)
	__attribute__((warn_unused_result));

/* Asks the peer of an accepted stream, which it owns from now on, who it is. */
struct gsup_link *gsup_link_take(void *ctx, struct stream *s, const struct osmo_tdef *tdefs,
				 const struct exchange_metrics *metrics,
				 const struct gsup_link_handler *handler, void *data);

/* From now on the link counts there: a server knows its peer only when it is identified. */
void gsup_link_set_metrics(struct gsup_link *l, const struct exchange_metrics *metrics);

/* -ENOTCONN: not up; -ENOBUFS: the peer does not read (down() follows); -EINVAL, -EMSGSIZE: msg
 * cannot be encoded. */
int gsup_link_send(struct gsup_link *l, const struct gsup_msg *msg)
	__attribute__((warn_unused_result));

/* For the log: "192.0.2.1:4222". */
const char *gsup_link_peer(const struct gsup_link *l);

/* NULL is allowed. */
void gsup_link_close(struct gsup_link *l);
