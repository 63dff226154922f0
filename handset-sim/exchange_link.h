/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The link of an MSC/VLR to its HLR, or straight to the manager: IPA over TCP
 * as client (ladder in lib/ipa_frame.h), GSUP messages both ways.
 *
 *   owner                             link
 *     | exchange_link_open() ----------> |  connect, ID_GET ... ID_ACK
 *     | <------------------------ up()   |
 *     | exchange_link_send() ----------> |
 *     | <------------------- message()   |
 *     | <---------------------- down()   |  dials again by itself, with back-off
 *
 * The link is a talloc child of its ctx.  It may be closed from inside any of
 * its callbacks.  A link on which nothing came for a while is probed with a
 * PING and taken down when no answer comes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/gsup_msg.h"

struct exchange_link;

struct exchange_link_handler {
	void (*up)(void *data);
	/* msg lives for the duration of the call. */
	void (*message)(void *data, const struct gsup_msg *msg);
	/* Was up, or a try failed.  error: negative errno, 0 where the peer closed. */
	void (*down)(void *data, int error, const char *why);
};

struct exchange_link_config {
	const char *address; /* "127.0.0.1:4222", "[::1]:4222" or "unix:/path" */
	const char *local; /* address to connect from, or NULL */
	const char *name; /* our IPA name ("MSC-1") */
	unsigned int connect_timeout_ms; /* until the link is up */
	const char *faults; /* of what is sent (link_faults.h); NULL: none */
	uint32_t faults_seed;
};

/* The configuration's strings must outlive the link.  NULL with *error set where the address or the
 * faults are none. */
struct exchange_link *exchange_link_open(void *ctx, const struct exchange_link_config *config,
					 const struct exchange_link_handler *handler, void *data,
					 int *error) __attribute__((warn_unused_result));

bool exchange_link_is_up(const struct exchange_link *link);

/* -ENOTCONN: not up; -ENOBUFS: the peer does not read; -EMSGSIZE, -EINVAL: cannot be encoded. */
int exchange_link_send(struct exchange_link *link, const struct gsup_msg *msg)
	__attribute__((warn_unused_result));

/* NULL is allowed. */
void exchange_link_close(struct exchange_link *link);
