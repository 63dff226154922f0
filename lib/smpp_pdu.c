/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include <osmocom/core/bit32gen.h>
#include <osmocom/core/utils.h>

#include "lib/smpp_pdu_priv.h"

/* Reads from the front; the first fault stays, and everything after it reads nothing. */
struct reader {
	const uint8_t *at, *end;
	uint32_t fault;
};

static const struct {
	uint32_t command;
	enum smpp_body body;
} bodies[] = {
	{ SMPP_SUBMIT_SM, SMPP_BODY_SM },
	{ SMPP_DELIVER_SM, SMPP_BODY_SM },
	{ SMPP_SUBMIT_SM | SMPP_RESPONSE, SMPP_BODY_SM_RESP },
	{ SMPP_DELIVER_SM | SMPP_RESPONSE, SMPP_BODY_SM_RESP },
	{ SMPP_ENQUIRE_LINK, SMPP_BODY_NONE },
	{ SMPP_ENQUIRE_LINK | SMPP_RESPONSE, SMPP_BODY_NONE },
	{ SMPP_BIND_TRANSCEIVER, SMPP_BODY_BIND },
	{ SMPP_BIND_TRANSMITTER, SMPP_BODY_BIND },
	{ SMPP_BIND_RECEIVER, SMPP_BODY_BIND },
	{ SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, SMPP_BODY_BIND_RESP },
	{ SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, SMPP_BODY_BIND_RESP },
	{ SMPP_BIND_RECEIVER | SMPP_RESPONSE, SMPP_BODY_BIND_RESP },
	{ SMPP_UNBIND, SMPP_BODY_NONE },
	{ SMPP_UNBIND | SMPP_RESPONSE, SMPP_BODY_NONE },
	{ SMPP_GENERIC_NACK, SMPP_BODY_NONE },
};

enum smpp_body smpp_body_of(uint32_t command)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bodies); i++)
		if (bodies[i].command == command)
			return bodies[i].body;
	return SMPP_BODY_UNKNOWN;
}

static void fail(struct reader *r, uint32_t fault)
{
	if (!r->fault)
		r->fault = fault;
	r->at = r->end;
}

static uint8_t read_octet(struct reader *r)
{
	if (r->at == r->end) {
		fail(r, SMPP_RINVCMDLEN);
		return 0;
	}
	return *r->at++;
}

/* A C-Octet String of at most size octets with its NUL (section 3.1).  fault: it is longer. */
static void read_string(struct reader *r, char *out, size_t size, uint32_t fault)
{
	const size_t left = r->end - r->at;
	const uint8_t *nul = left ? memchr(r->at, '\0', OSMO_MIN(size, left)) : NULL;

	if (!nul) {
		out[0] = '\0';
		fail(r, left >= size ? fault : SMPP_RINVCMDLEN);
		return;
	}
	memcpy(out, r->at, nul - r->at + 1);
	r->at = nul + 1;
}

static void read_bind(struct reader *r, struct smpp_bind *bind)
{
	read_string(r, bind->system_id, sizeof(bind->system_id), SMPP_RINVSYSID);
	read_string(r, bind->password, sizeof(bind->password), SMPP_RINVPASWD);
	read_string(r, bind->system_type, sizeof(bind->system_type), SMPP_RINVSYSTYP);
	bind->interface_version = read_octet(r);
	bind->addr_ton = read_octet(r);
	bind->addr_npi = read_octet(r);
	read_string(r, bind->address_range, sizeof(bind->address_range), SMPP_RINVPARLEN);
}

static void read_address(struct reader *r, struct smpp_address *address, uint32_t fault)
{
	address->ton = read_octet(r);
	address->npi = read_octet(r);
	read_string(r, address->digits, sizeof(address->digits), fault);
}

static void read_short_message(struct reader *r, struct smpp_sm *sm)
{
	const uint8_t len = read_octet(r);

	if (len > r->end - r->at || len > SMPP_SHORT_MESSAGE_MAX) {
		fail(r, SMPP_RINVMSGLEN);
		return;
	}
	sm->octets = r->at;
	sm->n_octets = len;
	r->at += len;
}

static uint16_t number_of(const uint8_t *value, size_t len)
{
	return len == 2 ? value[0] << 8 | value[1] : value[0];
}

/* A fixed length by tag; 0: any. */
static size_t tlv_length(uint16_t tag)
{
	switch (tag) {
	case SMPP_TAG_SAR_TOTAL:
	case SMPP_TAG_SAR_NUMBER:
	case SMPP_TAG_STATE:
		return 1;
	case SMPP_TAG_SAR_REFERENCE:
	case SMPP_TAG_USER_REFERENCE:
		return 2;
	default:
		return 0;
	}
}

static void take_payload(struct reader *r, struct smpp_sm *sm, const uint8_t *value, size_t len)
{
	if (sm->n_octets > 0) { /* section 5.3.2.32: one or the other */
		fail(r, SMPP_ROPTPARNOTALLWD);
		return;
	}
	sm->octets = value;
	sm->n_octets = len;
	sm->as_payload = true;
}

/* One that is too long is of no message of ours; refused, its receipt would come for ever. */
static void take_receipted_id(struct smpp_sm *sm, const uint8_t *value, size_t len)
{
	/* Some peers leave its NUL out. */
	len = strnlen((const char *)value, len);
	if (len >= sizeof(sm->receipted_id))
		return;
	memcpy(sm->receipted_id, value, len);
	sm->receipted_id[len] = '\0';
}

