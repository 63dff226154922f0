/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Is it a redelivery, or does its author mean it again?  For links that do not
 * tell texts apart: a deliver_sm of SMPP 3.4 has a sequence_number, which is of
 * the connection (section 3.2), and no message id; user_message_reference (section
 * 5.3.2.17) is optional.
 *
 * An SMSC delivers again what it has no good answer to, and nothing else.  So the
 * same words of the same author are a redelivery as long as the answer to any
 * delivery of them may not have arrived, and another text afterwards.
 *
 *                 +------------- arrive(): the same text --------+
 *                 v                                              |
 *   arrive() -> open -- the last of them ends, one in doubt -> doubt
 *                 ^ |
 *                 | +-- the last of them ends, all known ----> settled
 *                 |                                              |
 *                 +------------- arrive(): another text ---------+
 *
 * One table for all links: who delivers by several of them takes any.  It is
 * memory of this process only, so after a restart, and to another manager, the
 * same words are the first text again.
 *
 * Bounded: SMS_SETTLED_MAX texts; past them the one that was not heard of for
 * longest is forgotten, and counts as the first text again.  Whether that was
 * taken already is told by the ledger, which remembers for ten minutes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manager/sms.h"

#define SMS_SETTLED_MAX 65536

struct sms_settled;

/* One delivery, from arrive() to end(). */
struct sms_delivery {
	uint8_t words[SMS_IDENTITY_SIZE];
	uint64_t round; /* of the text that it delivers */
};

struct sms_settled *sms_settled_new(void *ctx);

/* identity: in, of the words and their author; out, of the text: the first text of these words
 * keeps it. */
void sms_settled_arrive(struct sms_settled *st, struct sms_delivery *delivery,
			uint8_t identity[SMS_IDENTITY_SIZE]);
/* Once for each delivery.  known: the SMSC has read our answer, a good one; else it may deliver it
 * again. */
void sms_settled_end(struct sms_settled *st, const struct sms_delivery *delivery, bool known);
