/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * SMS by GSUP: the manager as service centre of its own short code, over the same
 * links as USSD (3GPP TS 29.002 clauses 12.2 and 12.9 as GSUP has them, TPDUs of
 * TS 23.040).
 *
 *   MSC                           link (here)                       route
 *     | MO-forwardSM, SMS-SUBMIT -> |  parts are joined               |
 *     |                             | receive(IMSI, text) ----------> |
 *     |                             | <----------- ACCEPTED: durable  |
 *     | <------------------ RESULT  |                                 |
 *     |                             | <------------ send(IMSI, text)  |
 *     | <- MT-forwardSM, SMS-DELIVER|  one part after the other       |
 *     | RESULT -------------------> | sent(OK), receipt(DELIVERED) -> |
 *     | READY-FOR-SM -------------> | has_room() ------------------>  |
 *
 * A text goes to the link over which its subscriber was last heard: on a direct
 * link by anything, through an OsmoHLR by a text of his.  Whoever was not heard of
 * is not reached from here, and the route takes its next link.  That table is
 * bounded and in memory; after a restart subscribers are heard of anew.
 *
 * Through an OsmoHLR messages are addressed by name, both names with their NUL,
 * because 1.5.0 forwards only those.  From 1.8 on it forwards MO-forwardSM by the
 * address of the service centre, with the MSC's name as its source, by which we
 * answer; its READY-FOR-SM comes in its own name.
 *
 * MSCs answer MT-forwardSM under a reference of their own, so an answer is known by
 * its subscriber: one text of each is under way.
 *
 *   TRY_AGAIN            MO ERROR, cause 42 (congestion): the phone says so, or retries
 *   REFUSED              MO ERROR, cause 21 (rejected)
 *   ELSEWHERE            MO ERROR, cause 1 (unassigned number)
 *   cannot be read       MO RESULT: it would be no better another time
 *   malformed            MO ERROR, cause 96 or 111
 *   MT ERROR             memory full, congestion, out of order: RETRY; unknown here, not
 *                        supported: RETRY, and not over this link; other causes: NEVER
 *   MT without answer    UNKNOWN, after SMS_GSUP_ANSWER_MS
 *
 * Bounds: SMS_GSUP_LINKS_MAX links (one more does without SMS), SMS_GSUP_TEXTS_MAX
 * texts to terminals, SMS_GSUP_PENDING_MAX from them (one more: TRY_AGAIN),
 * SMS_GSUP_SUBSCRIBERS_MAX subscribers heard of.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/gsup_msg.h"
#include "manager/sms_route.h"

#define SMS_GSUP_LINKS_MAX 1024
#define SMS_GSUP_TEXTS_MAX 500
#define SMS_GSUP_PENDING_MAX 2000
#define SMS_GSUP_SUBSCRIBERS_MAX 100000
#define SMS_GSUP_ANSWER_MS 60000 /* paging, and a phone that is in a call */
#define SMS_GSUP_PRIORITY 5 /* in the route: before SMSCs with their default of 10 */

struct exchange_metrics;
struct msisdn_lookup;
struct sms_gsup; /* all of it */
struct sms_gsup_link; /* one GSUP link */

struct sms_gsup_link_config {
	const char *label; /* "direct:msc-1"; lives as long as the link */
	const struct exchange_metrics *metrics;
	const char *own_name; /* through an HLR: our IPA name; NULL: direct */
	/* Sends a message to the peer; negative errno: not sent, the link is or will be down. */
	int (*transmit)(void *data, const struct gsup_msg *msg);
	void *data;
};

/* What may change while the link is up. */
struct sms_gsup_settings {
	char source[SMS_SHORT_CODE_SIZE]; /* our short code or number; empty: no SMS on this link */
	bool trust_msisdn; /* the number that the peer tells is believed */
	struct msisdn_lookup *lookup; /* where else to ask; NULL: nowhere */
};

/* route lives as long. */
struct sms_gsup *sms_gsup_new(void *ctx, struct sms_route *route);
/* Every link must be gone. */
void sms_gsup_free(struct sms_gsup *g);
/* Texts both ways under way. */
size_t sms_gsup_in_flight(const struct sms_gsup *g);

/* NULL: there are SMS_GSUP_LINKS_MAX. */
struct sms_gsup_link *sms_gsup_link_new(struct sms_gsup *g,
					const struct sms_gsup_link_config *config);
void sms_gsup_link_set(struct sms_gsup_link *l, const struct sms_gsup_settings *settings);
/* Is it a message of SMS, and is there SMS on this link?  Then it was dealt with.  l may be NULL.
 */
bool sms_gsup_link_input(struct sms_gsup_link *l, const struct gsup_msg *msg);
/* The subscriber was heard on a direct link, whatever he wanted.  l may be NULL. */
void sms_gsup_link_heard(struct sms_gsup_link *l, const char *imsi);
/* The link is gone, for now or for good: what was sent over it is UNKNOWN.  l may be NULL. */
void sms_gsup_link_abort(struct sms_gsup_link *l);
/* With all that is under way.  NULL is allowed. */
void sms_gsup_link_free(struct sms_gsup_link *l);
