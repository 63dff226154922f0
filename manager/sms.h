/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the manager's two halves of SMS have in common: adapters that carry texts
 * (exchange_smpp.h, SMS by GSUP), and what is done with them (sms_inbound.h,
 * outbox.h).  sms_route.h stands between.
 *
 *   SMSC        adapter                  sms_inbound                    ledger
 *     | deliver_sm -> | receive(sms_in) ---> | command, operation ------> |
 *     |               | <- done(ACCEPTED) -- | <------------- durable     |
 *     | <- resp ----- |                      |
 *
 *   SMSC        adapter                  sms_route, outbox              ledger
 *     | <- submit_sm  | <--- send(sms_out)   | <--------- outbox_take()   |
 *     | resp -------> | sent(OK, ids) -----> | outbox_result() ---------> |
 *     | receipt ----> | receipt(id, state) > | outbox_receipt() --------> |
 *     | <- resp ----- | <------- done()      | <------------- durable     |
 *
 * Nothing is acknowledged to the SMSC before it is durable here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/gsup_msg.h"
#include "lib/number.h"
#include "lib/smpp_pdu.h"
#include "lib/sms_text.h"

#define SMS_IDENTITY_SIZE 16
#define SMS_MESSAGE_ID_SIZE SMPP_MESSAGE_ID_SIZE
#define SMS_SHORT_CODE_SIZE 21

/* One text from a terminal, whole. */
struct sms_in {
	const char *link; /* label for the journal and the log: "smpp:smsc-1", "direct:msc-1" */
	bool trusted_origin; /* the sender's number is the network's word, not the sender's */
	const char *imsi; /* empty: not known (SMPP) */
	const char *msisdn; /* E.164 without '+'; empty: not a number of the plan */
	const char *from; /* as it came, for the log: may be a name or a short code */
	const char *to; /* to which address, as it was dialled; empty: not said */
	const char *source; /* what this link's own texts come from */
	const char *text; /* UTF-8 */
	/* The same delivery again has the same identity; another text, or the same one sent again
	 * by its author, has another where the SMSC tells them apart, or has read our answer to the
	 * one before. */
	uint8_t identity[SMS_IDENTITY_SIZE];
};

/* What becomes of a text: ACCEPTED, what it asked for is durable (or it asked for nothing);
 * TRY_AGAIN, the SMSC is to deliver it later; REFUSED, never; ELSEWHERE, it is to another address
 * than ours, and nothing was done. */
enum sms_verdict { SMS_ACCEPTED, SMS_TRY_AGAIN, SMS_REFUSED, SMS_ELSEWHERE };
typedef void (*sms_received_cb)(void *data, enum sms_verdict verdict);

/* One text to a terminal.  Strings are copied by whoever takes it. */
struct sms_out {
	int64_t message_id; /* of the outbox, for the log */
	const char *msisdn;
	const char *imsi; /* empty: not known */
	const char *text; /* UTF-8 */
	int64_t valid_until; /* seconds since 1970; 0: as long as the SMSC likes */
	bool wants_receipt;
	/* Asked with send's data by an adapter that holds texts back, right before octets of it go
	 * out; false: whoever gave it has it no more.  NULL: it always may. */
	bool (*may_go)(void *data);
};

/* OK: every part was taken, under the ids given.  RETRY: nothing was taken, or not all (the parts
 * that were are sent again).  NEVER: this number or text will not be taken.  UNKNOWN: the link went
 * down before the answer came.  NOT: it was held back until it might not go any more. */
enum sms_sent {
	SMS_SENT_OK,
	SMS_SENT_RETRY,
	SMS_SENT_NEVER,
	SMS_SENT_UNKNOWN,
	SMS_SENT_NOT,
};
struct sms_sent_result {
	enum sms_sent sent;
	const char *link; /* whose ids these are: the link, or what it shares with others */
	uint32_t status; /* the SMSC's last one; 0 where there was none */
	size_t n_ids;
	const char *ids[SMS_PARTS_MAX]; /* one a part, in the normal form of the bind */
};
typedef void (*sms_sent_cb)(void *data, const struct sms_sent_result *result);

/* What the network says about a part that was sent. */
struct sms_receipt {
	const char *link; /* as of sms_sent_result */
	const char *id; /* in the normal form of the bind */
	enum smpp_state state;
	const char *error; /* the network's; empty: none */
};
typedef void (*sms_receipt_cb)(void *data, enum sms_verdict verdict);
