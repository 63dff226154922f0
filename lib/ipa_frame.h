/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * IPA frames: length (16 bits, big-endian, of what follows the protocol octet),
 * protocol, and for protocol 0xEE one extension octet first in the payload.
 *
 *   server                    client
 *     | ID_GET ----------------> |
 *     | <---------------- ID_RESP|  its names
 *     | <----------------- ID_ACK|
 *     | ID_ACK ----------------> |  the link is up
 *     | <--------- PING / PONG --|  either way, at any time
 */
#include <stddef.h>
#include <stdint.h>

#define IPA_HEADER_SIZE 3
#define IPA_PAYLOAD_MAX 65535
#define IPA_PROTO_CCM 0xfe
#define IPA_PROTO_OSMO 0xee
#define IPA_EXT_CTRL 0x00
#define IPA_EXT_GSUP 0x05
#define IPA_EXT_TEGATA 0x7e /* the link between manager and gateway (link_msg.h) */
#define IPA_NAME_SIZE 64

/* First octet of a CCM payload. */
enum ipa_ccm_type {
	IPA_CCM_PING = 0x00,
	IPA_CCM_PONG = 0x01,
	IPA_CCM_ID_GET = 0x04,
	IPA_CCM_ID_RESP = 0x05,
	IPA_CCM_ID_ACK = 0x06,
};

struct ipa_frame {
	uint8_t proto;
	uint8_t ext; /* of IPA_PROTO_OSMO, else 0 */
	const uint8_t *payload; /* behind the extension octet; points into the input */
	size_t payload_len;
	size_t frame_len; /* how many octets of the input the frame took */
};

/* Takes one frame from the front of in.  1: taken; 0: more octets are needed;
 * -EBADMSG: a zero length with protocol 0xEE, or longer than max_payload: close the link. */
int ipa_frame_take(struct ipa_frame *frame, const uint8_t *in, size_t len, size_t max_payload)
	__attribute__((warn_unused_result));

/* Writes the header in front of payload_len octets that follow it: 3 octets, or 4 for
 * IPA_PROTO_OSMO.  Returns the header's size. */
size_t ipa_frame_header(uint8_t out[4], uint8_t proto, uint8_t ext, size_t payload_len);

/* CCM messages as whole frames; return their size.  -EMSGSIZE where size is too small. */
int ipa_ccm_build_id_get(uint8_t *out, size_t size);
/* Unit id "0/0/0", mac, location, type, versions, unit name and serial number; the GSUP routing
 * name is sent as the last two of these. */
int ipa_ccm_build_id_resp(uint8_t *out, size_t size, const char *name);
int ipa_ccm_build_simple(uint8_t *out, size_t size, enum ipa_ccm_type type);

/* The SERNR (else unit name) of an ID_RESP payload (behind its type octet), with NUL.
 * -EBADMSG: a length that does not fit, or a name that is not printable ASCII; -ENOENT: no name;
 * -EMSGSIZE: longer than name. */
int ipa_ccm_parse_name(char name[IPA_NAME_SIZE], const uint8_t *payload, size_t len)
	__attribute__((warn_unused_result));

/* A peer's name as it came, with or without its NUL: printable ASCII, so that it may be logged and
 * compared.  -EBADMSG: it is not; -EMSGSIZE: longer than name.  Empty is 0. */
int ipa_name_copy(char name[IPA_NAME_SIZE], const uint8_t *value, size_t len)
	__attribute__((warn_unused_result));
