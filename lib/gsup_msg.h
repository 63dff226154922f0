/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * GSUP messages of USSD, SMS and location update, as values that own their fields:
 * osmo_gsup_decode leaves pointers into a buffer and names without NUL behind,
 * this does not.  Tags and message types are libosmogsm's; a unit test holds
 * this codec against osmo_gsup_encode and osmo_gsup_decode.
 *
 * IEs of services that are not ours are skipped.  One of ours may be there once
 * and must have its length; the subscriber (IMSI) comes first.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ipa_frame.h"
#include "lib/ussd_ss.h"

#define GSUP_IMSI_SIZE 17
#define GSUP_MSISDN_SIZE 16
#define GSUP_MSG_MAX_SIZE 1024 /* with IPA header; we send and take no larger one */

enum gsup_session {
	GSUP_SESSION_NONE,
	GSUP_SESSION_BEGIN,
	GSUP_SESSION_CONTINUE,
	GSUP_SESSION_END
};

/* SM-RP-DA and SM-RP-OA (3GPP TS 29.002 clauses 7.6.8.1 and 7.6.8.2): who is spoken to and who
 * speaks, below the addresses within the TPDU. */
#define GSUP_SM_DIGITS_SIZE 21
#define GSUP_TON_INTERNATIONAL 0x91 /* type and plan of E.164, TS 24.008 clause 10.5.4.7 */
struct gsup_sm_address {
	uint8_t type; /* enum osmo_gsup_sms_sm_rp_oda_t; 0: absent */
	uint8_t ton_npi; /* of MSISDN and SMSC address */
	char digits[GSUP_SM_DIGITS_SIZE]; /* 0-9 * # a b c */
};

struct gsup_msg {
	uint8_t type; /* enum osmo_gsup_message_type */
	char imsi[GSUP_IMSI_SIZE];
	char msisdn[GSUP_MSISDN_SIZE]; /* E.164 without '+'; empty: absent */
	uint32_t session_id;
	enum gsup_session session;
	uint8_t message_class; /* 0: absent; to be echoed */
	uint8_t cause; /* of errors */
	uint8_t cn_domain; /* of UPDATE_LOCATION: 0 absent, 1 PS, 2 CS */
	char source_name[IPA_NAME_SIZE]; /* empty: absent; sent with its NUL */
	char destination_name[IPA_NAME_SIZE];
	const uint8_t *ss_info; /* of PROC_SS: encoded component; points into the input */
	size_t ss_info_len; /* at most 255 */
	/* Of MO-forwardSM, MT-forwardSM and READY-FOR-SM. */
	bool has_sm_rp_mr, has_sm_rp_cause;
	uint8_t sm_rp_mr; /* reference: names the request in its answer */
	uint8_t sm_rp_cause; /* TS 24.011 clause 8.2.5.4 */
	uint8_t sm_alert_reason; /* enum osmo_gsup_sms_sm_alert_rsn_t; 0: absent */
	bool has_sm_rp_mms, sm_rp_mms; /* more messages to send */
	struct gsup_sm_address sm_rp_da, sm_rp_oa;
	const uint8_t *sm_rp_ui; /* TPDU; points into the input */
	size_t sm_rp_ui_len; /* at most 255 */
};

/* in: a GSUP message behind IPA's extension octet; nothing behind len is read.
 * -EBADMSG: cannot be decoded; -EMSGSIZE: a field is longer than ours. */
int gsup_msg_decode(struct gsup_msg *msg, const uint8_t *in, size_t len)
	__attribute__((warn_unused_result));

/* Writes a whole IPA frame.  Octets written; -EMSGSIZE: more than size; -EINVAL: no type,
 * an IMSI that is not 6 to 15 digits, an MSISDN that is not 1 to 15, an address that is none. */
int gsup_msg_encode(uint8_t *out, size_t size, const struct gsup_msg *msg)
	__attribute__((warn_unused_result));
