/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * SMPP 3.4 (SMPP Protocol Specification v3.4, issue 1.2): the PDUs that an ESME
 * and a simulated SMSC need, as values.
 *
 *   ESME                              SMSC
 *     | bind_transceiver -----------> |  also bind_transmitter, bind_receiver
 *     | <------ bind_transceiver_resp |
 *     | submit_sm ------------------> |  a text to a terminal
 *     | <-------------- submit_sm_resp|  its message id
 *     | <------------------ deliver_sm|  a text of a terminal, or a delivery receipt
 *     | deliver_sm_resp ------------> |
 *     | <---- enquire_link / resp --> |  either way, at any time
 *     | unbind / resp                 |  either way
 *
 * Own code, because the port is open to whoever is on the network: what cannot
 * be decoded is told with the command_status to answer it with (section 5.1.3).
 *
 * What peers do that is legal, and is taken: responses of an error without a
 * body (section 4.1.2 and others), deliver_sm_resp without a body at all,
 * command_status of a vendor, TLVs that are not ours anywhere behind the
 * mandatory fields (skipped by their length), message_payload up to 64 KiB.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMPP_HEADER_SIZE 16
#define SMPP_PDU_MAX_SIZE \
	(68 * 1024) /* a message_payload of 65,535 octets, and what is around it */
#define SMPP_SHORT_MESSAGE_MAX 254 /* section 5.2.22; above it goes as message_payload */

#define SMPP_SYSTEM_ID_SIZE 16
#define SMPP_PASSWORD_SIZE 9
#define SMPP_SYSTEM_TYPE_SIZE 13
#define SMPP_ADDRESS_RANGE_SIZE 41
#define SMPP_SERVICE_TYPE_SIZE 6
#define SMPP_ADDRESS_SIZE 21
#define SMPP_TIME_SIZE 17
#define SMPP_MESSAGE_ID_SIZE 65

/* Section 5.1.2.1 */
enum smpp_command {
	SMPP_BIND_RECEIVER = 0x00000001,
	SMPP_BIND_TRANSMITTER = 0x00000002,
	SMPP_SUBMIT_SM = 0x00000004,
	SMPP_DELIVER_SM = 0x00000005,
	SMPP_UNBIND = 0x00000006,
	SMPP_BIND_TRANSCEIVER = 0x00000009,
	SMPP_ENQUIRE_LINK = 0x00000015,
	SMPP_GENERIC_NACK = 0x80000000,
};
#define SMPP_RESPONSE 0x80000000 /* the bit that makes a response of a request */

/* Section 5.1.3, those that we send or act upon; any other number may come. */
enum smpp_status {
	SMPP_OK = 0x00,
	SMPP_RINVMSGLEN = 0x01,
	SMPP_RINVCMDLEN = 0x02,
	SMPP_RINVCMDID = 0x03,
	SMPP_RINVBNDSTS = 0x04,
	SMPP_RALYBND = 0x05,
	SMPP_RSYSERR = 0x08,
	SMPP_RINVSRCADR = 0x0a,
	SMPP_RINVDSTADR = 0x0b,
	SMPP_RBINDFAIL = 0x0d,
	SMPP_RINVPASWD = 0x0e,
	SMPP_RINVSYSID = 0x0f,
	SMPP_RMSGQFUL = 0x14,
	SMPP_RINVSERTYP = 0x15,
	SMPP_RINVESMCLASS = 0x43,
	SMPP_RSUBMITFAIL = 0x45,
	SMPP_RINVSYSTYP = 0x53,
	SMPP_RTHROTTLED = 0x58,
	SMPP_RINVSCHED = 0x61,
	SMPP_RINVEXPIRY = 0x62,
	SMPP_RX_T_APPN = 0x64, /* temporary: deliver it again later */
	SMPP_RX_P_APPN = 0x65, /* for good */
	SMPP_RX_R_APPN = 0x66, /* refused */
	SMPP_RINVOPTPARSTREAM = 0xc0,
	SMPP_ROPTPARNOTALLWD = 0xc1,
	SMPP_RINVPARLEN = 0xc2,
	SMPP_RMISSINGOPTPARAM = 0xc3,
	SMPP_RUNKNOWNERR = 0xff,
};

