/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The SMSC of this program (smsc.h) with the phones of this program: a text for
 * the number of one of them goes straight to it, any other to whoever has bound.
 *
 *   phone                        messaging                  phone here | ESME
 *     | messaging_send(to) -------> | text() ---------------->  |
 *     |                             | or deliver_sm --------------------> |
 *     | <------------------ sent()  |
 *     | <------------------ text()  | <---------------------- submit_sm   |
 *
 * Callbacks come from the select loop, never from inside messaging_send().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/linuxlist.h>

struct messaging;
struct messaging_phone;

struct messaging_phone_handler {
	/* Its number, E.164; "" while it is not known. */
	const char *(*number)(const struct messaging_phone *p);
	void (*text)(struct messaging_phone *p, const char *from, const char *utf8);
	/* Of each text sent, in no order; status: SMPP's, 0 taken; -1: the SMSC was closed. */
	void (*sent)(struct messaging_phone *p, int64_t status);
	/* Somebody has bound to whom texts can be delivered. */
	void (*bound)(struct messaging_phone *p);
};

/* The phone's own memory, linked in from messaging_join() to messaging_leave(). */
struct messaging_phone {
	struct llist_head entry;
	struct messaging *messaging; /* NULL: not joined */
	const struct messaging_phone_handler *handler;
};

/* faults: as of smsc_faults_parse(), or NULL.  NULL after a line on stderr. */
struct messaging *messaging_open(void *ctx, const char *address, const char *faults)
	__attribute__((warn_unused_result));
void messaging_join(struct messaging *m, struct messaging_phone *p,
		    const struct messaging_phone_handler *handler);
void messaging_leave(struct messaging_phone *p);
/* What is on its way goes on, but the phone is not told. */
void messaging_forget(struct messaging_phone *p);

/* Is this the number of a phone here? */
bool messaging_has(const struct messaging *m, const char *number);
/* Would a text to this number go out now? */
bool messaging_reaches(const struct messaging *m, const char *number);
/* -EILSEQ, -EMSGSIZE, -ENOBUFS as of smsc_send(). */
int messaging_send(struct messaging_phone *p, const char *to, const char *utf8)
	__attribute__((warn_unused_result));

/* Lets answers and receipts that are owed go out, at most a second, and unbinds; runs the loop.
 * Phones must have left.  NULL is allowed. */
void messaging_close(struct messaging *m);
