/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * From what came over a link to a text: parts are put together, and the whole is
 * read as UTF-8.
 *
 *   deliver_sm, submit_sm -> smpp_piece_read()  \
 *                                                 piece -> sms_whole_add() -> UTF-8
 *   SMS-SUBMIT, SMS-DELIVER -> header, text     /
 *
 * There may be a PIN in a text: its owner wipes it, and what sms_join keeps of it
 * until the verdict is wiped there.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/sms_join.h"
#include "lib/sms_text.h"

#define SMS_WHOLE_ADDRESS_SIZE 32

/* What one short message brings; the octets stay their owner's. */
struct sms_piece {
	struct sms_concat concat; /* total 0 or 1: it is whole */
	const uint8_t *octets; /* without a header */
	size_t n_octets;
};

/* 1: whole, and now in text; 0: a part that waits for others; negative: text is empty.  -EBUSY as
 * of sms_join_add(): another time.  Nobody can read it: charset where that is negative (-ENOTSUP,
 * of sms_charset_of_smpp() and sms_charset_of_tpdu()), -EINVAL as of sms_join_add(), -EMSGSIZE,
 * -EILSEQ.  ticket: as of sms_join_add(), of a text that came in parts; else there is none in it.
 * from, to: parts with the same ones belong together, each shorter than SMS_WHOLE_ADDRESS_SIZE, and
 * of one from only so many texts wait; now_ms: of a clock that never goes back. */
int sms_whole_add(struct sms_join *join, char text[SMS_TEXT_SIZE], struct sms_join_ticket *ticket,
		  const char *from, const char *to, int charset, const struct sms_piece *piece,
		  int64_t now_ms) __attribute__((warn_unused_result));
