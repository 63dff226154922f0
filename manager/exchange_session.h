/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The open USSD sessions of one GSUP link, keyed by (IMSI, session id)
 * (3GPP TS 24.080 clause 3.6 for the components, GSUP's PROC_SS around them).
 *
 *   peer                        session                       dialogue
 *     | REQ BEGIN, Invoke 59 --> |  number known?                |
 *     |                          |  (no: look-up, at most 2 s)   |
 *     |                          | dialogue_open() ------------> |
 *     | <- REQ CONTINUE, Inv. 60 | <------------- send(text)     |
 *     | REQ CONTINUE, Result 60 >| dialogue_answer() ----------> |
 *     | <- RESULT END, Result 59 | <------- send(text, end)      |
 *     |
 *     | REQ/RESULT END, ERROR -> | dialogue_abort() -----------> |
 *
 * What is not as above is answered like this:
 *
 *   BEGIN whose component cannot be decoded   ended; malformed
 *   BEGIN in an unknown text coding           ended, ReturnError unknownAlphabet
 *   BEGIN with another operation              ended, ReturnError facilityNotSupported
 *   BEGIN past max_sessions                   ended, ReturnError systemFailure
 *   the same BEGIN again within 3 s           ignored (direct links; OsmoHLR never repeats)
 *   another BEGIN of an open session          the old dialogue is aborted, a new one opens
 *   answer to an earlier question             ignored
 *   answer while nothing is asked             ignored
 *   answer in an unknown text coding          ended, ReturnError unknownAlphabet
 *   answer that is none, or malformed         ended
 *   ReturnError, Reject (the terminal cannot) ended
 *   CONTINUE without a session                ended, so that the terminal does not wait
 *   END without a session                     ignored
 *
 * "ended" is RESULT END with a ReturnError to the BEGIN; where there is no
 * session and no invoke id either, ERROR END (to an OsmoHLR, which would not
 * pass that on, a ReturnError all the same).  Without a session only a request
 * is answered, so that two peers cannot answer each other's errors for ever.
 * Each case has a counter.
 *
 * A session waits as long as its dialogue does: idle time is the dialogue's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/gsup_msg.h"

struct dialogues;
struct exchange_metrics;
struct exchange_sessions;
struct msisdn_lookup;

/* More than the dialogues' own default: they refuse with a text, this with an error. */
#define EXCHANGE_SESSIONS_DEFAULT 30000

struct exchange_sessions_config {
	const char *label; /* "hlr:carrier", "direct:msc-1"; lives as long as the table */
	struct dialogues *dialogues;
	const struct exchange_metrics *metrics;
	bool hlr; /* the peer is an OsmoHLR: its text limits, no ERROR to it, no repeats from it */
	bool trust_msisdn; /* the number that the peer tells is believed */
	struct msisdn_lookup *msisdn; /* where else to ask; NULL: nowhere */
	size_t max_sessions;
	/* Sends a message to the peer; negative errno: not sent, and the link is (or will be) down.
	 */
	int (*transmit)(void *data, const struct gsup_msg *msg);
	/* The last session is over; may be NULL. */
	void (*emptied)(void *data);
	void *data;
};

struct exchange_sessions *exchange_sessions_new(void *ctx,
						const struct exchange_sessions_config *config);

/* Takes a PROC_SS message. */
void exchange_sessions_input(struct exchange_sessions *t, const struct gsup_msg *msg);

size_t exchange_sessions_count(const struct exchange_sessions *t);

/* The link is taken down from our side: who still waits at a terminal is told an error, and every
 * dialogue is aborted.  The table can be used again. */
void exchange_sessions_end(struct exchange_sessions *t, const char *why);
/* The link is gone: as above, but nothing is sent. */
void exchange_sessions_abort(struct exchange_sessions *t, const char *why);

/* What may change while sessions are open. */
void exchange_sessions_change(struct exchange_sessions *t, bool trust_msisdn,
			      struct msisdn_lookup *msisdn, size_t max_sessions);

/* The table must be empty (exchange_sessions_abort). */
void exchange_sessions_free(struct exchange_sessions *t);
