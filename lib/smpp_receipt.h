/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Delivery receipts, and the message ids by which they are known.
 *
 * A receipt is a deliver_sm whose esm_class says so (SMPP 3.4 section 5.2.12);
 * what it says stands in TLVs, or in a text that appendix B shows and that each
 * vendor writes in his own way: fields in any order, ids with leading zeros, in
 * capitals, or in hexadecimal where submit_sm_resp had them in decimal.  So two
 * ids are compared in one form, which is a setting of the bind.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/smpp_pdu.h"

struct smpp_receipt {
	char message_id[SMPP_MESSAGE_ID_SIZE];
	enum smpp_state state; /* UNKNOWN where it is not told, or as a word that nobody knows */
	char error[8]; /* the network's, as it is written; empty: none */
};

/* false: it is no receipt, or has no id. */
bool smpp_receipt_read(struct smpp_receipt *receipt, const struct smpp_sm *sm);

/* How ids of submit_sm_resp and of receipts are made comparable. */
enum smpp_id_form {
	SMPP_ID_AS_IS,
	SMPP_ID_NO_CASE,
	SMPP_ID_HEX_THEN_DECIMAL, /* submit_sm_resp hexadecimal, receipts decimal */
	SMPP_ID_DECIMAL_THEN_HEX,
};

/* The id in the form under which both are looked up: lower case; with the last two forms a decimal
 * number.  0; -EINVAL: it is no number of 64 bits where it has to be one. */
int smpp_id_normal(char out[SMPP_MESSAGE_ID_SIZE], const char *id, enum smpp_id_form form,
		   bool of_receipt) __attribute__((warn_unused_result));
