/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Puts the parts of long messages together.  Parts come in any order, and more
 * than once; the same part again changes nothing, and another text under its
 * number begins the message anew (the reference has 8 bits and comes round).
 *
 * Parts are kept in memory only: whoever hands them in acknowledges each at
 * once, because an SMSC whose window is 1 does not send the second before.  A
 * message that is not whole asks for nothing, so nothing is lost with it but
 * itself.
 *
 * Bounds: SMS_JOIN_MAX messages of SMS_JOIN_PARTS_MAX parts.  Past them the one
 * that was heard of least recently is given up, and so is one whose next part
 * comes later than the time-out.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/sms_text.h"

#define SMS_JOIN_MAX 1024
#define SMS_JOIN_PARTS_MAX SMS_PARTS_MAX
#define SMS_JOIN_KEY_SIZE 24
#define SMS_JOIN_OCTETS_MAX (SMS_JOIN_PARTS_MAX * SMS_PART_SIZE)

struct sms_join;

struct sms_join_part {
	uint8_t key[SMS_JOIN_KEY_SIZE]; /* of sender, receiver and link: a digest of them */
	struct sms_concat concat; /* total 2 or more */
	uint8_t charset; /* enum sms_charset */
	const uint8_t *octets;
	size_t n_octets;
};

/* NULL: no random numbers. */
struct sms_join *sms_join_new(void *ctx, unsigned int timeout_ms)
	__attribute__((warn_unused_result));

/* Octets of the whole message, now in out; 0: more parts are needed; -EINVAL: too many parts, one
 * that is too long or has no text, or numbers that make no sense.  now_ms: of a clock that never
 * goes back. */
int sms_join_add(struct sms_join *j, uint8_t out[SMS_JOIN_OCTETS_MAX],
		 const struct sms_join_part *part, int64_t now_ms)
	__attribute__((warn_unused_result));

size_t sms_join_count(const struct sms_join *j);
