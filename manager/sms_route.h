/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * By which link a text goes out, and to whom goes what comes in.
 *
 * Links of adapters register with a priority; a text takes the first of the
 * lowest number that is up and has room.  Whoever handles texts and receipts
 * registers as their sink, so that adapters and outbox do not know each other.
 */
#include <stdbool.h>
#include <stddef.h>

#include "manager/sms.h"

struct sms_route;
struct sms_link; /* of an adapter, registered */
struct sms_join;
struct sms_settled;

/* Of an adapter's link; static storage. */
struct sms_link_ops {
	/* sent is called exactly once, never inline.  -EBUSY: no room; -ENOTCONN: not up;
	 * -EHOSTUNREACH: it does not reach this phone;
	 * -EMSGSIZE: more than SMS_PARTS_MAX parts; -EILSEQ: not UTF-8; -EINVAL: a number that it
	 * cannot send to: nothing is called then. */
	int (*send)(void *data, const struct sms_out *out, sms_sent_cb sent, void *sent_data);
	bool (*is_up)(const void *data);
	/* Texts that it would take now. */
	size_t (*room)(const void *data);
};

/* Who handles what comes in; the callbacks are called exactly once, never inline. */
struct sms_sink {
	void (*receive)(void *data, const struct sms_in *in, sms_received_cb done, void *done_data);
	void (*receipt)(void *data, const struct sms_receipt *receipt, sms_receipt_cb done,
			void *done_data);
	/* A link came up or has room again. */
	void (*room)(void *data);
	/* A phone can be reached; NULL: nobody wants to know. */
	void (*heard)(void *data, const char *imsi);
};

struct sms_route *sms_route_new(void *ctx);
/* sink: static storage. */
void sms_route_set_sink(struct sms_route *r, const struct sms_sink *sink, void *data);

/* Lower numbers are taken first.  Lives until sms_link_unregister(). */
struct sms_link *sms_link_register(struct sms_route *r, const char *label, unsigned int priority,
				   const struct sms_link_ops *ops, void *data);
void sms_link_unregister(struct sms_link *l);

/* Texts that would be taken now, over all links of the priority that is in use; 0: none is up, or
 * they are full. */
size_t sms_route_room(const struct sms_route *r);
/* As of sms_link_ops.send.  -EBUSY: one of them is full; -EHOSTUNREACH: some are up, and none
 * reaches this phone; -ENOTCONN: none is up. */
int sms_route_send(struct sms_route *r, const struct sms_out *out, sms_sent_cb sent, void *data)
	__attribute__((warn_unused_result));

/* From adapters; there is a sink before any of them is started. */
void sms_route_receive(struct sms_route *r, const struct sms_in *in, sms_received_cb done,
		       void *data);
void sms_route_receipt(struct sms_route *r, const struct sms_receipt *receipt, sms_receipt_cb done,
		       void *data);
void sms_route_has_room(struct sms_route *r);
void sms_route_heard(struct sms_route *r, const char *imsi);
/* Of all adapters that cannot tell texts apart; lives as long as the route. */
struct sms_settled *sms_route_settled(struct sms_route *r);
/* Of all SMSCs, one of which delivers this part of a text and another one that; likewise.  What the
 * network vouches for has a table of its own: who may write any sender neither adds to it nor fills
 * it. */
struct sms_join *sms_route_join(struct sms_route *r, bool trusted_origin);