/* esm_class, section 5.2.12 */
#define SMPP_ESM_TYPE_MASK 0x3c
#define SMPP_ESM_RECEIPT 0x04
#define SMPP_ESM_UDHI 0x40

/* message_state, section 5.2.28 */
enum smpp_state {
	SMPP_STATE_ABSENT = 0,
	SMPP_STATE_ENROUTE = 1,
	SMPP_STATE_DELIVERED = 2,
	SMPP_STATE_EXPIRED = 3,
	SMPP_STATE_DELETED = 4,
	SMPP_STATE_UNDELIVERABLE = 5,
	SMPP_STATE_ACCEPTED = 6,
	SMPP_STATE_UNKNOWN = 7,
	SMPP_STATE_REJECTED = 8,
};

struct smpp_bind {
	char system_id[SMPP_SYSTEM_ID_SIZE];
	char password[SMPP_PASSWORD_SIZE];
	char system_type[SMPP_SYSTEM_TYPE_SIZE];
	uint8_t interface_version; /* 0x34 */
	uint8_t addr_ton, addr_npi;
	char address_range[SMPP_ADDRESS_RANGE_SIZE];
};

struct smpp_address {
	uint8_t ton, npi; /* sections 5.2.5, 5.2.6 */
	char digits[SMPP_ADDRESS_SIZE];
};

/* submit_sm and deliver_sm */
struct smpp_sm {
	char service_type[SMPP_SERVICE_TYPE_SIZE];
	struct smpp_address source, destination;
	uint8_t esm_class, protocol_id, priority;
	char schedule_time[SMPP_TIME_SIZE], validity_period[SMPP_TIME_SIZE];
	uint8_t registered_delivery, replace_if_present, data_coding, default_msg_id;
	const uint8_t *octets; /* decoded: points into the input; never NULL */
	size_t n_octets;
	bool as_payload; /* they travel as message_payload */
	bool has_sar, has_reference;
	uint16_t sar_reference, user_reference;
	uint8_t sar_total, sar_number;
	uint8_t state; /* enum smpp_state */
	char receipted_id[SMPP_MESSAGE_ID_SIZE]; /* empty: absent, or longer */
};

struct smpp_pdu {
	uint32_t command; /* enum smpp_command, with SMPP_RESPONSE in responses */
	uint32_t status; /* enum smpp_status or any other; 0 in requests */
	uint32_t sequence;
	bool has_body; /* of responses */
	union {
		struct smpp_bind bind;
		struct smpp_sm sm;
		char system_id[SMPP_SYSTEM_ID_SIZE]; /* of bind responses */
		char message_id[SMPP_MESSAGE_ID_SIZE]; /* of submit_sm_resp, deliver_sm_resp */
	};
};

/* command_length in front of in.  1: a whole PDU of *pdu_len octets is there; 0: more octets are
 * needed; -EBADMSG: shorter than a header or longer than SMPP_PDU_MAX_SIZE: answer generic_nack
 * with SMPP_RINVCMDLEN and close, since where the next one begins is not known. */
int smpp_pdu_take(size_t *pdu_len, const uint8_t *in, size_t len)
	__attribute__((warn_unused_result));

/* Decodes one whole PDU.  0; -ENOTSUP: a command that is not above; -EBADMSG.  In either case
 * command, sequence and status of the header are set, and *fault tells the status to answer a
 * request with (generic_nack where the command is not known). */
int smpp_pdu_decode(struct smpp_pdu *pdu, uint32_t *fault, const uint8_t *in, size_t len)
	__attribute__((warn_unused_result));

/* Octets written.  -EMSGSIZE: more than size; -EINVAL: a command that is not above, a sequence of 0
 * outside generic_nack, or octets that need message_payload without as_payload. */
int smpp_pdu_encode(uint8_t *out, size_t size, const struct smpp_pdu *pdu)
	__attribute__((warn_unused_result));

/* "submit_sm_resp"; "0x00000123" in a static buffer where it is not known. */
const char *smpp_command_name(uint32_t command);
/* "ESME_RTHROTTLED"; likewise. */
const char *smpp_status_name(uint32_t status);
