/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* A phone of a script: a terminal, its wallet, and what came to it and was not expected yet. */
#include <stdbool.h>
#include <stddef.h>

#include "handset-sim/purse.h"
#include "handset-sim/terminal.h"

#define SCRIPT_INBOX_MAX 32

/* Where what came lies until a line expects it: each in the order in which it came. */
enum script_tray { TRAY_DIALOGUE, TRAY_PUSH, TRAY_SMS };

struct script_message {
	enum terminal_event_kind kind;
	char *from; /* of an SMS; else NULL */
	char *text; /* of a failure: its stable name, and its code where there is one */
};

struct script_phone {
	struct terminal *terminal; /* NULL: its step was not reached */
	struct purse purse;
	struct transfer *transfer; /* gets the events while it runs */
	size_t n_messages;
	struct script_message messages[SCRIPT_INBOX_MAX];
	bool overflowed;
	bool takes_sms; /* this test has a line about SMS of this phone; else they are let pass */
	void (*changed)(void *data);
	void *data;
};

/* Opens the terminal; m: NULL where there is no SMSC.  Negative errno as terminal_open(). */
int script_phone_open(struct script_phone *p, struct exchange *x, struct messaging *m,
		      const char *imsi, const char *msisdn, unsigned int network_timeout_ms)
	__attribute__((warn_unused_result));
void script_phone_close(struct script_phone *p);
/* Hangs up and forgets what came and what is on its way. */
void script_phone_reset(struct script_phone *p);

/* The oldest message of this tray; NULL: none. */
const struct script_message *script_phone_peek(const struct script_phone *p, enum script_tray tray);
/* Forgets what was peeked at. */
void script_phone_drop(struct script_phone *p, const struct script_message *m);
void script_phone_put(struct script_phone *p, enum terminal_event_kind kind, const char *from,
		      const char *text);
/* What stands behind the name of the phone in a script: "<", "=", "!", "~", " sms<", " sms~". */
const char *script_message_sign(enum terminal_event_kind kind);
