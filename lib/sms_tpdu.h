/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Short message transfer protocol data units (3GPP TS 23.040 clause 9.2.2), as
 * they travel between a phone and its service centre:
 *
 *   phone                               service centre (we, on a direct link)
 *     | SMS-SUBMIT -------------------->  |
 *     | <------------- SMS-SUBMIT-REPORT  |
 *     | <------------------- SMS-DELIVER  |
 *     | SMS-DELIVER-REPORT ------------>  |
 *     | <------------- SMS-STATUS-REPORT  |
 *
 * Strict: what is cut short, has reserved lengths or digits that are none is not
 * decoded, except where the standard says that a receiver must ignore it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sms_text.h"

#define SMS_TPDU_MAX_SIZE                                                      \
	176 /* the longest of all: SMS-SUBMIT with its user data of 140 octets \
	     */
#define SMS_USER_DATA_MAX 140
#define SMS_DIGITS_SIZE 21 /* 20 digits, or 11 characters in UTF-8 */
#define SMS_TIME_SIZE 7 /* clause 9.2.3.11 */

enum sms_tpdu_type {
	SMS_DELIVER,
	SMS_DELIVER_REPORT,
	SMS_SUBMIT,
	SMS_SUBMIT_REPORT,
	SMS_STATUS_REPORT,
};

/* Type of number, TS 24.011 clause 8.2.5.1 and TS 23.040 clause 9.1.2.5. */
enum sms_ton { SMS_TON_UNKNOWN = 0, SMS_TON_INTERNATIONAL = 1, SMS_TON_ALPHANUMERIC = 5 };

struct sms_number {
	uint8_t ton, npi;
	char digits[SMS_DIGITS_SIZE]; /* 0-9 * # a b c; characters where ton is alphanumeric */
};

struct sms_tpdu {
	enum sms_tpdu_type type;
	uint8_t reference; /* TP-MR of SUBMIT and STATUS-REPORT */
	struct sms_number number; /* TP-OA, TP-DA or TP-RA */
	uint8_t pid, dcs;
	bool status_wanted; /* TP-SRR of SUBMIT, TP-SRI of DELIVER */
	bool more; /* more messages wait (DELIVER, STATUS-REPORT) */
	bool reject_duplicates; /* SUBMIT */
	bool has_validity; /* SUBMIT, relative form (clause 9.2.3.12.1) */
	uint8_t validity;
	uint8_t time[SMS_TIME_SIZE]; /* TP-SCTS of DELIVER, SUBMIT-REPORT, STATUS-REPORT */
	uint8_t discharge_time[SMS_TIME_SIZE]; /* STATUS-REPORT */
	uint8_t status; /* TP-ST of STATUS-REPORT */
	bool failed; /* reports: it is one of an error, with TP-FCS */
	uint8_t failure;
	uint8_t n_header; /* user data header, its length octet included */
	uint8_t header[SMS_USER_DATA_MAX];
	uint8_t n_text;
	uint8_t text[SMS_PART_SIZE]; /* unpacked septets, or octets, as dcs says */
};

/* from_phone: the direction, which the type on the wire needs.  failed reports are told apart from
 * others by what carries them, so the caller says it.  -EBADMSG, or -ENOTSUP for a type that has no
 * meaning in this direction. */
int sms_tpdu_decode(struct sms_tpdu *t, bool from_phone, bool failed, const uint8_t *in, size_t len)
	__attribute__((warn_unused_result));

/* Octets written.  -EMSGSIZE: text and header do not fit, or size; -EINVAL: number. */
int sms_tpdu_encode(uint8_t *out, size_t size, const struct sms_tpdu *t)
	__attribute__((warn_unused_result));

/* TP-SCTS of a time: UTC, quarter hours 0. */
void sms_time_put(uint8_t out[SMS_TIME_SIZE], int64_t seconds);
