/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Which part of which text a deliver_sm or submit_sm carries.  SMPP 3.4 has two
 * ways to say so: the user data header of 3GPP TS 23.040 in front of the text
 * (esm_class, section 5.2.12), or the TLVs sar_msg_ref_num, sar_total_segments
 * and sar_segment_seqnum (sections 5.3.2.22 to 5.3.2.24).  Where there is a
 * header, the TLVs are not looked at.
 */
#include "lib/smpp_pdu.h"
#include "lib/sms_whole.h"

/* piece points into what sm points to.  0; -EBADMSG: a header that is longer than what is there. */
int smpp_piece_read(struct sms_piece *piece, const struct smpp_sm *sm)
	__attribute__((warn_unused_result));
