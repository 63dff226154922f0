/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A simulated SMSC for testers: an SMPP 3.4 server to which the manager (or any
 * ESME) binds, and which carries texts between it and the phones of this program.
 *
 *   phone            SMSC (here)                     ESME
 *     | smsc_send() -> | deliver_sm, one a part -----> |
 *     | <--- sent()    | <------------ deliver_sm_resp |  not taken for now: again later
 *     | <--- text()    | <------------------ submit_sm |  parts are joined for the phone
 *     |                | submit_sm_resp, message id -> |
 *     |                | deliver_sm, receipt --------> |  where one was asked for
 *
 * It redelivers as SMSCs do: what was not answered when a bind went down, or was
 * answered with a temporary error, comes again, with the same octets.
 *
 * Bounds: SMSC_BINDS_MAX binds; SMSC_QUEUE_MAX texts of phones that wait;
 * SMSC_DELAYED_MAX answers and receipts that wait, submit_sm past them gets
 * ESME_RMSGQFUL.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/smpp_pdu.h"
#include "lib/sms_text.h"

#define SMSC_BINDS_MAX 16
#define SMSC_QUEUE_MAX 4096
#define SMSC_DELAYED_MAX 16384

struct smsc;

enum smsc_receipts {
	SMSC_RECEIPTS_ON, /* behind submit_sm_resp */
	SMSC_RECEIPTS_EARLY, /* in front of it */
	SMSC_RECEIPTS_LATE, /* a second behind it */
	SMSC_RECEIPTS_LOST,
	SMSC_RECEIPTS_TWICE,
};

/* How it misbehaves; all zero: not at all. */
struct smsc_faults {
	uint32_t delay_ms; /* of every answer to submit_sm */
	uint32_t throttle_per_s; /* submit_sm above this rate: ESME_RTHROTTLED */
	uint32_t refuse_status; /* answers every submit_sm with it */
	uint32_t drop_every; /* closes the connection at every nth submit_sm, unanswered */
	uint32_t redeliver; /* delivers every text so many times more, as after a lost answer */
	enum smsc_receipts receipts;
};

struct smsc_config {
	const char *address; /* to listen on; port 0: any */
	const char *system_id, *password; /* NULL: any */
	uint32_t retry_ms; /* of what was not taken; 0: 1,000 */
	struct smsc_faults faults;
};

struct smsc_handler {
	/* A whole text for a phone.  false: there is no such phone, which the receipt tells. */
	bool (*text)(void *data, const char *to, const char *from, const char *utf8);
	/* A bind came or went; n: how many take texts of phones now. */
	void (*bound)(void *data, size_t n);
};

/* status: of deliver_sm_resp to the last part; -1: the SMSC was closed before. */
typedef void (*smsc_sent_cb)(void *data, int64_t status);

/* NULL with *error (negative errno). */
struct smsc *smsc_open(void *ctx, const struct smsc_config *config,
		       const struct smsc_handler *handler, void *data, int *error)
	__attribute__((warn_unused_result));
/* With the port that was given for port 0. */
const char *smsc_address(const struct smsc *s);
/* How many binds take texts of phones. */
size_t smsc_receivers(const struct smsc *s);
struct smsc_faults *smsc_faults(struct smsc *s);

/* A text of a phone; it waits for a bind as long as it takes.  sent may be NULL.  -EILSEQ,
 * -EMSGSIZE: as of sms_text_split(); -ENOBUFS: too many wait. */
int smsc_send(struct smsc *s, const char *from, const char *to, const char *utf8, smsc_sent_cb sent,
	      void *data) __attribute__((warn_unused_result));
/* Listens no more; what is owed goes out, then everybody is unbound.  To be called again while the
 * loop turns; true: nobody is bound any more. */
bool smsc_retire(struct smsc *s);
/* Closes every connection, as a crash would. */
void smsc_cut(struct smsc *s);
void smsc_close(struct smsc *s);
