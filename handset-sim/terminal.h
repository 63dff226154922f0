/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One phone: it dials, is asked, answers, hangs up, and shows what is pushed.
 * On top of its line (exchange.h) it waits for the network and makes the
 * location update before its first dial.
 *
 *   OFF --dial--> SEARCHING --link--> ATTACHING --ok--> WAITING --text--> ASKED
 *                     |                   |                |  ^              |
 *                     +------> FAILED <---+                v  +---answer-----+
 *                                                     IDLE (final text)
 *
 * Texts by SMS come and go beside that, through the SMSC of this program where
 * there is one, else by GSUP as an MSC does it (terminal_sms.c).
 *
 * Ownership: a talloc object; its owner frees it with terminal_close(), also
 * from inside one of its events.
 */
#include <stdbool.h>
#include <stddef.h>

#include <osmocom/core/timer.h>

#include "handset-sim/exchange.h"
#include "handset-sim/messaging.h"
#include "lib/sms_tpdu.h"
#include "lib/ussd_ss.h"

struct terminal;

enum terminal_state {
	TERMINAL_IDLE,
	TERMINAL_SEARCHING, /* dialled, no network yet */
	TERMINAL_ATTACHING,
	TERMINAL_WAITING,
	TERMINAL_ASKED,
};

enum terminal_event_kind {
	TERMINAL_QUESTION,
	TERMINAL_FINAL,
	TERMINAL_PUSH,
	TERMINAL_FAILED, /* what was dialled got no last text */
	TERMINAL_READY, /* terminal_attach() is through: the number is known if it can be */
	TERMINAL_SMS, /* a text came by SMS, whole; from says from whom */
	TERMINAL_SMS_SENT, /* what terminal_sms() was given was taken */
	TERMINAL_SMS_FAILED, /* it was not */
};

/* Why a dial failed. */
enum terminal_failure {
	TERMINAL_NO_NETWORK, /* no link in time, or it went down */
	TERMINAL_NOT_ADMITTED, /* the HLR refused the location update; code: its cause */
	TERMINAL_TIMEOUT,
	TERMINAL_ERROR, /* code: ReturnError's */
	TERMINAL_REJECTED, /* code: Reject's problem */
	TERMINAL_RELEASED, /* ended without a text */
	TERMINAL_MALFORMED, /* the network spoke nonsense */
	TERMINAL_UNSENDABLE, /* the text is too long or not UTF-8 */
	TERMINAL_NOT_TAKEN, /* SMS; code: of SMPP's deliver_sm_resp, or the RP-Cause */
};

struct terminal_event {
	enum terminal_event_kind kind;
	const char *text; /* UTF-8; of FAILED: the failure in words */
	const char *from; /* of SMS only */
	enum terminal_failure failure;
	int code;
};

struct terminal_handler {
	/* event and its text live for the duration of the call. */
	void (*event)(void *data, struct terminal *t, const struct terminal_event *event);
};

/* Where the one text is that terminal_sms() was given. */
enum terminal_sms_state {
	TERMINAL_SMS_IDLE,
	TERMINAL_SMS_WAITING, /* for the network, or for somebody to bind */
	TERMINAL_SMS_GOING,
};

struct terminal {
	struct line line;
	enum terminal_state state;
	unsigned int network_timeout_ms;
	struct osmo_timer_list patience; /* while SEARCHING */
	const struct terminal_handler *handler;
	void *data;
	char dialled[USSD_TEXT_SIZE]; /* what this dialogue began with */
	struct messaging_phone phone; /* of this program's SMSC; not joined: SMS by GSUP */
	enum terminal_sms_state sms_state;
	struct osmo_timer_list sms_patience; /* while WAITING */
	char sms_to[SMS_DIGITS_SIZE];
	char *sms_text;
};

/* NULL with *error: -EINVAL (numbers), -EEXIST (IMSI in use here). */
struct terminal *terminal_open(void *ctx, struct exchange *x, const char *imsi, const char *msisdn,
			       unsigned int network_timeout_ms,
			       const struct terminal_handler *handler, void *data, int *error)
	__attribute__((warn_unused_result));
void terminal_close(struct terminal *t);
/* From now on texts go through this SMSC; m outlives the terminal. */
void terminal_join(struct terminal *t, struct messaging *m);

/* Own terminal id: the MSISDN, else "" while the HLR has not told it. */
const char *terminal_number(const struct terminal *t);
/* "idle", "searching", ... */
const char *terminal_state_name(enum terminal_state state);
/* "no-network", "not-admitted", "timeout", "error", ...: stable, for scripts and JSON. */
const char *terminal_failure_name(enum terminal_failure failure);

/* 0; -EBUSY: not in a state for it; -EINVAL (empty), -EMSGSIZE, -EILSEQ: the text cannot be
 * sent.  What goes wrong
 * later is an event. */
/* Location update without a dial, to learn the number; through an HLR only.  -EBUSY. */
int terminal_attach(struct terminal *t) __attribute__((warn_unused_result));
int terminal_dial(struct terminal *t, const char *text) __attribute__((warn_unused_result));
int terminal_answer(struct terminal *t, const char *text) __attribute__((warn_unused_result));
/* Ends whatever is going on; no event comes of it.  -EBUSY: nothing is. */
int terminal_hangup(struct terminal *t) __attribute__((warn_unused_result));

/* Forgets what terminal_sms() was given; no event comes of it. */
void terminal_sms_cancel(struct terminal *t);
/* A text by SMS; one at a time.  0: TERMINAL_SMS_SENT or _FAILED follows.  -EBUSY; -EINVAL: not a
 * number, or empty; -EMSGSIZE: more than SMS_PARTS_MAX parts; -EILSEQ: not UTF-8. */
int terminal_sms(struct terminal *t, const char *to, const char *utf8)
	__attribute__((warn_unused_result));
