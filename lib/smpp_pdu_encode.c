/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include <osmocom/core/bit32gen.h>

#include "lib/smpp_pdu_priv.h"

/* Writes at the end; past size nothing more is written, only counted. */
struct writer {
	uint8_t *out;
	size_t size, len;
};

static void write_octets(struct writer *w, const void *octets, size_t n)
{
	if (n > 0 && w->len + n <= w->size)
		memcpy(w->out + w->len, octets, n);
	w->len += n;
}

static void write_octet(struct writer *w, uint8_t octet)
{
	write_octets(w, &octet, 1);
}

static void write_string(struct writer *w, const char *string)
{
	write_octets(w, string, strlen(string) + 1);
}

static void write_tlv(struct writer *w, uint16_t tag, const void *value, uint16_t len)
{
	const uint8_t head[] = { tag >> 8, tag, len >> 8, len };

	write_octets(w, head, sizeof(head));
	write_octets(w, value, len);
}

static void write_tlv8(struct writer *w, uint16_t tag, uint8_t value)
{
	write_tlv(w, tag, &value, sizeof(value));
}

static void write_tlv16(struct writer *w, uint16_t tag, uint16_t value)
{
	const uint8_t octets[] = { value >> 8, value };

	write_tlv(w, tag, octets, sizeof(octets));
}

static void write_bind(struct writer *w, const struct smpp_bind *bind)
{
	write_string(w, bind->system_id);
	write_string(w, bind->password);
	write_string(w, bind->system_type);
	write_octet(w, bind->interface_version);
	write_octet(w, bind->addr_ton);
	write_octet(w, bind->addr_npi);
	write_string(w, bind->address_range);
}

static void write_address(struct writer *w, const struct smpp_address *address)
{
	write_octet(w, address->ton);
	write_octet(w, address->npi);
	write_string(w, address->digits);
}

static void write_tlvs(struct writer *w, const struct smpp_sm *sm)
{
	if (sm->has_reference)
		write_tlv16(w, SMPP_TAG_USER_REFERENCE, sm->user_reference);
	if (sm->has_sar) {
		write_tlv16(w, SMPP_TAG_SAR_REFERENCE, sm->sar_reference);
		write_tlv8(w, SMPP_TAG_SAR_TOTAL, sm->sar_total);
		write_tlv8(w, SMPP_TAG_SAR_NUMBER, sm->sar_number);
	}
	if (sm->receipted_id[0])
		write_tlv(w, SMPP_TAG_RECEIPTED_ID, sm->receipted_id, strlen(sm->receipted_id) + 1);
	if (sm->state)
		write_tlv8(w, SMPP_TAG_STATE, sm->state);
	if (sm->as_payload)
		write_tlv(w, SMPP_TAG_PAYLOAD, sm->octets, sm->n_octets);
}

static void write_sm(struct writer *w, const struct smpp_sm *sm)
{
	write_string(w, sm->service_type);
	write_address(w, &sm->source);
	write_address(w, &sm->destination);
	write_octet(w, sm->esm_class);
	write_octet(w, sm->protocol_id);
	write_octet(w, sm->priority);
	write_string(w, sm->schedule_time);
	write_string(w, sm->validity_period);
	write_octet(w, sm->registered_delivery);
	write_octet(w, sm->replace_if_present);
	write_octet(w, sm->data_coding);
	write_octet(w, sm->default_msg_id);
	write_octet(w, sm->as_payload ? 0 : sm->n_octets);
	if (!sm->as_payload)
		write_octets(w, sm->octets, sm->n_octets);
	write_tlvs(w, sm);
}

static void write_body(struct writer *w, const struct smpp_pdu *pdu)
{
	switch (smpp_body_of(pdu->command)) {
	case SMPP_BODY_BIND:
		write_bind(w, &pdu->bind);
		break;
	case SMPP_BODY_BIND_RESP:
		if (pdu->status == SMPP_OK || pdu->has_body)
			write_string(w, pdu->system_id);
		break;
	case SMPP_BODY_SM:
		write_sm(w, &pdu->sm);
		break;
	case SMPP_BODY_SM_RESP:
		if (pdu->status == SMPP_OK || pdu->has_body)
			write_string(w, pdu->message_id);
		break;
	case SMPP_BODY_NONE:
	case SMPP_BODY_UNKNOWN:
		break;
	}
}

static bool is_sendable(const struct smpp_pdu *pdu)
{
	const enum smpp_body body = smpp_body_of(pdu->command);

	if (body == SMPP_BODY_UNKNOWN)
		return false;
	/* Section 3.2: 0 only in a generic_nack to what had none. */
	if (pdu->sequence == 0 && pdu->command != SMPP_GENERIC_NACK)
		return false;
	if (body != SMPP_BODY_SM)
		return true;
	return pdu->sm.n_octets <= (pdu->sm.as_payload ? UINT16_MAX : SMPP_SHORT_MESSAGE_MAX);
}

int smpp_pdu_encode(uint8_t *out, size_t size, const struct smpp_pdu *pdu)
{
	struct writer w = { .out = out, .size = size, .len = SMPP_HEADER_SIZE };

	if (!is_sendable(pdu))
		return -EINVAL;
	write_body(&w, pdu);
	if (w.len > size || w.len > SMPP_PDU_MAX_SIZE)
		return -EMSGSIZE;
	osmo_store32be(w.len, out);
	osmo_store32be(pdu->command, out + 4);
	osmo_store32be(pdu->status, out + 8);
	osmo_store32be(pdu->sequence, out + 12);
	return w.len;
}