/* The parts of section 5.3.2.22 to 5.3.2.24 mean something together only. */
struct sar {
	bool reference, total, number;
};

static void take_tlv(struct reader *r, struct smpp_sm *sm, struct sar *sar, uint16_t tag,
		     const uint8_t *value, size_t len)
{
	if (tlv_length(tag) && len != tlv_length(tag)) {
		fail(r, SMPP_RINVPARLEN);
		return;
	}
	switch (tag) {
	case SMPP_TAG_PAYLOAD:
		take_payload(r, sm, value, len);
		break;
	case SMPP_TAG_RECEIPTED_ID:
		take_receipted_id(sm, value, len);
		break;
	case SMPP_TAG_STATE:
		sm->state = value[0];
		break;
	case SMPP_TAG_USER_REFERENCE:
		sm->user_reference = number_of(value, len);
		sm->has_reference = true;
		break;
	case SMPP_TAG_SAR_REFERENCE:
		sm->sar_reference = number_of(value, len);
		sar->reference = true;
		break;
	case SMPP_TAG_SAR_TOTAL:
		sm->sar_total = value[0];
		sar->total = true;
		break;
	case SMPP_TAG_SAR_NUMBER:
		sm->sar_number = value[0];
		sar->number = true;
		break;
	}
}

static void read_tlvs(struct reader *r, struct smpp_sm *sm)
{
	struct sar sar = { false };

	while (r->at < r->end) {
		uint16_t tag, len;

		if (r->end - r->at < 4) {
			fail(r, SMPP_RINVOPTPARSTREAM);
			return;
		}
		tag = r->at[0] << 8 | r->at[1];
		len = r->at[2] << 8 | r->at[3];
		r->at += 4;
		if (len > r->end - r->at) {
			fail(r, SMPP_RINVOPTPARSTREAM);
			return;
		}
		take_tlv(r, sm, &sar, tag, r->at, len);
		if (!r->fault)
			r->at += len;
	}
	sm->has_sar = sar.reference && sar.total && sar.number;
}

static void read_sm(struct reader *r, struct smpp_sm *sm)
{
	sm->octets = r->end;
	read_string(r, sm->service_type, sizeof(sm->service_type), SMPP_RINVSERTYP);
	read_address(r, &sm->source, SMPP_RINVSRCADR);
	read_address(r, &sm->destination, SMPP_RINVDSTADR);
	sm->esm_class = read_octet(r);
	sm->protocol_id = read_octet(r);
	sm->priority = read_octet(r);
	read_string(r, sm->schedule_time, sizeof(sm->schedule_time), SMPP_RINVSCHED);
	read_string(r, sm->validity_period, sizeof(sm->validity_period), SMPP_RINVEXPIRY);
	sm->registered_delivery = read_octet(r);
	sm->replace_if_present = read_octet(r);
	sm->data_coding = read_octet(r);
	sm->default_msg_id = read_octet(r);
	read_short_message(r, sm);
	read_tlvs(r, sm);
}

/* A response may lack its body where it tells an error; deliver_sm_resp's has nothing in it, and
 * some leave it out.  A submit_sm_resp that tells success without an id has still taken the text.
 */
static void read_resp(struct reader *r, struct smpp_pdu *pdu, char *out, size_t size)
{
	pdu->has_body = r->at < r->end;
	if (!pdu->has_body) {
		if (pdu->status == SMPP_OK && smpp_body_of(pdu->command) != SMPP_BODY_SM_RESP)
			fail(r, SMPP_RINVCMDLEN);
		return;
	}
	read_string(r, out, size, SMPP_RINVPARLEN);
}

static void read_body(struct reader *r, struct smpp_pdu *pdu)
{
	switch (smpp_body_of(pdu->command)) {
	case SMPP_BODY_BIND:
		read_bind(r, &pdu->bind);
		break;
	case SMPP_BODY_BIND_RESP:
		read_resp(r, pdu, pdu->system_id, sizeof(pdu->system_id));
		break;
	case SMPP_BODY_SM:
		read_sm(r, &pdu->sm);
		break;
	case SMPP_BODY_SM_RESP:
		read_resp(r, pdu, pdu->message_id, sizeof(pdu->message_id));
		break;
	case SMPP_BODY_NONE:
	case SMPP_BODY_UNKNOWN:
		break;
	}
}

int smpp_pdu_take(size_t *pdu_len, const uint8_t *in, size_t len)
{
	if (len < 4)
		return 0;
	*pdu_len = osmo_load32be(in);
	if (*pdu_len < SMPP_HEADER_SIZE || *pdu_len > SMPP_PDU_MAX_SIZE)
		return -EBADMSG;
	return len >= *pdu_len;
}

int smpp_pdu_decode(struct smpp_pdu *pdu, uint32_t *fault, const uint8_t *in, size_t len)
{
	struct reader r = { .at = in + SMPP_HEADER_SIZE, .end = in + len };

	memset(pdu, 0, sizeof(*pdu));
	*fault = SMPP_RINVCMDLEN;
	if (len < SMPP_HEADER_SIZE || osmo_load32be(in) != len)
		return -EBADMSG;
	pdu->command = osmo_load32be(in + 4);
	pdu->status = osmo_load32be(in + 8);
	pdu->sequence = osmo_load32be(in + 12);
	if (smpp_body_of(pdu->command) == SMPP_BODY_UNKNOWN) {
		*fault = SMPP_RINVCMDID;
		return -ENOTSUP;
	}
	read_body(&r, pdu);
	*fault = r.fault;
	return r.fault ? -EBADMSG : 0;
}
