/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Sends what table outbox says: texts that are due are leased, rendered in their
 * reader's language, given to a link, and what became of them is recorded.
 *
 *   ledger              outbox                        route
 *     | <- take(max)      | as much as there is room     |
 *     | -- texts -------> |                              |
 *     |                   | send() --------------------> |
 *     | <- renew          | while the SMSC is slow       |
 *     |                   | <------- sent(OK, ids)       |
 *     | <- result(ids)    |                              |
 *     |                   | <------- receipt(id, state)  |
 *     | <- receipt        |                              |
 *     | -- durable -----> | done(ACCEPTED) ------------> |
 *
 * A reply that is written here need not be looked for: where there is room (where
 * others wait: in half of it) it is leased as it is written, for a short time, and
 * sent when that is durable.
 *
 *   sms_inbound         outbox                        route
 *     | reserve() ------> | room for one                 |
 *     | written(leased) > | send() --------------------> |
 *
 * Any number of managers shares the work: what one of them holds when it dies is
 * anybody's when its lease ends.  A result that cannot be recorded is tried again
 * until it is; until then its text is not given up.
 *
 * Not reached by any link that is up: again after a minute, twice as long each time up
 * to 10 min, or when the phone is heard.  Where links are full somebody else's text goes
 * first, and less is taken the next time.
 *
 * In vain: again after 5 s, twice as long each time up to 10 min, until the text's
 * validity ends.  Not known: again after 10 s, twice as long each time, and dead after
 * the fifth (outbox_result.sql), so a subscriber may read it more than once, but only
 * where an answer was lost.
 *
 * A receipt is recorded behind the answers that came before it.
 *
 * Bounded: window texts under way; receipts by the windows of their links, which wait
 * for done().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manager/sms.h"

#define OUTBOX_AWAY_MAX 65536 /* phones that texts wait for; who is not known waits his time */
#define OUTBOX_WINDOW_MAX 10000

struct dialogues;
struct ledger;
struct outbox;
struct sms_route;

struct sms_put_result;

struct outbox_settings {
	unsigned int interval_ms; /* between looks at the table */
	unsigned int lease_s;
	unsigned int window; /* texts under way */
};

struct outbox_status {
	bool draining;
	size_t n_sending, n_recording; /* given to a link; not recorded yet */
	int64_t waiting, dead, oldest_s; /* in the table; -1: not known */
	int64_t state_age_ms; /* of these; -1: not known */
};

/* All of these live as long as it. */
struct outbox *outbox_new(void *ctx, struct ledger *ledger, struct sms_route *route,
			  struct dialogues *dialogues);
/* Changed in place, by the VTY. */
struct outbox_settings *outbox_settings(struct outbox *ob);
void outbox_reset(struct outbox *ob);
void outbox_start(struct outbox *ob);
/* Something was written that may be due.  Cheap. */
void outbox_poke(struct outbox *ob);

/* What is promised to a text that is about to be written. */
struct outbox_place {
	uint32_t lease_ms; /* it is to be leased for so long; 0: not */
	int64_t since_us;
};
void outbox_reserve(void *data, struct outbox_place *place);
/* Once for each outbox_reserve(): what became of the text.  result->leased is sent. */
void outbox_written(void *data, const struct outbox_place *place,
		    const struct sms_put_result *result);

/* Of struct sms_sink; data is the struct outbox. */
void outbox_receipt(void *data, const struct sms_receipt *receipt, sms_receipt_cb done,
		    void *done_data);
void outbox_room(void *data);
void outbox_heard(void *data, const char *imsi);

/* Nothing is taken any more; what no link has taken is given back at once. */
void outbox_drain(struct outbox *ob);
/* Texts whose end is not recorded; 0: drained. */
size_t outbox_in_flight(const struct outbox *ob);
void outbox_status(const struct outbox *ob, struct outbox_status *status);
