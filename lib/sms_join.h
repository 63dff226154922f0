/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Puts the parts of long messages together.  Parts come in any order, and more
 * than once; the same part again changes nothing, and another text under its
 * number begins the message anew (the reference has 8 bits and comes round).
 *
 * Parts are acknowledged before their message is whole, because an SMSC whose
 * window is 1 does not send the second before.  So a whole message is all there is
 * of most of its parts, and is kept until its verdict is known:
 *
 *   add() -> waits -- its last part --> whole -- drop(): taken, or refused --> gone
 *                                        | ^
 *                                        +-+ add(), any part of it: whole again
 *
 * Once it is gone its reference is free for another one.
 *
 * Bounds: SMS_JOIN_MAX messages wait, SMS_JOIN_SENDER_MAX of one sender; past them
 * the one that was heard of least recently is given up, the sender's own first, and
 * so is one whose next part comes later than the time-out.  A message that is not
 * whole asks for nothing, so nothing is lost with it but itself.
 * SMS_JOIN_WHOLE_MAX whole ones are kept, SMS_JOIN_SENDER_MAX of one sender, for
 * SMS_JOIN_WHOLE_MS after they were heard of; past them nothing becomes whole.
 *
 * There may be a PIN in a text: what goes is wiped, also where nothing more comes.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/lru.h"
#include "lib/sms_text.h"

#define SMS_JOIN_MAX 1024
#define SMS_JOIN_WHOLE_MAX 2048
#define SMS_JOIN_SENDER_MAX 8
#define SMS_JOIN_WHOLE_MS (60 * 60 * 1000) /* an SMSC may let so much pass */
#define SMS_JOIN_PARTS_MAX SMS_PARTS_MAX
#define SMS_JOIN_SENDER_SIZE 16
#define SMS_JOIN_RECEIVER_SIZE 8
#define SMS_JOIN_OCTETS_MAX (SMS_JOIN_PARTS_MAX * SMS_PART_SIZE)

struct sms_join;

struct sms_join_part {
	uint8_t sender[SMS_JOIN_SENDER_SIZE]; /* digests: parts with the same ones belong together
					       */
	uint8_t receiver[SMS_JOIN_RECEIVER_SIZE];
	struct sms_concat concat; /* total 2 or more */
	uint8_t charset; /* enum sms_charset */
	const uint8_t *octets;
	size_t n_octets;
};

/* A whole message that is kept. */
struct sms_join_ticket {
	uint8_t key[LRU_KEY_SIZE];
	uint64_t serial; /* 0: none */
};

/* timeout_ms: of parts.  NULL: no random numbers. */
struct sms_join *sms_join_new(void *ctx, unsigned int timeout_ms)
	__attribute__((warn_unused_result));

/* Octets of the whole message, now in out; 0: more parts are needed; -EBUSY: it would be whole, and
 * too many are: the part was not taken; -EINVAL: too many parts, one that is too long or has no
 * text, or numbers that make no sense.  ticket: set for a whole message, which is kept; NULL: none
 * is.  now_ms: of a clock that never goes back. */
int sms_join_add(struct sms_join *j, uint8_t out[SMS_JOIN_OCTETS_MAX],
		 struct sms_join_ticket *ticket, const struct sms_join_part *part, int64_t now_ms)
	__attribute__((warn_unused_result));
/* What this message asked for is durable, or refused for good.  Nothing happens where it is gone.
 */
void sms_join_drop(struct sms_join *j, const struct sms_join_ticket *ticket);

/* That wait for parts. */
size_t sms_join_count(const struct sms_join *j);
size_t sms_join_count_whole(const struct sms_join *j);
