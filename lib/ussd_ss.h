/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The supplementary service component that carries USSD (3GPP TS 24.080
 * clauses 3.6 and 4.5, TS 29.002 for the operations), as GSUP's SS_INFO.
 *
 *   terminal                         manager
 *      | Invoke, op 59 (text) ---------> |  opens
 *      | <--------- Invoke, op 60 (text) |  asks
 *      | ReturnResult, op 60 (text) ---> |  answers
 *      | <--- ReturnResult, op 59 (text) |  ends; invoke id of the first Invoke
 *
 * Decoder: first component only, definite lengths (short, 0x81, 0x82), every
 * read bounded.  Nothing is kept of the input.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USSD_TEXT_SIZE 512 /* UTF-8 of 160 octets at most, with NUL */
#define USSD_OCTETS_HLR_RESULT 112 /* what OsmoHLR forwards: short-form lengths only */
#define USSD_OCTETS_HLR_REQUEST 114
#define USSD_OCTETS_DIRECT 160 /* TS 24.080: ussd-String is at most 160 octets */
#define USSD_SS_MAX_SIZE 192 /* an encoded component */

enum ussd_ss_kind {
	USSD_SS_INVOKE,
	USSD_SS_RETURN_RESULT,
	USSD_SS_RETURN_ERROR,
	USSD_SS_REJECT,
};

enum ussd_ss_op {
	USSD_OP_PROCESS_UNSTRUCTURED_SS = 59,
	USSD_OP_UNSTRUCTURED_SS_REQUEST = 60,
	USSD_OP_UNSTRUCTURED_SS_NOTIFY = 61,
	USSD_OP_OTHER = 255,
};

struct ussd_ss {
	enum ussd_ss_kind kind;
	uint8_t invoke_id;
	uint8_t op; /* enum ussd_ss_op, or the raw local operation code */
	uint8_t error; /* of RETURN_ERROR; problem code of REJECT */
	bool has_text;
	uint8_t dcs;
	char text[USSD_TEXT_SIZE]; /* UTF-8 with NUL */
};

/* 0, or -EBADMSG: not a component as TS 24.080 has it; -ENOTSUP: a text in a coding that we do
 * not read (invoke_id, kind and op are set all the same).  An Invoke or ReturnResult without a
 * parameter is one without text; a ReturnResult without a result has op USSD_OP_OTHER. */
int ussd_ss_decode(struct ussd_ss *ss, const uint8_t *in, size_t len)
	__attribute__((warn_unused_result));

/* Octets written; -EMSGSIZE where the text needs more than max_octets as a ussd-String, or the
 * component more than size; -EILSEQ where text is not UTF-8.  The coding follows from the text
 * (ss->dcs is not looked at).  Only Invoke and ReturnResult carry text; the problem of a Reject
 * is an invoke problem (TS 24.080 table 3.15). */
int ussd_ss_encode(uint8_t *out, size_t size, const struct ussd_ss *ss, size_t max_octets)
	__attribute__((warn_unused_result));
